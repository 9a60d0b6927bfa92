/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs/vs-hook-setup.h"

#include "core/vs-webhook.h"
#include "jobs/vs-hook-store.h"
#include "jobs/vs-secret-file.h"
#include "jobs/vs-url-policy.h"

#include <errno.h>
#include <sys/random.h>

#define SECRET_BYTES 32

gchar *
vs_hook_make_secret (void)
{
  guint8 bytes[SECRET_BYTES];

  while (getrandom (bytes, sizeof bytes, 0) != (gssize) sizeof bytes)
    if (errno != EINTR)
      g_error ("The system gives no random numbers: %s", g_strerror (errno));
  return vs_webhook_format_secret (bytes, sizeof bytes);
}

static gchar *
ensure_secret (const gchar *path, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autofree gchar *secret = vs_secret_file_read (path, &reason);

  if (!secret && g_error_matches (reason, VS_ERROR, VS_ERROR_NOT_FOUND)) {
    secret = vs_hook_make_secret ();
    return vs_secret_file_make (path, secret, error) ? g_steal_pointer (&secret)
                                                     : NULL;
  }
  if (!secret) {
    g_propagate_error (error, g_steal_pointer (&reason));
    return NULL;
  }
  g_strstrip (secret);
  if (vs_webhook_check_secret (secret, error))
    return g_steal_pointer (&secret);
  g_prefix_error (error, "“%s”: ", path);
  return NULL;
}

static VsHook *
build_hook (const VsConfig *config, const gchar *path, GError **error)
{
  g_autoptr (VsHook) hook = g_new0 (VsHook, 1);

  if (!vs_url_policy_check_hook (config, config->hook_url, error))
    return NULL;
  for (guint i = 0; config->hook_events[i]; i++)
    if (!vs_webhook_check_pattern (config->hook_events[i], error))
      return NULL;
  hook->id = vs_job_make_id (VS_HOOK_PREFIX);
  hook->url = g_strdup (config->hook_url);
  hook->events = g_strjoinv (" ", config->hook_events);
  hook->owner = g_strdup ("local");
  hook->everyone = hook->configured = TRUE;
  hook->created = g_get_real_time ();
  hook->secret = ensure_secret (path, error);
  return hook->secret ? g_steal_pointer (&hook) : NULL;
}

gboolean
vs_hook_setup (
    VsDb *db, const VsConfig *config, const gchar *secret_path, GError **error)
{
  const gchar *path =
      config->hook_secret_file ? config->hook_secret_file : secret_path;
  g_autoptr (VsHook) hook = NULL;

  if (config->hook_url) {
    hook = build_hook (config, path, error);
    if (!hook) {
      g_prefix_error (error, "[webhook] ");
      return FALSE;
    }
  }
  return vs_hook_store_configure (db, hook, error);
}
