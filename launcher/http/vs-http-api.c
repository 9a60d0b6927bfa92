/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-api.h"
#include "vs-http-address.h"
#include "vs-http-ask.h"
#include "vs-http-door.h"
#include "vs-http-events.h"
#include "vs-http-media.h"
#include "vs-http-page.h"
#include "vs-http-play.h"
#include "vs-http-reply.h"
#include "vs-http-send.h"

#include "api/vs-body.h"
#include "api/vs-order.h"

#include <string.h>

#define PARTS "/assets/"
#define PLAY "/play/"
#define EVENTS "/v1/events"
#define UPLOADS "/v1/uploads"

/* Of a form, what stands around its file. */
#define FORM_MORE (64 * 1024)
#define CHANNELS "/v1/channels/"

struct _VsHttpApi {
  SoupServer *server;
  VsHttpDoor *door;
  VsHttpMedia *media;
  VsHttpMedia *store; /* of what is not in media's folder, or NULL */
  VsHttpEvents *events;
  VsApi *api;
  VsHttpAsk *ask;
  gchar *url;
  VsHttpPage *page;
  guint64 max_upload;
};

static const gchar *
get_header (SoupServerMessage *message, const gchar *name)
{
  return soup_message_headers_get_one (
      soup_server_message_get_request_headers (message), name);
}

static void
set_header (SoupServerMessage *message, const gchar *name, const gchar *value)
{
  soup_message_headers_replace (
      soup_server_message_get_response_headers (message), name, value);
}

static gboolean
begins (const gchar *text, gsize length, const gchar *with)
{
  return length >= strlen (with) && memcmp (text, with, strlen (with)) == 0;
}

/* A document, where the API is, and a file, where uploads are; media and pages
 * have no use for a body. */
static VsHttpBodyRule
get_body_rule (const gchar *method, gsize method_length, const gchar *target,
    gsize target_length, gpointer user_data)
{
  const VsHttpApi *self = user_data;
  VsHttpBodyRule rule = { 0, FALSE };

  if (begins (target, target_length, UPLOADS)) {
    rule.max = self->max_upload;
    rule.streamed = TRUE;
  } else if (begins (target, target_length, CHANNELS)) {
    rule.max = VS_ORDER_BODY_MAX;
  } else if (begins (target, target_length, "/v1/")) {
    rule.max = VS_BODY_MAX;
  }
  return rule;
}

static void
serve_events (VsHttpApi *self, SoupServerMessage *message, const gchar *path,
    GHashTable *query)
{
  g_auto (VsApiReply) reply = { 0 };
  VsApiRequest request = { 0 };
  VsPrincipal principal = { 0 };
  guint status;

  if (vs_http_reply_method (message))
    return;
  vs_http_ask_fill (&request, message, path, query);
  status =
      vs_api_authorize (self->api, &request, VS_SCOPE_READ, &principal, &reply);
  vs_api_count (self->api, EVENTS, status);
  if (status != 200)
    vs_http_send_reply (message, &reply);
  else if (!vs_http_events_add_for (self->events, message,
               principal.scopes & VS_SCOPE_ADMIN ? NULL : principal.owner))
    vs_http_reply_status (message, SOUP_STATUS_SERVICE_UNAVAILABLE);
  vs_principal_clear (&principal);
}

/* A path below /play/: "ID[/~TOKEN][/NAME]". */
typedef struct {
  gchar *id, *token; /* no token: NULL */
  gsize head;        /* so much of it is before "/NAME" */
} Place;

static void
place_clear (Place *self)
{
  g_free (self->id);
  g_free (self->token);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Place, place_clear)

/* Some clients write "~" as "%7E". */
static void
read_place (Place *place, const gchar *rest)
{
  static const gchar *const marks[] = { "/~", "/%7E", "/%7e" };

  place->head = strcspn (rest, "/");
  place->id = g_strndup (rest, place->head);
  for (guint i = 0; i < G_N_ELEMENTS (marks); i++) {
    const gchar *token = rest + place->head + strlen (marks[i]);
    gsize length;

    if (!g_str_has_prefix (rest + place->head, marks[i]))
      continue;
    length = strcspn (token, "/");
    place->token = g_strndup (token, length);
    place->head += strlen (marks[i]) + length;
    return;
  }
}

/* TRUE: it is refused. */
static gboolean
refuse_place (VsHttpApi *self, SoupServerMessage *message, const Place *place)
{
  VsPlaybackVerdict verdict =
      vs_api_check_playback (self->api, place->id, place->token);

  if (vs_api_is_signing (self->api))
    vs_http_reply_set_private (message);
  if (verdict == VS_PLAYBACK_GOOD)
    return FALSE;
  vs_http_reply_problem (message, SOUP_STATUS_FORBIDDEN,
      verdict == VS_PLAYBACK_EXPIRED ? "this address has expired"
                                     : "this address has no valid signature");
  return TRUE;
}

/* @place: the path up to what is played. */
static void
serve_choice (SoupServerMessage *message, const gchar *place, const gchar *hls,
    const gchar *dash, const gchar *format)
{
  VsPlay play = vs_http_play_choose (format, get_header (message, "Accept"),
      get_header (message, "User-Agent"), hls != NULL, dash != NULL);
  g_autofree gchar *location = NULL;

  set_header (message, "Vary", "Accept, User-Agent");
  if (play == VS_PLAY_NONE) {
    vs_http_reply_status (
        message, format ? SOUP_STATUS_NOT_FOUND : SOUP_STATUS_NOT_ACCEPTABLE);
    return;
  }
  location =
      g_strconcat (PLAY, place, "/", play == VS_PLAY_HLS ? hls : dash, NULL);
  soup_server_message_set_status (message, SOUP_STATUS_FOUND, NULL);
  set_header (message, "Location", location);
  set_header (message, "Cache-Control", "no-cache");
}

/* What was made before there was a bucket is in the folder. */
static VsHttpMedia *
choose_media (VsHttpApi *self, const gchar *folder)
{
  g_autofree gchar *path =
      g_build_filename (vs_http_media_get_folder (self->media), folder, NULL);

  return self->store && !g_file_test (path, G_FILE_TEST_IS_DIR) ? self->store
                                                                : self->media;
}

static void
serve_place (VsHttpApi *self, SoupServerMessage *message, const Place *place,
    const gchar *rest, GHashTable *query)
{
  g_autofree gchar *head = g_strndup (rest, place->head);
  g_autofree gchar *hls = NULL;
  g_autofree gchar *dash = NULL;
  g_autofree gchar *folder =
      vs_api_find_media (self->api, place->id, &hls, &dash);

  if (!folder)
    vs_http_reply_status (message, SOUP_STATUS_NOT_FOUND);
  else if (rest[place->head] == '\0')
    serve_choice (message, head, hls, dash,
        query ? g_hash_table_lookup (query, "format") : NULL);
  else
    vs_http_media_serve (
        choose_media (self, folder), message, folder, rest + place->head + 1);
}

/* @rest: "ID" or "ID/video_0/1.m4s"; a token may come after ID. */
static void
serve_play (VsHttpApi *self, SoupServerMessage *message, const gchar *rest,
    GHashTable *query)
{
  g_auto (Place) place = { 0 };

  vs_http_reply_allow_origins (message);
  if (vs_http_reply_method (message))
    return;
  read_place (&place, rest);
  if (!refuse_place (self, message, &place))
    serve_place (self, message, &place, rest, query);
  vs_api_count (self->api, "/play", soup_server_message_get_status (message));
}

/* The page of the service; it asks the API like any other client. */
static void
serve_page (VsHttpApi *self, SoupServerMessage *message, const gchar *path)
{
  g_autoptr (VsHttpFile) file = NULL;

  if (vs_http_reply_method (message))
    return;
  file = vs_http_page_lookup (self->page, path);
  if (!file) {
    vs_http_reply_status (message, SOUP_STATUS_NOT_FOUND);
    return;
  }
  vs_http_reply_protect (message, vs_http_page_get_policy (self->page));
  vs_http_reply_file (message, file);
}

static void
on_request (SoupServer *server, SoupServerMessage *message, const gchar *path,
    GHashTable *query, gpointer user_data)
{
  VsHttpApi *self = user_data;

  if (g_str_has_prefix (path, PLAY))
    serve_play (self, message, path + strlen (PLAY), query);
  else if (strcmp (path, EVENTS) == 0)
    serve_events (self, message, path, query);
  else if (strcmp (path, "/") == 0 || g_str_has_prefix (path, PARTS))
    serve_page (self, message, path);
  else
    vs_http_ask_serve (self->ask, message, path, query);
}

VsHttpApi *
vs_http_api_new (const gchar *listen, VsApi *api, const gchar *media_folder,
    const gchar *store, const VsHttpLimits *limits, guint64 max_upload,
    guint64 last_event, GError **error)
{
  g_autoptr (VsHttpApi) self = g_new0 (VsHttpApi, 1);
  g_autoptr (GPtrArray) sockets =
      vs_http_address_bind (listen, &self->url, error);
  VsHttpLimits ours = *limits;

  if (!sockets)
    return NULL;
  self->media = vs_http_media_new (media_folder, FALSE, error);
  if (self->media && store)
    self->store = vs_http_media_new (store, FALSE, error);
  if (!self->media || (store && !self->store))
    return NULL;
  self->max_upload = max_upload > 0 ? max_upload + FORM_MORE : 0;
  ours.body_rules = get_body_rule;
  ours.body_data = self;
  self->api = api;
  self->ask = vs_http_ask_new (api);
  self->server = soup_server_new ("raw-paths", TRUE, NULL);
  soup_server_add_handler (self->server, NULL, on_request, self, NULL);
  self->door = vs_http_door_new (self->server, sockets, &ours);
  self->events =
      vs_http_events_new (vs_http_door_get_limits (self->door)->heartbeat_ms);
  vs_http_events_continue (self->events, last_event);
  self->page = vs_http_page_new_service ();
  return g_steal_pointer (&self);
}

void
vs_http_api_free (VsHttpApi *self)
{
  if (!self)
    return;
  vs_http_events_free (self->events);
  vs_http_media_free (self->media);
  vs_http_media_free (self->store);
  vs_http_ask_free (self->ask);
  vs_http_door_free (self->door);
  g_clear_object (&self->server);
  vs_http_page_free (self->page);
  g_free (self->url);
  g_free (self);
}

const gchar *
vs_http_api_get_url (VsHttpApi *self)
{
  return self->url;
}

gboolean
vs_http_api_is_loopback (const gchar *listen)
{
  g_autofree gchar *host = NULL;
  g_autoptr (GInetAddress) address = NULL;
  guint16 port = 0;

  if (!vs_http_address_split (listen, &host, &port, NULL))
    return TRUE; /* binding it will say what is wrong */
  if (!host)
    return FALSE;
  address = g_inet_address_new_from_string (host);
  return address ? g_inet_address_get_is_loopback (address)
                 : g_ascii_strcasecmp (host, "localhost") == 0;
}

void
vs_http_api_post (
    VsHttpApi *self, const gchar *type, const gchar *owner, const gchar *json)
{
  (void) vs_http_events_post (self->events, type, owner, json);
}

void
vs_http_api_tell (
    VsHttpApi *self, const gchar *type, const gchar *owner, const gchar *json)
{
  vs_http_events_tell (self->events, type, owner, json);
}
