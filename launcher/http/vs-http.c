/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http.h"
#include "vs-http-address.h"
#include "vs-http-ask.h"
#include "vs-http-door.h"
#include "vs-http-events.h"
#include "vs-http-helpers.h"
#include "vs-http-media.h"
#include "vs-http-page.h"
#include "vs-http-reply.h"
#include "vs-http-settings.h"
#include "vs-http-watch.h"

#include "api/vs-order.h"

#include <string.h>

#define CONTROL "/v1/"

struct _VsHttp {
  SoupServer *server;
  VsHttpDoor *door;
  VsHttpHelpers *helpers; /* NULL: this process serves alone */
  VsHttpMedia *media;     /* NULL: nothing is published */
  VsHttpWatch *watch;     /* of the same, where it is a folder */
  VsHttpEvents *events;
  VsHttpPage *page;
  VsHttpAsk *ask; /* NULL: nothing is to be driven */
  gboolean open;
  gchar *url;
  VsHttpFile *status; /* the job, as /status answers */
};

static void
serve_media (VsHttp *self, SoupServerMessage *message, const gchar *path)
{
  if (self->media != NULL)
    vs_http_media_answer (self->media, message, path);
  else
    vs_http_reply_status (message, SOUP_STATUS_NOT_FOUND);
}

static void
serve_events (VsHttp *self, SoupServerMessage *message)
{
  if (self->watch != NULL)
    vs_http_watch_start (self->watch);
  if (!vs_http_events_add (self->events, message))
    vs_http_reply_status (message, SOUP_STATUS_SERVICE_UNAVAILABLE);
}

static void
serve_page (VsHttp *self, SoupServerMessage *message, const gchar *path)
{
  g_autoptr (VsHttpFile) file = vs_http_page_lookup (self->page, path);

  if (file == NULL) {
    vs_http_reply_status (message, SOUP_STATUS_NOT_FOUND);
    return;
  }
  vs_http_reply_file (message, file);
  vs_http_reply_protect (message, vs_http_page_get_policy (self->page));
}

static VsHttpBodyRule
get_body_rule (const gchar *method, gsize method_length, const gchar *target,
    gsize target_length, gpointer user_data)
{
  gsize length = strlen (CONTROL);
  VsHttpBodyRule rule = { 0, FALSE };

  if (target_length > length && memcmp (target, CONTROL, length) == 0)
    rule.max = VS_ORDER_BODY_MAX;
  return rule;
}

/* A proxy on this machine is one, too; its Host shows that it is. */
static gboolean
is_local (SoupServerMessage *message)
{
  GSocketAddress *address = soup_server_message_get_remote_address (message);

  return G_IS_INET_SOCKET_ADDRESS (address) &&
         g_inet_address_get_is_loopback (g_inet_socket_address_get_address (
             G_INET_SOCKET_ADDRESS (address)));
}

static void
serve_control (VsHttp *self, SoupServerMessage *message, const gchar *path,
    GHashTable *query)
{
  if (self->open || is_local (message))
    vs_http_ask_serve (self->ask, message, path, query);
  else
    vs_http_reply_problem (message, SOUP_STATUS_FORBIDDEN,
        "Commands are taken from this machine only: “control=” of [http] "
        "says so.");
}

static void
on_request (SoupServer *server, SoupServerMessage *message, const gchar *path,
    GHashTable *query, gpointer user_data)
{
  VsHttp *self = user_data;

  if (g_str_has_prefix (path, VS_HTTP_MEDIA_PATH))
    serve_media (self, message, path + strlen (VS_HTTP_MEDIA_PATH));
  else if (self->ask != NULL && g_str_has_prefix (path, CONTROL))
    serve_control (self, message, path, query);
  else if (vs_http_reply_method (message))
    return;
  else if (strcmp (path, "/status") == 0)
    vs_http_reply_file (message, self->status);
  else if (strcmp (path, "/events") == 0)
    serve_events (self, message);
  else
    serve_page (self, message, path);
}

static void
on_object (const gchar *json, gpointer user_data)
{
  VsHttp *self = user_data;

  vs_http_events_add_object (self->events, json);
}

void
vs_http_set_job (VsHttp *self, const gchar *job_json)
{
  const gchar *text = job_json != NULL ? job_json : "{}";
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));

  g_clear_pointer (&self->status, vs_http_file_unref);
  self->status = vs_http_file_new (body, g_get_real_time () / G_USEC_PER_SEC,
      FALSE, "application/json", "no-store");
  vs_http_events_set_job (self->events, text);
  if (self->watch != NULL)
    vs_http_watch_start (self->watch);
}

void
vs_http_add_object (VsHttp *self, const gchar *key, gint64 size)
{
  g_autofree gchar *json = NULL;

  if (self->watch != NULL)
    return;
  json = vs_http_watch_format (key, size);
  vs_http_events_add_object (self->events, json);
}

static gboolean
open_media (
    VsHttp *self, const gchar *location, gboolean redirect, GError **error)
{
  if (location != NULL)
    self->media = vs_http_media_new (location, redirect, error);
  return location == NULL || self->media != NULL;
}

static void
open_door (VsHttp *self, GPtrArray *sockets, const VsHttpOptions *options)
{
  VsHttpLimits limits = options->limits;

  if (options->api != NULL) {
    self->ask = vs_http_ask_new (options->api);
    self->open = options->open;
    limits.body_rules = get_body_rule;
  }
  self->door = vs_http_door_new (self->server, sockets, &limits);
  self->events =
      vs_http_events_new (vs_http_door_get_limits (self->door)->heartbeat_ms);
}

static void
get_help (VsHttp *self, const gchar *location, const VsHttpOptions *options)
{
  g_autoptr (GBytes) settings = NULL;

  if (self->media == NULL || options->processes < 2)
    return;
  settings =
      vs_http_settings_write (location, options->redirect, &options->limits);
  self->helpers =
      vs_http_helpers_new (options->processes - 1, settings, self->door);
}

VsHttp *
vs_http_new_full (const gchar *listen, const gchar *location,
    const VsHttpOptions *options, GError **error)
{
  static const VsHttpOptions usual = { .processes = 1 };
  g_autoptr (VsHttp) self = g_new0 (VsHttp, 1);
  g_autoptr (GPtrArray) sockets =
      vs_http_address_bind (listen, &self->url, error);
  const gchar *folder;

  if (options == NULL)
    options = &usual;
  if (sockets == NULL || !open_media (self, location, options->redirect, error))
    return NULL;
  folder = self->media ? vs_http_media_get_folder (self->media) : NULL;
  /* Paths are decoded by our own rules, once. */
  self->server = soup_server_new ("raw-paths", TRUE, NULL);
  soup_server_add_handler (self->server, NULL, on_request, self, NULL);
  self->page = vs_http_page_new (
      self->media ? vs_http_media_get_origin (self->media) : NULL);
  open_door (self, sockets, options);
  get_help (self, location, options);
  if (folder != NULL)
    self->watch = vs_http_watch_new (folder, on_object, self);
  vs_http_set_job (self, NULL);
  return g_steal_pointer (&self);
}

void
vs_http_tell (VsHttp *self, const gchar *name, const gchar *json)
{
  vs_http_events_tell (self->events, name, NULL, json);
}

VsHttp *
vs_http_new (const gchar *listen, const gchar *location, GError **error)
{
  return vs_http_new_full (listen, location, NULL, error);
}

const gchar *
vs_http_get_url (VsHttp *self)
{
  return self->url;
}

void
vs_http_free (VsHttp *self)
{
  if (self == NULL)
    return;
  vs_http_watch_free (self->watch);
  vs_http_events_free (self->events);
  vs_http_media_free (self->media);
  vs_http_ask_free (self->ask);
  vs_http_helpers_free (self->helpers);
  vs_http_door_free (self->door);
  g_clear_object (&self->server);
  vs_http_page_free (self->page);
  g_clear_pointer (&self->status, vs_http_file_unref);
  g_free (self->url);
  g_free (self);
}
