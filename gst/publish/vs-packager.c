/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "publish/vs-packager-private.h"

#include "core/vs-error.h"

/* Encoded media that may wait for another track before it is an error. */
#define MAX_WAITING (256 * 1024 * 1024)
/* After the end of video, audio may lengthen the last segment by this much
 * rather than make one of a few frames. */
#define MAX_TAIL (NS_PER_S / 4)

static void
sample_clear (gpointer data)
{
  g_clear_pointer (&((Sample *) data)->data, g_bytes_unref);
}

static void
track_free (gpointer data)
{
  Track *track = data;

  g_clear_pointer (&track->stream, vs_stream_free);
  g_clear_pointer (&track->next_stream, vs_stream_free);
  g_array_unref (track->samples);
  g_free (track);
}

void
vs_cut_free (VsCut *cut)
{
  g_clear_pointer (&cut->stream, vs_stream_free);
  g_clear_pointer (&cut->samples, g_array_unref);
  g_clear_pointer (&cut->payload, g_ptr_array_unref);
  g_free (cut);
}

VsPackager *
vs_packager_new (gint64 target, gint64 limit)
{
  VsPackager *self = g_new0 (VsPackager, 1);

  self->target = target;
  self->limit = limit;
  self->tracks = g_ptr_array_new_with_free_func (track_free);
  self->boundaries = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->wanted = g_array_new (FALSE, FALSE, sizeof (gint64));
  return self;
}

void
vs_packager_set_offset (VsPackager *self, gint64 offset)
{
  self->offset = offset;
}

gint64
vs_packager_get_offset (const VsPackager *self)
{
  return self->offset;
}

void
vs_packager_set_from_zero (VsPackager *self)
{
  self->from_zero = TRUE;
}

void
vs_packager_free (VsPackager *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->tracks);
  g_array_unref (self->boundaries);
  g_array_unref (self->wanted);
  g_free (self);
}

guint
vs_packager_add_track (VsPackager *self, VsMedia media)
{
  Track *track = g_new0 (Track, 1);

  track->media = media;
  track->samples = g_array_new (FALSE, FALSE, sizeof (Sample));
  g_array_set_clear_func (track->samples, sample_clear);
  track->last_sync = track->newest = G_MININT64;
  track->heard_at = track->floor = G_MININT64;
  g_ptr_array_add (self->tracks, track);
  return self->tracks->len - 1;
}

static gint64
boundary (const VsPackager *self, guint64 index)
{
  return g_array_index (self->boundaries, gint64, index);
}

static VsCut *
add_cut (GPtrArray *cuts, VsCutKind kind, guint track, guint64 index)
{
  VsCut *cut = g_new0 (VsCut, 1);

  cut->kind = kind;
  cut->track = track;
  cut->index = index;
  g_ptr_array_add (cuts, cut);
  return cut;
}

void
vs_packager_cut_at (VsPackager *self, gint64 ns)
{
  g_array_append_val (self->wanted, ns);
}

/* Is a boundary wanted at @ns, or was it before? */
static gboolean
is_wanted (const VsPackager *self, gint64 ns)
{
  return self->wanted->len > 0 &&
         g_array_index (self->wanted, gint64, 0) + self->offset <= ns;
}

/* @slack: what is wanted so much later is meant. */
static void
add_boundary (VsPackager *self, gint64 ns, gint64 slack, GPtrArray *cuts)
{
  guint marks = 0;
  VsCut *cut;

  g_array_append_val (self->boundaries, ns);
  while (
      marks < self->wanted->len &&
      g_array_index (self->wanted, gint64, marks) + self->offset <= ns + slack)
    marks++;
  if (marks == 0)
    return;
  g_array_remove_range (self->wanted, 0, marks);
  cut = add_cut (cuts, VS_CUT_MARK, 0, self->boundaries->len - 1);
  cut->at_ns = ns;
  cut->marks = marks;
}

/* Video sets the boundaries; audio where no video is left to do it. */
static gboolean
may_set_boundary (const VsPackager *self, const Track *track)
{
  if (track->media == VS_MEDIA_VIDEO)
    return TRUE;
  for (guint i = 0; i < self->tracks->len; i++) {
    const Track *other = self->tracks->pdata[i];

    if (other->media == VS_MEDIA_VIDEO && !other->ended && !other->silent)
      return FALSE;
  }
  return track->media == VS_MEDIA_AUDIO;
}

static gboolean
has_video (const VsPackager *self)
{
  for (guint i = 0; i < self->tracks->len; i++)
    if (((Track *) self->tracks->pdata[i])->media == VS_MEDIA_VIDEO)
      return TRUE;
  return FALSE;
}

/* Half a frame: a sample this near to a boundary belongs behind it. */
static gint64
tolerance (const Track *track)
{
  return ns_of (track->last_duration, track->stream->timescale) / 2;
}

static gint64
sample_duration (const Track *track, guint i)
{
  const Sample *sample = &g_array_index (track->samples, Sample, i);

  if (i + 1 < track->samples->len)
    return (sample + 1)->dts - sample->dts;
  return track->last_duration;
}

/* Cuts samples[0 … n) off as the segment track->index. */
static void
emit_segment (VsPackager *self, guint id, guint n, GPtrArray *cuts)
{
  Track *track = self->tracks->pdata[id];
  guint priming = track->stream->priming;
  VsCut *cut = add_cut (cuts, VS_CUT_SEGMENT, id, track->index);
  gint64 start = G_MAXINT64, end = G_MININT64;

  cut->samples = g_array_sized_new (FALSE, FALSE, sizeof (VsMp4Sample), n);
  cut->payload = g_ptr_array_new_full (n, (GDestroyNotify) g_bytes_unref);
  for (guint i = 0; i < n; i++) {
    Sample *sample = &g_array_index (track->samples, Sample, i);
    gint64 duration = sample_duration (track, i);
    VsMp4Sample out = { .size = sample->size,
      .duration = (guint32) duration,
      .cts_offset = (gint32) (sample->pts - sample->dts),
      .sync = sample->sync };

    start = MIN (start, sample->pts);
    end = MAX (end, sample->pts + duration);
    g_array_append_val (cut->samples, out);
    g_ptr_array_add (cut->payload, g_steal_pointer (&sample->data));
    self->waiting -= sample->size;
  }
  cut->base_time =
      (guint64) (g_array_index (track->samples, Sample, 0).dts + priming);
  cut->start = (guint64) MAX (start, 0);
  cut->duration = (guint64) MAX (end - MAX (start, 0), 1);
  g_array_remove_range (track->samples, 0, n);
  track->scan = 0;
  track->stream_at = track->stream_at > n ? track->stream_at - n : 0;
}

static void
emit_gap (VsPackager *self, guint id, guint64 index, GPtrArray *cuts)
{
  const Track *track = self->tracks->pdata[id];
  guint scale = track->started ? track->stream->timescale : 0;
  VsCut *cut =
      add_cut (cuts, track->started ? VS_CUT_GAP : VS_CUT_SKIP, id, index);

  if (!track->started)
    return;
  cut->start = (guint64) ticks_of (boundary (self, index), scale);
  cut->duration =
      (guint64) ticks_of (boundary (self, index + 1), scale) - cut->start;
}

/* The next stream's samples begin at samples[0]. */
static void
emit_stream (VsPackager *self, guint id, GPtrArray *cuts)
{
  Track *track = self->tracks->pdata[id];
  VsCut *cut = add_cut (cuts, VS_CUT_STREAM, id, track->index);

  cut->stream = vs_stream_copy (track->stream);
}

/* Moves on to the segment that begins at samples[0]; segments in between that
 * hold nothing of this track become gaps. */
static void
enter_segment (VsPackager *self, guint id, GPtrArray *cuts)
{
  Track *track = self->tracks->pdata[id];
  gint64 at = g_array_index (track->samples, Sample, 0).pts_ns;
  gint64 slack = tolerance (track);

  while (track->index + 1 < self->boundaries->len &&
         at + slack >= boundary (self, track->index + 1)) {
    emit_gap (self, id, track->index, cuts);
    track->index++;
  }
  if (track->next_stream != NULL && track->stream_at == 0) {
    vs_stream_free (track->stream);
    track->stream = g_steal_pointer (&track->next_stream);
    emit_stream (self, id, cuts);
  }
}

/* Is the sample at track->scan one at which its segment could end, by rule? */
static gboolean
wants_boundary (const VsPackager *self, const Track *track)
{
  const Sample *sample = &g_array_index (track->samples, Sample, track->scan);
  gint64 elapsed = sample->pts_ns - boundary (self, track->index);
  gint64 target = self->target;

  if ((track->stream_cut && track->scan >= track->stream_at) ||
      is_wanted (self, sample->pts_ns + tolerance (track)))
    return TRUE;
  if (track->media == VS_MEDIA_AUDIO && has_video (self))
    target += MIN (MAX_TAIL, self->limit - self->target);
  if (elapsed >= target - tolerance (track))
    return TRUE;
  return track->media == VS_MEDIA_VIDEO && track->gop > 0 &&
         elapsed + track->gop > self->limit + tolerance (track);
}

/* Which segment is the first sample after a silence in? FALSE: nothing can be
 * said yet. */
static gboolean
settle_resumed (VsPackager *self, guint id, GPtrArray *cuts)
{
  Track *track = self->tracks->pdata[id];

  enter_segment (self, id, cuts);
  if (track->index + 1 >= self->boundaries->len &&
      !may_set_boundary (self, track))
    return FALSE;
  track->resuming = FALSE;
  return TRUE;
}

/* One sample further. FALSE: nothing can be said yet. */
static gboolean
scan_sample (VsPackager *self, guint id, GPtrArray *cuts)
{
  Track *track = self->tracks->pdata[id];
  const Sample *sample = &g_array_index (track->samples, Sample, track->scan);
  gint64 slack = tolerance (track);

  if (track->resuming && track->scan == 0 && !settle_resumed (self, id, cuts))
    return FALSE;
  if (track->scan == 0 || !sample->sync) {
    track->scan++;
    return TRUE;
  }
  if (track->index + 1 >= self->boundaries->len) {
    if (!may_set_boundary (self, track))
      return FALSE;
    if (!wants_boundary (self, track)) {
      track->scan++;
      return TRUE;
    }
    add_boundary (self, sample->pts_ns, slack, cuts);
  }
  if (sample->pts_ns + slack < boundary (self, track->index + 1)) {
    track->scan++;
    return TRUE;
  }
  emit_segment (self, id, track->scan, cuts);
  track->index++;
  track->stream_cut = FALSE;
  enter_segment (self, id, cuts);
  return TRUE;
}

/* Sets the first boundaries: the first sample of all, and where video begins
 * so much later that its audio needs segments of its own before it. */
static void
set_first_boundaries (VsPackager *self, const Track *setter, GPtrArray *cuts)
{
  gint64 at = g_array_index (setter->samples, Sample, 0).pts_ns;
  gint64 slack = tolerance (setter);
  gint64 first = at;
  gint64 n;

  for (guint i = 0; i < self->tracks->len; i++) {
    const Track *track = self->tracks->pdata[i];

    if (track->samples->len > 0)
      first = MIN (first, g_array_index (track->samples, Sample, 0).pts_ns);
  }
  first = MAX (first, 0);
  n = at - first > self->target / 2
          ? (at - first + self->target - 1) / self->target
          : 0;
  for (gint64 i = 0; i < n; i++)
    add_boundary (self, first + (at - first) * i / n, slack, cuts);
  add_boundary (self, n == 0 ? first : at, slack, cuts);
}

static gboolean
start_track (VsPackager *self, guint id, GPtrArray *cuts)
{
  Track *track = self->tracks->pdata[id];

  if (track->samples->len == 0)
    return FALSE;
  if (self->boundaries->len == 0) {
    if (!may_set_boundary (self, track))
      return FALSE;
    if (self->from_zero && !vs_packager_is_start_known (self))
      return FALSE;
    if (self->from_zero)
      vs_packager_start_from_zero (self);
    set_first_boundaries (self, track, cuts);
  }
  track->started = TRUE;
  emit_stream (self, id, cuts);
  enter_segment (self, id, cuts);
  return TRUE;
}

/* The others are past the end of its segment: it ends with what there is. */
static void
pass_silent (VsPackager *self, guint id, GPtrArray *cuts)
{
  Track *track = self->tracks->pdata[id];

  while (track->silent && track->scan == track->samples->len &&
         track->index + 1 < self->boundaries->len) {
    if (track->samples->len > 0)
      emit_segment (self, id, track->samples->len, cuts);
    else
      emit_gap (self, id, track->index, cuts);
    track->index++;
    track->floor = boundary (self, track->index);
  }
}

static gboolean
advance_track (VsPackager *self, guint id, GPtrArray *cuts)
{
  Track *track = self->tracks->pdata[id];
  guint known = self->boundaries->len;

  if (track->closed)
    return FALSE;
  if (track->started || start_track (self, id, cuts))
    while (track->scan < track->samples->len)
      if (!scan_sample (self, id, cuts))
        return FALSE;
  pass_silent (self, id, cuts);
  if (track->ended && track->scan == track->samples->len) {
    if (track->samples->len > 0) {
      emit_segment (self, id, track->samples->len, cuts);
      track->index++;
    }
    add_cut (cuts, VS_CUT_END, id, track->index);
    track->closed = TRUE;
    return TRUE;
  }
  return self->boundaries->len != known;
}

/* A boundary that one track sets, and its end, let others go on. */
static void
advance_all (VsPackager *self, GPtrArray *cuts)
{
  gboolean again = TRUE;

  while (again) {
    again = FALSE;
    for (guint i = 0; i < self->tracks->len; i++)
      again |= advance_track (self, i, cuts);
  }
}

void
vs_packager_set_stream (VsPackager *self, guint id, const VsStream *stream)
{
  Track *track = self->tracks->pdata[id];

  if (track->last_duration == 0 && stream->fps_n > 0)
    track->last_duration =
        (gint64) stream->timescale * stream->fps_d / stream->fps_n;
  if (track->stream == NULL || (!track->started && track->samples->len == 0)) {
    g_clear_pointer (&track->stream, vs_stream_free);
    track->stream = vs_stream_copy (stream);
    return;
  }
  g_clear_pointer (&track->next_stream, vs_stream_free);
  track->next_stream = vs_stream_copy (stream);
  track->next_stream->timescale = track->stream->timescale;
  track->next_stream->priming = track->stream->priming;
  track->stream_at =
      track->samples->len - (vs_packager_expects (track) ? 1 : 0);
  track->stream_cut = TRUE;
}

/* Is the packet one that cannot be used? Then it is dropped. */
static gboolean
is_unusable (const VsPackager *self, Track *track, const VsPacket *packet,
    gint64 pts, gint64 dts)
{
  gboolean first = track->samples->len == 0 && !track->started;

  if (first && track->media == VS_MEDIA_VIDEO &&
      (!packet->sync || (pts < 0 && !self->from_zero)))
    return TRUE;
  return !first && dts <= track->last_dts;
}

static void
note_key (Track *track, gint64 pts_ns)
{
  if (track->last_sync == pts_ns) /* it was expected */
    return;
  track->gop = track->last_sync != G_MININT64 ? pts_ns - track->last_sync : 0;
  track->last_sync = pts_ns;
}

/* @sample, or another one, comes for what was expected. A cut at that left
 * nothing before it: then it begins a segment, maybe of a new stream. */
static void
add_expected (VsPackager *self, guint id, const Sample *sample, GPtrArray *cuts)
{
  Track *track = self->tracks->pdata[id];

  if (!vs_packager_fulfil (track, sample))
    g_array_append_val (track->samples, *sample);
  if (track->samples->len > 1)
    return;
  if (track->next_stream != NULL)
    track->stream_cut = FALSE;
  enter_segment (self, id, cuts);
}

gboolean
vs_packager_push (VsPackager *self, guint id, VsPacket *packet, GPtrArray *cuts,
    GError **error)
{
  Track *track = self->tracks->pdata[id];
  guint scale = track->stream->timescale;
  gboolean first = track->samples->len == 0 && !track->started;
  gint64 pts_ns = packet->pts + self->offset;
  gint64 dts_ns =
      packet->dts == G_MININT64 ? pts_ns : packet->dts + self->offset;
  gint64 pts = ticks_of (pts_ns, scale);
  gint64 dts = ticks_of (dts_ns, scale);
  gint64 duration =
      packet->duration > 0 ? ticks_of (packet->duration, scale) : 0;
  g_autoptr (GBytes) data = g_steal_pointer (&packet->data);
  Sample sample;

  if (first && track->clip_left == 0)
    vs_packager_decide_priming (track, packet, pts, dts);
  if (first && vs_packager_drop_delay (track, self->from_zero, pts, duration))
    return TRUE;
  if (is_unusable (self, track, packet, pts, dts) ||
      (track->silent && !vs_packager_wake (track, packet->sync, pts_ns)))
    return FALSE;
  if (self->waiting > MAX_WAITING) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA,
        "More than %d MiB wait to become segments: the tracks of the input "
        "lie too far apart, or its key frames do.",
        MAX_WAITING >> 20);
    return FALSE;
  }
  if (duration > 0)
    track->last_duration = duration;
  if (packet->sync && track->media == VS_MEDIA_VIDEO)
    note_key (track, pts_ns);
  track->last_dts = dts;
  track->newest = MAX (track->newest, pts_ns);
  sample = (Sample){ .pts = pts,
    .dts = dts,
    .pts_ns = pts_ns,
    .dts_ns = dts_ns,
    .size = (guint32) g_bytes_get_size (data),
    .sync = packet->sync,
    .data = g_steal_pointer (&data) };
  self->waiting += sample.size;
  if (vs_packager_expects (track))
    add_expected (self, id, &sample, cuts);
  else
    g_array_append_val (track->samples, sample);
  vs_packager_mark_silent (self, id);
  advance_all (self, cuts);
  return TRUE;
}

void
vs_packager_expect_key (
    VsPackager *self, guint id, gint64 pts, gint64 dts, GPtrArray *cuts)
{
  Track *track = self->tracks->pdata[id];
  Sample sample = {
    .pts_ns = pts + self->offset, .dts_ns = dts + self->offset, .sync = TRUE
  };

  if (!track->started || track->ended || track->silent || track->resuming ||
      track->samples->len == 0 || vs_packager_expects (track))
    return;
  sample.pts = ticks_of (sample.pts_ns, track->stream->timescale);
  sample.dts = ticks_of (sample.dts_ns, track->stream->timescale);
  if (sample.dts <= track->last_dts)
    return;
  note_key (track, sample.pts_ns);
  g_array_append_val (track->samples, sample);
  advance_all (self, cuts);
}

void
vs_packager_end (VsPackager *self, guint id, GPtrArray *cuts)
{
  Track *track = self->tracks->pdata[id];

  vs_packager_take_back (track);
  track->ended = TRUE;
  advance_all (self, cuts);
}
