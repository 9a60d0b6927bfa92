/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs/vs-sweep.h"

#include "jobs/vs-url-policy.h"
#include "store/vs-s3.h"

#include <gio/gio.h>
#include <string.h>

struct _VsSweep {
  VsS3Client *client;
  gchar *prefix; /* "" or "show/" */
  GThread *thread;

  GMutex lock;
  VsS3Waiter *waiter; /* what the thread waits for, or NULL */
  gboolean stopping;

  /* One place, from start to done. */
  gchar *place; /* with the prefix, ends in "/" */
  VsSweepDone done;
  gpointer user_data;
  GError *error;
  guint done_id;
};

static VsS3Waiter *
begin_wait (VsSweep *self)
{
  VsS3Waiter *waiter = vs_s3_waiter_new (self->client);

  g_mutex_lock (&self->lock);
  self->waiter = waiter;
  if (self->stopping)
    vs_s3_waiter_cancel (waiter);
  g_mutex_unlock (&self->lock);
  return waiter;
}

static void
end_wait (VsSweep *self, VsS3Waiter *waiter)
{
  g_mutex_lock (&self->lock);
  self->waiter = NULL;
  g_mutex_unlock (&self->lock);
  vs_s3_waiter_free (waiter);
}

static gboolean
take_error (const VsS3Result *result, GError **error)
{
  if (!result->error)
    return TRUE;
  g_propagate_error (error, g_error_copy (result->error));
  return FALSE;
}

static gboolean
remove_keys (VsSweep *self, const gchar *const *keys, GError **error)
{
  VsS3Waiter *waiter = begin_wait (self);
  g_autoptr (VsS3Result) result = vs_s3_waiter_wait (waiter,
      vs_s3_delete_many (self->client, keys, vs_s3_waiter_done, waiter));

  end_wait (self, waiter);
  return take_error (result, error);
}

/* One page, always the first: what it names is gone afterwards. */
static gboolean
sweep_page (VsSweep *self, gboolean *more, GError **error)
{
  VsS3Waiter *waiter = begin_wait (self);
  g_autoptr (VsS3Result) result =
      vs_s3_waiter_wait (waiter, vs_s3_list (self->client, self->place, NULL,
                                     NULL, vs_s3_waiter_done, waiter));
  g_autofree const gchar **keys = NULL;
  guint n;

  end_wait (self, waiter);
  if (!take_error (result, error))
    return FALSE;
  n = result->answer->objects->len;
  keys = g_new0 (const gchar *, n + 1);
  for (guint i = 0; i < n; i++)
    keys[i] = ((VsS3Object *) result->answer->objects->pdata[i])->key;
  *more = n > 0;
  return n == 0 || remove_keys (self, keys, error);
}

static gboolean
on_done (gpointer user_data)
{
  VsSweep *self = user_data;
  g_autoptr (GError) error = g_steal_pointer (&self->error);

  self->done_id = 0;
  g_thread_join (g_steal_pointer (&self->thread));
  g_clear_pointer (&self->place, g_free);
  self->done (error, self->user_data);
  return G_SOURCE_REMOVE;
}

static gpointer
run (gpointer user_data)
{
  VsSweep *self = user_data;
  gboolean more = TRUE;

  while (more && sweep_page (self, &more, &self->error))
    continue;
  g_mutex_lock (&self->lock);
  if (!self->stopping)
    self->done_id = g_idle_add (on_done, self);
  g_mutex_unlock (&self->lock);
  return NULL;
}

void
vs_sweep_start (
    VsSweep *self, const gchar *place, VsSweepDone done, gpointer user_data)
{
  g_return_if_fail (self->thread == NULL);
  self->place = g_strconcat (self->prefix, place, "/", NULL);
  self->done = done;
  self->user_data = user_data;
  self->thread = g_thread_new ("vs-sweep", run, self);
}

VsSweep *
vs_sweep_new (const gchar *location, GError **error)
{
  g_autoptr (VsSweep) self = g_new0 (VsSweep, 1);
  g_autoptr (VsS3Config) config = vs_s3_config_new ();
  g_autofree gchar *prefix = NULL;

  g_mutex_init (&self->lock);
  config->attempts = 3; /* it is tried again later */
  if (!vs_s3_config_set_uri (config, location, &prefix, error))
    return NULL;
  self->prefix = g_strconcat (prefix,
      *prefix == '\0' || g_str_has_suffix (prefix, "/") ? "" : "/", NULL);
  self->client = vs_s3_client_new (config, error);
  return self->client ? g_steal_pointer (&self) : NULL;
}

void
vs_sweep_free (VsSweep *self)
{
  if (!self)
    return;
  g_mutex_lock (&self->lock);
  self->stopping = TRUE;
  if (self->waiter)
    vs_s3_waiter_cancel (self->waiter);
  g_clear_handle_id (&self->done_id, g_source_remove);
  g_mutex_unlock (&self->lock);
  if (self->thread)
    g_thread_join (self->thread);
  vs_s3_client_free (self->client);
  g_clear_error (&self->error);
  g_mutex_clear (&self->lock);
  g_free (self->place);
  g_free (self->prefix);
  g_free (self);
}

static void
add_peers (GString *text, const gchar *host, guint16 port)
{
  g_autoptr (GResolver) resolver = g_resolver_get_default ();
  g_autoptr (GError) error = NULL;
  GList *addresses = g_resolver_lookup_by_name (resolver, host, NULL, &error);

  if (error)
    g_warning ("The object store's host cannot be looked up: %s. Workers reach "
               "it where its address is public.",
        error->message);
  for (GList *l = addresses; l; l = l->next) {
    g_autofree gchar *address = g_inet_address_to_string (l->data);

    if (!vs_url_policy_allows (NULL, l->data))
      g_string_append_printf (text, "%s %u\n", address, port);
  }
  g_resolver_free_addresses (addresses);
}

gchar *
vs_sweep_dup_peers (VsSweep *self)
{
  const VsS3Config *config = vs_s3_client_get_config (self->client);
  g_autoptr (VsS3Endpoint) endpoint =
      vs_s3_endpoint_parse (config->endpoint, config->region, NULL);
  g_autofree gchar *host = NULL;
  g_autofree gchar *path = NULL;
  g_autofree gchar *url = NULL;
  g_autoptr (GUri) uri = NULL;
  GString *text = g_string_new (NULL);

  if (endpoint) {
    vs_s3_endpoint_locate (
        endpoint, config->addressing, config->bucket, NULL, &host, &path);
    url = g_strconcat (endpoint->scheme, "://", host, "/", NULL);
    uri = g_uri_parse (url, G_URI_FLAGS_SCHEME_NORMALIZE, NULL);
  }
  if (uri)
    add_peers (text, g_uri_get_host (uri), (guint16) g_uri_get_port (uri));
  return g_string_free (text, FALSE);
}
