/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-config: vstream.ini, how the service is set up. The groups, keys and
 * defaults stand in one table in vs-config.c; docs/service.md explains them.
 *
 * Life: read once at start, then read only. */
#pragma once

#include "core/vs-error.h"

G_BEGIN_DECLS

typedef struct {
  /* [service] */
  gchar *state; /* folder */

  /* [http] */
  gchar *listen;
  guint max_connections;  /* 0: as many as the descriptors allow, 1000 */
  gint64 http_timeout_us; /* without a byte of a body or a reply */

  /* [input] */
  gchar **schemes;         /* that URLs may have */
  gchar **files;           /* folders whose files may be given as file: URLs */
  gchar **allow_addresses; /* networks that are not public and may be read */

  /* [output] */
  gchar *output; /* "s3://…"; NULL: the media folder */

  /* [s3]; NULL: what the environment says */
  gchar *s3_access_key, *s3_secret_file;

  /* [playback] */
  gchar *play_key_file; /* NULL: /play/ is open */
  gint64 play_lifetime_us;

  /* [webhook] */
  gchar *hook_url;         /* or NULL */
  gchar **hook_events;     /* patterns: core/vs-webhook.h */
  gchar *hook_secret_file; /* NULL: one in the state folder */
  gchar **hook_allow;      /* networks that are not public and may be told */
  gint64 hook_timeout_us;
  gint64 hook_disable_us; /* nothing was taken for so long */

  /* [uploads] */
  guint64 upload_max_size; /* bytes of one; 0: none are taken */
  guint upload_max_count;  /* of one owner, that belong to no job yet */
  gint64 upload_expire_us; /* without a byte, or without a job */
  gchar *upload_keep;      /* what becomes of one that is played: remove,
                            * archive */

  /* [worker] */
  guint max_jobs;       /* 0: cores and memory alone decide */
  guint cores;          /* 0: those of the machine */
  guint64 memory;       /* 0: three quarters of the machine's */
  guint64 memory_limit; /* of one worker's address space; 0: none */
  gint64 cpu_limit_us;  /* of one worker; 0: none */
  guint niceness, live_niceness;
  gint64 heartbeat_us, hang_us, lease_us, retry_us;
  guint attempts;
  gchar *sandbox; /* auto, none, required */
} VsConfig;

/* @text: NULL gives the defaults. @name stands in errors. */
VsConfig *vs_config_parse (
    const gchar *text, gsize length, const gchar *name, GError **error);

/* @path: NULL takes /etc/vstream/vstream.ini where it is there. */
VsConfig *vs_config_load (const gchar *path, GError **error);

void vs_config_free (VsConfig *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsConfig, vs_config_free)

G_END_DECLS
