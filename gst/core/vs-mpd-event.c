/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ISO/IEC 23009-1:2022 5.10.2, ANSI/SCTE 214-1 6.7.3: one Event where a break
 * begins and one where it ends, each with its splice_info_section. Their times
 * are on the presentation timeline, as those of the media are. */
#include "core/vs-mpd-event.h"

#include "core/vs-ad-break.h"

#define SCHEME "urn:scte:scte35:2014:xml+bin"
#define NAMESPACE "http://www.scte.org/schemas/35/2016"

typedef struct {
  VsXml *xml;
  const VsPeriod *period, *next;
  gboolean any;
} Writer;

static gboolean
lies_in (const Writer *writer, guint64 sequence)
{
  return sequence >= writer->period->sequence &&
         (writer->next == NULL || sequence < writer->next->sequence);
}

static void
open_stream (Writer *writer)
{
  if (writer->any)
    return;
  writer->any = TRUE;
  vs_xml_open (writer->xml, "EventStream");
  vs_xml_attribute (writer->xml, "schemeIdUri", SCHEME);
  vs_xml_attribute_uint (writer->xml, "timescale", G_USEC_PER_SEC);
  vs_xml_attribute_uint (
      writer->xml, "presentationTimeOffset", writer->period->start_us);
}

/* @duration_us 0: not known. */
static void
write_event (Writer *writer, guint64 at_us, guint64 duration_us, guint32 id,
    GBytes *section)
{
  VsXml *xml = writer->xml;
  gsize size;
  const guchar *data = g_bytes_get_data (section, &size);
  g_autofree gchar *text = g_base64_encode (data, size);

  open_stream (writer);
  vs_xml_open (xml, "Event");
  vs_xml_attribute_uint (
      xml, "presentationTime", MAX (at_us, writer->period->start_us));
  if (duration_us > 0)
    vs_xml_attribute_uint (xml, "duration", duration_us);
  vs_xml_attribute_uint (xml, "id", id);
  vs_xml_open (xml, "Signal");
  vs_xml_attribute (xml, "xmlns", NAMESPACE);
  vs_xml_open (xml, "Binary");
  vs_xml_text (xml, text);
  vs_xml_close (xml);
  vs_xml_close (xml);
  vs_xml_close (xml);
}

/* No two breaks begin or end on one segment, so twice its number is an id. */
static void
write_break (Writer *writer, const VsAdBreak *b)
{
  gboolean open = b->after == VS_AD_BREAK_OPEN;

  if (lies_in (writer, b->first))
    write_event (writer, b->start_us,
        open ? b->planned_us : b->end_us - b->start_us,
        (guint32) (2 * b->first), b->out);
  if (!open && lies_in (writer, b->after))
    write_event (writer, b->end_us, 0, (guint32) (2 * b->after + 1), b->in);
}

void
vs_mpd_write_events (VsXml *xml, const VsPresentation *self,
    const VsPeriod *period, const VsPeriod *next)
{
  Writer writer = { xml, period, next, FALSE };

  if ((self->ad_markers & VS_AD_MARKERS_EVENTS) == 0)
    return;
  for (guint i = 0; i < self->breaks->len; i++)
    write_break (&writer, self->breaks->pdata[i]);
  if (writer.any)
    vs_xml_close (xml);
}
