/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Errors inside of abrladder's decodebin reach the application, whenever they
 * are posted. */
#include <gst/gst.h>
#include <string.h>

#include "pipeline.h"
#include "tree.h"

static gchar *dir;

/* A demuxer whose own thread has failed by the time it is in PAUSED, as one
 * that pulls can: decodebin throws away what it says until then. */
typedef struct {
  GstElement parent;
} HastyDemux;
typedef GstElementClass HastyDemuxClass;

static GType hasty_demux_get_type (void);
G_DEFINE_TYPE (HastyDemux, hasty_demux, GST_TYPE_ELEMENT)

#define HASTY_CAPS "application/x-vs-hasty"
#define HASTY_MAGIC "too hasty to be read"

static gpointer
hasty_main (gpointer element)
{
  GST_ELEMENT_ERROR (element, STREAM, DEMUX, ("No streams."), (NULL));
  return NULL;
}

static GstStateChangeReturn
hasty_demux_change_state (GstElement *element, GstStateChange transition)
{
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    (void) g_thread_join (g_thread_new ("hasty", hasty_main, element));
  return GST_ELEMENT_CLASS (hasty_demux_parent_class)
      ->change_state (element, transition);
}

static void
hasty_demux_class_init (HastyDemuxClass *klass)
{
  static GstStaticPadTemplate sink = GST_STATIC_PAD_TEMPLATE (
      "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (HASTY_CAPS));
  static GstStaticPadTemplate src = GST_STATIC_PAD_TEMPLATE (
      "src", GST_PAD_SRC, GST_PAD_SOMETIMES, GST_STATIC_CAPS_ANY);

  klass->change_state = hasty_demux_change_state;
  gst_element_class_add_static_pad_template (klass, &sink);
  gst_element_class_add_static_pad_template (klass, &src);
  gst_element_class_set_static_metadata (
      klass, "Hasty", "Codec/Demuxer", "Fails at once", "vstream");
}

static GstFlowReturn
hasty_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  gst_buffer_unref (buffer);
  return GST_FLOW_EOS;
}

static void
hasty_demux_init (HastyDemux *self)
{
  GstPad *pad = gst_pad_new_from_template (
      gst_element_class_get_pad_template (GST_ELEMENT_GET_CLASS (self), "sink"),
      "sink");

  gst_pad_set_chain_function (pad, hasty_chain);
  gst_element_add_pad (GST_ELEMENT (self), pad);
}

static void
find_hasty (GstTypeFind *find, gpointer user_data)
{
  const guint8 *data =
      gst_type_find_peek (find, 0, (guint) strlen (HASTY_MAGIC));

  if (data != NULL && memcmp (data, HASTY_MAGIC, strlen (HASTY_MAGIC)) == 0)
    gst_type_find_suggest (find, GST_TYPE_FIND_MAXIMUM, user_data);
}

static void
test_early_error (void)
{
  g_autofree gchar *path = g_build_filename (dir, "hasty.bin", NULL);
  g_autoptr (GstCaps) caps = gst_caps_from_string (HASTY_CAPS);
  g_autofree gchar *line = NULL;
  g_autofree gchar *error = NULL;
  g_autoptr (GstElement) pipeline = NULL;

  g_assert_true (gst_element_register (
      NULL, "vshastydemux", GST_RANK_PRIMARY, hasty_demux_get_type ()));
  g_assert_true (gst_type_find_register (
      NULL, "vshasty", GST_RANK_PRIMARY, find_hasty, NULL, caps, caps, NULL));
  g_assert_true (g_file_set_contents (path, HASTY_MAGIC, -1, NULL));
  line =
      g_strdup_printf ("filesrc location=\"%s\" ! abrladder ! fakesink", path);
  pipeline = gst_parse_launch (line, NULL);
  error = run_pipeline (pipeline);
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error, "No streams."));
}

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  dir = g_dir_make_tmp ("vs-errors-XXXXXX", NULL);
  g_test_add_func ("/ladder/early-error", test_early_error);
  result = g_test_run ();
  remove_tree (dir);
  g_free (dir);
  gst_deinit ();
  return result;
}
