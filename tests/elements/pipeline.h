/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs a pipeline to its end, with a limit. */
#pragma once

#include <gst/gst.h>

#define PIPELINE_LIMIT (60 * GST_SECOND)

/* NULL at EOS; else the error's text, owned. Leaves the pipeline in NULL. */
static inline gchar *
run_pipeline (GstElement *pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      bus, PIPELINE_LIMIT, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  if (message == NULL)
    return g_strdup ("it does not end");
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
    return NULL;
  gst_message_parse_error (message, &error, NULL);
  return g_strdup (error->message);
}
