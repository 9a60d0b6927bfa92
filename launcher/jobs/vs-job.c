/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs/vs-job.h"

#include "core/vs-id.h"

#include <errno.h>
#include <sys/random.h>

void
vs_job_free (VsJob *self)
{
  if (!self)
    return;
  g_free (self->id);
  g_free (self->owner);
  g_free (self->preset);
  g_free (self->input);
  g_free (self->spec);
  g_free (self->asset);
  g_free (self->error_code);
  g_free (self->error);
  g_free (self->result);
  g_free (self);
}

gchar *
vs_job_make_id (const gchar *prefix)
{
  guint8 random[VS_ID_RANDOM];

  /* Interrupted or not there yet (early at boot): it blocks until it is. */
  while (getrandom (random, sizeof random, 0) != (gssize) sizeof random)
    if (errno != EINTR)
      g_error ("The system gives no random numbers: %s", g_strerror (errno));
  return vs_id_format (prefix, (guint64) g_get_real_time () / 1000, random);
}

gchar *
vs_job_get_folder (const VsJob *self)
{
  return g_strdup_printf ("%s/%" G_GINT64_FORMAT, self->id,
      self->life == VS_LIFE_LIVE ? G_GINT64_CONSTANT (1) : self->token);
}
