/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * publish.c: publishes a media file as HLS and DASH from a program.
 *
 *   cc publish.c -o publish $(pkg-config --cflags --libs gstreamer-1.0)
 *   ./publish film.mp4 out
 *
 * The pipeline is filesrc ! abrladder ! abrsink. Progress comes from the
 * messages that abrsink posts for every object that is stored. */
#include <gst/gst.h>

static GstElement *
make_pipeline (const gchar *input, const gchar *output, GError **error)
{
  static const gchar *const factories[] = { "filesrc", "abrladder", "abrsink" };
  g_autoptr (GstElement) pipeline =
      gst_object_ref_sink (gst_pipeline_new (NULL));
  GstElement *elements[3];

  for (guint i = 0; i < G_N_ELEMENTS (factories); i++) {
    elements[i] = gst_element_factory_make (factories[i], NULL);
    if (!elements[i]) {
      g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
          "There is no element “%s”: is GST_PLUGIN_PATH set?", factories[i]);
      return NULL;
    }
    gst_bin_add (GST_BIN (pipeline), elements[i]);
  }
  g_object_set (elements[0], "location", input, NULL);
  gst_util_set_object_arg (
      G_OBJECT (elements[1]), "renditions", "720p@2800k,360p@800k");
  g_object_set (elements[2], "location", output, NULL);
  /* One link is enough: the ladder links all its renditions to the sink. */
  if (!gst_element_link_many (elements[0], elements[1], elements[2], NULL)) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "The elements could not be linked.");
    return NULL;
  }
  return g_steal_pointer (&pipeline);
}

/* An object of the first rendition is stored: how far are we? */
static void
print_progress (GstElement *pipeline, const GstStructure *object)
{
  const gchar *track = gst_structure_get_string (object, "track");
  guint64 start = 0, length = 0;
  gint64 total = 0;

  gst_structure_get (object, "start", G_TYPE_UINT64, &start, "duration",
      G_TYPE_UINT64, &length, NULL);
  if (!g_str_has_suffix (track, "_0") ||
      !gst_element_query_duration (pipeline, GST_FORMAT_TIME, &total) ||
      total <= 0)
    return;
  g_print ("%3" G_GUINT64_FORMAT " %%  %s\n",
      MIN (100, (start + length) * 100 / (guint64) total),
      gst_structure_get_string (object, "key"));
}

/* Runs until the end, which comes when all is durable, or an error. */
static gboolean
run (GstElement *pipeline, GError **error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  gboolean running = TRUE;

  /* A failure of this call is told by a message too. */
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (running) {
    g_autoptr (GstMessage) message =
        gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
            GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING | GST_MESSAGE_ERROR |
                GST_MESSAGE_EOS);
    g_autoptr (GError) warning = NULL;
    g_autofree gchar *detail = NULL;

    if (gst_message_has_name (message, "vstream-object")) {
      print_progress (pipeline, gst_message_get_structure (message));
    } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING) {
      gst_message_parse_warning (message, &warning, NULL);
      g_printerr ("Warning: %s\n", warning->message);
    } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
      gst_message_parse_error (message, error, &detail);
      g_printerr ("%s\n", detail ? detail : ""); /* which file, which element */
      running = FALSE;
    } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS) {
      running = FALSE;
    }
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return !*error;
}

int
main (int argc, char **argv)
{
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GError) error = NULL;

  gst_init (&argc, &argv);
  if (argc != 3) {
    g_printerr ("Usage: %s FILE FOLDER\n", argv[0]);
    return 64;
  }
  pipeline = make_pipeline (argv[1], argv[2], &error);
  if (!pipeline || !run (pipeline, &error)) {
    g_printerr ("%s\n", error->message);
    return 1;
  }
  g_print ("Play %s/multivariant.m3u8 or %s/manifest.mpd\n", argv[2], argv[2]);
  return 0;
}
