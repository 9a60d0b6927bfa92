/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A CMAF segment of one fragment (ISO/IEC 23000-19 7.3.2.3, 7.3.3.1): styp,
 * moof and the head of mdat. Section numbers without a name are those of
 * ISO/IEC 14496-12.
 *
 * What is the same for all samples is said once, in tfhd; what differs is in
 * the table of trun. Nothing relies on trex. */
#include "core/vs-mp4.h"

#include "core/vs-box.h"
#include "core/vs-mp4-entry.h"

/* 8.8.7 */
#define TFHD_DURATION 0x000008
#define TFHD_SIZE 0x000010
#define TFHD_FLAGS 0x000020
#define TFHD_BASE_IS_MOOF 0x020000

/* 8.8.8 */
#define TRUN_DATA_OFFSET 0x000001
#define TRUN_FIRST_FLAGS 0x000004
#define TRUN_DURATION 0x000100
#define TRUN_SIZE 0x000200
#define TRUN_FLAGS 0x000400
#define TRUN_CTS_OFFSET 0x000800

/* 8.8.3.1: depends on no other sample; depends on others and is no sync
 * sample. */
#define SAMPLE_SYNC 0x02000000u
#define SAMPLE_NON_SYNC 0x01010000u

/* What the samples have in common. */
typedef struct {
  guint32 tfhd_flags, trun_flags;
  guint32 default_flags, first_flags;
} Plan;

static guint32
get_flags (const VsMp4Sample *sample)
{
  return sample->sync ? SAMPLE_SYNC : SAMPLE_NON_SYNC;
}

static Plan
make_plan (const VsMp4Sample *samples, guint n_samples)
{
  gboolean same_duration = TRUE, same_size = TRUE, has_offset = FALSE;
  gboolean same_flags = TRUE, same_rest = TRUE;
  Plan plan = { TFHD_BASE_IS_MOOF, TRUN_DATA_OFFSET, SAMPLE_SYNC, 0 };

  for (guint i = 0; i < n_samples; i++) {
    same_duration &= samples[i].duration == samples[0].duration;
    same_size &= samples[i].size == samples[0].size;
    same_flags &= !samples[i].sync == !samples[0].sync;
    same_rest &= i < 2 || !samples[i].sync == !samples[1].sync;
    has_offset |= samples[i].cts_offset != 0;
  }

  if (n_samples > 0) {
    plan.default_flags = get_flags (&samples[n_samples > 1 ? 1 : 0]);
    plan.first_flags = get_flags (&samples[0]);
  }
  if (same_duration)
    plan.tfhd_flags |= TFHD_DURATION;
  else
    plan.trun_flags |= TRUN_DURATION;
  if (same_size)
    plan.tfhd_flags |= TFHD_SIZE;
  else
    plan.trun_flags |= TRUN_SIZE;
  if (same_flags || same_rest)
    plan.tfhd_flags |= TFHD_FLAGS;
  else
    plan.trun_flags |= TRUN_FLAGS;
  if (!same_flags && same_rest)
    plan.trun_flags |= TRUN_FIRST_FLAGS;
  if (has_offset)
    plan.trun_flags |= TRUN_CTS_OFFSET;
  return plan;
}

/* 8.16.2, and 23009-1 6.3.4.2: msdh is a media segment without an index (msix
 * would promise a sidx). The CMAF brands promise a random access point. */
static void
put_styp (GByteArray *out, gboolean is_random_access)
{
  gsize box = vs_box_open (out, "styp");

  vs_box_put_fourcc (out, "msdh");
  vs_box_put_u32 (out, 0);
  vs_box_put_fourcc (out, "msdh");
  if (is_random_access) {
    vs_box_put_fourcc (out, "cmfs");
    vs_box_put_fourcc (out, "cmff");
  }
  vs_box_close (out, box);
}

/* 8.8.7 */
static void
put_tfhd (
    GByteArray *out, guint track_id, const VsMp4Sample *first, const Plan *plan)
{
  gsize box = vs_box_open_full (out, "tfhd", 0, plan->tfhd_flags);

  vs_box_put_u32 (out, track_id);
  if (plan->tfhd_flags & TFHD_DURATION)
    vs_box_put_u32 (out, first != NULL ? first->duration : 0);
  if (plan->tfhd_flags & TFHD_SIZE)
    vs_box_put_u32 (out, first != NULL ? first->size : 0);
  if (plan->tfhd_flags & TFHD_FLAGS)
    vs_box_put_u32 (out, plan->default_flags);
  vs_box_close (out, box);
}

/* 8.8.12. Version 1 always: live timelines outgrow 32 bits in a day. */
static void
put_tfdt (GByteArray *out, guint64 base_time)
{
  gsize box = vs_box_open_full (out, "tfdt", 1, 0);

  vs_box_put_u64 (out, base_time);
  vs_box_close (out, box);
}

/* 8.8.8. Version 1 always: composition offsets are signed. Returns the place
 * of the data offset, which is known last. */
static gsize
put_trun (GByteArray *out, const VsMp4Sample *samples, guint n_samples,
    const Plan *plan)
{
  gsize box = vs_box_open_full (out, "trun", 1, plan->trun_flags);
  gsize data_offset;

  vs_box_put_u32 (out, n_samples);
  data_offset = out->len;
  vs_box_put_u32 (out, 0);
  if (plan->trun_flags & TRUN_FIRST_FLAGS)
    vs_box_put_u32 (out, plan->first_flags);
  for (guint i = 0; i < n_samples; i++) {
    if (plan->trun_flags & TRUN_DURATION)
      vs_box_put_u32 (out, samples[i].duration);
    if (plan->trun_flags & TRUN_SIZE)
      vs_box_put_u32 (out, samples[i].size);
    if (plan->trun_flags & TRUN_FLAGS)
      vs_box_put_u32 (out, get_flags (&samples[i]));
    if (plan->trun_flags & TRUN_CTS_OFFSET)
      vs_box_put_u32 (out, (guint32) samples[i].cts_offset);
  }
  vs_box_close (out, box);
  return data_offset;
}

/* 8.9.2: all samples belong to the one entry of sgpd in the init segment. */
static void
put_sbgp (GByteArray *out, const VsStream *stream, guint n_samples)
{
  gsize box;

  if (vs_mp4_roll_distance (stream) == 0 || n_samples == 0)
    return;

  box = vs_box_open_full (out, "sbgp", 0, 0);
  vs_box_put_fourcc (out, "roll");
  vs_box_put_u32 (out, 1);
  vs_box_put_u32 (out, n_samples);
  vs_box_put_u32 (out, 1);
  vs_box_close (out, box);
}

/* 4.2, 8.1.1: the size counts the header, and moves to 64 bits with it. */
static void
put_mdat_header (GByteArray *out, guint64 payload)
{
  if (payload + 8 <= G_MAXUINT32) {
    vs_box_put_u32 (out, payload + 8);
    vs_box_put_fourcc (out, "mdat");
  } else {
    vs_box_put_u32 (out, 1);
    vs_box_put_fourcc (out, "mdat");
    vs_box_put_u64 (out, payload + 16);
  }
}

GBytes *
vs_mp4_segment_header (const VsStream *stream, guint track_id, guint32 sequence,
    guint64 base_time, const VsMp4Sample *samples, guint n_samples,
    VsMp4Layout *layout)
{
  g_autoptr (GByteArray) out = g_byte_array_sized_new (256 + n_samples * 16);
  Plan plan = make_plan (samples, n_samples);
  guint64 payload = 0;
  gsize moof, mfhd, traf, data_offset;

  for (guint i = 0; i < n_samples; i++)
    payload += samples[i].size;

  put_styp (out, n_samples > 0 && samples[0].sync);
  moof = vs_box_open (out, "moof");
  mfhd = vs_box_open_full (out, "mfhd", 0, 0);
  vs_box_put_u32 (out, sequence);
  vs_box_close (out, mfhd);
  traf = vs_box_open (out, "traf");
  put_tfhd (out, track_id, n_samples > 0 ? samples : NULL, &plan);
  put_tfdt (out, base_time);
  data_offset = put_trun (out, samples, n_samples, &plan);
  put_sbgp (out, stream, n_samples);
  vs_box_close (out, traf);
  vs_box_close (out, moof);
  put_mdat_header (out, payload);
  vs_box_set_u32 (out, data_offset, out->len - moof);

  if (layout != NULL)
    *layout = (VsMp4Layout){ .moof_offset = moof, .payload_offset = out->len };
  return g_byte_array_free_to_bytes (g_steal_pointer (&out));
}
