/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-error.h"
#include "core/vs-units.h"

typedef struct {
  const gchar *text;
  gint64 value; /* -1: refused */
} Case;

static const Case bitrates[] = {
  { "5000k", 5000000 },
  { "2.5M", 2500000 },
  { "128000", 128000 },
  { " 128 kbit/s ", 128000 },
  { "64kbps", 64000 },
  { "1500bps", 1500 },
  { "800K", 800000 },
  { "0.5M", 500000 },
  { "4.294967295G", G_GINT64_CONSTANT (4294967295) },
  { "0", 0 },
  { "4.294967296G", -1 },
  { "99999999999999999999", -1 },
  { "10000000000G", -1 },
  { "", -1 },
  { NULL, -1 },
  { "k", -1 },
  { "-5k", -1 },
  { "+5k", -1 },
  { "5kk", -1 },
  { "5 000k", -1 },
  { "1e6", -1 },
  { "0x10", -1 },
  { "inf", -1 },
  { "nan", -1 },
  { "5.", -1 },
  { ".5M", -1 },
  { "5,5M", -1 },
  { "5000kB/s", -1 },
};

static const Case durations[] = {
  { "4s", 4000000 },
  { "4", 4000000 },
  { "250ms", 250000 },
  { "2m", 120000000 },
  { "1h", G_GINT64_CONSTANT (3600000000) },
  { "1h30m", G_GINT64_CONSTANT (5400000000) },
  { "1h 30m 5s 250ms", G_GINT64_CONSTANT (5405250000) },
  { "2.002s", 2002000 },
  { "0.1", 100000 },
  { "15us", 15 },
  { "0", 0 },
  { " 4 s ", 4000000 },
  { "1m1m", -1 },
  { "30m1h", -1 },
  { "1h30", -1 },
  { "30 4s", -1 },
  { "4 seconds", -1 },
  { "4sec", -1 },
  { "-4s", -1 },
  { "s", -1 },
  { "", -1 },
  { NULL, -1 },
  { "9999999999h", -1 },
  { "1e3s", -1 },
};

static void
test_bitrate (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (bitrates); i++) {
    const Case *c = &bitrates[i];
    g_autoptr (GError) error = NULL;
    guint value = 77;
    gboolean ok = vs_units_parse_bitrate (c->text, &value, &error);

    g_test_message ("“%s”", c->text);
    if (c->value < 0) {
      g_assert_false (ok);
      g_assert_error (error, VS_ERROR, VS_ERROR_BAD_VALUE);
      g_assert_nonnull (g_strstr_len (error->message, -1, "5000k"));
      g_assert_cmpuint (value, ==, 77);
    } else {
      g_assert_no_error (error);
      g_assert_true (ok);
      g_assert_cmpint (value, ==, c->value);
    }
  }
}

static void
test_duration (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (durations); i++) {
    const Case *c = &durations[i];
    g_autoptr (GError) error = NULL;
    gint64 value = 77;
    gboolean ok = vs_units_parse_duration (c->text, &value, &error);

    g_test_message ("“%s”", c->text);
    if (c->value < 0) {
      g_assert_false (ok);
      g_assert_error (error, VS_ERROR, VS_ERROR_BAD_VALUE);
      g_assert_nonnull (g_strstr_len (error->message, -1, "1h30m"));
      g_assert_cmpint (value, ==, 77);
    } else {
      g_assert_no_error (error);
      g_assert_true (ok);
      g_assert_cmpint (value, ==, c->value);
    }
  }
}

static const struct {
  const gchar *text;
  guint n, d; /* 0/0: refused */
} framerates[] = {
  { "30", 30, 1 },
  { "25/1", 25, 1 },
  { "50/2", 25, 1 },
  { "30000/1001", 30000, 1001 },
  { "29.97", 30000, 1001 },
  { "23.976", 24000, 1001 },
  { "23.98", 24000, 1001 },
  { "23.97", 24000, 1001 },
  { "59.94", 60000, 1001 },
  { "119.88", 120000, 1001 },
  { "12.5", 25, 2 },
  { "30.0", 30, 1 },
  { "15.5", 31, 2 },
  { "source", 0, 1 },
  { "300", 300, 1 },
  { "301", 0, 0 },
  { "0", 0, 0 },
  { "0/1", 0, 0 },
  { "0.5", 0, 0 },
  { "30/0", 0, 0 },
  { "30/", 0, 0 },
  { "29.97/1", 0, 0 },
  { "-25", 0, 0 },
  { "25fps", 0, 0 },
  { "Source", 0, 0 },
  { "", 0, 0 },
  { "9000000000/9000000000", 0, 0 },
};

static void
test_framerate (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (framerates); i++) {
    g_autoptr (GError) error = NULL;
    guint n = 7, d = 7;
    gboolean ok = vs_units_parse_framerate (framerates[i].text, &n, &d, &error);

    g_test_message ("“%s”", framerates[i].text);
    g_assert_true (ok == (framerates[i].d != 0));
    if (ok) {
      g_assert_no_error (error);
      g_assert_cmpuint (n, ==, framerates[i].n);
      g_assert_cmpuint (d, ==, framerates[i].d);
    } else {
      g_assert_error (error, VS_ERROR, VS_ERROR_BAD_VALUE);
    }
  }
}

static void
test_boolean (void)
{
  static const gchar *const yes[] = { "true", "yes", "on", "1", "TRUE", " on" };
  static const gchar *const no[] = { "false", "no", "off", "0", "False" };
  static const gchar *const bad[] = { "", "2", "maybe", "tru", "enabled" };
  gboolean value;

  for (guint i = 0; i < G_N_ELEMENTS (yes); i++) {
    value = FALSE;
    g_assert_true (vs_units_parse_boolean (yes[i], &value, NULL));
    g_assert_true (value);
  }
  for (guint i = 0; i < G_N_ELEMENTS (no); i++) {
    value = TRUE;
    g_assert_true (vs_units_parse_boolean (no[i], &value, NULL));
    g_assert_false (value);
  }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (vs_units_parse_boolean (bad[i], &value, &error));
    g_assert_error (error, VS_ERROR, VS_ERROR_BAD_VALUE);
  }
}

static void
test_nearest (void)
{
  static const gchar *const known[] = { "format", "duration", "gop-duration",
    "window", "keep", "bitrate", "max-bitrate", "framerate", NULL };
  static const struct {
    const gchar *word, *nearest;
  } cases[] = {
    { "segmnt-duration", "duration" },
    { "durtion", "duration" },
    { "Duration", "duration" },
    { "gop", "gop-duration" },
    { "gop_duration", "gop-duration" },
    { "fromat", "format" },
    { "wnidow", "window" },
    { "kep", "keep" },
    { "max-birate", "max-bitrate" },
    { "frame-rate", "framerate" },
    { "color", NULL },
    { "xyz", NULL },
    { "", NULL },
  };
  g_autofree gchar *endless = g_strnfill (5000, 'k');

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpstr (
        vs_units_nearest (cases[i].word, known), ==, cases[i].nearest);
  g_assert_null (vs_units_nearest (endless, known));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/units/bitrate", test_bitrate);
  g_test_add_func ("/units/duration", test_duration);
  g_test_add_func ("/units/framerate", test_framerate);
  g_test_add_func ("/units/boolean", test_boolean);
  g_test_add_func ("/units/nearest", test_nearest);
  return g_test_run ();
}
