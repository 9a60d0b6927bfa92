/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-form: a body of multipart/form-data (RFC 7578, RFC 2046 section 5.1),
 * read as it comes, in memory that does not grow with it. Pure.
 *
 * Life: made from a Content-Type; given the body in pieces of any size; tells
 * where a part begins, what is in it, and where it ends. After an error it is
 * of no further use.
 *
 * Why our own: libsoup and GMime read a body that is there as a whole. */
#pragma once

#include "core/vs-error.h"

G_BEGIN_DECLS

typedef struct _VsForm VsForm;

/* @filename: NULL where the part is no file. Called from within
 * vs_form_give (), in order: begin, data…, end. */
typedef struct {
  void (*begin) (const gchar *name, const gchar *filename, gpointer user_data);
  void (*data) (const guint8 *data, gsize size, gpointer user_data);
  void (*end) (gpointer user_data);
} VsFormHandlers;

/* NULL where @content_type is none of a form. The handlers must outlive it. */
VsForm *vs_form_new (const gchar *content_type, const VsFormHandlers *handlers,
    gpointer user_data);
void vs_form_free (VsForm *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsForm, vs_form_free)

gboolean vs_form_give (
    VsForm *self, const guint8 *data, gsize size, GError **error);

/* Has the closing delimiter come? */
gboolean vs_form_is_whole (const VsForm *self);

G_END_DECLS
