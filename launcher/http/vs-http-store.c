/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-store.h"

#include "vs-http-call.h"
#include "vs-http-kept.h"
#include "vs-http-pieces.h"
#include "vs-http-reply.h"

#include "core/vs-error.h"
#include "store/vs-store.h"

#include <string.h>

#define KEEP_BYTES (64 * 1024 * 1024)
#define WHOLE_MAX (4 * 1024 * 1024)
#define MANIFEST_US (G_USEC_PER_SEC / 2)
#define SEGMENT_US (60 * G_GINT64_CONSTANT (1000000))

/* Requests that are waited for or being sent: each may hold WHOLE_MAX. */
#define VISITS_MAX 256

#define PRESIGN_S 3600

struct _VsHttpStore {
  VsS3Client *client;
  gchar *prefix; /* "" or "show/" */
  gchar *origin; /* of redirects; NULL: none */
  VsHttpKept *kept;
  GHashTable *fetches; /* its name → Fetch */
  GHashTable *visits;  /* Visit */
  gboolean failing;    /* and it has been said */
};

/* One object that is looked at or read, for all who ask for it. */
typedef struct {
  VsHttpStore *store;
  gchar *id;         /* the name; "/NAME" where it is only looked at */
  gchar *name;       /* within id */
  VsHttpCall *call;  /* NULL: it is answered */
  GPtrArray *visits; /* Visit */
} Fetch;

/* One message, until it is finished. */
typedef struct {
  VsHttpStore *store;
  SoupServerMessage *message;
  Fetch *fetch; /* waited for, or NULL */
  VsHttpPieces *pieces;
} Visit;

/* What may change under its name. */
static gboolean
is_manifest (const gchar *name)
{
  return strcmp (vs_store_cache_control (name), "no-cache") == 0;
}

/* A bucket may hold anything: what has no media type was not published. */
static gboolean
is_published (const gchar *name)
{
  return !vs_http_name_is_private (name) &&
         strcmp (vs_store_content_type (name), "application/octet-stream") != 0;
}

static void
fetch_free (Fetch *self)
{
  vs_http_call_cancel (self->call);
  g_ptr_array_unref (self->visits);
  g_free (self->id);
  g_free (self);
}

static void
visit_free (Visit *self)
{
  g_signal_handlers_disconnect_by_data (self->message, self);
  vs_http_pieces_free (self->pieces);
  g_object_unref (self->message);
  g_free (self);
}

/* Answers ----------------------------------------------------------------- */

static gchar *
make_key (VsHttpStore *self, const gchar *name)
{
  return g_strconcat (self->prefix, name, NULL);
}

static void
redirect (VsHttpStore *self, SoupServerMessage *message, const gchar *key)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_response_headers (message);
  g_autoptr (GError) error = NULL;
  /* The credentials are there: the object has been looked at with them. */
  g_autofree gchar *url =
      vs_s3_presign (self->client, "GET", key, PRESIGN_S, &error);

  if (url == NULL) {
    g_message ("No URL can be signed: %s", error->message);
    vs_http_reply_problem (message, SOUP_STATUS_BAD_GATEWAY,
        "there are no credentials for the object store");
    return;
  }
  soup_server_message_set_status (message, SOUP_STATUS_FOUND, NULL);
  soup_message_headers_replace (headers, "Location", url);
  soup_message_headers_replace (headers, "Cache-Control", "no-store");
}

/* The bare tag of the store, of one that was made from it. */
static gchar *
get_store_tag (const VsHttpFile *file)
{
  return g_strndup (file->etag + 1, strlen (file->etag) - 2);
}

static void
answer (Visit *visit, const gchar *name, VsHttpFile *file)
{
  VsHttpStore *self = visit->store;
  g_autofree gchar *key = make_key (self, name);
  g_autofree gchar *etag = NULL;
  guint64 first, length;

  if (self->origin != NULL && !is_manifest (name) &&
      soup_server_message_get_method (visit->message) == SOUP_METHOD_GET) {
    redirect (self, visit->message, key);
    return;
  }
  if (file->body != NULL) {
    vs_http_reply_file (visit->message, file);
    return;
  }
  if (!vs_http_reply_begin (visit->message, file, &first, &length))
    return;
  etag = get_store_tag (file);
  visit->pieces = vs_http_pieces_new (
      self->client, visit->message, key, etag, first, length);
}

/* TRUE: the answer is on its way, the message has to go on. */
static void
answer_paused (Visit *visit, const gchar *name, VsHttpFile *file)
{
  visit->fetch = NULL;
  answer (visit, name, file);
  if (visit->pieces == NULL)
    soup_server_message_unpause (visit->message);
}

/* What the store says --------------------------------------------------- */

static void
note_failure (VsHttpStore *self, const VsS3Result *result)
{
  if (!self->failing)
    g_message ("The output cannot be served from its store: %s",
        result != NULL ? result->error->message : "it does not answer.");
  self->failing = TRUE;
}

/* The status that readers get. A range of an object without a byte is refused
 * with 416; a name that is too long for a key names nothing. */
static guint
judge (VsHttpStore *self, const VsS3Result *result, const gchar **sentence)
{
  gboolean good =
      result != NULL &&
      (result->error == NULL || result->status == 404 || result->status == 416);

  if (good) {
    if (self->failing)
      g_message ("The store of the output answers again.");
    self->failing = FALSE;
    *sentence = "the object store tells no ETag";
    return result->status == 404                           ? 404
           : result->etag == NULL && result->status != 416 ? 502
                                                           : 200;
  }
  if (result != NULL &&
      g_error_matches (result->error, VS_ERROR, VS_ERROR_BAD_VALUE) &&
      result->status == 0)
    return 404;
  note_failure (self, result);
  *sentence = result != NULL && result->status != 0
                  ? "the object store refuses"
                  : "the object store does not answer";
  return result == NULL ? 504 : 502;
}

static VsHttpFile *
make_file (const gchar *name, const VsS3Result *result)
{
  gint64 modified = result->modified_us / G_USEC_PER_SEC;
  g_autoptr (GBytes) nothing = g_bytes_new_static ("", 0);
  gboolean empty = result->status == 416;
  gboolean whole = !empty && result->body != NULL &&
                   g_bytes_get_size (result->body) == result->size;
  VsHttpFile *file;

  if (empty || (whole && is_manifest (name)))
    return vs_http_file_new (empty ? nothing : result->body, modified, TRUE,
        vs_store_content_type (name), vs_store_cache_control (name));
  file = vs_http_file_alloc (modified);
  if (whole)
    file->body = g_bytes_ref (result->body);
  file->size = result->size;
  file->etag = g_strdup_printf ("\"%s\"", result->etag);
  file->content_type = vs_store_content_type (name);
  file->cache_control = vs_store_cache_control (name);
  return file;
}

static void
on_fetched (const VsS3Result *result, gpointer user_data)
{
  Fetch *fetch = user_data;
  VsHttpStore *self = fetch->store;
  const gchar *sentence = NULL;
  guint status = judge (self, result, &sentence);
  g_autoptr (VsHttpFile) file = NULL;

  fetch->call = NULL;
  if (status == 200) {
    file = make_file (fetch->name, result);
    vs_http_kept_put (self->kept, fetch->name, file,
        g_get_monotonic_time () +
            (is_manifest (fetch->name) ? MANIFEST_US : SEGMENT_US));
  }
  for (guint i = 0; i < fetch->visits->len; i++) {
    Visit *visit = g_ptr_array_index (fetch->visits, i);

    if (file != NULL) {
      answer_paused (visit, fetch->name, file);
      continue;
    }
    visit->fetch = NULL;
    vs_http_reply_problem (visit->message, status, sentence);
    soup_server_message_unpause (visit->message);
  }
  g_hash_table_remove (self->fetches, fetch->id);
}

/* Requests ---------------------------------------------------------------- */

static void
on_finished (SoupServerMessage *message, gpointer user_data)
{
  Visit *visit = user_data;
  VsHttpStore *self = visit->store;

  if (visit->fetch != NULL) {
    g_ptr_array_remove_fast (visit->fetch->visits, visit);
    if (visit->fetch->visits->len == 0)
      g_hash_table_remove (self->fetches, visit->fetch->id);
  }
  g_hash_table_remove (self->visits, visit);
}

static Visit *
visit_new (VsHttpStore *self, SoupServerMessage *message)
{
  Visit *visit = g_new0 (Visit, 1);

  visit->store = self;
  visit->message = g_object_ref (message);
  g_signal_connect (message, "finished", G_CALLBACK (on_finished), visit);
  g_hash_table_add (self->visits, visit);
  return visit;
}

/* Is the object to be looked at, rather than read? */
static gboolean
is_head_enough (
    VsHttpStore *self, SoupServerMessage *message, const gchar *name)
{
  return !is_manifest (name) &&
         (self->origin != NULL ||
             soup_server_message_get_method (message) == SOUP_METHOD_HEAD ||
             soup_message_headers_get_one (
                 soup_server_message_get_request_headers (message), "Range"));
}

static Fetch *
fetch_new (VsHttpStore *self, const gchar *name, gboolean head)
{
  Fetch *fetch = g_new0 (Fetch, 1);
  g_autofree gchar *key = make_key (self, name);

  fetch->store = self;
  fetch->id = g_strconcat (head ? "/" : "", name, NULL);
  fetch->name = fetch->id + (head ? 1 : 0);
  fetch->visits = g_ptr_array_new ();
  g_hash_table_insert (self->fetches, fetch->id, fetch);
  fetch->call = head ? vs_http_call_head (self->client, key, on_fetched, fetch)
                     : vs_http_call_get (self->client, key, 0, WHOLE_MAX, NULL,
                           on_fetched, fetch);
  return fetch;
}

static void
wait (Visit *visit, const gchar *name)
{
  VsHttpStore *self = visit->store;
  gboolean head = is_head_enough (self, visit->message, name);
  g_autofree gchar *id = g_strconcat (head ? "/" : "", name, NULL);
  Fetch *fetch = g_hash_table_lookup (self->fetches, id);

  soup_server_message_pause (visit->message);
  if (fetch == NULL)
    fetch = fetch_new (self, name, head);
  visit->fetch = fetch;
  g_ptr_array_add (fetch->visits, visit);
}

void
vs_http_store_serve (
    VsHttpStore *self, SoupServerMessage *message, const gchar *name)
{
  g_autoptr (VsHttpFile) file = NULL;
  Visit *visit;

  if (!is_published (name)) {
    vs_http_reply_status (message, SOUP_STATUS_NOT_FOUND);
    return;
  }
  if (g_hash_table_size (self->visits) >= VISITS_MAX) {
    vs_http_reply_status (message, SOUP_STATUS_SERVICE_UNAVAILABLE);
    return;
  }
  file = vs_http_kept_get (self->kept, name, g_get_monotonic_time ());
  visit = visit_new (self, message);
  if (file == NULL)
    wait (visit, name);
  else
    answer (visit, name, file);
}

/* The store --------------------------------------------------------------- */

/* Somebody waits: soon an answer, or none. */
static void
set_patience (VsS3Config *config)
{
  config->connect_ms = 3000;
  config->stall_ms = 5000;
  config->request_ms = 10000;
  config->attempts = 3;
}

static gchar *
find_origin (VsS3Client *client, GError **error)
{
  const VsS3Config *config = vs_s3_client_get_config (client);
  g_autoptr (VsS3Endpoint) endpoint =
      vs_s3_endpoint_parse (config->endpoint, config->region, error);
  g_autofree gchar *host = NULL;
  g_autofree gchar *path = NULL;

  if (endpoint == NULL)
    return NULL;
  vs_s3_endpoint_locate (
      endpoint, config->addressing, config->bucket, NULL, &host, &path);
  return g_strconcat (endpoint->scheme, "://", host, NULL);
}

VsHttpStore *
vs_http_store_new (const gchar *uri, gboolean redirected, GError **error)
{
  g_autoptr (VsHttpStore) self = g_new0 (VsHttpStore, 1);
  g_autoptr (VsS3Config) config = vs_s3_config_new ();
  g_autofree gchar *prefix = NULL;

  self->kept = vs_http_kept_new (KEEP_BYTES);
  self->fetches = g_hash_table_new_full (
      g_str_hash, g_str_equal, NULL, (GDestroyNotify) fetch_free);
  self->visits =
      g_hash_table_new_full (NULL, NULL, (GDestroyNotify) visit_free, NULL);
  set_patience (config);
  if (!vs_s3_config_set_uri (config, uri, &prefix, error))
    return NULL;
  self->prefix = g_strconcat (prefix,
      *prefix == '\0' || g_str_has_suffix (prefix, "/") ? "" : "/", NULL);
  self->client = vs_s3_client_new (config, error);
  if (self->client == NULL)
    return NULL;
  if (redirected) {
    self->origin = find_origin (self->client, error);
    if (self->origin == NULL)
      return NULL;
  }
  return g_steal_pointer (&self);
}

void
vs_http_store_free (VsHttpStore *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->visits);
  g_hash_table_unref (self->fetches);
  vs_s3_client_free (self->client);
  vs_http_kept_free (self->kept);
  g_free (self->prefix);
  g_free (self->origin);
  g_free (self);
}

const gchar *
vs_http_store_get_origin (VsHttpStore *self)
{
  return self->origin;
}
