/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "s3/vs-s3-pull.h"

#include <gst/base/gstbasesrc.h>

#include "core/vs-error.h"

/* The largest page; what is smaller costs little in either way. */
#define LEAST 65536
/* To copy out of one page to so few bytes further on in another takes up to
 * seven times as long on some processors (AMD's, by `rep movsb`); and what
 * malloc () maps begins 16 bytes into a page, as a file does at none. */
#define PAGE 4096
#define NEAR 64

static gboolean
is_file (GstPad *pad)
{
  GstQuery *query = gst_query_new_uri ();
  g_autofree gchar *uri = NULL;

  if (gst_pad_peer_query (pad, query))
    gst_query_parse_uri (query, &uri);
  gst_query_unref (query);
  return uri != NULL && g_str_has_prefix (uri, "file:");
}

static gboolean
gives_ranges (GstPad *pad)
{
  GstQuery *query = gst_query_new_scheduling ();
  GstSchedulingFlags flags = GST_SCHEDULING_FLAG_SEQUENTIAL;
  gboolean gives = gst_pad_peer_query (pad, query);

  if (gives) {
    gst_query_parse_scheduling (query, &flags, NULL, NULL, NULL);
    gives = gst_query_has_scheduling_mode_with_flags (
        query, GST_PAD_MODE_PULL, GST_SCHEDULING_FLAG_SEEKABLE);
  }
  gst_query_unref (query);
  return gives && (flags & (GST_SCHEDULING_FLAG_SEQUENTIAL |
                               GST_SCHEDULING_FLAG_BANDWIDTH_LIMITED)) == 0;
}

/* No element between that might keep a buffer: its bytes are curl's. */
static gboolean
is_whole_source (GstPad *pad)
{
  g_autoptr (GstPad) peer = gst_pad_get_peer (pad);
  g_autoptr (GstElement) source =
      peer != NULL ? gst_pad_get_parent_element (peer) : NULL;
  gint buffers = 0;

  if (source == NULL || !GST_IS_BASE_SRC (source))
    return FALSE;
  g_object_get (source, "num-buffers", &buffers, NULL);
  return buffers < 0;
}

gboolean
vs_s3_pull_check (GstPad *pad)
{
  guint64 length;

  return is_whole_source (pad) && is_file (pad) && gives_ranges (pad) &&
         vs_s3_pull_get_length (pad, &length) && length > LEAST;
}

gboolean
vs_s3_pull_get_length (GstPad *pad, guint64 *length)
{
  gint64 bytes = -1;

  if (!gst_pad_peer_query_duration (pad, GST_FORMAT_BYTES, &bytes) || bytes < 0)
    return FALSE;
  *length = (guint64) bytes;
  return TRUE;
}

gboolean
vs_s3_pull_resume (GstPad *pad, guint64 offset)
{
  g_autoptr (GstPad) peer = gst_pad_get_peer (pad);
  guint64 length;

  /* A flush makes GstBaseSrc forget the EOS. It goes to the peer alone: pushed,
   * it would make our pad flushing as well. */
  return peer != NULL && vs_s3_pull_get_length (pad, &length) &&
         length > offset &&
         gst_pad_send_event (peer, gst_event_new_flush_start ()) &&
         gst_pad_send_event (peer, gst_event_new_flush_stop (FALSE));
}

/* How much of @size to read so that the next read into @data, if not this one,
 * finds the file at another place of its page. */
static gsize
keep_apart (guint64 offset, const guint8 *data, gsize size)
{
  gsize apart = ((gsize) data - (gsize) offset) % PAGE;

  return apart == 0 || apart >= NEAR || size <= 2 * PAGE ? size : PAGE - NEAR;
}

static GstFlowReturn
pull (GstPad *pad, guint64 offset, guint8 *data, gsize *size)
{
  GstBuffer *own =
      gst_buffer_new_wrapped_full (0, data, *size, 0, *size, NULL, NULL);
  GstBuffer *buffer = own;
  GstFlowReturn flow = gst_pad_pull_range (pad, offset, (guint) *size, &buffer);

  if (flow == GST_FLOW_OK && buffer == own)
    *size = gst_buffer_get_size (own);
  else if (flow == GST_FLOW_OK)
    *size = gst_buffer_extract (buffer, 0, data, *size);
  if (flow == GST_FLOW_OK && buffer != own)
    gst_buffer_unref (buffer);
  gst_buffer_unref (own);
  return flow == GST_FLOW_OK && *size == 0 ? GST_FLOW_EOS : flow;
}

gssize
vs_s3_pull_read (GstPad *pad, guint64 offset, guint8 *data, gsize size,
    gboolean *ended, GError **error)
{
  gsize got = keep_apart (offset, data, size);
  GstFlowReturn flow = pull (pad, offset, data, &got);

  if (flow == GST_FLOW_EOS && vs_s3_pull_resume (pad, offset)) {
    *ended = TRUE;
    got = size;
    flow = pull (pad, offset, data, &got);
  }
  if (flow == GST_FLOW_OK)
    return (gssize) got;
  if (flow == GST_FLOW_FLUSHING)
    return 0;
  if (flow == GST_FLOW_EOS)
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA,
        "The file ended at byte %" G_GUINT64_FORMAT
        ", before the length it had when its upload began; store it again "
        "when nothing writes to it.",
        offset);
  else
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA,
        "The file could not be read from byte %" G_GUINT64_FORMAT " on (%s).",
        offset, gst_flow_get_name (flow));
  return -1;
}
