/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-ini: a key file whose groups and keys know their lines. GKeyFile reads
 * the values but forgets where they stood; what a person wrote wrong is named
 * by its line. Pure: text in, structure out.
 *
 * Life: parsed once, read, freed; nobody changes it, so any thread may read.
 *
 * Beyond GKeyFile: a group or key that occurs twice is an error, as is text
 * that is not UTF-8, or longer than VS_INI_SIZE_MAX. Values are taken as they
 * stand: a backslash is a backslash. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define VS_INI_SIZE_MAX (1024 * 1024)

typedef struct {
  gchar *key;
  gchar *value;
  guint line; /* from 1 */
} VsIniEntry;

/* [video 1080p] has the kind "video" and the label "1080p"; [hls] has no
 * label. */
typedef struct {
  gchar *name; /* kind and label, one space between */
  gchar *kind;
  gchar *label; /* or NULL */
  guint line;
  GPtrArray *entries; /* VsIniEntry, in their order */
} VsIniGroup;

typedef struct {
  gchar *name;       /* of the file, for errors */
  GPtrArray *groups; /* VsIniGroup, in their order */
} VsIni;

VsIni *vs_ini_parse (
    const gchar *text, gsize length, const gchar *name, GError **error);
void vs_ini_free (VsIni *ini);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsIni, vs_ini_free)

const VsIniGroup *vs_ini_find_group (const VsIni *ini, const gchar *name);
const VsIniEntry *vs_ini_find_entry (const VsIniGroup *group, const gchar *key);

/* Sets VS_ERROR_BAD_VALUE with "NAME:LINE: MESSAGE"; returns FALSE. */
gboolean vs_ini_refuse (const VsIni *ini, guint line, GError **error,
    const gchar *format, ...) G_GNUC_PRINTF (4, 5);

/* @value with every ${NAME} replaced by what @lookup says, and "$$" by "$";
 * NULL and @missing (owned by the caller) where a name is not known or
 * "${" is not closed. @for_launch: what is put in is one word of a gst-launch
 * line, whatever it holds; such a line puts no quotes around ${NAME}. */
typedef const gchar *(*VsIniLookup) (const gchar *name, gpointer data);
gchar *vs_ini_expand (const gchar *value, gboolean for_launch,
    VsIniLookup lookup, gpointer data, gchar **missing);

G_END_DECLS
