/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-preset-keys.h"

#include <string.h>

#define MS G_GINT64_CONSTANT (1000)
#define SECOND (1000 * MS)
#define HOUR (3600 * SECOND)
#define KBIT G_GINT64_CONSTANT (1000)

static const VsKeyChoice types[] = {
  { "vod", VS_PRESET_VOD },
  { "live", VS_PRESET_LIVE },
  { "channel", VS_PRESET_CHANNEL },
  { NULL },
};

static const VsKeyChoice video_codecs[] = {
  { "h264", VS_CODEC_H264 },
  { "h265", VS_CODEC_H265 },
  { "av1", VS_CODEC_AV1 },
  { "vp9", VS_CODEC_VP9 },
  { NULL },
};

static const VsKeyChoice rung_codecs[] = {
  { "h264", VS_CODEC_H264 },
  { "h265", VS_CODEC_H265 },
  { "av1", VS_CODEC_AV1 },
  { "vp9", VS_CODEC_VP9 },
  { "copy", VS_KEY_COPY },
  { NULL },
};

static const VsKeyChoice audio_codecs[] = {
  { "aac", VS_CODEC_AAC },
  { "opus", VS_CODEC_OPUS },
  { "copy", VS_KEY_COPY },
  { NULL },
};

static const VsKeyChoice containers[] = {
  { "cmaf", VS_CONTAINER_CMAF },
  { "ts", VS_CONTAINER_TS },
  { NULL },
};

static const VsKeyChoice addressings[] = {
  { "auto", 0 },
  { "path", 1 },
  { "virtual", 2 },
  { NULL },
};

static const VsKeyChoice servings[] = {
  { "proxy", 0 },
  { "redirect", 1 },
  { NULL },
};

static const VsKeyChoice controls[] = {
  { "local", 0 },
  { "open", 1 },
  { "off", 2 },
  { NULL },
};

static const VsKeyChoice presentations[] = {
  { "vod", VS_PRESENTATION_VOD },
  { "event", VS_PRESENTATION_EVENT },
  { "live", VS_PRESENTATION_LIVE },
  { NULL },
};

static const VsKeyChoice discontinuities[] = { { "none" }, { "cut" },
  { "item" }, { NULL } };

static const VsKeyChoice ad_markers[] = { { "none" }, { "daterange" },
  { "cue" }, { "both" }, { NULL } };

static const VsKeyChoice transitions[] = { { "none" }, { "crossfade" },
  { "fade-black" }, { NULL } };

static const VsKeyChoice cuts[] = { { "frame" }, { "item-end" }, { NULL } };

static const VsKeyChoice resumes[] = {
  { "resume" },
  { "restart" },
  { "skip" },
  { "join" },
  { NULL },
};

static const VsKeyChoice restarts[] = { { "resume" }, { "join" }, { NULL } };

/* x264's words; abrladder puts them into the terms of every other encoder. */
static const VsKeyChoice speeds[] = {
  { "ultrafast" },
  { "superfast" },
  { "veryfast" },
  { "faster" },
  { "fast" },
  { "medium" },
  { "slow" },
  { "slower" },
  { "veryslow" },
  { "placebo" },
  { NULL },
};

#define PRESET(field) G_STRUCT_OFFSET (VsPreset, field)
#define RUNG(field) G_STRUCT_OFFSET (VsRung, field)
#define ITEM(field) G_STRUCT_OFFSET (VsPresetItem, field)
#define AUDIO(field) G_STRUCT_OFFSET (VsPresetAudio, field)
#define TEXT(field) G_STRUCT_OFFSET (VsPresetText, field)

/* The order is that of docs/presets.md; keys of a group stand together. */
static const VsPresetKey keys[] = {
  { "vstream", "type", VS_KEY_CHOICE, PRESET (type), .choices = types,
      .otherwise = "must be given",
      .blurb = "What is run: a file to its end, or a feed or a queue of "
               "programmes until it is stopped." },

  { "input", "uri", VS_KEY_TEXT, PRESET (input_uri), .otherwise = "`--input`",
      .blurb = "What is read: a file name, or `file:`, `http:`, `https:`, "
               "`srt:`, `rtsp:`, `rtmp:`, `udp:`, `rtp:`, `testsrc:`." },
  { "input", "timeout", VS_KEY_DURATION, PRESET (input_timeout_us), 100 * MS,
      600 * SECOND, .initial = "10s",
      .blurb = "How long an input may give nothing before it counts as gone: "
               "a live one is then opened again, any other has failed." },
  { "input", "hold", VS_KEY_DURATION, PRESET (hold_us), 0, HOUR,
      .initial = "2s",
      .blurb = "How long the last picture of a live input that gives nothing "
               "is held before the slate is shown." },
  { "input", "slate", VS_KEY_TEXT, PRESET (slate), .initial = "black",
      .blurb = "What is shown then: `black`, `bars`, `text:…` or the path of "
               "a picture." },

  { "queue", "location", VS_KEY_TEXT, PRESET (queue_location),
      .initial = "memory:",
      .blurb = "Where the queue is kept: a file name or `sqlite:///PATH`, "
               "`redis://HOST:PORT/DB?key=NAME`, or `memory:`, which a "
               "restart forgets." },
  { "queue", "filler", VS_KEY_TEXT, PRESET (queue_filler),
      .otherwise = "the slate",
      .blurb = "What is played while the queue is empty: a file, a folder or "
               "another address, again and again." },
  { "queue", "slate", VS_KEY_TEXT, PRESET (queue_slate), .initial = "black",
      .blurb = "What is shown where there is no picture: `black`, `bars`, "
               "`text:…` or the path of a picture." },
  { "queue", "transition", VS_KEY_WORD, PRESET (queue_transition),
      .choices = transitions, .initial = "none",
      .blurb = "How one item goes over into the next at its end." },
  { "queue", "transition-duration", VS_KEY_DURATION,
      PRESET (queue_transition_us), 0, 10 * SECOND, .initial = "1s",
      .blurb = "How long that takes." },
  { "queue", "cut", VS_KEY_WORD, PRESET (queue_cut), .choices = cuts,
      .initial = "frame",
      .blurb = "When an interrupt that does not say so cuts in." },
  { "queue", "resume", VS_KEY_WORD, PRESET (queue_resume), .choices = resumes,
      .initial = "resume",
      .blurb = "How what was interrupted comes back: on its next frame, from "
               "its beginning, not at all, or where it would be by then." },
  { "queue", "restart", VS_KEY_WORD, PRESET (queue_restart),
      .choices = restarts, .initial = "resume",
      .blurb = "Where the item on air goes on after a restart: where it was, "
               "or where it would be by then." },
  { "queue", "normalize-audio", VS_KEY_BOOLEAN, PRESET (queue_normalize),
      .initial = "false", .blurb = "Brings all items to -23 LUFS (EBU R128)." },
  { "queue", "as-run", VS_KEY_TEXT, PRESET (queue_asrun), .otherwise = "none",
      .blurb = "A file that gets one line of JSON for each item that was on "
               "air." },

  { "item NAME", "uri", VS_KEY_TEXT, ITEM (uri), .otherwise = "must be given",
      .blurb = "A file name or an address with its scheme." },
  { "item NAME", "title", VS_KEY_TEXT, ITEM (title),
      .otherwise = "the last part of `uri`", .blurb = "For logs." },
  { "item NAME", "in", VS_KEY_DURATION, ITEM (in_us), 0, 240 * HOUR,
      .initial = "0",
      .blurb = "Where it begins, from the start of the media." },
  { "item NAME", "out", VS_KEY_DURATION, ITEM (out_us), 10 * MS, 240 * HOUR,
      .otherwise = "its end", .blurb = "Where it ends, from the same." },
  { "item NAME", "duration", VS_KEY_DURATION, ITEM (duration_us), 10 * MS,
      240 * HOUR, .otherwise = "10s", .blurb = "Of a picture." },
  { "item NAME", "loop", VS_KEY_BOOLEAN, ITEM (loop), .initial = "false",
      .blurb = "Again and again, until something lets it go." },
  { "item NAME", "ad", VS_KEY_TEXT, ITEM (ad), .otherwise = "none",
      .blurb = "It is an advertisement; the id that manifests give it." },
  { "item NAME", "ad-duration", VS_KEY_DURATION, ITEM (ad_duration_us), 10 * MS,
      240 * HOUR, .otherwise = "not told",
      .blurb = "How long the advertisement is planned to last." },
  { "item NAME", "ad-scte35", VS_KEY_TEXT, ITEM (ad_scte35),
      .otherwise = "made of the rest",
      .blurb = "Its splice_info_section (SCTE 35), in hexadecimal digits "
               "after 0x, or base64." },

  { "video", "enabled", VS_KEY_BOOLEAN, PRESET (video), .initial = "true",
      .blurb = "`false` makes an audio-only presentation of any input." },
  { "video", "codec", VS_KEY_CHOICE, PRESET (codec), .choices = video_codecs,
      .initial = "h264", .blurb = "For renditions that name none." },
  { "video", "encoder", VS_KEY_TEXT, PRESET (encoder),
      .otherwise = "the best there is",
      .blurb = "The encoder element, `vsx264enc` for example." },
  { "video", "encoder-preset", VS_KEY_WORD, PRESET (speed), .choices = speeds,
      .initial = "veryfast",
      .blurb = "Speed against quality, for renditions that name none. These "
               "are x264's words, and mean the like to every encoder." },

  { "video NAME", "codec", VS_KEY_CHOICE, RUNG (codec), .choices = rung_codecs,
      .otherwise = "as `[video]`",
      .blurb = "`copy` passes the input's own encoding on as it is; such a "
               "rendition stands alone." },
  { "video NAME", "width", VS_KEY_EVEN, RUNG (width), 16, 16384,
      .otherwise = "16:9 of the height",
      .blurb = "Of the box that the picture is put into whole. Upright "
               "pictures turn the box." },
  { "video NAME", "height", VS_KEY_EVEN, RUNG (height), 16, 16384,
      .otherwise = "the source's",
      .blurb = "Of the box. A picture inside the box is not enlarged." },
  { "video NAME", "framerate", VS_KEY_FRAMERATE, RUNG (fps_n),
      .initial = "source",
      .blurb = "At most this; it is the source's rate divided by a whole "
               "number." },
  { "video NAME", "bitrate", VS_KEY_BITRATE, RUNG (bitrate), 10 * KBIT,
      KBIT *KBIT * 1000, .otherwise = "by size, rate and codec",
      .blurb = "The average to aim at." },
  { "video NAME", "max-bitrate", VS_KEY_BITRATE, RUNG (max_bitrate), 10 * KBIT,
      KBIT *KBIT * 1000, .otherwise = "1.07 × `bitrate`",
      .blurb = "The peak over the length of the buffer." },
  { "video NAME", "buffer", VS_KEY_BITRATE, RUNG (buffer), 10 * KBIT,
      KBIT *KBIT * 1000, .otherwise = "1.5 × `bitrate`",
      .blurb = "The decoder's buffer (VBV) in bits." },
  { "video NAME", "encoder-preset", VS_KEY_WORD, RUNG (speed),
      .choices = speeds, .otherwise = "as `[video]`",
      .blurb = "Speed against quality." },

  { "audio", "enabled", VS_KEY_BOOLEAN, PRESET (with_audio), .initial = "true",
      .blurb = "`false` makes a video-only presentation of any input." },

  { "audio NAME", "codec", VS_KEY_CHOICE, AUDIO (codec),
      .choices = audio_codecs, .initial = "aac",
      .blurb = "`opus` is not for Apple's older players; `copy` passes the "
               "input's own encoding on." },
  { "audio NAME", "bitrate", VS_KEY_BITRATE, AUDIO (bitrate), 8 * KBIT,
      1024 * KBIT, .initial = "128k", .blurb = "Of all channels together." },
  { "audio NAME", "channels", VS_KEY_INTEGER, AUDIO (channels), 1, 8,
      .otherwise = "the source's, at most 2",
      .blurb = "More or fewer than the source has are mixed." },
  { "audio NAME", "rate", VS_KEY_INTEGER, AUDIO (rate), 8000, 96000,
      .initial = "48000", .blurb = "Samples a second." },
  { "audio NAME", "language", VS_KEY_LANGUAGE, AUDIO (language),
      .otherwise = "the source's",
      .blurb = "What players show, `en` or `pt-BR`." },

  { "text NAME", "language", VS_KEY_LANGUAGE, TEXT (language),
      .otherwise = "the input's next track",
      .blurb = "Takes the input's track of this language; one that says none "
               "is taken for it." },
  { "text NAME", "default", VS_KEY_BOOLEAN, TEXT (is_default),
      .initial = "false",
      .blurb = "Shown unless the viewer chooses otherwise; one at most." },
  { "text NAME", "forced", VS_KEY_BOOLEAN, TEXT (is_forced), .initial = "false",
      .blurb = "Only what has to be read even by those who want no "
               "subtitles." },

  { "segment", "format", VS_KEY_CHOICE, PRESET (container),
      .choices = containers, .initial = "cmaf",
      .blurb = "`cmaf` serves HLS and DASH from the same objects; `ts` is "
               "HLS for old players." },
  { "segment", "duration", VS_KEY_DURATION, PRESET (segment_us), 100 * MS,
      60 * SECOND, .initial = "4s", .blurb = "A multiple of `gop-duration`." },
  { "segment", "gop-duration", VS_KEY_DURATION, PRESET (gop_us), 100 * MS,
      60 * SECOND, .otherwise = "2s, or what divides `duration`",
      .blurb = "From key frame to key frame. Other than whole frames are "
               "rounded to them." },
  { "segment", "type", VS_KEY_CHOICE, PRESET (presentation),
      .choices = presentations, .otherwise = "as `[vstream]`",
      .blurb = "`vod` and `event` list all there is, `live` slides." },
  { "segment", "window", VS_KEY_DURATION, PRESET (window_us), SECOND,
      30 * 24 * HOUR, .initial = "120s",
      .blurb = "How much a `live` manifest lists." },
  { "segment", "keep", VS_KEY_DURATION, PRESET (keep_us), 0, 30 * 24 * HOUR,
      .initial = "60s",
      .blurb = "How long an object outlives its place in a `live` "
               "manifest." },
  { "segment", "discontinuity", VS_KEY_WORD, PRESET (discontinuity),
      .choices = discontinuities, .initial = "none",
      .blurb = "Which cuts of a channel are a discontinuity and a Period: "
               "interrupts and their returns (cut), or every join (item). "
               "With `cmaf`." },

  { "output", "location", VS_KEY_TEXT, PRESET (output_location),
      .otherwise = "`--output`",
      .blurb = "The folder that is published into." },
  { "output", "poster", VS_KEY_BOOLEAN, PRESET (poster), .initial = "false",
      .blurb = "Whether a VOD gets `poster.jpg`, a picture from some seconds "
               "in. Jobs of the service always do." },

  { "hls", "enabled", VS_KEY_BOOLEAN, PRESET (hls), .initial = "true",
      .blurb = "Whether there are playlists." },
  { "hls", "name", VS_KEY_NAME, PRESET (hls_name),
      .initial = "multivariant.m3u8",
      .blurb = "Of the multivariant playlist." },
  { "hls", "ad-markers", VS_KEY_WORD, PRESET (hls_ad_markers),
      .choices = ad_markers, .initial = "daterange",
      .blurb = "How playlists tell of a channel's advertisements: "
               "EXT-X-DATERANGE, EXT-X-CUE-OUT and EXT-X-CUE-IN (cue), both." },

  { "dash", "enabled", VS_KEY_BOOLEAN, PRESET (dash),
      .otherwise = "true for `cmaf`", .blurb = "Whether there is an MPD." },
  { "dash", "name", VS_KEY_NAME, PRESET (dash_name), .initial = "manifest.mpd",
      .blurb = "Of the MPD." },
  { "dash", "ad-markers", VS_KEY_BOOLEAN, PRESET (dash_ad_markers),
      .initial = "true",
      .blurb = "Whether a channel's advertisements are an EventStream." },

  { "s3", "endpoint", VS_KEY_TEXT, PRESET (s3_endpoint),
      .otherwise = "AWS of the region",
      .blurb = "`https://HOST[:PORT]` of the service." },
  { "s3", "region", VS_KEY_TEXT, PRESET (s3_region),
      .otherwise = "environment, profile, then us-east-1",
      .blurb = "Region of the bucket." },
  { "s3", "addressing", VS_KEY_WORD, PRESET (s3_addressing),
      .choices = addressings, .otherwise = "auto",
      .blurb = "Buckets as `ENDPOINT/BUCKET` (path) or as `BUCKET.ENDPOINT` "
               "(virtual)." },
  { "s3", "profile", VS_KEY_TEXT, PRESET (s3_profile),
      .otherwise = "`AWS_PROFILE`, then default",
      .blurb = "Profile of the shared credentials and config files." },
  { "s3", "ca-file", VS_KEY_TEXT, PRESET (s3_ca_file),
      .otherwise = "the system's",
      .blurb = "PEM file of the authorities to trust." },

  { "http", "listen", VS_KEY_ADDRESS, PRESET (listen),
      .otherwise = "`--serve`, else nothing",
      .blurb = "Serves the output and a page that plays it at this address "
               "and port." },
  { "http", "store", VS_KEY_WORD, PRESET (serve_store), .choices = servings,
      .otherwise = "proxy",
      .blurb = "Objects of an `s3://` output: passed on, or segments by a "
               "redirect to presigned URLs." },

  { "http", "processes", VS_KEY_INTEGER, PRESET (serve_processes), 1,
      VS_PRESET_PROCESSES_MAX, .initial = "1",
      .blurb = "That send the output; all else is answered by the first." },

  { "http", "control", VS_KEY_WORD, PRESET (serve_control), .choices = controls,
      .otherwise = "local",
      .blurb = "Commands to a channel at `/v1`: from this machine, from "
               "wherever they come (there is no password: put one before it), "
               "or not at all." },

  { "pipeline", "launch", VS_KEY_TEXT, PRESET (launch),
      .otherwise = "built from the groups above",
      .blurb = "A pipeline written out, as `gst-launch-1.0` takes it." },
};

const VsPresetKey *
vs_preset_get_keys (guint *n_keys)
{
  *n_keys = G_N_ELEMENTS (keys);
  return keys;
}

const VsPresetKey *
vs_preset_find_key (const gchar *group, const gchar *key)
{
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (g_str_equal (keys[i].group, group) && g_str_equal (keys[i].key, key))
      return &keys[i];
  return NULL;
}

const gchar **
vs_preset_list_keys (const gchar *group)
{
  const gchar **list = g_new0 (const gchar *, G_N_ELEMENTS (keys) + 1);
  guint n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (g_str_equal (keys[i].group, group))
      list[n++] = keys[i].key;
  return list;
}

const gchar **
vs_preset_list_groups (void)
{
  const gchar **list = g_new0 (const gchar *, G_N_ELEMENTS (keys) + 2);
  guint n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (i == 0 || !g_str_equal (keys[i].group, keys[i - 1].group))
      list[n++] = keys[i].group;
  list[n] = "element FACTORY";
  return list;
}

void
vs_preset_keys_init (const gchar *group, gpointer target)
{
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (g_str_equal (keys[i].group, group) && keys[i].initial != NULL &&
        !vs_preset_key_set (&keys[i], target, keys[i].initial, NULL))
      g_assert_not_reached ();
}
