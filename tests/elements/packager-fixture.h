/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * packager-fixture: a packager, and packets for it. */
#pragma once

#include "publish/vs-packager.h"

#include <string.h>

#define MS G_GINT64_CONSTANT (1000000)
#define S (1000 * MS)

typedef struct {
  VsPackager *packager;
  GPtrArray *cuts;
} Fixture;

static inline void
set_up (Fixture *f, gconstpointer data)
{
  f->packager = vs_packager_new (4 * S, 4 * S + S / 2 - 1);
  f->cuts = g_ptr_array_new_with_free_func ((GDestroyNotify) vs_cut_free);
}

static inline void
tear_down (Fixture *f, gconstpointer data)
{
  vs_packager_free (f->packager);
  g_ptr_array_unref (f->cuts);
}

static inline guint
add_video (Fixture *f, guint fps_n, guint fps_d)
{
  g_autoptr (VsStream) stream = vs_stream_new (VS_MEDIA_VIDEO, VS_CODEC_H264);
  guint track = vs_packager_add_track (f->packager, VS_MEDIA_VIDEO);

  stream->fps_n = fps_n;
  stream->fps_d = fps_d;
  stream->timescale = vs_media_video_timescale (fps_n, fps_d);
  vs_packager_set_stream (f->packager, track, stream);
  return track;
}

static inline guint
add_audio (Fixture *f, VsCodec codec)
{
  g_autoptr (VsStream) stream = vs_stream_new (VS_MEDIA_AUDIO, codec);
  guint track = vs_packager_add_track (f->packager, VS_MEDIA_AUDIO);

  stream->rate = stream->timescale = 48000;
  stream->channels = 2;
  vs_packager_set_stream (f->packager, track, stream);
  return track;
}

static inline gboolean
push (Fixture *f, guint track, gint64 pts, gint64 dts, gint64 duration,
    guint clip, gboolean sync)
{
  VsPacket packet = { .pts = pts,
    .dts = dts,
    .duration = duration,
    .clip = clip,
    .sync = sync,
    .data = g_bytes_new_static ("data", 4) };
  g_autoptr (GError) error = NULL;
  gboolean taken =
      vs_packager_push (f->packager, track, &packet, f->cuts, &error);

  g_assert_no_error (error);
  return taken;
}

static inline void
push_frame (Fixture *f, guint track, guint n, guint gop, guint fps_n,
    guint fps_d, gint64 start)
{
  gint64 pts = start + (gint64) n * fps_d * S / fps_n;
  gint64 next = start + (gint64) (n + 1) * fps_d * S / fps_n;

  push (f, track, pts, G_MININT64, next - pts, 0, n % gop == 0);
}

static inline void
push_audio (Fixture *f, guint track, guint n, gint64 start)
{
  gint64 pts = start + (gint64) n * 1024 * S / 48000;

  push (f, track, pts, G_MININT64, 1024 * S / 48000, 0, TRUE);
}

/* The @n-th cut of @kind of @track. */
static inline const VsCut *
find_cut (const Fixture *f, guint track, VsCutKind kind, guint n)
{
  for (guint i = 0; i < f->cuts->len; i++) {
    const VsCut *cut = f->cuts->pdata[i];

    if (cut->track == track && cut->kind == kind && n-- == 0)
      return cut;
  }
  return NULL;
}

static inline void
end (Fixture *f, guint track)
{
  vs_packager_end (f->packager, track, f->cuts);
}

static inline void
assert_segment (
    const Fixture *f, guint track, guint n, guint64 start, guint64 duration)
{
  const VsCut *cut = find_cut (f, track, VS_CUT_SEGMENT, n);

  g_assert_nonnull (cut);
  g_assert_cmpuint (cut->index, ==, n);
  g_assert_cmpuint (cut->start, ==, start);
  g_assert_cmpuint (cut->duration, ==, duration);
}

/* Each index once and in order, whatever it holds; how many there are. */
static inline guint
assert_whole (const Fixture *f, guint track)
{
  guint n = 0;

  for (guint i = 0; i < f->cuts->len; i++) {
    const VsCut *cut = f->cuts->pdata[i];

    if (cut->track != track || cut->kind == VS_CUT_STREAM ||
        cut->kind == VS_CUT_END)
      continue;
    g_assert_cmpuint (cut->index, ==, n++);
  }
  return n;
}
