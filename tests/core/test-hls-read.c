/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-error.h"
#include "core/vs-hls.h"
#include "manifest-fixture.h"

static VsHlsPlaylist *
read_good (const gchar *text)
{
  g_autoptr (GError) error = NULL;
  VsHlsPlaylist *playlist = vs_hls_read (text, strlen (text), &error);

  g_assert_no_error (error);
  g_assert_nonnull (playlist);
  return playlist;
}

static const VsHlsSegment *
get_segment (const VsHlsPlaylist *playlist, guint n)
{
  g_assert_cmpuint (n, <, playlist->segments->len);
  return g_ptr_array_index (playlist->segments, n);
}

static const VsHlsVariant *
get_variant (const VsHlsPlaylist *playlist, guint n)
{
  g_assert_cmpuint (n, <, playlist->variants->len);
  return g_ptr_array_index (playlist->variants, n);
}

/* What ffmpeg -f hls writes, fMP4, with program dates, and CRLF. */
static void
test_ffmpeg (void)
{
  g_autoptr (VsHlsPlaylist) playlist =
      read_good ("#EXTM3U\r\n#EXT-X-VERSION:7\r\n#EXT-X-TARGETDURATION:2\r\n"
                 "#EXT-X-MEDIA-SEQUENCE:5\r\n#EXT-X-ALLOW-CACHE:YES\r\n"
                 "#EXT-X-MAP:URI=\"init.mp4\"\r\n"
                 "#EXTINF:2.002000,\r\n"
                 "#EXT-X-PROGRAM-DATE-TIME:2026-11-20T18:00:00.250+0000\r\n"
                 "seg5.m4s\r\n\r\n"
                 "#EXT-X-DISCONTINUITY\r\n#EXTINF:1.5,title, with comma\r\n"
                 "#EXT-X-PROGRAM-DATE-TIME:2026-11-20T20:00:02+02:00\r\n"
                 "seg6.m4s\r\n#EXT-X-ENDLIST");
  const VsHlsSegment *segment;

  g_assert_false (playlist->multivariant);
  g_assert_cmpuint (playlist->version, ==, 7);
  g_assert_cmpuint (playlist->target_duration, ==, 2);
  g_assert_true (playlist->ended);
  g_assert_cmpuint (playlist->segments->len, ==, 2);
  segment = get_segment (playlist, 0);
  g_assert_cmpstr (segment->uri, ==, "seg5.m4s");
  g_assert_cmpfloat (segment->duration, ==, 2.002);
  g_assert_cmpuint (segment->sequence, ==, 5);
  g_assert_cmpuint (segment->discontinuity, ==, 0);
  g_assert_cmpint (segment->date_us, ==, FIXTURE_EPOCH + 250000);
  g_assert_cmpstr (segment->map_uri, ==, "init.mp4");
  segment = get_segment (playlist, 1);
  g_assert_cmpuint (segment->sequence, ==, 6);
  g_assert_cmpuint (segment->discontinuity, ==, 1);
  g_assert_cmpint (segment->date_us, ==, FIXTURE_EPOCH + 2000000);
  g_assert_cmpstr (segment->map_uri, ==, "init.mp4");
}

/* Byte ranges, maps with ranges, gaps, tags that are not known. */
static void
test_ranges (void)
{
  g_autoptr (VsHlsPlaylist) playlist =
      read_good ("#EXTM3U\n#EXT-X-TARGETDURATION:10\n# a comment\n"
                 "#EXT-X-NEW-TAG:1=2\n#EXT-X-I-FRAMES-ONLY\n"
                 "#EXT-X-DISCONTINUITY-SEQUENCE:9\n#EXT-X-PLAYLIST-TYPE:VOD\n"
                 "#EXT-X-MAP:URI=\"a.mp4\",BYTERANGE=\"720@0\"\n"
                 "#EXTINF:10\n#EXT-X-BYTERANGE:100@720\na.mp4\n"
                 "#EXTINF:9.5\n#EXT-X-BYTERANGE:50\na.mp4\n"
                 "#EXT-X-GAP\n#EXTINF:1,\nb.mp4\n");
  const VsHlsSegment *segment = get_segment (playlist, 0);

  g_assert_true (playlist->iframes_only);
  g_assert_cmpstr (playlist->type, ==, "VOD");
  g_assert_cmpuint (playlist->version, ==, 1);
  g_assert_cmpuint (segment->map_size, ==, 720);
  g_assert_cmpuint (segment->range_size, ==, 100);
  g_assert_cmpuint (segment->range_offset, ==, 720);
  g_assert_cmpuint (segment->discontinuity, ==, 9);
  g_assert_false (segment->gap);
  segment = get_segment (playlist, 1);
  g_assert_cmpuint (segment->range_size, ==, 50);
  g_assert_cmpuint (segment->range_offset, ==, 820);
  segment = get_segment (playlist, 2);
  g_assert_true (segment->gap);
  g_assert_cmpuint (segment->range_size, ==, 0);
}

static void
test_multivariant (void)
{
  g_autoptr (VsHlsPlaylist) playlist = read_good (
      "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n"
      "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"aud1\",LANGUAGE=\"en\","
      "NAME=\"English, of course\",AUTOSELECT=YES,DEFAULT=YES,"
      "CHANNELS=\"6\",URI=\"a1/prog.m3u8\"\n"
      "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"cc\",NAME=\"C\","
      "INSTREAM-ID=\"CC1\"\n"
      "#EXT-X-STREAM-INF:AVERAGE-BANDWIDTH=2168183, BANDWIDTH=2177116,"
      "CODECS=\"avc1.640020,mp4a.40.2\",RESOLUTION=960x540,"
      "FRAME-RATE=59.940,CLOSED-CAPTIONS=\"cc\",AUDIO=\"aud1\","
      "VIDEO-RANGE=PQ,X-OWN=0xABC\n# in between\n\nv5/prog_index.m3u8\n"
      "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=187492,CODECS=\"avc1.64002a\","
      "RESOLUTION=1920x1080,URI=\"v7/iframe.m3u8\"\n");
  const VsHlsVariant *variant = get_variant (playlist, 0);
  const VsHlsRendition *rendition;

  g_assert_true (playlist->multivariant);
  g_assert_true (playlist->independent_segments);
  g_assert_cmpuint (playlist->variants->len, ==, 2);
  g_assert_cmpstr (variant->uri, ==, "v5/prog_index.m3u8");
  g_assert_cmpuint (variant->bandwidth, ==, 2177116);
  g_assert_cmpuint (variant->average_bandwidth, ==, 2168183);
  g_assert_cmpstr (variant->codecs, ==, "avc1.640020,mp4a.40.2");
  g_assert_cmpuint (variant->width, ==, 960);
  g_assert_cmpuint (variant->height, ==, 540);
  g_assert_cmpfloat (variant->frame_rate, ==, 59.94);
  g_assert_cmpstr (variant->audio_group, ==, "aud1");
  g_assert_cmpstr (variant->video_range, ==, "PQ");
  g_assert_false (variant->iframes);
  variant = get_variant (playlist, 1);
  g_assert_true (variant->iframes);
  g_assert_cmpstr (variant->uri, ==, "v7/iframe.m3u8");
  g_assert_cmpuint (playlist->renditions->len, ==, 2);
  rendition = g_ptr_array_index (playlist->renditions, 0);
  g_assert_cmpstr (rendition->type, ==, "AUDIO");
  g_assert_cmpstr (rendition->group, ==, "aud1");
  g_assert_cmpstr (rendition->name, ==, "English, of course");
  g_assert_cmpstr (rendition->language, ==, "en");
  g_assert_cmpstr (rendition->channels, ==, "6");
  g_assert_cmpstr (rendition->uri, ==, "a1/prog.m3u8");
  g_assert_true (rendition->is_default && rendition->autoselect);
  rendition = g_ptr_array_index (playlist->renditions, 1);
  g_assert_null (rendition->uri);
  g_assert_false (rendition->is_default || rendition->autoselect);
}

#define MEDIA "#EXTM3U\n#EXT-X-TARGETDURATION:4\n"

static const struct {
  const gchar *text, *expected;
} refused[] = {
  { "", "it is empty" },
  { "\n", "line 1: #EXTM3U is expected" },
  { "#EXTM3U8\n", "line 1: #EXTM3U is expected" },
  { "<html></html>", "line 1: #EXTM3U is expected" },
  { "\xef\xbb\xbf#EXTM3U\n", "line 1: a byte order mark" },
  { "#EXTM3U\n\xff\n", "not UTF-8" },
  { "#EXTM3U\n#a\x01\n", "line 2: a control character" },
  { "#EXTM3U\n#a\rb\n", "line 2: a control character" },
  { "#EXTM3U\n", "neither segments nor variants" },
  { "#EXTM3U\n#EXTINF:4,\n0.ts\n", "line 3: it ends without "
                                   "EXT-X-TARGETDURATION" },
  { MEDIA "0.ts\n", "line 3: a URI without" },
  { MEDIA "#EXTINF:4,\n", "line 3: it ends where a URI" },
  { MEDIA "#EXTINF:4,\n#EXTINF:4,\n", "line 4, EXTINF: the segment before" },
  { MEDIA "#EXTINF:-1,\n0.ts\n", "line 3, EXTINF: a number of seconds" },
  { MEDIA "#EXTINF:nan,\n0.ts\n", "line 3, EXTINF: a number of seconds" },
  { MEDIA "#EXTINF:1e9,\n0.ts\n", "line 3, EXTINF: a number of seconds" },
  { MEDIA "#EXTINF:.,\n0.ts\n", "line 3, EXTINF: a number of seconds" },
  { MEDIA "#EXTINF:999999999999,\n0.ts\n", "line 3, EXTINF: a number" },
  { MEDIA "#EXTINF\n0.ts\n", "line 3, EXTINF: it has no value" },
  { "#EXTM3U\n#EXT-X-TARGETDURATION:4.5\n",
      "line 2, EXT-X-TARGETDURATION: a whole number" },
  { "#EXTM3U\n#EXT-X-TARGETDURATION:99999999999\n",
      "line 2, EXT-X-TARGETDURATION: no segment is that long" },
  { MEDIA "#EXT-X-TARGETDURATION:4\n",
      "line 3, EXT-X-TARGETDURATION: it is there twice" },
  { "#EXTM3U\n#EXT-X-VERSION:0\n", "line 2, EXT-X-VERSION: there is no" },
  { MEDIA "#EXTINF:4,\n0.ts\n#EXT-X-MEDIA-SEQUENCE:4\n",
      "line 5, EXT-X-MEDIA-SEQUENCE: it has to stand before" },
  { MEDIA "#EXT-X-MEDIA-SEQUENCE:18446744073709551616\n",
      "line 3, EXT-X-MEDIA-SEQUENCE: a whole number" },
  { MEDIA "#EXT-X-MEDIA-SEQUENCE:18446744073709551615\n",
      "line 3, EXT-X-MEDIA-SEQUENCE: the number is too large" },
  { MEDIA "#EXT-X-DISCONTINUITY\n#EXT-X-DISCONTINUITY-SEQUENCE:4\n",
      "line 4, EXT-X-DISCONTINUITY-SEQUENCE: it has to stand before" },
  { MEDIA "#EXT-X-PLAYLIST-TYPE:LIVE\n",
      "line 3, EXT-X-PLAYLIST-TYPE: VOD or EVENT" },
  { MEDIA "#EXT-X-PROGRAM-DATE-TIME:yesterday\n",
      "line 3, EXT-X-PROGRAM-DATE-TIME: a date like" },
  { MEDIA "#EXTINF:4,\n#EXT-X-BYTERANGE:5\n0.ts\n",
      "line 5: the byte range has no offset" },
  { MEDIA "#EXTINF:4,\n#EXT-X-BYTERANGE:5@0\n0.ts\n"
          "#EXTINF:4,\n#EXT-X-BYTERANGE:5\n1.ts\n",
      "line 8: the byte range has no offset" },
  { MEDIA "#EXT-X-BYTERANGE:0@5\n", "line 3, EXT-X-BYTERANGE: SIZE" },
  { MEDIA "#EXT-X-BYTERANGE:5@18446744073709551615\n",
      "line 3, EXT-X-BYTERANGE: SIZE" },
  { MEDIA "#EXT-X-MAP:BYTERANGE=\"5@0\"\n",
      "line 3, EXT-X-MAP: the attribute URI is missing" },
  { MEDIA "#EXT-X-MAP:URI=\"a\n", "line 3, EXT-X-MAP: the attribute URI has "
                                  "no closing" },
  { MEDIA "#EXT-X-MAP:URI=\"a\"b\n", "the attribute URI goes on" },
  { MEDIA "#EXT-X-MAP:URI=\"a\",URI=\"b\"\n", "attribute URI is there" },
  { MEDIA "#EXT-X-MAP:uri=\"a\"\n", "NAME=value is expected at “uri=" },
  { MEDIA "#EXT-X-MAP:URI=,A=1\n", "the attribute URI has no value" },
  { MEDIA "#EXT-X-STREAM-INF:BANDWIDTH=1\na\n",
      "line 3, EXT-X-STREAM-INF: media and multivariant tags are mixed" },
  { MEDIA "#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n", "line 3, EXT-X-SKIP: this" },
  { "#EXTM3U\n#EXT-X-DEFINE:NAME=\"a\",VALUE=\"b\"\n",
      "line 2, EXT-X-DEFINE: this tag is not supported" },
  { "#EXTM3U\n#EXT-X-STREAM-INF:CODECS=\"a\"\na\n",
      "line 2, EXT-X-STREAM-INF: the attribute BANDWIDTH is missing" },
  { "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION=1x2x3\na\n",
      "line 2, EXT-X-STREAM-INF: RESOLUTION=WIDTHxHEIGHT" },
  { "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n", "line 2: it ends where" },
  { "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n"
    "#EXT-X-STREAM-INF:BANDWIDTH=1\na\n",
      "line 3, EXT-X-STREAM-INF: the URI of the variant before" },
  { "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,FRAME-RATE=fast\na\n",
      "FRAME-RATE is not a number" },
  { "#EXTM3U\n#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1\n",
      "the attribute URI is missing" },
  { "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\"\n",
      "the attribute NAME is missing" },
  { "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"b\","
    "DEFAULT=MAYBE\n",
      "the attribute DEFAULT is neither YES nor NO" },
};

static void
test_refused (void)
{

  for (guint i = 0; i < G_N_ELEMENTS (refused); i++) {
    g_autoptr (GError) error = NULL;
    VsHlsPlaylist *playlist =
        vs_hls_read (refused[i].text, strlen (refused[i].text), &error);

    g_assert_null (playlist);
    g_assert_error (error, VS_ERROR, VS_ERROR_BAD_DATA);
    if (strstr (error->message, refused[i].expected) == NULL)
      g_error ("case %u: “%s” is not in “%s”", i, refused[i].expected,
          error->message);
    g_assert_true (
        g_str_has_prefix (error->message, "The playlist cannot be read: "));
    g_assert_true (g_str_has_suffix (error->message, "."));
  }
}

static void
test_limits (void)
{
  g_autoptr (GString) text = g_string_new (MEDIA);
  g_autoptr (GError) error = NULL;

  while (text->len < 2 * 999998)
    g_string_append (text, "#\n");
  g_assert_null (vs_hls_read ("#EXTM3U\0\n", 9, NULL));
  vs_hls_playlist_free (read_good (MEDIA "#EXTINF:0,\n0.ts"));
  for (guint i = 0; i < 20; i++)
    g_string_append (text, "#\n");
  g_assert_null (vs_hls_read (text->str, text->len, &error));
  g_assert_nonnull (strstr (error->message, "1000000 lines"));
  g_clear_error (&error);
  g_string_set_size (text, 16 * 1024 * 1024 + 1);
  g_assert_null (vs_hls_read (text->str, text->len, &error));
  g_assert_nonnull (strstr (error->message, "16 MiB"));
}

/* Every prefix of a good playlist: read or refused, never worse. */
static void
test_cut_short (void)
{
  static const gchar text[] =
      MEDIA "#EXT-X-MAP:URI=\"a.mp4\",BYTERANGE=\"720@0\"\n"
            "#EXT-X-PROGRAM-DATE-TIME:2026-11-20T18:00:00.000Z\n"
            "#EXTINF:4.0,\n#EXT-X-BYTERANGE:100@720\n\xc3\xa9.mp4\n"
            "#EXT-X-ENDLIST\n";

  for (gsize length = 0; length < sizeof (text); length++) {
    g_autoptr (GError) error = NULL;
    g_autofree gchar *exact = g_memdup2 (text, MAX (length, 1));
    g_autoptr (VsHlsPlaylist) playlist = vs_hls_read (exact, length, &error);

    g_assert_true ((playlist == NULL) == (error != NULL));
  }
}

/* What is written is read back as it was meant. */
static void
test_own (void)
{
  g_autoptr (VsPresentation) self = fixture_presentation (VS_PRESENTATION_LIVE);
  VsTrack *track = fixture_track (self, 0);
  g_autoptr (VsHlsPlaylist) media = NULL;
  g_autoptr (VsHlsPlaylist) iframes = NULL;
  g_autoptr (VsHlsPlaylist) multivariant = NULL;
  g_autofree gchar *media_text = NULL;
  g_autofree gchar *iframes_text = NULL;
  g_autofree gchar *multivariant_text = NULL;

  fixture_append (track, 40, 3, 0, 4000, 7000);
  fixture_append (track, 41, 3, 4000, 4000, 0);
  fixture_append (track, 42, 5, 8000, 3003, 8000);
  self->ended = TRUE;
  media = read_good (media_text = vs_hls_write_media (self, track));
  iframes = read_good (iframes_text = vs_hls_write_iframes (self, track));
  multivariant =
      read_good (multivariant_text = vs_hls_write_multivariant (self));

  g_assert_cmpuint (media->media_sequence, ==, 40);
  g_assert_cmpuint (media->discontinuity_sequence, ==, 3);
  g_assert_true (media->ended && media->independent_segments);
  g_assert_cmpuint (media->segments->len, ==, 3);
  g_assert_true (get_segment (media, 1)->gap);
  g_assert_cmpuint (get_segment (media, 2)->discontinuity, ==, 5);
  g_assert_cmpfloat_with_epsilon (
      get_segment (media, 2)->duration, 3.003, 1e-4);
  g_assert_cmpint (
      get_segment (media, 2)->date_us, ==, FIXTURE_EPOCH + 8000000);
  g_assert_true (iframes->iframes_only);
  g_assert_cmpuint (get_segment (iframes, 2)->range_offset, ==, 100);
  g_assert_cmpuint (get_segment (iframes, 2)->range_size, ==, 2000);
  g_assert_cmpuint (multivariant->variants->len, ==, 2);
  g_assert_true (get_variant (multivariant, 1)->iframes);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hls-read/ffmpeg", test_ffmpeg);
  g_test_add_func ("/hls-read/ranges", test_ranges);
  g_test_add_func ("/hls-read/multivariant", test_multivariant);
  g_test_add_func ("/hls-read/refused", test_refused);
  g_test_add_func ("/hls-read/limits", test_limits);
  g_test_add_func ("/hls-read/cut-short", test_cut_short);
  g_test_add_func ("/hls-read/own", test_own);
  return g_test_run ();
}
