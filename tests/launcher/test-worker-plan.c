/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The worker's plan: what it prints is what it builds, whatever characters a
 * name has. */
#include "core/vs-error.h"
#include "worker/vs-package.h"
#include "worker/vs-plan.h"
#include "worker/vs-property.h"
#include "worker/vs-stall.h"

#include <string.h>

static gchar *
get_location (GstElement *pipeline)
{
  g_autoptr (GstElement) element =
      gst_bin_get_by_name (GST_BIN (pipeline), "a");
  gchar *got = NULL;

  g_object_get (element, "location", &got, NULL);
  return got;
}

/* The way of a value: plan, shell, gst-launch-1.0's words, its parser. */
static gchar *
send_plan (const VsPlan *plan)
{
  g_autofree gchar *line = vs_plan_to_launch (plan);
  g_auto (GStrv) argv = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = NULL;

  g_test_message ("%s", line);
  g_assert_true (g_shell_parse_argv (line, NULL, &argv, &error));
  g_assert_cmpstr (argv[0], ==, "gst-launch-1.0");
  g_assert_cmpstr (argv[1], ==, "-e");
  pipeline = gst_parse_launchv ((const gchar **) argv + 2, &error);
  g_assert_no_error (error);
  gst_object_ref_sink (pipeline);
  return get_location (pipeline);
}

static gchar *
send_through_launch (const gchar *value)
{
  g_autoptr (VsPlan) plan = vs_plan_new ();
  VsPlanNode *source = vs_plan_add (plan, "filesrc", "a");
  VsPlanNode *sink = vs_plan_add (plan, "fakesink", "b");

  vs_plan_set (source, "location", value);
  vs_plan_link (plan, source, NULL, sink, NULL);
  return send_plan (plan);
}

/* The user's own text means the same in the printed line. */
static void
test_launch_text (void)
{
  static const gchar *const values[] = { "/a/b", "\"a b\"", "a\\ b",
    "\"it's $HOME; a\\ \\\"b\\\"\"", "\"a  b\"", "'a b'", "a\\\"b",
    "\"100%\"" };

  for (guint i = 0; i < G_N_ELEMENTS (values); i++) {
    g_autoptr (VsPlan) plan = vs_plan_new ();
    g_autoptr (GError) error = NULL;
    g_autoptr (GstElement) pipeline = NULL;
    g_autofree gchar *wanted = NULL;
    g_autofree gchar *got = NULL;

    plan->launch =
        g_strdup_printf ("filesrc name=a location=%s  !  fakesink", values[i]);
    pipeline = vs_plan_build (plan, &error);
    g_assert_no_error (error);
    wanted = get_location (pipeline);
    got = send_plan (plan);
    g_assert_cmpstr (got, ==, wanted);
  }
}

static void
test_quoting (void)
{
  static const gchar *const values[] = {
    "/a/b.mp4",
    "/a b/c  d",
    "/it's/$HOME/`id`/!x",
    "/100%/50%d",
    "/ü/日本",
    "/back\\slash",
    "/a \"quoted\" name",
    "/a!b ! c",
    "/x=y;z&(w)|{v}*?",
  };

  for (guint i = 0; i < G_N_ELEMENTS (values); i++) {
    g_autofree gchar *got = send_through_launch (values[i]);

    g_assert_cmpstr (got, ==, values[i]);
  }
}

static void
test_build (void)
{
  g_autoptr (VsPlan) plan = vs_plan_new ();
  VsPlanNode *source = vs_plan_add (plan, "videotestsrc", "a");
  VsPlanNode *sink = vs_plan_add (plan, "fakesink", "b");
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GstElement) element = NULL;
  gint n_buffers = 0;

  vs_plan_set (source, "pattern", "ball");
  vs_plan_set_number (source, "num-buffers", 7);
  vs_plan_link (plan, source, NULL, sink, NULL);
  pipeline = vs_plan_build (plan, &error);
  g_assert_no_error (error);
  element = gst_bin_get_by_name (GST_BIN (pipeline), "a");
  g_object_get (element, "num-buffers", &n_buffers, NULL);
  g_assert_cmpint (n_buffers, ==, 7);
}

static void
test_build_errors (void)
{
  static const struct {
    const gchar *factory, *property, *value;
    VsError code;
  } cases[] = {
    { "nosuchelement", NULL, NULL, VS_ERROR_NO_PLUGIN },
    { "videotestsrc", "patern", "ball", VS_ERROR_BAD_VALUE },
    { "videotestsrc", "pattern", "balls", VS_ERROR_BAD_VALUE },
    { "videotestsrc", NULL, NULL, VS_ERROR_INTERNAL }, /* links to itself */
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (VsPlan) plan = vs_plan_new ();
    VsPlanNode *node = vs_plan_add (plan, cases[i].factory, "a");
    g_autoptr (GError) error = NULL;

    if (cases[i].property)
      vs_plan_set (node, cases[i].property, cases[i].value);
    vs_plan_link (plan, node, NULL, node, NULL);
    g_assert_null (vs_plan_build (plan, &error));
    g_assert_error (error, VS_ERROR, (gint) cases[i].code);
  }
}

static void
test_properties (void)
{
  static const struct {
    const gchar *factory, *name, *value, *said; /* NULL: fine */
  } cases[] = {
    { "videotestsrc", "num-buffers", "12", NULL },
    { "videotestsrc", "num-buffers", "-1", NULL },
    { "videotestsrc", "num-buffers", "-2", "from -1 to" },
    { "videotestsrc", "num-buffers", "99999999999", "from -1 to" },
    { "videotestsrc", "num-buffers", "12x", "number" },
    { "videotestsrc", "num-buffers", "", "number" },
    { "videotestsrc", "num-bufers", "12", "num-buffers" },
    { "videotestsrc", "zzzzzzzzzzz", "12", "gst-inspect-1.0" },
    { "videotestsrc", "pattern", "snow", NULL },
    { "videotestsrc", "pattern", "fog", "smpte" },
    { "videotestsrc", "is-live", "true", NULL },
    { "videotestsrc", "is-live", "maybe", "true or false" },
    { "audiotestsrc", "volume", "0.25", NULL },
    { "audiotestsrc", "volume", "7", "from 0 to 1" },
    { "audiotestsrc", "volume", "loud", "from 0 to 1" },
    { "fakesink", "last-sample", "x", "only be read" },
    { "capsfilter", "caps", "video/x-raw,width=[ 16, 32 ]", NULL },
    { "capsfilter", "caps", "video/x-raw,width=(", "GstCaps" },
    { "filesrc", "location", "anything at all", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GstElementFactory) factory =
        gst_element_factory_find (cases[i].factory);
    g_autoptr (GError) error = NULL;
    gboolean ok;

    g_assert_nonnull (factory);
    ok = vs_property_check (factory, cases[i].name, cases[i].value, &error);
    g_test_message ("%s", error ? error->message : "fine");
    g_assert_true (ok == (cases[i].said == NULL));
    if (!ok)
      g_assert_nonnull (strstr (error->message, cases[i].said));
  }
}

static void
test_packages (void)
{
  static const struct {
    const gchar *factory, *package;
  } cases[] = {
    { "x264enc", "gstreamer1.0-plugins-ugly" },
    { "openh264enc", "gstreamer1.0-plugins-bad" },
    { "avenc_aac", "gstreamer1.0-libav" },
    { "avdec_h265", "gstreamer1.0-libav" },
    { "vp9enc", "gstreamer1.0-plugins-good" },
    { "nosuch", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpstr (
        vs_package_of_element (cases[i].factory), ==, cases[i].package);
}

static void
test_stall (void)
{
  static const struct {
    gint64 position, cpu_ms;
    guint64 n_objects;
    VsStallVerdict verdict;
  } looks[] = {
    { -1, 400, 0, VS_STALL_MOVES }, /* it begins */
    { -1, 900, 0, VS_STALL_MOVES }, /* it decodes, nothing has come out */
    { -1, 905, 0, VS_STALL_MOVES }, /* 1 */
    { -1, 910, 0, VS_STALL_MOVES }, /* 2 */
    { 0, 915, 0, VS_STALL_MOVES },  /* it moves, if slowly */
    { 0, 917, 0, VS_STALL_MOVES },  /* 1 */
    { 0, 919, 0, VS_STALL_MOVES },  /* 2 */
    { 0, 921, 1, VS_STALL_MOVES },  /* an object was stored */
    { 0, 925, 1, VS_STALL_MOVES },  /* 1 */
    { 0, 930, 1, VS_STALL_MOVES },  /* 2 */
    { 0, 935, 1, VS_STALL_WAITS },  /* 3 */
    { 0, 2000, 2, VS_STALL_MOVES }, /* at work again */
    { 0, 3000, 2, VS_STALL_MOVES }, /* 1, at work of which nothing comes */
    { 0, 4000, 2, VS_STALL_MOVES }, /* 2 */
    { 0, 5000, 2, VS_STALL_MOVES }, /* 3 */
    { 0, 6000, 2, VS_STALL_MOVES }, /* 4 */
    { 1, 7000, 2, VS_STALL_MOVES }, /* something has */
    { 1, 8000, 2, VS_STALL_MOVES }, /* 1 */
    { 1, 9000, 2, VS_STALL_MOVES }, /* 2 */
    { 1, 10000, 2, VS_STALL_MOVES }, { 1, 11000, 2, VS_STALL_MOVES },
    { 1, 12000, 2, VS_STALL_MOVES }, { 1, 13000, 2, VS_STALL_MOVES },
    { 1, 14000, 2, VS_STALL_MOVES }, { 1, 15000, 2, VS_STALL_MOVES },
    { 1, 16000, 2, VS_STALL_MOVES }, { 1, 17000, 2, VS_STALL_MOVES },
    { 1, 18000, 2, VS_STALL_MOVES }, /* 11 */
    { 1, 19000, 2, VS_STALL_BUSY },  /* 12 */
  };
  VsStall stall = { .position = 0 };

  for (guint i = 0; i < G_N_ELEMENTS (looks); i++) {
    g_test_message ("look %u", i);
    g_assert_cmpint (vs_stall_look (&stall, looks[i].position,
                         looks[i].n_objects, looks[i].cpu_ms * 1000, 3),
        ==, looks[i].verdict);
  }
  g_assert_cmpint (vs_stall_get_cpu (), >, 0);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/worker/plan/quoting", test_quoting);
  g_test_add_func ("/worker/plan/launch-text", test_launch_text);
  g_test_add_func ("/worker/plan/build", test_build);
  g_test_add_func ("/worker/plan/build-errors", test_build_errors);
  g_test_add_func ("/worker/property", test_properties);
  g_test_add_func ("/worker/stall", test_stall);
  g_test_add_func ("/worker/package", test_packages);
  return g_test_run ();
}
