/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-mpd.h"
#include "manifest-fixture.h"

#include <glib/gstdio.h>

#define NOW (FIXTURE_EPOCH + G_GINT64_CONSTANT (60000000))
#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define PROFILES                                                               \
  "urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019"
#define VIDEO_SET                                                              \
  "    <AdaptationSet id=\"0\" contentType=\"video\" "                         \
  "mimeType=\"video/mp4\" segmentAlignment=\"true\" startWithSAP=\"1\" "       \
  "maxWidth=\"1920\" maxHeight=\"1080\" maxFrameRate=\"25\">\n"
#define AUDIO_SET                                                              \
  "    <AdaptationSet id=\"2\" contentType=\"audio\" "                         \
  "mimeType=\"audio/mp4\" lang=\"en\" segmentAlignment=\"true\" "              \
  "startWithSAP=\"1\">\n"                                                      \
  "      <AudioChannelConfiguration "                                          \
  "schemeIdUri=\"urn:mpeg:mpegB:cicp:ChannelConfiguration\" "                  \
  "value=\"2\"/>\n"
#define ROLE                                                                   \
  "      <Role schemeIdUri=\"urn:mpeg:dash:role:2011\" value=\"main\"/>\n"
#define TEMPLATE_OPEN(timescale, offset, init)                                 \
  "      <SegmentTemplate timescale=\"" timescale "\"" offset                  \
  " initialization=\"$RepresentationID$/init_" init ".mp4\" "                  \
  "media=\"$RepresentationID$/$Time$.m4s\">\n        <SegmentTimeline>\n"
#define TEMPLATE_CLOSE "        </SegmentTimeline>\n      </SegmentTemplate>\n"
#define CODECS " codecs=\"avc1.640028\""
#define VIDEO_0(bandwidth)                                                     \
  "      <Representation id=\"video_0\" bandwidth=\"" bandwidth "\"" CODECS    \
  " width=\"1920\" height=\"1080\" frameRate=\"25\" sar=\"1:1\"/>\n"
#define VIDEO_1(bandwidth)                                                     \
  "      <Representation id=\"video_1\" bandwidth=\"" bandwidth "\"" CODECS    \
  " width=\"1280\" height=\"720\" frameRate=\"25\" sar=\"1:1\"/>\n"
#define AUDIO_0                                                                \
  "      <Representation id=\"audio_0\" bandwidth=\"128000\" "                 \
  "codecs=\"mp4a.40.2\" audioSamplingRate=\"48000\"/>\n"
#define SET_CLOSE "    </AdaptationSet>\n"

static void
assert_mpd (const VsPresentation *self, const gchar *expected)
{
  g_autofree gchar *text = vs_mpd_write (self, NOW);

  g_assert_cmpstr (text, ==, expected);
}

static gchar *
write_well_formed (const VsPresentation *self)
{
  static const GMarkupParser nothing;
  GMarkupParseContext *context =
      g_markup_parse_context_new (&nothing, 0, NULL, NULL);
  gchar *text = vs_mpd_write (self, NOW);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (text);
  g_markup_parse_context_parse (context, text, -1, &error);
  g_assert_no_error (error);
  g_markup_parse_context_end_parse (context, &error);
  g_assert_no_error (error);
  g_markup_parse_context_free (context);
  return text;
}

#define assert_has(text, part)                                                 \
  if (strstr ((text), (part)) == NULL)                                         \
  g_error ("line %d: “%s” is not in:\n%s", __LINE__, (part), (text))

static void
test_none (void)
{
  g_autoptr (VsPresentation) live = fixture_presentation (VS_PRESENTATION_LIVE);
  g_autoptr (VsPresentation) vod = fixture_presentation (VS_PRESENTATION_VOD);
  g_autoptr (VsPresentation) ts =
      vs_presentation_new (VS_PRESENTATION_LIVE, VS_CONTAINER_TS, 4000);

  g_assert_null (vs_mpd_write (live, NOW));
  fixture_append (fixture_track (live, 0), 0, 0, 0, 4000, 0);
  g_assert_null (vs_mpd_write (live, NOW)); /* a gap alone */

  fixture_group (vod, 0, 0);
  g_assert_null (vs_mpd_write (vod, NOW)); /* not whole yet */

  fixture_add (ts, "video_0", fixture_video (640, 360, 0));
  fixture_group (ts, 0, 0);
  g_assert_null (vs_mpd_write (ts, NOW));
}

static void
test_static (void)
{
  g_autoptr (VsPresentation) self = fixture_presentation (VS_PRESENTATION_VOD);

  for (guint i = 0; i < 3; i++)
    fixture_group (self, i, 0);
  for (guint i = 0; i < 3; i++)
    fixture_append (fixture_track (self, i), 3, 0, 12000, 2000, 10);
  self->ended = TRUE;
  assert_mpd (self, HEAD
      "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" profiles=\"" PROFILES
      "\" type=\"static\" minBufferTime=\"PT4S\" "
      "mediaPresentationDuration=\"PT14S\">\n"
      "  <Period id=\"0\" start=\"PT0S\">\n" VIDEO_SET ROLE TEMPLATE_OPEN (
          "12800", "",
          "0") "          <S t=\"0\" d=\"51200\" r=\"2\"/>\n"
               "          <S d=\"25600\"/>\n" TEMPLATE_CLOSE VIDEO_0 ("1000000")
                   VIDEO_1 ("1000000")
                       SET_CLOSE AUDIO_SET ROLE TEMPLATE_OPEN ("48000", "",
                           "0") "          <S t=\"0\" d=\"192000\" r=\"2\"/>\n"
                                "          <S d=\"96000\"/>\n" TEMPLATE_CLOSE
                                    AUDIO_0 SET_CLOSE "  </Period>\n</MPD>\n");
}

static void
test_dynamic (void)
{
  g_autoptr (VsPresentation) self = fixture_presentation (VS_PRESENTATION_LIVE);

  self->window_us = 20000000;
  self->changed_us = NOW - 1234000;
  fixture_group (self, 0, 0);
  for (guint i = 0; i < 3; i++)
    fixture_append (fixture_track (self, i), 1, 0, 4000, 4000, 0);
  fixture_group (self, 2, 0);
  for (guint i = 0; i < 3; i++)
    fixture_init (fixture_track (self, i), 1);
  fixture_group (self, 3, 1);
  assert_mpd (self, HEAD
      "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" profiles=\"" PROFILES
      "\" type=\"dynamic\" minBufferTime=\"PT4S\" "
      "availabilityStartTime=\"2026-11-20T18:00:00.000Z\" "
      "publishTime=\"2026-11-20T18:00:58.766Z\" "
      "minimumUpdatePeriod=\"PT4S\" timeShiftBufferDepth=\"PT20S\" "
      "suggestedPresentationDelay=\"PT12S\">\n"
      "  <Period id=\"0\" start=\"PT0S\">\n" VIDEO_SET ROLE TEMPLATE_OPEN (
          "12800", "",
          "0") "          <S t=\"0\" d=\"51200\"/>\n"
               "          <S t=\"102400\" d=\"51200\"/>\n" TEMPLATE_CLOSE
                   VIDEO_0 ("5350000") VIDEO_1 (
                       "2996000") SET_CLOSE AUDIO_SET ROLE TEMPLATE_OPEN ("4800"
                                                                          "0",
                       "",
                       "0") "          <S t=\"0\" d=\"192000\"/>\n"
                            "          <S t=\"384000\" "
                            "d=\"192000\"/>\n" TEMPLATE_CLOSE AUDIO_0 SET_CLOSE
                            "  </Period>\n"
                            "  <Period id=\"1\" start=\"PT12S\">\n" VIDEO_SET
                                ROLE TEMPLATE_OPEN ("12800",
                                    " presentationTimeOffset=\"153600\"",
                                    "1") "          <S t=\"153600\" "
                                         "d=\"51200\"/>\n" TEMPLATE_CLOSE
                                             VIDEO_0 ("5350000") VIDEO_1 (
                                                 "2996000") SET_CLOSE AUDIO_SET
                                                 ROLE TEMPLATE_OPEN ("48000",
                                                     " presentationTimeOffset="
                                                     "\"576000\"",
                                                     "1") "          <S "
                                                          "t=\"576000\" "
                                                          "d=\"192000\"/"
                                                          ">\n" TEMPLATE_CLOSE
                                                              AUDIO_0 SET_CLOSE
                                                          "  </Period>\n"
                                                          "  <UTCTiming "
                                                          "schemeIdUri=\"urn:"
                                                          "mpeg:dash:utc:"
                                                          "direct:2014\" "
                                                          "value=\"2026-11-"
                                                          "20T18:01:00.000Z\"/"
                                                          ">\n</MPD>\n");
}

/* A hole in one Representation alone: no common template any more. */
static void
test_own_templates (void)
{
  g_autoptr (VsPresentation) self =
      fixture_presentation (VS_PRESENTATION_EVENT);
  g_autofree gchar *text = NULL;
  const gchar *set;

  fixture_group (self, 0, 0);
  fixture_append (fixture_track (self, 0), 1, 0, 4000, 4000, 5);
  fixture_append (fixture_track (self, 1), 1, 0, 4000, 4000, 0);
  text = write_well_formed (self);
  g_assert_null (strstr (text, "timeShiftBufferDepth"));
  set = strstr (text, "<Role");
  assert_has (set, "value=\"main\"/>\n      <Representation id=\"video_0\"");
  assert_has (set, "sar=\"1:1\">\n"
                   "        <SegmentTemplate timescale=\"12800\" "
                   "initialization=\"$RepresentationID$/init_0.mp4\" "
                   "media=\"$RepresentationID$/$Time$.m4s\">\n"
                   "          <SegmentTimeline>\n"
                   "            <S t=\"0\" d=\"51200\" r=\"1\"/>\n"
                   "          </SegmentTimeline>\n"
                   "        </SegmentTemplate>\n"
                   "      </Representation>\n");
  assert_has (set, "            <S t=\"0\" d=\"51200\"/>\n");
}

/* The window slides: a Period vanishes, the next keeps its id and start. */
static void
test_periods_vanish (void)
{
  g_autoptr (VsPresentation) self = fixture_presentation (VS_PRESENTATION_LIVE);
  g_autofree gchar *text = NULL;

  self->window_us = 16000000;
  for (guint i = 0; i < 9; i++) {
    g_auto (GStrv) deleted = NULL;

    fixture_group (self, i, i < 2 ? 0 : i < 4 ? 1 : 2);
    deleted = vs_presentation_slide (self, 0);
  }
  text = write_well_formed (self);
  g_assert_null (strstr (text, "<Period id=\"1\""));
  assert_has (text, "<Period id=\"2\" start=\"PT16S\">");
  assert_has (text, " presentationTimeOffset=\"204800\"");
  assert_has (text, "<S t=\"256000\" d=\"51200\" r=\"3\"/>");
}

/* Each Period says what the track was then. */
static void
test_new_stream (void)
{
  g_autoptr (VsPresentation) self =
      fixture_presentation (VS_PRESENTATION_EVENT);
  VsTrack *track = fixture_track (self, 1);
  g_autoptr (VsStream) stream = fixture_video (640, 360, 0);
  g_autofree gchar *text = NULL;

  fixture_group (self, 0, 0);
  stream->timescale = 30000;
  stream->fps_n = 30;
  vs_track_set_stream (track, stream);
  for (guint i = 0; i < 3; i++)
    fixture_init (fixture_track (self, i), 1);
  fixture_group (self, 1, 1);
  text = write_well_formed (self);
  assert_has (text, "width=\"1280\" height=\"720\" frameRate=\"25\"");
  assert_has (text, "width=\"640\" height=\"360\" frameRate=\"30\"");
  assert_has (text, "        <SegmentTemplate timescale=\"30000\" "
                    "presentationTimeOffset=\"120000\"");
  assert_has (text, "maxFrameRate=\"25\"");
  assert_has (text, "maxFrameRate=\"30\"");
}

static void
test_ended_live (void)
{
  g_autoptr (VsPresentation) self = fixture_presentation (VS_PRESENTATION_LIVE);
  g_autofree gchar *text = NULL;

  fixture_group (self, 0, 0);
  fixture_group (self, 1, 0);
  self->ended = TRUE;
  text = write_well_formed (self);
  assert_has (text, "type=\"static\"");
  assert_has (text, "mediaPresentationDuration=\"PT8S\"");
  g_assert_null (strstr (text, "minimumUpdatePeriod"));
  g_assert_null (strstr (text, "UTCTiming"));
}

static void
test_timing_url (void)
{
  g_autoptr (VsPresentation) self = fixture_presentation (VS_PRESENTATION_LIVE);
  g_autofree gchar *text = NULL;

  self->timing_url = g_strdup ("https://time.example/?a=1&b=2");
  fixture_group (self, 0, 0);
  text = write_well_formed (self);
  assert_has (text,
      "<UTCTiming schemeIdUri=\"urn:mpeg:dash:utc:http-xsdate:2014\" "
      "value=\"https://time.example/?a=1&amp;b=2\"/>");
}

static void
test_audio (void)
{
  g_autoptr (VsPresentation) self =
      fixture_presentation (VS_PRESENTATION_EVENT);
  VsStream *surround = fixture_audio ("fr", 384000);
  g_autofree gchar *text = NULL;

  surround->channels = 8;
  fixture_add (self, "audio_1", surround)->label =
      g_strdup ("<Fran\xc3\xa7"
                "ais> & \"co\" \x01\xff");
  fixture_add (self, "a b", fixture_audio ("en", 64000));
  fixture_group (self, 0, 0);
  text = write_well_formed (self);
  assert_has (text,
      "urn:mpeg:mpegB:cicp:ChannelConfiguration\" value=\"12\"/>\n"
      "      <Label>&lt;Fran\xc3\xa7"
      "ais&gt; &amp; &quot;co&quot; "
      "?\xef\xbf\xbd</Label>\n"
      "      <Role schemeIdUri=\"urn:mpeg:dash:role:2011\" "
      "value=\"alternate\"/>\n");
  /* a name that is no identifier; the same language is the same set */
  assert_has (text, "<Representation id=\"track_4\"");
  assert_has (text, "media=\"a%20b/$Time$.m4s\"");
  g_assert_null (strstr (text, "<AdaptationSet id=\"4\""));
}

static void
test_colour (void)
{
  static const struct {
    VsColour colour;
    const gchar *expected;
  } cases[] = {
    { { 1, 1, 1, FALSE }, NULL },
    { { 2, 2, 2, FALSE }, NULL },
    { { 9, 16, 9, FALSE },
        "      <EssentialProperty "
        "schemeIdUri=\"urn:mpeg:mpegB:cicp:ColourPrimaries\" value=\"9\"/>\n"
        "      <EssentialProperty "
        "schemeIdUri=\"urn:mpeg:mpegB:cicp:TransferCharacteristics\" "
        "value=\"16\"/>\n"
        "      <EssentialProperty "
        "schemeIdUri=\"urn:mpeg:mpegB:cicp:MatrixCoefficients\" "
        "value=\"9\"/>\n" },
    { { 9, 18, 9, FALSE }, "<SupplementalProperty "
                           "schemeIdUri=\"urn:mpeg:mpegB:cicp:"
                           "TransferCharacteristics\" value=\"18\"/>\n" },
    { { 1, 1, 1, TRUE }, "VideoFullRangeFlag\" value=\"1\"/>\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (VsPresentation) self =
        vs_presentation_new (VS_PRESENTATION_EVENT, VS_CONTAINER_CMAF, 4000);
    VsStream *stream = fixture_video (640, 360, 0);
    g_autofree gchar *text = NULL;

    stream->colour = cases[i].colour;
    fixture_add (self, "v", stream);
    fixture_group (self, 0, 0);
    text = write_well_formed (self);
    if (cases[i].expected == NULL)
      g_assert_null (strstr (text, "alProperty"));
    else
      assert_has (text, cases[i].expected);
  }
}

static void
test_keys (void)
{
  static const struct {
    const gchar *first, *second, *media;
  } cases[] = {
    { "v/0.m4s", "v/51200.m4s", "$RepresentationID$/$Time$.m4s" },
    { "v/7-0.m4s", "v/7-51200.m4s", "$RepresentationID$/7-$Time$.m4s" },
    { "v/0-0.m4s", "v/0-51200.m4s", "$RepresentationID$/0-$Time$.m4s" },
    { "v/a0b.mp0", "v/a51200b.mp0", "$RepresentationID$/a$Time$b.mp0" },
    { "w/0", "w/51200", "w/$Time$" },
    { "0.m4s", "51200.m4s", "$Time$.m4s" },
    { "v/$0.m4s", "v/$51200.m4s", "$RepresentationID$/$$$Time$.m4s" },
    { "v/%0.m4s", "v/%51200.m4s", "$RepresentationID$/%25$Time$.m4s" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (VsPresentation) self =
        vs_presentation_new (VS_PRESENTATION_EVENT, VS_CONTAINER_CMAF, 4000);
    VsTrack *track = fixture_add (self, "v", fixture_video (640, 360, 0));
    g_autofree gchar *expected =
        g_strdup_printf (" media=\"%s\"", cases[i].media);
    g_autofree gchar *text = NULL;

    for (guint n = 0; n < 2; n++) {
      VsSegment *segment = g_new0 (VsSegment, 1);

      segment->sequence = n;
      segment->key = g_strdup (n == 0 ? cases[i].first : cases[i].second);
      segment->start = n * 51200;
      segment->duration = 51200;
      segment->size = 5;
      vs_track_append (track, segment);
    }
    text = write_well_formed (self);
    assert_has (text, expected);
  }
}

/* Keys that no template can say are a fault of the caller. */
static void
test_bad_keys (void)
{
  static const gchar *const keys[] = { "v/1.m4s", "v/segment.m0", "v/00.m4s",
    "0/a.m4s", "", "v/" };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
    g_autoptr (VsPresentation) self =
        vs_presentation_new (VS_PRESENTATION_EVENT, VS_CONTAINER_CMAF, 4000);
    VsTrack *track = fixture_add (self, "v", fixture_video (640, 360, 0));
    VsSegment *segment = g_new0 (VsSegment, 1);

    segment->key = g_strdup (keys[i]);
    segment->duration = 51200;
    segment->size = 5;
    vs_track_append (track, segment);
    g_test_expect_message (NULL, G_LOG_LEVEL_CRITICAL, "*start times*");
    g_assert_null (vs_mpd_write (self, NOW));
    g_test_assert_expected_messages ();
  }
}

static void
test_xmllint (void)
{
  g_autoptr (VsPresentation) self = fixture_presentation (VS_PRESENTATION_LIVE);
  g_autofree gchar *program = g_find_program_in_path ("xmllint");
  g_autofree gchar *folder = NULL;
  g_autofree gchar *path = NULL;
  g_autofree gchar *text = NULL;
  g_autoptr (GError) error = NULL;
  gchar *argv[] = { program, "--noout", "--nonet", NULL, NULL };
  gint status = -1;

  if (program == NULL) {
    g_test_skip ("xmllint is not there (Debian: libxml2-utils)");
    return;
  }
  for (guint i = 0; i < 20; i++)
    fixture_group (self, i, i / 5);
  text = write_well_formed (self);
  folder = g_dir_make_tmp ("vs-mpd-XXXXXX", &error);
  g_assert_no_error (error);
  path = argv[3] = g_build_filename (folder, "manifest.mpd", NULL);
  g_assert_true (g_file_set_contents (path, text, -1, &error));
  g_spawn_sync (NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL,
      &status, &error);
  g_unlink (path);
  g_rmdir (folder);
  g_assert_no_error (error);
  g_assert_true (g_spawn_check_wait_status (status, NULL));
}

/* A whole file beside the media, of a VOD of one Period. */
static void
test_text (void)
{
  for (guint periods = 1; periods <= 2; periods++) {
    g_autoptr (VsPresentation) self =
        fixture_presentation (VS_PRESENTATION_VOD);
    VsTrack *track = fixture_add (self, "t 0", fixture_text ("de"));
    g_autofree gchar *mpd = NULL;

    track->label = g_strdup ("A & B");
    for (guint i = 0; i < periods; i++)
      fixture_group (self, i, i);
    self->ended = TRUE;
    mpd = write_well_formed (self);
    if (periods == 2) {
      g_assert_null (strstr (mpd, "text/vtt"));
      continue;
    }
    g_assert_nonnull (strstr (mpd,
        "    <AdaptationSet id=\"3\" contentType=\"text\" "
        "mimeType=\"text/vtt\" lang=\"de\">\n"
        "      <Label>A &amp; B</Label>\n"
        "      <Role schemeIdUri=\"urn:mpeg:dash:role:2011\" "
        "value=\"subtitle\"/>\n"
        "      <Representation id=\"track_3\" bandwidth=\"128000\">\n"
        "        <BaseURL>t%200/all.vtt</BaseURL>\n"
        "      </Representation>\n    </AdaptationSet>\n"));
  }
}

/* There is no such file while it goes on. */
static void
test_live_text (void)
{
  g_autoptr (VsPresentation) self = fixture_presentation (VS_PRESENTATION_LIVE);
  g_autofree gchar *mpd = NULL;

  fixture_add (self, "text_0", fixture_text ("de"));
  fixture_group (self, 0, 0);
  mpd = write_well_formed (self);
  g_assert_null (strstr (mpd, "text_0"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mpd/none", test_none);
  g_test_add_func ("/mpd/static", test_static);
  g_test_add_func ("/mpd/dynamic", test_dynamic);
  g_test_add_func ("/mpd/own-templates", test_own_templates);
  g_test_add_func ("/mpd/periods-vanish", test_periods_vanish);
  g_test_add_func ("/mpd/new-stream", test_new_stream);
  g_test_add_func ("/mpd/ended-live", test_ended_live);
  g_test_add_func ("/mpd/timing-url", test_timing_url);
  g_test_add_func ("/mpd/audio", test_audio);
  g_test_add_func ("/mpd/colour", test_colour);
  g_test_add_func ("/mpd/keys", test_keys);
  g_test_add_func ("/mpd/bad-keys", test_bad_keys);
  g_test_add_func ("/mpd/xmllint", test_xmllint);
  g_test_add_func ("/mpd/text", test_text);
  g_test_add_func ("/mpd/live-text", test_live_text);
  return g_test_run ();
}
