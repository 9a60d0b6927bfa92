/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "x264/vs-x264-keys.h"

#include <gst/video/video.h>

/* More than anybody means: then the oldest is forgotten. */
#define MOST_REQUESTS 256

typedef struct {
  GstClockTime time; /* running time; NONE: with the next frame */
  gboolean headers, taken;
  guint count;
  guint32 number;
} Request;

struct _VsX264Keys {
  GArray *requests;  /* Request */
  GstClockTime last; /* of the last key frame, forced or seen; NONE */
};

VsX264Keys *
vs_x264_keys_new (void)
{
  VsX264Keys *self = g_new0 (VsX264Keys, 1);

  self->requests = g_array_new (FALSE, FALSE, sizeof (Request));
  self->last = GST_CLOCK_TIME_NONE;
  return self;
}

void
vs_x264_keys_free (VsX264Keys *self)
{
  g_array_unref (self->requests);
  g_free (self);
}

void
vs_x264_keys_clear (VsX264Keys *self)
{
  g_array_set_size (self->requests, 0);
  self->last = GST_CLOCK_TIME_NONE;
}

gboolean
vs_x264_keys_add (VsX264Keys *self, GstEvent *event)
{
  Request request = { GST_CLOCK_TIME_NONE, FALSE, FALSE, 0, 0 };

  if (!gst_video_event_is_force_key_unit (event) ||
      !(GST_EVENT_IS_DOWNSTREAM (event)
              ? gst_video_event_parse_downstream_force_key_unit (event, NULL,
                    NULL, &request.time, &request.headers, &request.count)
              : gst_video_event_parse_upstream_force_key_unit (
                    event, &request.time, &request.headers, &request.count)))
    return FALSE;
  if (self->requests->len >= MOST_REQUESTS)
    g_array_remove_index (self->requests, 0);
  g_array_append_val (self->requests, request);
  return TRUE;
}

static gboolean
is_due (const Request *request, GstClockTime time)
{
  return !request->taken &&
         (request->time == GST_CLOCK_TIME_NONE ||
             (time != GST_CLOCK_TIME_NONE && request->time <= time));
}

gboolean
vs_x264_keys_take (
    VsX264Keys *self, GstClockTime time, guint32 number, GstClockTime interval)
{
  gboolean force = FALSE;

  if (GST_CLOCK_TIME_IS_VALID (interval) && interval > 0 &&
      time != GST_CLOCK_TIME_NONE && self->last != GST_CLOCK_TIME_NONE &&
      self->last + interval > time)
    return FALSE;
  for (guint i = 0; i < self->requests->len; i++) {
    Request *request = &g_array_index (self->requests, Request, i);

    if (!is_due (request, time))
      continue;
    request->taken = TRUE;
    request->number = number;
    /* A key frame at or after its time has been there already: done. */
    if (request->time == GST_CLOCK_TIME_NONE ||
        self->last == GST_CLOCK_TIME_NONE || request->time > self->last)
      force = TRUE;
  }
  if (force && time != GST_CLOCK_TIME_NONE)
    self->last = time;
  return force;
}

gboolean
vs_x264_keys_answer (VsX264Keys *self, GstClockTime time, guint32 number,
    gboolean *headers, guint *count)
{
  if (time != GST_CLOCK_TIME_NONE &&
      (self->last == GST_CLOCK_TIME_NONE || self->last < time))
    self->last = time;
  for (guint i = 0; i < self->requests->len; i++) {
    Request *request = &g_array_index (self->requests, Request, i);

    if (!request->taken || request->number > number)
      continue;
    *headers = request->headers;
    *count = request->count;
    g_array_remove_index (self->requests, i);
    return TRUE;
  }
  return FALSE;
}
