/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Breaks for advertisements: SCTE 35 sections against published ones, the
 * rules of a break, and what the manifests say of it. */
#include "core/vs-ad-break.h"
#include "core/vs-hls.h"
#include "core/vs-mpd.h"
#include "core/vs-scte35.h"
#include "manifest-fixture.h"

/* A time_signal () and a splice_insert () from SCTE's own examples (ANSI/SCTE
 * 35 2023r1 14.1, 14.2). */
#define TIME_SIGNAL                                                            \
  "0xFC3034000000000000FFFFF00506FE72BD0050001E021C435545494800008E7FCF0001A5" \
  "99B00808000000002CA0A18A3402009AC9D17E"
#define SPLICE_INSERT                                                          \
  "/DAvAAAAAAAA///wFAVIAACPf+/+c2nALv4AUsz1AAAAAAAKAAhDVUVJAAABNWLbowo="

static void
test_parse (void)
{
  static const struct {
    const gchar *text, *fault; /* NULL: good */
  } cases[] = {
    { TIME_SIGNAL, NULL },
    { SPLICE_INSERT, NULL },
    { "", "no splice_info_section" },
    { "0x", "no splice_info_section" },
    { "0xFC3", "neither" },
    { "0xFC30ZZ", "neither" },
    { "/DAv AAA", "neither" },
    { "====", "neither" },
    { "0xFC303400000000", "section_length" },
    { "0x473034000000000000FFFFF0", "no splice_info_section" },
    { "0xFC300400000000", "CRC" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GBytes) section = vs_scte35_parse (cases[i].text, &error);

    g_assert_cmpint (section != NULL, ==, cases[i].fault == NULL);
    if (cases[i].fault != NULL)
      g_assert_nonnull (strstr (error->message, cases[i].fault));
  }
}

/* What we write, we read; and its fields are where they belong. */
static void
test_splice_insert (void)
{
  static const struct {
    gboolean out;
    guint64 duration_us;
    const gchar *hex;
  } cases[] = {
    { TRUE, 30 * G_USEC_PER_SEC,
        "0xFC302000000000000000FFF00F05000000077FFFFE002932E00000000000" },
    { TRUE, 0, "0xFC301B00000000000000FFF00A05000000077FDF0000000000" },
    { FALSE, 30 * G_USEC_PER_SEC,
        "0xFC301B00000000000000FFF00A05000000077F5F0000000000" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GBytes) made =
        vs_scte35_splice_insert (7, cases[i].out, cases[i].duration_us);
    g_autofree gchar *hex = vs_scte35_to_hex (made);
    g_autoptr (GError) error = NULL;
    g_autoptr (GBytes) read = vs_scte35_parse (hex, &error);

    g_assert_no_error (error);
    g_assert_true (g_bytes_equal (made, read));
    g_assert_true (g_str_has_prefix (hex, cases[i].hex));
  }
}

static VsAdBreak *
get_break (const VsPresentation *self, guint n)
{
  g_assert_cmpuint (n, <, self->breaks->len);
  return self->breaks->pdata[n];
}

static void
set_ad (
    VsPresentation *self, const gchar *id, guint64 seconds, guint64 sequence)
{
  VsAd *ad = id != NULL ? vs_ad_new (id, 8 * G_USEC_PER_SEC, NULL) : NULL;

  vs_presentation_set_ad (self, ad, seconds * G_USEC_PER_SEC, sequence);
  vs_ad_free (ad);
}

static void
test_rules (void)
{
  g_autoptr (VsPresentation) self = fixture_presentation (VS_PRESENTATION_LIVE);

  set_ad (self, NULL, 0, 0);
  g_assert_cmpuint (self->breaks->len, ==, 0);
  set_ad (self, "a", 4, 1);
  set_ad (self, "a", 8, 2); /* the next ad of the same break */
  g_assert_cmpuint (self->breaks->len, ==, 1);
  g_assert_cmpuint (get_break (self, 0)->after, ==, VS_AD_BREAK_OPEN);
  set_ad (self, "b", 12, 3);
  g_assert_cmpuint (get_break (self, 0)->end_us, ==, 12 * G_USEC_PER_SEC);
  g_assert_cmpuint (get_break (self, 0)->after, ==, 3);
  set_ad (self, NULL, 12, 3); /* nobody has seen it */
  g_assert_cmpuint (self->breaks->len, ==, 1);
  set_ad (self, "a", 16, 4);
  set_ad (self, NULL, 20, 5);
  g_assert_cmpstr (get_break (self, 0)->id, ==, "a");
  g_assert_cmpstr (get_break (self, 1)->id, ==, "a-4");
  vs_presentation_forget_breaks (self, 3);
  g_assert_cmpuint (self->breaks->len, ==, 2);
  vs_presentation_forget_breaks (self, 4);
  g_assert_cmpuint (self->breaks->len, ==, 1);
  g_assert_cmpstr (get_break (self, 0)->id, ==, "a-4");
}

/* A break from segment 1 to 3, in a Period of its own. */
static VsPresentation *
make_shown (VsPresentationType type)
{
  VsPresentation *self = fixture_presentation (type);
  const guint64 periods[] = { 0, 1, 1, 2 };

  for (guint i = 0; i < G_N_ELEMENTS (periods); i++) {
    if (i == 1)
      set_ad (self, "spot", 4, 1);
    if (i == 3)
      set_ad (self, NULL, 12, 3);
    fixture_group (self, i, periods[i]);
  }
  return self;
}

#define OUT_TAG                                                                \
  "#EXT-X-DATERANGE:ID=\"spot\",START-DATE=\"2026-11-20T18:00:04.000Z\","      \
  "PLANNED-DURATION=8.000000,SCTE35-OUT=0xFC3020"
#define IN_TAG                                                                 \
  "#EXT-X-DATERANGE:ID=\"spot\",START-DATE=\"2026-11-20T18:00:04.000Z\","      \
  "DURATION=8.000000,SCTE35-IN=0xFC301B"

/* Each of @parts stands in @text, in this order, once. */
static void
assert_order (const gchar *text, const gchar *const *parts)
{
  const gchar *at = text;

  for (guint i = 0; parts[i] != NULL; i++) {
    const gchar *found = strstr (at, parts[i]);

    if (found == NULL)
      g_error ("“%s” is not in:\n%s", parts[i], at);
    at = found + strlen (parts[i]);
  }
}

static guint
count (const gchar *text, const gchar *part)
{
  g_auto (GStrv) parts = g_strsplit (text, part, -1);

  return g_strv_length (parts) - 1;
}

static void
test_hls (void)
{
  static const gchar *const parts[] = { "0.m4s\n", "#EXT-X-DISCONTINUITY\n",
    OUT_TAG, "#EXT-X-CUE-OUT:8.000000\n", "51200.m4s\n",
    "#EXT-X-CUE-OUT-CONT:4.000000/8.000000\n", "102400.m4s\n",
    "#EXT-X-DISCONTINUITY\n", IN_TAG, "#EXT-X-CUE-IN\n", "153600.m4s\n", NULL };
  static const gchar *const slid[] = { OUT_TAG,
    "#EXT-X-CUE-OUT-CONT:4.000000/8.000000\n", "102400.m4s\n", IN_TAG, NULL };
  g_autoptr (VsPresentation) self = make_shown (VS_PRESENTATION_EVENT);
  VsTrack *video = fixture_track (self, 0);
  g_autofree gchar *plain = vs_hls_write_media (self, video);
  g_autofree gchar *both = NULL, *late = NULL, *iframes = NULL, *vod = NULL;

  g_assert_cmpuint (count (plain, "CUE"), ==, 0);
  g_assert_cmpuint (count (plain, "DATERANGE"), ==, 2);
  self->ad_markers |= VS_AD_MARKERS_CUE;
  both = vs_hls_write_media (self, video);
  assert_order (both, parts);
  iframes = vs_hls_write_iframes (self, video);
  g_assert_cmpuint (count (iframes, "DATERANGE"), ==, 0);
  g_ptr_array_remove_range (video->segments, 0, 2);
  late = vs_hls_write_media (self, video);
  assert_order (late, slid);
  self->epoch_us = 0; /* no dates, no date ranges */
  vod = vs_hls_write_media (self, video);
  g_assert_cmpuint (count (vod, "DATERANGE"), ==, 0);
  g_assert_cmpuint (count (vod, "#EXT-X-CUE-IN\n"), ==, 1);
}

static void
test_mpd (void)
{
  static const gchar *const parts[] = { "<Period id=\"0\"",
    "<Period id=\"1\" start=\"PT4S\">",
    "<EventStream schemeIdUri=\"urn:scte:scte35:2014:xml+bin\" "
    "timescale=\"1000000\" presentationTimeOffset=\"4000000\">",
    "<Event presentationTime=\"4000000\" duration=\"8000000\" id=\"2\">",
    "<Signal xmlns=\"http://www.scte.org/schemas/35/2016\">", "<Binary>/DAg",
    "</EventStream>", "<AdaptationSet", "<Period id=\"2\" start=\"PT12S\">",
    "<EventStream", "<Event presentationTime=\"12000000\" id=\"7\">",
    "<Binary>/DAb", "</EventStream>", "<AdaptationSet", NULL };
  g_autoptr (VsPresentation) self = make_shown (VS_PRESENTATION_LIVE);
  g_autofree gchar *text = vs_mpd_write (self, FIXTURE_EPOCH);
  g_autofree gchar *none = NULL;

  assert_order (text, parts);
  g_assert_cmpuint (count (text, "<Event "), ==, 2);
  self->ad_markers = 0;
  none = vs_mpd_write (self, FIXTURE_EPOCH);
  g_assert_cmpuint (count (none, "<Event"), ==, 0);
}

static void
test_state (void)
{
  g_autoptr (VsPresentation) self = make_shown (VS_PRESENTATION_LIVE);
  g_autoptr (VsPresentation) again = NULL, bad = NULL;
  g_autofree gchar *saved = NULL, *resaved = NULL;
  g_autoptr (GString) damaged = NULL;
  g_autoptr (GError) error = NULL;

  set_ad (self, "open", 16, 4);
  saved = vs_presentation_save (self);
  again = vs_presentation_load (saved, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (again->breaks->len, ==, 2);
  g_assert_cmpuint (get_break (again, 1)->after, ==, VS_AD_BREAK_OPEN);
  g_assert_null (get_break (again, 1)->in);
  resaved = vs_presentation_save (again);
  g_assert_cmpstr (saved, ==, resaved);
  damaged = g_string_new (saved);
  g_string_replace (damaged, "'open'", "''", 0);
  bad = vs_presentation_load (damaged->str, &error);
  g_assert_null (bad);
  g_assert_nonnull (strstr (error->message, "breaks"));
}

/* A break leaves with the last segment before its end. */
static void
test_window (void)
{
  g_autoptr (VsPresentation) self = make_shown (VS_PRESENTATION_LIVE);

  self->window_us = 12 * G_USEC_PER_SEC;
  for (guint i = 4; i < 7; i++) {
    g_assert_cmpuint (self->breaks->len, ==, 1);
    fixture_group (self, i, 2);
    g_strfreev (vs_presentation_slide (self, FIXTURE_EPOCH));
  }
  g_assert_cmpuint (self->breaks->len, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ad-break/scte35/parse", test_parse);
  g_test_add_func ("/ad-break/scte35/splice-insert", test_splice_insert);
  g_test_add_func ("/ad-break/rules", test_rules);
  g_test_add_func ("/ad-break/hls", test_hls);
  g_test_add_func ("/ad-break/mpd", test_mpd);
  g_test_add_func ("/ad-break/state", test_state);
  g_test_add_func ("/ad-break/window", test_window);
  return g_test_run ();
}
