/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The MP4 writer as others read it. For every codec: ffmpeg makes a clip, its
 * samples are written anew by vs-mp4, and ffprobe must read from the result
 * what it read from the clip: every time, flag and size of every packet, and
 * what the stream is. ffmpeg must decode it without a word. mp4box.js, where
 * it is there, must read the same, and leave no byte of a box unread. */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "core/vs-codec-config.h"
#include "core/vs-mp4.h"

#define MAX_PACKETS 1000

typedef struct {
  const gchar *name;
  VsCodec codec;
  const gchar *encoder; /* that ffmpeg must have */
  const gchar *arguments;
  const gchar *box; /* of the codec data, or NULL: ffprobe's extradata */
  gsize box_skip;
  const gchar *codec_string;
} Case;

#define PICTURE "-f lavfi -i testsrc2=s=320x180:r=25:d=3 -pix_fmt yuv420p "
#define NTSC "-f lavfi -i testsrc2=s=352x480:r=30000/1001:d=3 -pix_fmt yuv420p "
#define TONE "-f lavfi -i sine=d=3:r=48000 "
#define COLOUR                                                                 \
  "-color_primaries bt709 -color_trc bt709 -colorspace bt709 "                 \
  "-color_range tv "

static const Case cases[] = {
  { "h264", VS_CODEC_H264, "libx264",
      PICTURE COLOUR "-c:v libx264 -g 25 -bf 3 -preset ultrafast -threads 1",
      "avcC", 0, "avc1.4d400c" },
  { "h264-sar-ntsc", VS_CODEC_H264, "libx264",
      NTSC
      "-vf setsar=40/33 -c:v libx264 -profile:v high -level 3.0 -g 30 -bf 2",
      "avcC", 0, "avc1.64001e" },
  { "h265", VS_CODEC_H265, "libx265",
      PICTURE COLOUR "-c:v libx265 -preset ultrafast -tag:v hvc1 "
                     "-x265-params log-level=none:keyint=25:bframes=3",
      "hvcC", 0, "hvc1.1.6.L60.90" },
  { "h265-hlg", VS_CODEC_H265, "libx265",
      "-f lavfi -i testsrc2=s=320x180:r=25:d=2 -pix_fmt yuv420p10le "
      "-c:v libx265 -preset ultrafast -tag:v hvc1 -color_primaries bt2020 "
      "-color_trc arib-std-b67 -colorspace bt2020nc -color_range tv "
      "-x265-params log-level=none:keyint=25:colorprim=bt2020:"
      "transfer=arib-std-b67:colormatrix=bt2020nc:range=limited",
      "hvcC", 0, "hvc1.2.4.L60.90" },
  { "av1", VS_CODEC_AV1, "libaom-av1",
      PICTURE COLOUR "-c:v libaom-av1 -cpu-used 8 -usage realtime -g 25 "
                     "-b:v 200k",
      "av1C", 0, "av01.0.00M.08" },
  { "vp9", VS_CODEC_VP9, "libvpx-vp9",
      PICTURE COLOUR "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 25 "
                     "-b:v 200k",
      "vpcC", 4, "vp09.00.11.08" },
  { "aac", VS_CODEC_AAC, "aac", TONE "-c:a aac -b:a 96k", NULL, 0,
      "mp4a.40.2" },
  { "aac-44100-5.1", VS_CODEC_AAC, "aac",
      "-f lavfi -i sine=d=2:r=44100 -ac 6 -c:a aac", NULL, 0, "mp4a.40.2" },
  { "opus", VS_CODEC_OPUS, "libopus", TONE "-c:a libopus -b:a 64k", NULL, 0,
      "opus" },
};

typedef struct {
  gint64 pts, dts, duration, pos;
  guint32 size;
  gboolean key;
} Packet;

/* Runs @argv to its end; the standard output, or NULL where it failed. */
static gchar *
run (const gchar *const *argv, gchar **messages)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *out = NULL, *err = NULL;
  gint status;

  if (!g_spawn_sync (NULL, (gchar **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL,
          NULL, &out, &err, &status, &error)) {
    g_test_message ("%s", error->message);
    return NULL;
  }
  if (messages != NULL)
    *messages = g_strdup (err);
  if (!g_spawn_check_wait_status (status, NULL)) {
    g_test_message ("%s: %s", argv[0], err);
    return NULL;
  }
  return g_steal_pointer (&out);
}

static gboolean
has_encoder (const gchar *name)
{
  const gchar *argv[] = { "ffmpeg", "-hide_banner", "-encoders", NULL };
  g_autofree gchar *list = run (argv, NULL);
  g_autofree gchar *word = g_strdup_printf (" %s ", name);

  return list != NULL && strstr (list, word) != NULL;
}

static void
make_clip (const Case *test, const gchar *path)
{
  g_autofree gchar *line = g_strdup_printf (
      "ffmpeg -nostdin -v error -y %s -f mp4", test->arguments);
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autofree gchar *out = NULL;

  for (guint i = 0; words[i] != NULL; i++)
    if (words[i][0] != '\0')
      g_ptr_array_add (argv, words[i]);
  g_ptr_array_add (argv, (gpointer) path);
  g_ptr_array_add (argv, NULL);
  out = run ((const gchar *const *) argv->pdata, NULL);
  g_assert_nonnull (out);
}

static gint64
get_field (const gchar *line, const gchar *name)
{
  const gchar *at = strstr (line, name);

  g_assert_nonnull (at);
  return g_ascii_strtoll (at + strlen (name), NULL, 10);
}

static GArray *
probe_packets (const gchar *path)
{
  const gchar *argv[] = { "ffprobe", "-v", "error", "-show_entries",
    "packet=pts,dts,duration,size,pos,flags", "-of", "compact", path, NULL };
  g_autofree gchar *text = run (argv, NULL);
  GArray *packets = g_array_new (FALSE, TRUE, sizeof (Packet));
  g_auto (GStrv) lines = NULL;

  g_assert_nonnull (text);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    Packet packet;

    if (!g_str_has_prefix (lines[i], "packet|"))
      continue;
    packet.pts = get_field (lines[i], "|pts=");
    packet.dts = get_field (lines[i], "|dts=");
    packet.duration = get_field (lines[i], "|duration=");
    packet.size = get_field (lines[i], "|size=");
    packet.pos = get_field (lines[i], "|pos=");
    packet.key = strstr (lines[i], "|flags=K") != NULL;
    g_array_append_val (packets, packet);
  }
  g_assert_cmpuint (packets->len, >, 0);
  g_assert_cmpuint (packets->len, <, MAX_PACKETS);
  return packets;
}

static gchar *
probe_stream (const gchar *path, const gchar *entries)
{
  g_autofree gchar *show = g_strdup_printf ("stream=%s", entries);
  const gchar *argv[] = { "ffprobe", "-v", "error", "-show_entries", show,
    "-of", "default=nw=1", path, NULL };
  gchar *text = run (argv, NULL);

  g_assert_nonnull (text);
  return text;
}

static guint
probe_number (const gchar *path, const gchar *entry)
{
  g_autofree gchar *text = probe_stream (path, entry);

  g_assert_nonnull (strchr (text, '='));
  return g_ascii_strtoull (strchr (text, '=') + 1, NULL, 10);
}

/* The hex dump that ffprobe makes of the extradata, as bytes. */
static GBytes *
probe_extradata (const gchar *path)
{
  const gchar *argv[] = { "ffprobe", "-v", "error", "-show_data",
    "-show_entries", "stream=extradata", "-of", "default=nw=1:nk=1", path,
    NULL };
  g_autofree gchar *text = run (argv, NULL);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  GByteArray *bytes = g_byte_array_new ();

  for (guint i = 0; lines[i] != NULL; i++) {
    gint digits = 0, high = 0;

    if (strlen (lines[i]) < 10 || lines[i][8] != ':')
      continue;
    for (const gchar *c = lines[i] + 10; *c && c < lines[i] + 49; c++) {
      if (!g_ascii_isxdigit (*c))
        continue;
      high = high << 4 | g_ascii_xdigit_value (*c);
      if (++digits % 2 == 0) {
        guint8 byte = high;

        g_byte_array_append (bytes, &byte, 1);
      }
    }
  }
  return g_byte_array_free_to_bytes (bytes);
}

static GBytes *
find_box (const gchar *data, gsize size, const gchar *type, gsize skip)
{
  for (gsize i = 4; i + 4 <= size; i++) {
    guint32 box_size;

    if (memcmp (data + i, type, 4) != 0)
      continue;
    memcpy (&box_size, data + i - 4, 4);
    box_size = GUINT32_FROM_BE (box_size);
    g_assert_cmpuint (box_size, >, 8 + skip);
    return g_bytes_new (data + i + 4 + skip, box_size - 8 - skip);
  }
  g_assert_not_reached ();
}

static guint8
find_colour_code (const gchar *text, const gchar *field)
{
  static const struct {
    const gchar *name;
    guint8 code;
  } codes[] = { { "bt709", 1 }, { "bt2020nc", 9 }, { "bt2020", 9 },
    { "arib-std-b67", 18 } };
  const gchar *at = strstr (text, field);

  if (at == NULL)
    return 2;
  at += strlen (field);
  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    if (g_str_has_prefix (at, codes[i].name))
      return codes[i].code;
  return 2;
}

static VsStream *
describe (const Case *test, const gchar *path, const gchar *data, gsize size)
{
  gboolean audio = test->codec >= VS_CODEC_AAC;
  VsStream *stream =
      vs_stream_new (audio ? VS_MEDIA_AUDIO : VS_MEDIA_VIDEO, test->codec);
  g_autofree gchar *base = probe_stream (path, "time_base");

  stream->timescale = g_ascii_strtoull (strchr (base, '/') + 1, NULL, 10);
  stream->codec_data = test->box != NULL
                           ? find_box (data, size, test->box, test->box_skip)
                           : probe_extradata (path);
  stream->language = g_strdup ("de-AT");
  stream->bitrate = 200000;
  if (audio) {
    stream->rate = probe_number (path, "sample_rate");
    stream->channels = probe_number (path, "channels");
  } else {
    g_autofree gchar *sar = probe_stream (path, "sample_aspect_ratio");
    g_autofree gchar *colour =
        probe_stream (path, "color_primaries,color_transfer,color_space");

    stream->width = probe_number (path, "width");
    stream->height = probe_number (path, "height");
    if (strstr (sar, ":") != NULL) {
      stream->par_n = g_ascii_strtoull (strchr (sar, '=') + 1, NULL, 10);
      stream->par_d = g_ascii_strtoull (strchr (sar, ':') + 1, NULL, 10);
    }
    stream->colour.primaries = find_colour_code (colour, "color_primaries=");
    stream->colour.transfer = find_colour_code (colour, "color_transfer=");
    stream->colour.matrix = find_colour_code (colour, "color_space=");
  }
  return stream;
}

/* One segment of the packets from @first to before @last. */
static void
append_segment (GByteArray *out, const VsStream *stream, const GArray *packets,
    guint first, guint last, guint sequence, const gchar *data)
{
  const Packet *all = (const Packet *) packets->data;
  g_autofree VsMp4Sample *samples = g_new (VsMp4Sample, last - first);
  g_autoptr (GBytes) header = NULL;
  VsMp4Layout layout;
  gint64 start = all[0].dts;

  for (guint i = first; i < last; i++) {
    /* the real distance, since a last packet may be cut short by an edit */
    gint64 duration =
        i + 1 < packets->len ? all[i + 1].dts - all[i].dts : all[i].duration;

    samples[i - first] = (VsMp4Sample){ all[i].size, duration,
      all[i].pts - all[i].dts - (-start - stream->priming), all[i].key };
  }
  header = vs_mp4_segment_header (stream, 1, sequence, all[first].dts - start,
      samples, last - first, &layout);
  g_assert_cmpuint (layout.payload_offset, ==, g_bytes_get_size (header));
  g_byte_array_append (
      out, g_bytes_get_data (header, NULL), g_bytes_get_size (header));
  for (guint i = first; i < last; i++)
    g_byte_array_append (out, (const guint8 *) data + all[i].pos, all[i].size);
}

static void
write_again (const VsStream *stream, const GArray *packets, const gchar *data,
    const gchar *path)
{
  const Packet *all = (const Packet *) packets->data;
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (GBytes) init = NULL;
  g_autoptr (GError) error = NULL;
  guint first = 0, sequence = 1;

  init = vs_mp4_init_segment (stream, 1, &error);
  g_assert_no_error (error);
  g_byte_array_append (
      out, g_bytes_get_data (init, NULL), g_bytes_get_size (init));
  for (guint i = 1; i <= packets->len; i++) {
    gboolean cut = i == packets->len ||
                   (stream->media == VS_MEDIA_VIDEO ? all[i].key : i % 40 == 0);

    if (!cut)
      continue;
    append_segment (out, stream, packets, first, i, sequence++, data);
    first = i;
  }
  g_file_set_contents (path, (const gchar *) out->data, out->len, &error);
  g_assert_no_error (error);
}

static void
check_packets (const GArray *before, const GArray *after)
{
  g_assert_cmpuint (after->len, ==, before->len);
  for (guint i = 0; i < before->len; i++) {
    const Packet *a = &g_array_index (before, Packet, i);
    const Packet *b = &g_array_index (after, Packet, i);

    g_assert_cmpint (b->pts, ==, a->pts);
    g_assert_cmpint (b->dts, ==, a->dts);
    g_assert_cmpuint (b->size, ==, a->size);
    g_assert_cmpint (b->key, ==, a->key);
    /* libavformat gives none to the first packet of some fragments */
    if (i + 1 < before->len && b->duration != 0)
      g_assert_cmpint (b->duration, ==, a->duration);
  }
}

static void
check_stream (const gchar *before, const gchar *after, gboolean video)
{
  const gchar *entries =
      video
          ? "codec_name,profile,level,width,height,pix_fmt,sample_aspect_ratio,"
            "display_aspect_ratio,color_range,color_space,color_transfer,"
            "color_primaries,codec_tag_string,time_base,r_frame_rate"
          : "codec_name,profile,sample_rate,channels,channel_layout,time_base,"
            "codec_tag_string,initial_padding";
  g_autofree gchar *a = probe_stream (before, entries);
  g_autofree gchar *b = probe_stream (after, entries);
  g_assert_cmpstr (a, ==, b);
}

static void
check_decodes (const gchar *path)
{
  const gchar *argv[] = { "ffmpeg", "-nostdin", "-v", "warning", "-i", path,
    "-f", "null", "-", NULL };
  g_autofree gchar *messages = NULL;
  g_autofree gchar *out = run (argv, &messages);

  g_assert_nonnull (out);
  g_assert_cmpstr (messages, ==, "");
}

/* The record that we make of the first frame, where the parser gives none,
 * against ffmpeg's. */
static void
check_config (const VsStream *stream, const guint8 *frame, gsize size)
{
  g_autoptr (VsStream) own = vs_stream_copy (stream);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *ours = NULL, *theirs = NULL;

  if (stream->codec != VS_CODEC_AV1 && stream->codec != VS_CODEC_VP9)
    return;
  g_bytes_unref (own->codec_data);
  own->codec_data = vs_codec_config_from_frame (stream, frame, size, &error);
  g_assert_no_error (error);
  ours = vs_codec_string (own, &error);
  theirs = vs_codec_string (stream, &error);
  g_assert_cmpstr (ours, ==, theirs);
  if (stream->codec == VS_CODEC_AV1)
    g_assert_true (g_bytes_equal (own->codec_data, stream->codec_data));
}

/* The lines of mp4-read.mjs, or NULL where it cannot run here. */
static gchar *
read_with_mp4box (const gchar *path)
{
  const gchar *root = g_getenv ("VS_SOURCE_ROOT");
  g_autofree gchar *node = g_find_program_in_path ("node");
  g_autofree gchar *module = NULL, *script = NULL;
  gchar *text;

  if (root == NULL || node == NULL)
    return NULL;
  module = g_build_filename (root, "tests/js/node_modules/mp4box", NULL);
  script = g_build_filename (root, "tests/js/mp4-read.mjs", NULL);
  if (!g_file_test (module, G_FILE_TEST_IS_DIR))
    return NULL;
  text = run ((const gchar *[]){ node, script, path, NULL }, NULL);
  g_assert_nonnull (text);
  return text;
}

static gchar *
describe_for_mp4box (const Case *test, const VsStream *stream)
{
  const VsColour *colour = &stream->colour;
  gboolean video = stream->media == VS_MEDIA_VIDEO;
  g_autofree gchar *pasp =
      g_strdup_printf ("%u:%u", stream->par_n, stream->par_d);
  g_autofree gchar *code = g_strdup_printf ("%u,%u,%u,%d", colour->primaries,
      colour->transfer, colour->matrix, colour->full_range);

  return g_strdup_printf (
      "track brand=%s tracks=1 fragmented=1 timescale=%u language=de-AT "
      "codec=%s skip=%u width=%u height=%u display=%u rate=%u channels=%u "
      "pasp=%s colour=%s",
      video && stream->priming != 0 ? "cmfc" : "cmf2", stream->timescale,
      stream->codec == VS_CODEC_OPUS ? "Opus" : test->codec_string,
      stream->priming, stream->width, stream->height,
      video ? stream->width * stream->par_n / stream->par_d : 0, stream->rate,
      stream->channels, video ? pasp : "none",
      video && g_strcmp0 (code, "2,2,2,0") != 0 ? code : "none");
}

static void
check_mp4box (const Case *test, const VsStream *stream, const GArray *packets,
    const gchar *path)
{
  g_autofree gchar *text = read_with_mp4box (path);
  g_autofree gchar *track = describe_for_mp4box (test, stream);
  g_auto (GStrv) lines = NULL;
  gint64 start = g_array_index (packets, Packet, 0).dts;

  if (text == NULL)
    return; /* test_mp4box_there says so */
  lines = g_strsplit (text, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, packets->len + 2);
  g_assert_cmpstr (lines[0], ==, track);
  for (guint i = 0; i < packets->len; i++) {
    const Packet *packet = &g_array_index (packets, Packet, i);
    gint64 duration =
        i + 1 < packets->len
            ? g_array_index (packets, Packet, i + 1).dts - packet->dts
            : packet->duration;
    g_autofree gchar *sample =
        g_strdup_printf ("sample dts=%" G_GINT64_FORMAT " cts=%" G_GINT64_FORMAT
                         " duration=%" G_GINT64_FORMAT " size=%u key=%d",
            packet->dts - start, packet->pts + stream->priming, duration,
            packet->size, packet->key);

    g_assert_cmpstr (lines[i + 1], ==, sample);
  }
}

/* Without the edit list, reordering gives negative offsets. */
static void
check_signed_offsets (const Case *test, VsStream *stream, const GArray *packets,
    const gchar *data, const gchar *path)
{
  stream->priming = 0;
  write_again (stream, packets, data, path);
  check_mp4box (test, stream, packets, path);
}

static void
test_mp4box_there (void)
{
  const gchar *root = g_getenv ("VS_SOURCE_ROOT");
  g_autofree gchar *node = g_find_program_in_path ("node");
  g_autofree gchar *module =
      g_build_filename (root, "tests/js/node_modules/mp4box", NULL);

  if (node == NULL || !g_file_test (module, G_FILE_TEST_IS_DIR))
    g_test_skip ("mp4box.js was not asked: needs node, and npm ci in tests/js");
}

static void
test_case (gconstpointer data)
{
  const Case *test = data;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *dir = NULL, *in = NULL, *out = NULL, *clip = NULL;
  g_autofree gchar *codec = NULL;
  g_autoptr (VsStream) stream = NULL;
  g_autoptr (GArray) before = NULL, after = NULL;
  gsize size;

  if (!has_encoder (test->encoder)) {
    g_test_skip ("this ffmpeg lacks the encoder");
    return;
  }
  dir = g_dir_make_tmp ("vstream-mp4-XXXXXX", &error);
  g_assert_no_error (error);
  in = g_build_filename (dir, "in.mp4", NULL);
  out = g_build_filename (dir, "out.mp4", NULL);

  make_clip (test, in);
  g_file_get_contents (in, &clip, &size, &error);
  g_assert_no_error (error);
  before = probe_packets (in);
  stream = describe (test, in, clip, size);
  stream->priming = -g_array_index (before, Packet, 0).dts;
  codec = vs_codec_string (stream, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (codec, ==, test->codec_string);

  check_config (stream,
      (const guint8 *) clip + g_array_index (before, Packet, 0).pos,
      g_array_index (before, Packet, 0).size);
  write_again (stream, before, clip, out);
  after = probe_packets (out);
  check_packets (before, after);
  check_stream (in, out, stream->media == VS_MEDIA_VIDEO);
  check_decodes (out);
  check_mp4box (test, stream, before, out);
  if (stream->media == VS_MEDIA_VIDEO)
    check_signed_offsets (test, stream, before, clip, out);
  g_remove (in);
  g_remove (out);
  g_rmdir (dir);
}

int
main (int argc, char **argv)
{
  g_autofree gchar *ffmpeg = g_find_program_in_path ("ffmpeg");
  g_autofree gchar *ffprobe = g_find_program_in_path ("ffprobe");

  g_test_init (&argc, &argv, NULL);
  if (ffmpeg == NULL || ffprobe == NULL) {
    g_print ("1..0 # SKIP needs ffmpeg and ffprobe (Debian: ffmpeg)\n");
    return 0;
  }
  g_test_add_func ("/mp4-probe/mp4box-there", test_mp4box_there);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *path = g_strdup_printf ("/mp4-probe/%s", cases[i].name);

    g_test_add_data_func (path, &cases[i], test_case);
  }
  return g_test_run ();
}
