/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-s3-answer.h"
#include "core/vs-xml.h"

static void
add_element (VsXml *xml, const gchar *name, const gchar *text)
{
  vs_xml_open (xml, name);
  vs_xml_text (xml, text);
  vs_xml_close (xml);
}

static gchar *
steal_text (VsXml *xml)
{
  gchar *text = g_string_free (xml->out, FALSE);

  xml->out = NULL;
  return text;
}

#define NAMESPACE "http://s3.amazonaws.com/doc/2006-03-01/"

gchar *
vs_s3_write_complete (const GPtrArray *parts)
{
  VsXml xml;

  vs_xml_init (&xml, 0);
  vs_xml_open (&xml, "CompleteMultipartUpload");
  vs_xml_attribute (&xml, "xmlns", NAMESPACE);
  for (guint i = 0; i < parts->len; i++) {
    const VsS3Part *part = parts->pdata[i];
    g_autofree gchar *number = g_strdup_printf ("%u", part->number);
    g_autofree gchar *etag = g_strdup_printf ("\"%s\"", part->etag);

    vs_xml_open (&xml, "Part");
    if (part->crc32c != NULL)
      add_element (&xml, "ChecksumCRC32C", part->crc32c);
    add_element (&xml, "ETag", etag);
    add_element (&xml, "PartNumber", number);
    vs_xml_close (&xml);
  }
  vs_xml_close (&xml);
  return steal_text (&xml);
}

gchar *
vs_s3_write_delete (const gchar *const *keys)
{
  VsXml xml;

  vs_xml_init (&xml, 0);
  vs_xml_open (&xml, "Delete");
  vs_xml_attribute (&xml, "xmlns", NAMESPACE);
  for (guint i = 0; keys[i] != NULL; i++) {
    vs_xml_open (&xml, "Object");
    add_element (&xml, "Key", keys[i]);
    vs_xml_close (&xml);
  }
  add_element (&xml, "Quiet", "true");
  vs_xml_close (&xml);
  return steal_text (&xml);
}
