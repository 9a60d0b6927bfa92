/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-xml.h"

#include "core/vs-text.h"

#include <string.h>

#define INDENT 2

void
vs_xml_init (VsXml *xml, guint indent)
{
  *xml = (VsXml){ .out = g_string_new (NULL), .indent = indent };
}

static void
append_indent (VsXml *xml)
{
  for (guint i = 0; i < (xml->indent + xml->depth) * INDENT; i++)
    g_string_append_c (xml->out, ' ');
}

static void
end_start_tag (VsXml *xml, gboolean for_children)
{
  if (!xml->in_tag)
    return;
  g_string_append_c (xml->out, '>');
  if (for_children)
    g_string_append_c (xml->out, '\n');
  xml->in_tag = FALSE;
}

void
vs_xml_open (VsXml *xml, const gchar *name)
{
  g_return_if_fail (xml->depth < VS_XML_DEPTH);

  end_start_tag (xml, TRUE);
  append_indent (xml);
  g_string_append_c (xml->out, '<');
  g_string_append (xml->out, name);
  xml->names[xml->depth++] = name;
  xml->in_tag = TRUE;
}

void
vs_xml_close (VsXml *xml)
{
  g_return_if_fail (xml->depth > 0);

  xml->depth--;
  if (xml->in_tag) {
    g_string_append (xml->out, "/>\n");
    xml->in_tag = FALSE;
    return;
  }
  if (!xml->has_text)
    append_indent (xml);
  xml->has_text = FALSE;
  g_string_append (xml->out, "</");
  g_string_append (xml->out, xml->names[xml->depth]);
  g_string_append (xml->out, ">\n");
}

/* XML 1.0, 2.2 and 2.4: what stands for markup is written as an entity, what
 * may not stand in a document at all becomes a question mark. */
static void
append_escaped (GString *out, const gchar *text)
{
  g_autofree gchar *valid = g_utf8_make_valid (text, -1);

  for (const gchar *c = valid; *c != '\0'; c++) {
    switch (*c) {
      case '&':
        g_string_append (out, "&amp;");
        break;
      case '<':
        g_string_append (out, "&lt;");
        break;
      case '>':
        g_string_append (out, "&gt;");
        break;
      case '"':
        g_string_append (out, "&quot;");
        break;
      default:
        if ((guchar) *c < ' ' || strncmp (c, "\xef\xbf\xbe", 3) == 0 ||
            strncmp (c, "\xef\xbf\xbf", 3) == 0) {
          g_string_append_c (out, '?');
          c += (guchar) *c < ' ' ? 0 : 2;
        } else
          g_string_append_c (out, *c);
        break;
    }
  }
}

static void
begin_attribute (VsXml *xml, const gchar *name)
{
  g_assert (xml->in_tag);
  g_string_append_c (xml->out, ' ');
  g_string_append (xml->out, name);
  g_string_append (xml->out, "=\"");
}

void
vs_xml_attribute (VsXml *xml, const gchar *name, const gchar *value)
{
  if (value == NULL)
    return;
  begin_attribute (xml, name);
  append_escaped (xml->out, value);
  g_string_append_c (xml->out, '"');
}

void
vs_xml_attribute_uint (VsXml *xml, const gchar *name, guint64 value)
{
  begin_attribute (xml, name);
  vs_text_append_uint (xml->out, value);
  g_string_append_c (xml->out, '"');
}

void
vs_xml_attribute_duration (VsXml *xml, const gchar *name, guint64 us)
{
  begin_attribute (xml, name);
  g_string_append (xml->out, "PT");
  vs_text_append_seconds (xml->out, us);
  while (g_str_has_suffix (xml->out->str, "0"))
    g_string_truncate (xml->out, xml->out->len - 1);
  if (g_str_has_suffix (xml->out->str, "."))
    g_string_truncate (xml->out, xml->out->len - 1);
  g_string_append (xml->out, "S\"");
}

void
vs_xml_attribute_date (VsXml *xml, const gchar *name, gint64 us)
{
  begin_attribute (xml, name);
  vs_text_append_date (xml->out, us);
  g_string_append_c (xml->out, '"');
}

void
vs_xml_text (VsXml *xml, const gchar *text)
{
  end_start_tag (xml, FALSE);
  append_escaped (xml->out, text);
  xml->has_text = TRUE;
}

void
vs_xml_raw (VsXml *xml, const GString *elements)
{
  end_start_tag (xml, TRUE);
  g_string_append_len (xml->out, elements->str, (gssize) elements->len);
}
