/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How many parts of an upload are on their way at a time, and which client
 * sends the next one. */
#include "store/vs-s3-upload-private.h"

/* A source is read by one connection a client as long as more than so much a
 * second is stored (about what a line of 4 Gbit/s takes), which is looked at
 * so often. */
#define ALONE_RATE (512 * 1024 * 1024)
#define PACE_US 200000
/* Where a part that has been read waits longer than this for its answer, it
 * leaves its place to the next, up to so many times `parallel` in all, so that
 * the way does not lie idle meanwhile. Not where parts take so long that it
 * would not matter: there many connections would only starve each other. */
#define WAIT_US 10000
#define CREATE_US 25000
#define IN_FLIGHT 4
#define SLOW_US (2 * G_USEC_PER_SEC)

static gboolean
is_sending (const VsS3UploadPart *part)
{
  return part->read_us == 0;
}

guint
vs_s3_upload_count_sending_locked (const VsS3Upload *self)
{
  guint count = 0;

  for (guint i = 0; i < self->active->len; i++)
    count += is_sending (self->active->pdata[i]);
  return count;
}

gboolean
vs_s3_upload_has_place_locked (const VsS3Upload *self)
{
  guint clients = self->helper != NULL ? 2 : 1;
  guint most = self->alone ? clients : self->parallel;
  guint all = most;

  if (self->waits)
    all = MIN (self->parallel * IN_FLIGHT, VS_S3_PARALLEL_MAX);
  else if (self->alone) /* while the service reads what lies in the socket */
    all = MIN (self->parallel, 2 * clients);
  return vs_s3_upload_count_sending_locked (self) < most &&
         self->active->len < all;
}

/* A part that is sent weighs more than all that wait for their answers. */
static guint
weigh_client_locked (const VsS3Upload *self, const VsS3Client *client)
{
  guint weight = 0;

  for (guint i = 0; i < self->active->len; i++) {
    const VsS3UploadPart *part = self->active->pdata[i];

    if (part->client == client)
      weight += is_sending (part) ? VS_S3_PARALLEL_MAX : 1;
  }
  return weight;
}

VsS3Client *
vs_s3_upload_choose_client_locked (const VsS3Upload *self)
{
  if (self->helper == NULL)
    return self->client;
  return weigh_client_locked (self, self->helper) <
                 weigh_client_locked (self, self->client)
             ? self->helper
             : self->client;
}

void
vs_s3_upload_note_created_locked (VsS3Upload *self, guint attempts)
{
  self->waits =
      attempts == 1 && g_get_monotonic_time () - self->create_us > CREATE_US;
}

/* Does the way take more than one connection gives it? */
static void
note_pace_locked (VsS3Upload *self)
{
  gint64 now_us = g_get_monotonic_time ();
  gint64 took_us = now_us - self->pace_us;

  if (self->pace_us != 0 && took_us < PACE_US)
    return;
  if (self->pace_us != 0 &&
      self->pace_bytes * G_USEC_PER_SEC / (guint64) took_us < ALONE_RATE)
    self->alone = FALSE;
  self->pace_us = now_us;
  self->pace_bytes = 0;
}

gboolean
vs_s3_upload_note_read_locked (
    VsS3Upload *self, VsS3UploadPart *part, guint64 end)
{
  gboolean was_alone = self->alone, was_read = !is_sending (part);
  gboolean is_read = end == part->size; /* not yet where it is sent again */

  if (end > part->read) { /* what is sent again is no progress */
    self->pace_bytes += end - part->read;
    part->read = end;
  }
  if (was_alone)
    note_pace_locked (self);
  part->read_us = is_read ? g_get_monotonic_time () : 0;
  return was_alone != self->alone || (is_read && !was_read);
}

/* A store that answers “slow down” gets no more than before. */
void
vs_s3_upload_note_answer_locked (
    VsS3Upload *self, const VsS3UploadPart *part, guint attempts)
{
  gint64 now_us = g_get_monotonic_time ();

  self->waits = attempts == 1 && now_us - part->read_us > WAIT_US &&
                now_us - part->begun_us < SLOW_US;
}
