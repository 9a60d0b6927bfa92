/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * s3sink in pull mode: nobody pushes, and nothing is held. The pad's task says
 * which bytes of the file are the next part … a thread of the client reads
 * them into curl's buffer when it sends them, and again for a retry … at the
 * end of the file, or where somebody ends the stream after the parts begun by
 * then, the task sends itself an EOS event, and all goes on as in push mode.
 *
 * That is for a local file that needs no checksum and becomes one object;
 * everything else is pushed. */
#include "core/vs-error.h"
#include "s3/vs-s3-pull.h"
#include "s3/vs-s3-sink-private.h"

#define FIRST_SIZE 4096
#define PARTS 32
#define PART_UNIT (1024 * 1024)
#define PART_SIZE_MOST (64 * 1024 * 1024)

gboolean
vs_s3_sink_is_pulling (GstS3Sink *self)
{
  gboolean pulling;

  GST_OBJECT_LOCK (self);
  pulling = GST_BASE_SINK (self)->pad_mode == GST_PAD_MODE_PULL;
  GST_OBJECT_UNLOCK (self);
  return pulling;
}

static void
set_ended (GstS3Sink *self, gboolean ended)
{
  GST_OBJECT_LOCK (self);
  self->ended = ended;
  GST_OBJECT_UNLOCK (self);
}

static gboolean
is_ended (GstS3Sink *self)
{
  gboolean ended;

  GST_OBJECT_LOCK (self);
  ended = self->ended;
  GST_OBJECT_UNLOCK (self);
  return ended;
}

static gssize
read_source (gpointer user_data, guint64 offset, guint8 *buffer, gsize size,
    GError **error)
{
  GstS3Sink *self = user_data;
  gboolean ended = FALSE;
  gssize got;

  g_mutex_lock (&self->reading);
  got = vs_s3_pull_read (GST_BASE_SINK_PAD (self), self->from + offset, buffer,
      size, &ended, error);
  g_mutex_unlock (&self->reading);
  if (ended)
    set_ended (self, TRUE);
  return got;
}

VsS3Source
vs_s3_sink_get_source (GstS3Sink *self)
{
  VsS3Source source = { NULL, self };

  if (vs_s3_sink_is_pulling (self))
    source.read = read_source;
  return source;
}

/* The task --------------------------------------------------------------- */

/* In this thread come the events that wait before the first byte: the client's
 * must never wait for this one. @first stays NULL where the file is empty. */
static GstFlowReturn
pull_first (GstS3Sink *self, GstBuffer **first)
{
  GstFlowReturn flow = gst_pad_pull_range (
      GST_BASE_SINK_PAD (self), self->from, FIRST_SIZE, first);

  if (flow == GST_FLOW_EOS) {
    if (vs_s3_pull_resume (GST_BASE_SINK_PAD (self), self->from))
      set_ended (self, TRUE);
    return GST_FLOW_OK;
  }
  if (flow < GST_FLOW_EOS)
    GST_ELEMENT_FLOW_ERROR (self, flow);
  return flow;
}

static GstFlowReturn
preroll (GstS3Sink *self, GstBuffer *first)
{
  return gst_base_sink_do_preroll (
      GST_BASE_SINK (self), GST_MINI_OBJECT_CAST (first));
}

/* The file may have grown since the last part. */
static GstFlowReturn
take_part (GstS3Sink *self)
{
  GstBaseSink *sink = GST_BASE_SINK (self);
  guint64 at = self->from + self->written, length, size;
  GstFlowReturn flow;

  if (is_ended (self))
    return GST_FLOW_EOS;
  if (!vs_s3_pull_get_length (GST_BASE_SINK_PAD (self), &length)) {
    g_autoptr (GError) error = g_error_new (VS_ERROR, VS_ERROR_BAD_DATA,
        "The file for “%s” does not say any more how long it is.", self->key);

    return vs_s3_sink_fail (self, error);
  }
  length = MIN (length, self->to);
  if (at >= length)
    return GST_FLOW_EOS;
  size = MIN (length - at, self->snapshot.shared.config->part_size);
  flow = vs_s3_sink_take (self, NULL, size);
  GST_OBJECT_LOCK (self);
  if (flow == GST_FLOW_OK)
    sink->segment.position = at + size;
  GST_OBJECT_UNLOCK (self);
  return flow;
}

static GstFlowReturn
step (GstS3Sink *self, GstBuffer *first)
{
  GstFlowReturn flow = GST_FLOW_OK;

  /* A flush that began before the preroll lock was ours wakes nobody later. */
  if (GST_PAD_IS_FLUSHING (GST_BASE_SINK_PAD (self)))
    return GST_FLOW_FLUSHING;
  if (vs_s3_fault_once_is_told (&self->fault))
    return GST_FLOW_ERROR;
  if (first != NULL)
    flow = preroll (self, first);
  if (flow == GST_FLOW_OK)
    flow = vs_s3_sink_ensure_object (self);
  return flow == GST_FLOW_OK ? take_part (self) : flow;
}

static void
loop (gpointer user_data)
{
  GstS3Sink *self = user_data;
  GstPad *pad = GST_BASE_SINK_PAD (self);
  g_autoptr (GstBuffer) first = NULL;
  GstFlowReturn flow = GST_FLOW_OK;

  if (self->upload == NULL)
    flow = pull_first (self, &first);
  GST_BASE_SINK_PREROLL_LOCK (self);
  if (flow == GST_FLOW_OK)
    flow = step (self, first);
  GST_BASE_SINK_PREROLL_UNLOCK (self);
  if (flow == GST_FLOW_OK)
    return;
  gst_pad_pause_task (pad);
  if (flow == GST_FLOW_EOS)
    gst_pad_send_event (pad, gst_event_new_eos ());
}

/* Activation ------------------------------------------------------------- */

/* As large as gains, and so small that little is sent again where a connection
 * breaks, and that nobody waits long for the last one. */
static guint64
choose_part_size (guint64 length)
{
  guint64 size = length / PARTS / PART_UNIT * PART_UNIT;

  return CLAMP (size, VS_S3_PART_SIZE_DEFAULT, PART_SIZE_MOST);
}

static gboolean
activate (GstPad *pad, GstObject *parent)
{
  GstS3Sink *self = GST_S3_SINK (parent);

  GST_BASE_SINK (self)->can_activate_pull =
      self->client != NULL && self->snapshot.next_file == VS_S3_NEXT_NONE &&
      vs_s3_client_sends_unchecked (self->client) && vs_s3_pull_check (pad);
  if (self->client != NULL && !self->is_sized)
    self->snapshot.shared.config->part_size = VS_S3_PART_SIZE_DEFAULT;
  return self->activate (pad, parent);
}

gboolean
vs_s3_sink_activate_pull (GstBaseSink *sink, gboolean active)
{
  GstS3Sink *self = GST_S3_SINK (sink);
  guint64 length;

  if (!active)
    return gst_pad_stop_task (GST_BASE_SINK_PAD (sink));
  if (!self->is_sized &&
      vs_s3_pull_get_length (GST_BASE_SINK_PAD (sink), &length))
    self->snapshot.shared.config->part_size = choose_part_size (length);
  vs_s3_sink_drop_object (self); /* of what ran before */
  self->from = 0;
  self->to = G_MAXUINT64;
  set_ended (self, FALSE);
  return gst_pad_start_task (GST_BASE_SINK_PAD (sink), loop, self, NULL);
}

void
vs_s3_sink_pull_init (GstS3Sink *self)
{
  GstPad *pad = GST_BASE_SINK_PAD (self);

  g_mutex_init (&self->reading);
  self->activate = GST_PAD_ACTIVATEFUNC (pad);
  gst_pad_set_activate_function (pad, activate);
}

/* Seeking ---------------------------------------------------------------- */

/* As in push mode: the object begins anew, with the bytes from there on. */
gboolean
vs_s3_sink_pull_seek (GstS3Sink *self, GstEvent *event)
{
  GstPad *pad = GST_BASE_SINK_PAD (self);
  GstSeekType from_type, to_type;
  gint64 from = 0, to = -1;
  GstSeekFlags flags;
  GstFormat format;
  gdouble rate;
  gboolean good;

  gst_event_parse_seek (
      event, &rate, &format, &flags, &from_type, &from, &to_type, &to);
  gst_event_unref (event);
  if (format != GST_FORMAT_BYTES || rate != 1.0 ||
      (flags & GST_SEEK_FLAG_FLUSH) == 0 || from_type != GST_SEEK_TYPE_SET ||
      from < 0 || to_type == GST_SEEK_TYPE_END)
    return FALSE;
  /* ourselves first: pushing one makes this pad flushing, and then it takes
   * none */
  gst_pad_send_event (pad, gst_event_new_flush_start ());
  gst_pad_push_event (pad, gst_event_new_flush_start ());
  GST_PAD_STREAM_LOCK (pad);
  gst_pad_send_event (pad, gst_event_new_flush_stop (TRUE)); /* drops it */
  gst_pad_push_event (pad, gst_event_new_flush_stop (TRUE));
  set_ended (self, FALSE);
  self->from = (guint64) from;
  self->to =
      to_type == GST_SEEK_TYPE_SET && to >= 0 ? (guint64) to : G_MAXUINT64;
  good = gst_pad_start_task (pad, loop, self, NULL);
  GST_PAD_STREAM_UNLOCK (pad);
  return good;
}
