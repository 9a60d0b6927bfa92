/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-xml: just as much of an XML writer as a manifest needs. Every text that
 * goes in is escaped, so that the result is well-formed whatever a label
 * holds. Private to core.
 *
 * Life: vs_xml_init (); open, attributes, then children or text, close; the
 * caller takes `out`. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define VS_XML_DEPTH 8

typedef struct {
  GString *out;
  guint indent;                     /* of the outermost element, in levels */
  guint depth;                      /* open elements */
  const gchar *names[VS_XML_DEPTH]; /* theirs; static strings */
  gboolean in_tag;                  /* the start tag is not closed yet */
  gboolean has_text;                /* the element holds text, no children */
} VsXml;

void vs_xml_init (VsXml *xml, guint indent);

/* @name is a static string. */
void vs_xml_open (VsXml *xml, const gchar *name);
void vs_xml_close (VsXml *xml);

/* @value NULL writes nothing. */
void vs_xml_attribute (VsXml *xml, const gchar *name, const gchar *value);
void vs_xml_attribute_uint (VsXml *xml, const gchar *name, guint64 value);
/* xs:duration: "PT4.004S" */
void vs_xml_attribute_duration (VsXml *xml, const gchar *name, guint64 us);
/* xs:dateTime */
void vs_xml_attribute_date (VsXml *xml, const gchar *name, gint64 us);

void vs_xml_text (VsXml *xml, const gchar *text);

/* Whole elements that another writer made with the indent of our children. */
void vs_xml_raw (VsXml *xml, const GString *elements);

G_END_DECLS
