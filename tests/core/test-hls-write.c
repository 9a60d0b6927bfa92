/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-hls.h"
#include "manifest-fixture.h"

static void
assert_media (const VsPresentation *self, guint track, const gchar *expected)
{
  g_autofree gchar *text =
      vs_hls_write_media (self, fixture_track (self, track));

  g_assert_cmpstr (text, ==, expected);
}

static void
assert_multivariant (const VsPresentation *self, const gchar *expected)
{
  g_autofree gchar *text = vs_hls_write_multivariant (self);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_vod (void)
{
  g_autoptr (VsPresentation) self = fixture_presentation (VS_PRESENTATION_VOD);

  g_assert_null (vs_hls_write_media (self, fixture_track (self, 0)));
  for (guint i = 0; i < 2; i++)
    fixture_group (self, i, 0);
  for (guint i = 0; i < 2; i++)
    for (guint n = 0; n < 3; n++)
      ((VsSegment *) g_ptr_array_index (fixture_track (self, n)->segments, i))
          ->date_us = 0;

  assert_media (self, 0,
      "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n"
      "#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-DISCONTINUITY-SEQUENCE:0\n"
      "#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-INDEPENDENT-SEGMENTS\n"
      "#EXT-X-MAP:URI=\"init_0.mp4\"\n"
      "#EXTINF:4.000000,\n0.m4s\n#EXTINF:4.000000,\n51200.m4s\n");
  self->ended = TRUE;
  assert_media (self, 2,
      "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n"
      "#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-DISCONTINUITY-SEQUENCE:0\n"
      "#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-INDEPENDENT-SEGMENTS\n"
      "#EXT-X-MAP:URI=\"init_0.mp4\"\n"
      "#EXTINF:4.000000,\n0.m4s\n#EXTINF:4.000000,\n192000.m4s\n"
      "#EXT-X-ENDLIST\n");
}

static void
test_live (void)
{
  g_autoptr (VsPresentation) self = fixture_presentation (VS_PRESENTATION_LIVE);
  VsTrack *track = fixture_track (self, 0);

  fixture_append (track, 7, 3, 28000, 4000, 1);
  fixture_append (track, 8, 3, 32000, 4000, 0);
  fixture_init (track, 4);
  fixture_append (track, 9, 4, 36000, 2000, 1);
  fixture_append (track, 10, 6, 38000, 1500, 1);

  assert_media (self, 0,
      "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n"
      "#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-DISCONTINUITY-SEQUENCE:3\n"
      "#EXT-X-INDEPENDENT-SEGMENTS\n"
      "#EXT-X-MAP:URI=\"init_0.mp4\"\n"
      "#EXT-X-PROGRAM-DATE-TIME:2026-11-20T18:00:28.000Z\n"
      "#EXTINF:4.000000,\n358400.m4s\n"
      "#EXT-X-PROGRAM-DATE-TIME:2026-11-20T18:00:32.000Z\n"
      "#EXT-X-GAP\n#EXTINF:4.000000,\n409600.m4s\n"
      "#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"init_4.mp4\"\n"
      "#EXT-X-PROGRAM-DATE-TIME:2026-11-20T18:00:36.000Z\n"
      "#EXTINF:2.000000,\n460800.m4s\n"
      "#EXT-X-DISCONTINUITY\n#EXT-X-DISCONTINUITY\n"
      "#EXT-X-MAP:URI=\"init_4.mp4\"\n"
      "#EXT-X-PROGRAM-DATE-TIME:2026-11-20T18:00:38.000Z\n"
      "#EXTINF:1.500000,\n486400.m4s\n");
}

/* In an event only the first and what follows a discontinuity is dated. */
static void
test_event_dates (void)
{
  g_autoptr (VsPresentation) self =
      fixture_presentation (VS_PRESENTATION_EVENT);
  g_autofree gchar *text = NULL;
  g_auto (GStrv) parts = NULL;

  for (guint i = 0; i < 6; i++)
    fixture_group (self, i, i / 3);
  text = vs_hls_write_media (self, fixture_track (self, 1));
  parts = g_strsplit (text, "#EXT-X-PROGRAM-DATE-TIME:", -1);
  g_assert_cmpuint (g_strv_length (parts), ==, 3);
  g_assert_true (g_str_has_prefix (parts[1], "2026-11-20T18:00:00.000Z\n"));
  g_assert_true (g_str_has_prefix (parts[2], "2026-11-20T18:00:12.000Z\n"));
  g_assert_nonnull (strstr (text, "#EXT-X-PLAYLIST-TYPE:EVENT\n"));
}

static void
test_iframes (void)
{
  g_autoptr (VsPresentation) self = fixture_presentation (VS_PRESENTATION_VOD);
  VsTrack *track = fixture_track (self, 0);
  g_autofree gchar *text = NULL;

  g_assert_null (vs_hls_write_iframes (self, track));
  fixture_append (track, 0, 0, 0, 4000, 4000);
  fixture_append (track, 1, 0, 4000, 4000, 0);
  fixture_append (track, 2, 0, 8000, 1000, 800);
  self->ended = TRUE;
  text = vs_hls_write_iframes (self, track);
  g_assert_cmpstr (text, ==,
      "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n"
      "#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-DISCONTINUITY-SEQUENCE:0\n"
      "#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-I-FRAMES-ONLY\n"
      "#EXT-X-MAP:URI=\"init_0.mp4\"\n"
      "#EXT-X-PROGRAM-DATE-TIME:2026-11-20T18:00:00.000Z\n"
      "#EXTINF:4.000000,\n#EXT-X-BYTERANGE:1000@100\n0.m4s\n"
      "#EXT-X-GAP\n#EXTINF:4.000000,\n51200.m4s\n"
      "#EXTINF:1.000000,\n#EXT-X-BYTERANGE:200@100\n102400.m4s\n"
      "#EXT-X-ENDLIST\n");
  g_assert_null (vs_hls_write_iframes (self, fixture_track (self, 2)));
}

static void
test_multivariant (void)
{
  g_autoptr (VsPresentation) self = fixture_presentation (VS_PRESENTATION_VOD);

  g_assert_null (vs_hls_write_multivariant (self));
  fixture_group (self, 0, 0);
  fixture_append (fixture_track (self, 0), 1, 0, 4000, 2000, 400000);
  self->ended = TRUE;
  assert_multivariant (self,
      "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n"
      "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio-0\",LANGUAGE=\"en\","
      "NAME=\"en\",DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"2\","
      "URI=\"audio_0/playlist.m3u8\"\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=1128000,AVERAGE-BANDWIDTH=1128000,"
      "CODECS=\"avc1.640028,mp4a.40.2\",RESOLUTION=1280x720,"
      "FRAME-RATE=25.000,VIDEO-RANGE=SDR,AUDIO=\"audio-0\","
      "CLOSED-CAPTIONS=NONE\nvideo_1/playlist.m3u8\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=1728000,AVERAGE-BANDWIDTH=1328000,"
      "CODECS=\"avc1.640028,mp4a.40.2\",RESOLUTION=1920x1080,"
      "FRAME-RATE=25.000,VIDEO-RANGE=SDR,AUDIO=\"audio-0\","
      "CLOSED-CAPTIONS=NONE\nvideo_0/playlist.m3u8\n"
      "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=250000,"
      "AVERAGE-BANDWIDTH=250000,CODECS=\"avc1.640028\","
      "RESOLUTION=1280x720,VIDEO-RANGE=SDR,"
      "URI=\"video_1/iframes.m3u8\"\n"
      "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=400000,"
      "AVERAGE-BANDWIDTH=300000,CODECS=\"avc1.640028\","
      "RESOLUTION=1920x1080,VIDEO-RANGE=SDR,"
      "URI=\"video_0/iframes.m3u8\"\n");
}

/* While it runs, never below what the encoder may do, and never moving. */
static void
test_live_bandwidth (void)
{
  g_autoptr (VsPresentation) self = fixture_presentation (VS_PRESENTATION_LIVE);
  g_autofree gchar *first = NULL;
  g_autofree gchar *second = NULL;

  fixture_group (self, 0, 0);
  first = vs_hls_write_multivariant (self);
  g_assert_nonnull (strstr (
      first, "STREAM-INF:BANDWIDTH=5478000,AVERAGE-BANDWIDTH=5128000,"));
  fixture_group (self, 1, 0);
  second = vs_hls_write_multivariant (self);
  g_assert_cmpstr (first, ==, second);
}

static void
test_audio_groups (void)
{
  g_autoptr (VsPresentation) self = fixture_presentation (VS_PRESENTATION_VOD);
  g_autofree gchar *text = NULL;
  static const gchar *const expected[] = {
    "GROUP-ID=\"audio-0\",LANGUAGE=\"en\",NAME=\"en\",DEFAULT=YES,"
    "AUTOSELECT=YES,CHANNELS=\"2\",URI=\"audio_0/playlist.m3u8\"\n",
    "GROUP-ID=\"audio-0\",LANGUAGE=\"en\",NAME=\"The 'cut'\",DEFAULT=NO,"
    "AUTOSELECT=NO,CHANNELS=\"2\",URI=\"audio_3/playlist.m3u8\"\n",
    "GROUP-ID=\"audio-0\",LANGUAGE=\"fr\",NAME=\"fr\",DEFAULT=NO,"
    "AUTOSELECT=YES,CHANNELS=\"2\",URI=\"audio_1/playlist.m3u8\"\n",
    "GROUP-ID=\"audio-1\",LANGUAGE=\"en\",NAME=\"en\",DEFAULT=YES,"
    "AUTOSELECT=YES,CHANNELS=\"2\",URI=\"audio_2/playlist.m3u8\"\n",
    "AUDIO=\"audio-1\",CLOSED-CAPTIONS=NONE\nvideo_0/playlist.m3u8\n",
  };

  fixture_add (self, "audio_1", fixture_audio ("fr", 96000));
  fixture_add (self, "audio_2", fixture_audio ("en", 64000));
  fixture_add (self, "audio_3", fixture_audio ("en", 128000))->label =
      g_strdup ("The \"cut\"");
  fixture_group (self, 0, 0);
  text = vs_hls_write_multivariant (self);
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    if (strstr (text, expected[i]) == NULL)
      g_error ("“%s” is not in:\n%s", expected[i], text);
}

static void
test_audio_only (void)
{
  g_autoptr (VsPresentation) self =
      vs_presentation_new (VS_PRESENTATION_VOD, VS_CONTAINER_CMAF, 4000);

  fixture_add (self, "a b:c", fixture_audio (NULL, 128000));
  fixture_group (self, 0, 0);
  self->ended = TRUE;
  assert_multivariant (self,
      "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=128000,AVERAGE-BANDWIDTH=128000,"
      "CODECS=\"mp4a.40.2\"\n./a%20b:c/playlist.m3u8\n");
}

/* All text is one group of every variant; NAMEs differ, DEFAULT is one. */
static void
test_subtitles (void)
{
  static const struct {
    const gchar *language, *label;
    gboolean is_default, is_forced;
    const gchar *expected;
  } rows[] = {
    { "en", NULL, FALSE, TRUE,
        "LANGUAGE=\"en\",NAME=\"en (t0)\",DEFAULT=NO,AUTOSELECT=YES,"
        "FORCED=YES,URI=\"t0/playlist.m3u8\"\n" },
    { "en", NULL, FALSE, FALSE,
        "LANGUAGE=\"en\",NAME=\"en (t1)\",DEFAULT=NO,AUTOSELECT=YES,"
        "FORCED=NO,URI=\"t1/playlist.m3u8\"\n" },
    { "en", "For the deaf", TRUE, FALSE,
        "LANGUAGE=\"en\",NAME=\"For the deaf\",DEFAULT=YES,AUTOSELECT=YES,"
        "FORCED=NO,URI=\"t2/playlist.m3u8\"\n" },
    { "en", "Remarks", TRUE, FALSE,
        "LANGUAGE=\"en\",NAME=\"Remarks\",DEFAULT=NO,AUTOSELECT=YES,"
        "FORCED=NO,URI=\"t3/playlist.m3u8\"\n" },
    { "en", "More", FALSE, FALSE,
        "LANGUAGE=\"en\",NAME=\"More\",DEFAULT=NO,AUTOSELECT=NO,"
        "FORCED=NO,URI=\"t4/playlist.m3u8\"\n" },
    { NULL, NULL, FALSE, FALSE,
        "LANGUAGE=\"und\",NAME=\"Subtitles\",DEFAULT=NO,AUTOSELECT=YES,"
        "FORCED=NO,URI=\"t5/playlist.m3u8\"\n" },
  };
  g_autoptr (VsPresentation) self = fixture_presentation (VS_PRESENTATION_VOD);
  g_autofree gchar *text = NULL, *media = NULL;

  fixture_group (self, 0, 0);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *name = g_strdup_printf ("t%u", i);
    VsTrack *track = fixture_add (self, name, fixture_text (rows[i].language));

    g_assert_false (track->is_default);
    track->label = g_strdup (rows[i].label);
    track->is_default = rows[i].is_default;
    track->is_forced = rows[i].is_forced;
    fixture_append (track, 0, 0, 0, 4000, 100);
  }
  self->ended = TRUE;
  text = vs_hls_write_multivariant (self);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *line =
        g_strconcat ("\n#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"subtitles\",",
            rows[i].expected, NULL);

    if (strstr (text, line) == NULL)
      g_error ("“%s” is not in:\n%s", line, text);
  }
  g_assert_nonnull (
      strstr (text, "AUDIO=\"audio-0\",SUBTITLES=\"subtitles\","));
  media = vs_hls_write_media (self, fixture_track (self, 3));
  g_assert_nonnull (strstr (media, "#EXTINF:4.000000,\n0.vtt\n"));
  g_assert_null (strstr (media, "EXT-X-MAP"));
}

static void
test_ts (void)
{
  g_autoptr (VsPresentation) self =
      vs_presentation_new (VS_PRESENTATION_VOD, VS_CONTAINER_TS, 2000);
  VsStream *audio = fixture_audio ("en", 128000);
  VsStream *video = fixture_video (720, 576, 1000000);
  VsTrack *track;
  g_autofree gchar *media = NULL;

  video->par_n = 16;
  video->par_d = 11;
  video->fps_n = 30000;
  video->fps_d = 1001;
  video->colour.transfer = 18;
  track = fixture_add (self, "video_0", video);
  vs_track_set_muxed_audio (track, audio);
  vs_stream_free (audio);
  fixture_append (track, 0, 0, 0, 2000, 1000);
  assert_multivariant (self,
      "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=1198000,AVERAGE-BANDWIDTH=1128000,"
      "CODECS=\"avc1.640028,mp4a.40.2\",RESOLUTION=1047x576,"
      "FRAME-RATE=29.970,VIDEO-RANGE=HLG,CLOSED-CAPTIONS=NONE\n"
      "video_0/playlist.m3u8\n");
  media = vs_hls_write_media (self, track);
  g_assert_nonnull (strstr (media, "#EXTINF:2.000000,\n0.ts\n"));
  g_assert_null (strstr (media, "EXT-X-MAP"));
}

static void
test_uris (void)
{
  static const struct {
    const gchar *key, *expected;
  } cases[] = {
    { "video_0/0.m4s", "\n0.m4s\n" },
    { "video_0/a/b.m4s", "\na/b.m4s\n" },
    { "other/0.m4s", "\n../other/0.m4s\n" },
    { "0.m4s", "\n../0.m4s\n" },
    { "video_0/a b%#?\".m4s", "\na%20b%25%23%3F%22.m4s\n" },
    { "video_0/\xc3\xa9\n.m4s", "\n%C3%A9%0A.m4s\n" },
    { "video_0/s:1.m4s", "\n./s:1.m4s\n" },
    { "video_0x/0.m4s", "\n../video_0x/0.m4s\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (VsPresentation) self =
        vs_presentation_new (VS_PRESENTATION_VOD, VS_CONTAINER_CMAF, 4000);
    VsTrack *track = fixture_add (self, "video_0", fixture_video (640, 360, 0));
    VsSegment *segment = g_new0 (VsSegment, 1);
    g_autofree gchar *text = NULL;

    segment->key = g_strdup (cases[i].key);
    segment->duration = 12800;
    vs_track_append (track, segment);
    text = vs_hls_write_media (self, track);
    g_assert_true (g_str_has_suffix (text, cases[i].expected));
  }
}

/* EXTINF of 1/3 s segments: any sum is exact to a microsecond. */
static void
test_no_drift (void)
{
  g_autoptr (VsPresentation) self =
      vs_presentation_new (VS_PRESENTATION_VOD, VS_CONTAINER_CMAF, 4000);
  VsStream *stream = fixture_video (640, 360, 0);
  g_autofree gchar *text = NULL;
  VsTrack *track;
  gdouble sum = 0;

  stream->timescale = 30000;
  track = fixture_add (self, "video_0", stream);
  for (guint i = 0; i < 3000; i++) {
    VsSegment *segment = g_new0 (VsSegment, 1);

    segment->sequence = i;
    segment->start = i * (guint64) 10010;
    segment->duration = 10010;
    vs_track_append (track, segment);
  }
  text = vs_hls_write_media (self, track);
  for (const gchar *c = text; (c = strstr (c, "#EXTINF:")) != NULL; c++)
    sum += g_ascii_strtod (c + strlen ("#EXTINF:"), NULL);
  g_assert_cmpfloat (sum, >, 1001.0 - 1e-6);
  g_assert_cmpfloat (sum, <, 1001.0 + 1e-6);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hls-write/vod", test_vod);
  g_test_add_func ("/hls-write/live", test_live);
  g_test_add_func ("/hls-write/event-dates", test_event_dates);
  g_test_add_func ("/hls-write/iframes", test_iframes);
  g_test_add_func ("/hls-write/multivariant", test_multivariant);
  g_test_add_func ("/hls-write/live-bandwidth", test_live_bandwidth);
  g_test_add_func ("/hls-write/audio-groups", test_audio_groups);
  g_test_add_func ("/hls-write/audio-only", test_audio_only);
  g_test_add_func ("/hls-write/subtitles", test_subtitles);
  g_test_add_func ("/hls-write/ts", test_ts);
  g_test_add_func ("/hls-write/uris", test_uris);
  g_test_add_func ("/hls-write/no-drift", test_no_drift);
  return g_test_run ();
}
