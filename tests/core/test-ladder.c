/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-error.h"
#include "core/vs-ladder.h"

#include <math.h>

/* "1280x720@25", "856x480@30000/1001 …" of what was fitted */
static gchar *
describe (const VsLadder *ladder)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < ladder->rungs->len; i++) {
    const VsRung *rung = g_ptr_array_index (ladder->rungs, i);

    g_string_append_printf (text, "%s%s:%ux%u@%u", i ? " " : "", rung->name,
        rung->width, rung->height, rung->fps_n);
    if (rung->fps_d != 1)
      g_string_append_printf (text, "/%u", rung->fps_d);
  }
  return g_string_free (text, FALSE);
}

typedef struct {
  VsSource source;
  const gchar *ladder; /* NULL: the default one */
  gboolean letterbox;
  const gchar *fitted;
} FitCase;

#define THREE "1080p@5000k,720p@2800k,480p@1400k"

static const FitCase fit_cases[] = {
  { { 1920, 1080, 1, 1, 24, 1 }, THREE, FALSE,
      "1080p:1920x1080@24 720p:1280x720@24 480p:856x480@24" },
  { { 1920, 1080, 0, 0, 24, 1 }, "480p,1080p", FALSE,
      "1080p:1920x1080@24 480p:856x480@24" },
  /* a wide film: the box is 16:9 */
  { { 1920, 800, 1, 1, 24000, 1001 }, THREE, FALSE,
      "1080p:1920x800@24000/1001 720p:1280x534@24000/1001 "
      "480p:856x356@24000/1001" },
  { { 1280, 546, 1, 1, 24, 1 }, THREE, FALSE,
      "720p:1280x546@24 480p:856x366@24" },
  /* 4:3 */
  { { 1440, 1080, 1, 1, 30, 1 }, THREE, FALSE,
      "1080p:1440x1080@30 720p:960x720@30 480p:640x480@30" },
  /* upright */
  { { 720, 1280, 1, 1, 30, 1 }, THREE, FALSE,
      "720p:720x1280@30 480p:480x854@30" },
  { { 1080, 1920, 1, 1, 30, 1 }, "1280x720", FALSE, "1280x720:720x1280@30" },
  { { 1000, 1000, 1, 1, 30, 1 }, "720p", FALSE, "720p:720x720@30" },
  /* smaller than all, than some */
  { { 640, 360, 1, 1, 60000, 1001 }, THREE, FALSE, "360p:640x360@60000/1001" },
  { { 16, 16, 1, 1, 0, 1 }, THREE, FALSE, "16p:16x16@30" },
  { { 1, 1, 1, 1, 25, 1 }, THREE, FALSE, "16p:16x16@25" },
  { { 0, 0, 0, 0, 0, 0 }, THREE, FALSE, "16p:16x16@30" },
  { { 1366, 768, 1, 1, 30, 1 }, THREE, FALSE,
      "768p:1366x768@30 720p:1280x720@30 480p:856x480@30" },
  { { 1300, 732, 1, 1, 30, 1 }, THREE, FALSE,
      "720p:1280x720@30 480p:856x480@30" },
  { { 640, 360, 1, 1, 30, 1 }, "1920x1080,320x180", FALSE,
      "640x360:640x360@30 320x180:320x180@30" },
  /* odd sizes; already even ones are left alone */
  { { 853, 479, 1, 1, 30, 1 }, THREE, FALSE, "480p:848x478@30" },
  { { 854, 480, 1, 1, 30, 1 }, THREE, FALSE, "480p:854x480@30" },
  { { 1919, 1079, 1, 1, 30, 1 }, "source", FALSE, "source:1912x1078@30" },
  /* pixel aspect */
  { { 720, 576, 64, 45, 25, 1 }, THREE, FALSE,
      "576p:1024x576@25 480p:856x480@25" },
  { { 1440, 1080, 4, 3, 25, 1 }, "1080p,540p", FALSE,
      "1080p:1920x1080@25 540p:960x540@25" },
  { { 800, 332, 399, 400, 24, 1 }, THREE, FALSE, "332p:798x332@24" },
  { { 720, 480, 1, 0, 30, 1 }, "480p", FALSE, "480p:720x480@30" },
  { { 64, 64, 1, 2000000000, 25, 1 }, "480p", FALSE, "16p:16x64@25" },
  /* explicit sizes are boxes */
  { { 1920, 1080, 1, 1, 30, 1 }, "854x480", FALSE, "854x480:854x480@30" },
  { { 1920, 1080, 1, 1, 30, 1 }, "640x480", FALSE, "640x480:640x360@30" },
  { { 1920, 1080, 1, 1, 30, 1 }, "641x481", FALSE, "641x481:640x360@30" },
  /* letterbox */
  { { 1920, 1080, 1, 1, 30, 1 }, "640x480,480p", TRUE,
      "480p:856x480@30 640x480:640x480@30" },
  { { 320, 240, 1, 1, 30, 1 }, "640x360", TRUE, "426x240:426x240@30" },
  { { 720, 1280, 1, 1, 30, 1 }, "1280x720", TRUE, "1280x720:1280x720@30" },
  /* rates: capped, and a whole fraction of the source's */
  { { 1280, 720, 1, 1, 50, 1 }, "720p60,360p30", FALSE,
      "720p60:1280x720@50 360p30:640x360@25" },
  { { 1280, 720, 1, 1, 60000, 1001 }, "720p,360p30", FALSE,
      "720p:1280x720@60000/1001 360p30:640x360@30000/1001" },
  { { 1280, 720, 1, 1, 60, 1 }, "720p29.97,360p24", FALSE,
      "720p29_97:1280x720@30 360p24:640x360@20" },
  { { 1280, 720, 1, 1, 0, 1 }, "720p60,360p30", FALSE,
      "720p60:1280x720@60 360p30:640x360@30" },
  { { 432, 240, 1, 1, 25, 2 }, "source", FALSE, "source:432x240@25/2" },
  { { 1280, 720, 1, 1, 25, 1 }, "720p12", FALSE, "720p12:1280x720@25/3" },
  /* two rates at one size are the operator's wish; a cut rung is not */
  { { 1280, 720, 1, 1, 30, 1 }, "720p@4500k,720p@3000k", FALSE,
      "720p:1280x720@30 720p_2:1280x720@30" },
  { { 1280, 720, 1, 1, 30, 1 }, "1080p@1M,720p@3000k", FALSE,
      "720p:1280x720@30" },
  { { 1280, 720, 1, 1, 60, 1 }, "1080p60,1080p30", FALSE,
      "720p:1280x720@60 720p_2:1280x720@30" },
  /* the default ladder */
  { { 1920, 1080, 1, 1, 25, 1 }, NULL, FALSE,
      "1080p:1920x1080@25 720p:1280x720@25 540p:960x540@25 "
      "432p:768x432@25 360p:640x360@25 234p:416x234@25" },
  { { 1280, 720, 1, 1, 50, 1 }, NULL, FALSE,
      "720p:1280x720@50 540p:960x540@50 432p:768x432@25 360p:640x360@25 "
      "234p:416x234@25" },
  { { 640, 360, 1, 1, 60, 1 }, NULL, FALSE, "360p:640x360@60 234p:416x234@30" },
  { { 7680, 4320, 1, 1, 120, 1 }, NULL, FALSE,
      "1080p:1920x1080@60 720p:1280x720@60 540p:960x540@60 "
      "432p:768x432@30 360p:640x360@30 234p:416x234@30" },
  { { 1920, 800, 1, 1, 24, 1 }, NULL, FALSE,
      "1080p:1920x800@24 720p:1280x534@24 540p:960x400@24 "
      "432p:768x320@24 360p:640x266@24 234p:416x174@24" },
  { { 854, 480, 1, 1, 30, 1 }, NULL, FALSE,
      "source:854x480@30 360p:640x360@30 234p:416x234@30" },
  { { 720, 1280, 1, 1, 30, 1 }, NULL, FALSE,
      "720p:720x1280@30 540p:540x960@30 432p:432x768@30 360p:360x640@30 "
      "234p:234x416@30" },
  { { 100, 100, 1, 1, 30, 1 }, NULL, FALSE, "source:100x100@30" },
};

static void
check_rung (const VsRung *rung)
{
  g_assert_cmpuint (rung->width % 2, ==, 0);
  g_assert_cmpuint (rung->height % 2, ==, 0);
  g_assert_cmpuint (rung->width, >=, 16);
  g_assert_cmpuint (rung->height, >=, 16);
  g_assert_cmpuint (rung->width, <=, 16384);
  g_assert_cmpuint (rung->height, <=, 16384);
  g_assert_cmpuint (rung->bitrate, >=, 64000);
  g_assert_cmpuint (rung->max_bitrate, >=, rung->bitrate);
  g_assert_cmpuint (rung->buffer, >=, rung->bitrate);
  g_assert_true (rung->codec == VS_CODEC_H264);
}

static void
test_fit (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (fit_cases); i++) {
    const FitCase *c = &fit_cases[i];
    g_autoptr (VsLadder) ladder =
        c->ladder ? vs_ladder_parse (c->ladder, NULL)
                  : vs_ladder_default (&c->source, VS_CODEC_H264);
    g_autoptr (VsLadder) fitted = NULL;
    g_autofree gchar *text = NULL;

    g_test_message ("%ux%u %s", c->source.width, c->source.height,
        c->ladder ? c->ladder : "default");
    g_assert_nonnull (ladder);
    fitted = vs_ladder_fit (ladder, &c->source, VS_CODEC_H264, c->letterbox);
    text = describe (fitted);
    g_assert_cmpstr (text, ==, c->fitted);
    g_assert_true (vs_ladder_validate (fitted, NULL));
    for (guint k = 0; k < fitted->rungs->len; k++)
      check_rung (g_ptr_array_index (fitted->rungs, k));
  }
}

/* Whatever the source: even, not enlarged, aspect kept, falling sizes. */
static void
test_fit_any_source (void)
{
  for (guint width = 32; width < 4200; width += 37)
    for (guint height = 32; height < 2400; height += 53) {
      VsSource source = { width, height, 1, 1, 25, 1 };
      g_autoptr (VsLadder) ladder = vs_ladder_parse (THREE, NULL);
      g_autoptr (VsLadder) fitted =
          vs_ladder_fit (ladder, &source, VS_CODEC_H264, FALSE);
      guint64 last = G_MAXUINT64;

      g_assert_cmpuint (fitted->rungs->len, >=, 1);
      for (guint i = 0; i < fitted->rungs->len; i++) {
        const VsRung *rung = g_ptr_array_index (fitted->rungs, i);
        guint64 area = (guint64) rung->width * rung->height;
        /* one pixel of each side is rounding, and half a per cent ours */
        double slack = 0.005 + 1.01 / rung->width + 1.01 / rung->height;
        double bend = (double) rung->width * height / rung->height / width;

        check_rung (rung);
        g_assert_cmpuint (rung->width, <=, width);
        g_assert_cmpuint (rung->height, <=, height);
        g_assert_true (area < last);
        last = area;
        /* the encoders' least size bends extreme shapes */
        if (rung->width > 16 && rung->height > 16 &&
            fabs (bend - 1) > slack * 1.05)
          g_error (
              "%ux%u became %ux%u", width, height, rung->width, rung->height);
      }
    }
}

static void
test_fit_rates (void)
{
  VsSource full = { 1920, 1080, 1, 1, 24, 1 };
  VsSource small = { 640, 360, 1, 1, 24, 1 };
  g_autoptr (VsLadder) ladder = vs_ladder_parse ("1080p@5000k", NULL);
  g_autoptr (VsLadder) same = NULL;
  g_autoptr (VsLadder) cut = NULL;
  VsRung *rung = g_ptr_array_index (ladder->rungs, 0);

  rung->buffer = 10000000;
  same = vs_ladder_fit (ladder, &full, VS_CODEC_H264, FALSE);
  rung = g_ptr_array_index (same->rungs, 0);
  g_assert_cmpuint (rung->bitrate, ==, 5000000);
  g_assert_cmpuint (rung->max_bitrate, ==, 5350000);
  g_assert_cmpuint (rung->buffer, ==, 10000000);

  /* a ninth of the area: 9^-0.75 of the rate, the buffer in step */
  cut = vs_ladder_fit (ladder, &small, VS_CODEC_H264, FALSE);
  rung = g_ptr_array_index (cut->rungs, 0);
  g_assert_cmpuint (rung->bitrate, ==, 962000);
  g_assert_cmpuint (rung->max_bitrate, ==, 1029000);
  g_assert_cmpuint (rung->buffer, ==, 1924000);
}

static void
test_fit_limits_default_by_max (void)
{
  VsSource source = { 1920, 1080, 1, 1, 24, 1 };
  g_autoptr (VsLadder) ladder = vs_ladder_parse ("1080p", NULL);
  g_autoptr (VsLadder) fitted = NULL;
  VsRung *rung = g_ptr_array_index (ladder->rungs, 0);

  rung->max_bitrate = 2000000;
  fitted = vs_ladder_fit (ladder, &source, VS_CODEC_H264, FALSE);
  rung = g_ptr_array_index (fitted->rungs, 0);
  g_assert_cmpuint (rung->bitrate, ==, 2000000);
  g_assert_cmpuint (rung->max_bitrate, ==, 2000000);
}

static void
test_fit_copy (void)
{
  VsSource source = { 1280, 720, 1, 1, 25, 1 };
  g_autoptr (VsLadder) ladder = vs_ladder_parse ("1080p@5M,720p@2M", NULL);
  g_autoptr (VsLadder) fitted = NULL;
  VsRung *rung = g_ptr_array_index (ladder->rungs, 0);

  rung->copy = TRUE;
  fitted = vs_ladder_fit (ladder, &source, VS_CODEC_H265, FALSE);
  g_assert_cmpuint (fitted->rungs->len, ==, 2);
  rung = g_ptr_array_index (fitted->rungs, 0);
  g_assert_true (rung->copy);
  g_assert_cmpstr (rung->name, ==, "1080p");
  g_assert_cmpuint (rung->width, ==, 1280);
  g_assert_cmpuint (rung->height, ==, 720);
  g_assert_cmpuint (rung->fps_n, ==, 25);
  rung = g_ptr_array_index (fitted->rungs, 1);
  g_assert_true (rung->codec == VS_CODEC_H265);
}

static void
test_parse (void)
{
  static const struct {
    const gchar *text, *again; /* again NULL: the error holds @text2 */
    const gchar *fault;
  } cases[] = {
    { THREE, THREE, NULL },
    { " 1080p @ 5000k , 720p ", "1080p@5000k,720p", NULL },
    { "720p60@4500k", "720p@60fps@4500k", NULL },
    { "720p@60fps@4500k", "720p@60fps@4500k", NULL },
    { "1280x720@29.97fps@2.8M", "1280x720@30000/1001fps@2800k", NULL },
    { "source,source@128001", "source,source@128001", NULL },
    { "", NULL, "not none" },
    { "720p@2G", NULL, "1 Gbit/s" },
    { "720p,", NULL, "empty" },
    { "720", NULL, "720" },
    { "720i", NULL, "720i" },
    { "p", NULL, "“p”" },
    { "8p", NULL, "16 to 16384" },
    { "16385p", NULL, "16 to 16384" },
    { "99999999999999999999p", NULL, "16 to 16384" },
    { "1280x", NULL, "16 to 16384" },
    { "0x720", NULL, "16 to 16384" },
    { "1280x720x3", NULL, "16 to 16384" },
    { "720p@", NULL, "bit rate" },
    { "720p@fast", NULL, "“fast”" },
    { "720p@0", NULL, "zero" },
    { "720p@1M@2M", NULL, "twice" },
    { "720p30@30fps", NULL, "twice" },
    { "720p1000", NULL, "frame rate" },
    { "1p,2p,3p", NULL, "1p" },
    { "90p,91p,92p,93p,94p,95p,96p,97p,98p,99p,100p,101p,102p,103p,104p,"
      "105p,106p,107p,108p",
        NULL, "1 to 16" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (VsLadder) ladder = vs_ladder_parse (cases[i].text, &error);
    g_autofree gchar *again = NULL;

    g_test_message ("“%s”", cases[i].text);
    if (cases[i].again == NULL) {
      g_assert_null (ladder);
      g_assert_error (error, VS_ERROR, VS_ERROR_BAD_VALUE);
      g_assert_nonnull (g_strstr_len (error->message, -1, cases[i].fault));
      continue;
    }
    g_assert_no_error (error);
    again = vs_ladder_to_string (ladder);
    g_assert_cmpstr (again, ==, cases[i].again);
  }
}

static void
test_validate (void)
{
  g_autoptr (VsLadder) ladder = vs_ladder_new ();
  g_autoptr (GError) error = NULL;
  VsRung *rung = vs_rung_new ("a");

  g_assert_false (vs_ladder_validate (ladder, &error));
  g_assert_error (error, VS_ERROR, VS_ERROR_BAD_VALUE);
  g_ptr_array_add (ladder->rungs, rung);
  g_assert_true (vs_ladder_validate (ladder, NULL));
  rung->width = 640;
  g_assert_false (vs_ladder_validate (ladder, NULL));
  rung->height = 15;
  g_assert_false (vs_ladder_validate (ladder, NULL));
  rung->height = 361;
  g_assert_true (vs_ladder_validate (ladder, NULL));
  rung->bitrate = 1000;
  rung->max_bitrate = 999;
  g_assert_false (vs_ladder_validate (ladder, NULL));
  rung->max_bitrate = 1000;
  g_ptr_array_add (ladder->rungs, vs_rung_new ("a"));
  g_assert_false (vs_ladder_validate (ladder, NULL));
}

static void
test_copy_ladder (void)
{
  g_autoptr (VsLadder) ladder = vs_ladder_parse (THREE, NULL);
  g_autoptr (VsLadder) copy = NULL;
  g_autofree gchar *text = NULL;
  VsRung *rung = g_ptr_array_index (ladder->rungs, 0);

  rung->speed = g_strdup ("faster");
  copy = vs_ladder_copy (ladder);
  g_clear_pointer (&ladder, vs_ladder_free);
  text = vs_ladder_to_string (copy);
  g_assert_cmpstr (text, ==, THREE);
  rung = g_ptr_array_index (copy->rungs, 0);
  g_assert_cmpstr (rung->speed, ==, "faster");
}

static void
test_framerate (void)
{
  static const guint cases[][4] = {
    { 0, 1, 30, 1 },
    { 0, 0, 30, 1 },
    { 24, 1, 24, 1 },
    { 24000, 1001, 24000, 1001 },
    { 2997, 125, 24000, 1001 },
    { 2398, 100, 24000, 1001 },
    { 2402, 100, 24, 1 },
    { 2404, 100, 24, 1 },
    { 2406, 100, 25, 1 },
    { 25, 1, 25, 1 },
    { 25, 2, 25, 2 },
    { 2997, 100, 30000, 1001 },
    { 30, 1, 30, 1 },
    { 299, 10, 30, 1 },
    { 26, 1, 30, 1 },
    { 20, 1, 24, 1 },
    { 15, 1, 15, 1 },
    { 10, 1, 12, 1 },
    { 1, 1, 12, 1 },
    { 1, 10, 12, 1 },
    { 35, 1, 48, 1 },
    { 47, 1, 48, 1 },
    { 50, 1, 50, 1 },
    { 55, 1, 60, 1 },
    { 60000, 1001, 60000, 1001 },
    { 60, 1, 60, 1 },
    { 61, 1, 60, 1 },
    { 72, 1, 60, 1 },
    { 100, 1, 50, 1 },
    { 120, 1, 60, 1 },
    { 120000, 1001, 60000, 1001 },
    { 144, 1, 48, 1 },
    { 240, 1, 60, 1 },
    { 90000, 1, 60, 1 },
    { G_MAXUINT, 1, 60, 1 },
    { 1, G_MAXUINT, 12, 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    guint n = 0, d = 0;

    g_test_message ("%u/%u", cases[i][0], cases[i][1]);
    vs_ladder_choose_framerate (cases[i][0], cases[i][1], &n, &d);
    g_assert_cmpuint (n, ==, cases[i][2]);
    g_assert_cmpuint (d, ==, cases[i][3]);
  }
}

static void
test_default_bitrate (void)
{
  guint last = 0;

  g_assert_cmpuint (
      vs_ladder_default_bitrate (1920, 1080, 30, 1, VS_CODEC_H264), ==,
      6000000);
  g_assert_cmpuint (
      vs_ladder_default_bitrate (1280, 720, 0, 1, VS_CODEC_H264), ==, 3000000);
  g_assert_cmpuint (
      vs_ladder_default_bitrate (416, 234, 24, 1, VS_CODEC_H264), ==, 145000);
  g_assert_cmpuint (
      vs_ladder_default_bitrate (1920, 1080, 25, 1, VS_CODEC_H265), ==,
      4500000);
  g_assert_cmpuint (
      vs_ladder_default_bitrate (1920, 1080, 25, 1, VS_CODEC_AV1), ==, 3600000);
  g_assert_cmpuint (
      vs_ladder_default_bitrate (1280, 720, 60, 1, VS_CODEC_H264), ==, 4243000);
  g_assert_cmpuint (
      vs_ladder_default_bitrate (2, 2, 30, 1, VS_CODEC_H264), ==, 64000);
  for (guint height = 16; height <= 8640; height += 16) {
    guint now = vs_ladder_default_bitrate (
        height * 16 / 9, height, 30, 1, VS_CODEC_H264);

    g_assert_cmpuint (now, >=, last);
    last = now;
  }
  g_assert_cmpuint (last, <=, 400000000);
}

static void
test_h264_level (void)
{
  static const struct {
    guint width, height, fps_n, fps_d, kbit, level;
  } cases[] = {
    { 176, 144, 15, 1, 64, 10 },
    { 320, 240, 10, 1, 100, 11 },
    { 352, 288, 30, 1, 700, 13 },
    { 352, 288, 30, 1, 2400, 20 },
    { 640, 360, 25, 1, 900, 30 },
    { 640, 360, 30, 1, 900, 30 },
    { 856, 480, 25, 1, 1500, 30 },
    { 856, 480, 30, 1, 1500, 31 },
    { 1280, 720, 30, 1, 3000, 31 },
    { 1280, 720, 30, 1, 17500, 31 },
    { 1280, 720, 30, 1, 17501, 32 },
    { 1280, 720, 60, 1, 4500, 32 },
    { 1920, 1080, 30000, 1001, 6000, 40 },
    { 1920, 1080, 30, 1, 25001, 41 },
    { 1920, 1080, 60, 1, 8000, 42 },
    { 2560, 1440, 30, 1, 11000, 50 },
    { 3840, 2160, 30, 1, 16000, 51 },
    { 3840, 2160, 60, 1, 24000, 52 },
    { 7680, 4320, 30, 1, 60000, 60 },
    { 7680, 4320, 60, 1, 60000, 61 },
    { 16384, 16384, 60, 1, 60000, 62 },
    { 1920, 16, 25, 1, 64, 31 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    VsRung rung = { .width = cases[i].width,
      .height = cases[i].height,
      .fps_n = cases[i].fps_n,
      .fps_d = cases[i].fps_d,
      .bitrate = cases[i].kbit * 1000 };

    g_test_message ("%ux%u %u kbit/s", rung.width, rung.height, cases[i].kbit);
    g_assert_cmpuint (vs_ladder_h264_level (&rung), ==, cases[i].level);
  }
}

static void
test_decoder_threads (void)
{
  static const struct {
    guint width, height;
    VsCodec codec;
    const gchar *renditions;
    guint cores, threads;
  } cases[] = {
    { 1280, 720, VS_CODEC_H264, "720p", 1, 0 },
    { 1280, 720, VS_CODEC_H264, "720p", 2, 1 },
    { 1280, 720, VS_CODEC_H264, "720p", 4, 1 },
    { 1280, 720, VS_CODEC_H264, "720p", 16, 4 },
    { 1920, 1080, VS_CODEC_H264, "1080p,720p,480p", 2, 1 },
    { 1920, 1080, VS_CODEC_H264, "1080p,720p,480p", 8, 2 },
    { 1920, 1080, VS_CODEC_NONE, "720p", 2, 0 },
    { 1920, 1080, VS_CODEC_H264, "480p", 2, 0 },
    { 1920, 1080, VS_CODEC_H264, "144p", 16, 0 },
    { 3840, 2160, VS_CODEC_H265, "2160p,1080p", 8, 3 },
    { 0, 0, VS_CODEC_H264, "720p", 2, 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    VsSource source = { cases[i].width, cases[i].height, 1, 1, 25, 1 };
    g_autoptr (VsLadder) asked = vs_ladder_parse (cases[i].renditions, NULL);
    g_autoptr (VsLadder) fitted =
        vs_ladder_fit (asked, &source, VS_CODEC_H264, FALSE);

    g_test_message ("%u: %ux%u to %s on %u", i, source.width, source.height,
        cases[i].renditions, cases[i].cores);
    g_assert_cmpuint (vs_ladder_decoder_threads (
                          fitted, &source, cases[i].codec, cases[i].cores),
        ==, cases[i].threads);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ladder/parse", test_parse);
  g_test_add_func ("/ladder/validate", test_validate);
  g_test_add_func ("/ladder/copy", test_copy_ladder);
  g_test_add_func ("/ladder/fit", test_fit);
  g_test_add_func ("/ladder/fit/any-source", test_fit_any_source);
  g_test_add_func ("/ladder/fit/rates", test_fit_rates);
  g_test_add_func ("/ladder/fit/max-bitrate", test_fit_limits_default_by_max);
  g_test_add_func ("/ladder/fit/copy", test_fit_copy);
  g_test_add_func ("/ladder/framerate", test_framerate);
  g_test_add_func ("/ladder/default-bitrate", test_default_bitrate);
  g_test_add_func ("/ladder/h264-level", test_h264_level);
  g_test_add_func ("/ladder/decoder-threads", test_decoder_threads);
  return g_test_run ();
}
