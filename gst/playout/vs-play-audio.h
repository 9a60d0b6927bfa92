/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-play-audio: blocks of samples with a due time go in, as they come; an
 * unbroken row of samples comes out. Pure: no clock, no GStreamer.
 *
 * A block's due time is the output sample on which it starts. Blocks that
 * follow each other to within 40 ms are one run: small differences (rounded
 * timestamps, a sender's crystal) are not heard as clicks but steered away,
 * one sample a read, by a cubic resampler. Larger ones are a gap (silence) or
 * an overlap (skipped). Wherever the waveform would jump it is led over in
 * 5 ms; what comes after silence fades in.
 *
 * Belongs to one thread. Bounded by its feeder (vs-play-buffer). */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _VsPlayAudio VsPlayAudio;

VsPlayAudio *vs_play_audio_new (guint rate, guint channels);
void vs_play_audio_free (VsPlayAudio *audio);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsPlayAudio, vs_play_audio_free)

/* @frames: interleaved, copied. */
void vs_play_audio_push (
    VsPlayAudio *audio, gint64 due, const gfloat *frames, guint n);

/* Fills @out with the @n samples (per channel) due at @position. Returns how
 * many of them are silence that the feed did not send. */
guint vs_play_audio_read (
    VsPlayAudio *audio, gint64 position, gfloat *out, guint n);

/* When the first block is due; FALSE where there is none. */
gboolean vs_play_audio_get_head (const VsPlayAudio *audio, gint64 *due);
void vs_play_audio_clear (VsPlayAudio *audio);

/* How many samples have been steered in or out, for statistics. */
gint64 vs_play_audio_get_steered (const VsPlayAudio *audio);

/* @n_in samples as @n_out, cubic. For small changes of length. */
void vs_play_audio_stretch (
    const gfloat *in, guint n_in, gfloat *out, guint n_out, guint channels);

G_END_DECLS
