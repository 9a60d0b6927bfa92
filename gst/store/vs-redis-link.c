/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Redis 6 tells a connection which keys under a prefix others have changed
 * (CLIENT TRACKING with BCAST, NOLOOP and REDIRECT): no server setting is
 * needed, and our own writes are not told. An older one, or one that forbids
 * it, is looked at once a second instead. */
#include "store/vs-redis-link.h"

#include "core/vs-error.h"

#include <string.h>

#define CONNECT_S 1
#define ANSWER_S 2
#define INVALIDATE "__redis__:invalidate"

struct _VsRedisLink {
  gchar *host, *path; /* one of them */
  gint port;
  gchar *user, *password, *db;
  gchar *name; /* for sentences: no secrets */

  redisContext *commands;
  redisContext *listener; /* or NULL */
  GPtrArray *batch;       /* GPtrArray of words */
};

/* ---- where ---- */

static void
free_words (gpointer words)
{
  g_ptr_array_unref (words);
}

static gboolean
refuse (VsRedisLink *link, GError **error)
{
  g_set_error_literal (error, VS_ERROR, VS_ERROR_BAD_VALUE,
      "The place of a queue in Redis is redis://host:6379/0?key=name or "
      "redis+unix:///path?key=name, with a password as "
      "redis://:password@host.");
  return FALSE;
}

static gboolean
is_number (const gchar *text)
{
  return *text != '\0' && strlen (text) < 6 &&
         strspn (text, "0123456789") == strlen (text);
}

static gboolean
read_params (VsRedisLink *link, const gchar *query, gchar **key)
{
  g_autoptr (GHashTable) params = g_uri_parse_params (
      query != NULL ? query : "", -1, "&", G_URI_PARAMS_NONE, NULL);
  const gchar *db;

  if (params == NULL)
    return FALSE;
  *key = g_strdup (g_hash_table_lookup (params, "key"));
  db = g_hash_table_lookup (params, "db");
  if (db != NULL) {
    g_free (link->db);
    link->db = g_strdup (db);
  }
  return *key != NULL && **key != '\0' && strlen (*key) <= 256 &&
         (link->db == NULL || is_number (link->db));
}

static gboolean
read_location (VsRedisLink *link, const gchar *location, gchar **key)
{
  g_autoptr (GUri) uri = g_uri_parse (location, G_URI_FLAGS_HAS_PASSWORD, NULL);
  const gchar *path;

  if (uri == NULL)
    return FALSE;
  path = g_uri_get_path (uri);
  if (g_str_equal (g_uri_get_scheme (uri), "redis+unix")) {
    link->path = g_strdup (path);
    link->name = g_strdup (path);
    return *path == '/' && read_params (link, g_uri_get_query (uri), key);
  }
  link->host = g_strdup (g_uri_get_host (uri));
  link->port = g_uri_get_port (uri) > 0 ? g_uri_get_port (uri) : 6379;
  link->user = g_strdup (g_uri_get_user (uri));
  link->password = g_strdup (g_uri_get_password (uri));
  if (*path == '/' && path[1] != '\0')
    link->db = g_strdup (path + 1);
  if (link->host == NULL || *link->host == '\0')
    return FALSE;
  link->name = g_strdup_printf ("%s:%d", link->host, link->port);
  return read_params (link, g_uri_get_query (uri), key);
}

VsRedisLink *
vs_redis_link_new (const gchar *location, gchar **key, GError **error)
{
  VsRedisLink *link = g_new0 (VsRedisLink, 1);

  *key = NULL;
  link->batch = g_ptr_array_new_with_free_func (free_words);
  if (read_location (link, location, key))
    return link;
  g_clear_pointer (key, g_free);
  vs_redis_link_free (link);
  refuse (link, error);
  return NULL;
}

void
vs_redis_link_free (VsRedisLink *link)
{
  vs_redis_link_drop (link);
  g_ptr_array_unref (link->batch);
  g_free (link->host);
  g_free (link->path);
  g_free (link->user);
  if (link->password != NULL)
    memset (link->password, 0, strlen (link->password));
  g_free (link->password);
  g_free (link->db);
  g_free (link->name);
  g_free (link);
}

void
vs_redis_link_drop (VsRedisLink *link)
{
  g_clear_pointer (&link->commands, redisFree);
  g_clear_pointer (&link->listener, redisFree);
  g_ptr_array_set_size (link->batch, 0);
}

/* ---- errors ---- */

static gboolean
fail (VsRedisLink *link, const redisContext *context, GError **error)
{
  const gchar *why = context != NULL && context->errstr[0] != '\0'
                         ? context->errstr
                         : "no memory";

  if (context != NULL && context->err == REDIS_ERR_IO)
    why = "it does not answer";
  g_set_error (error, VS_ERROR, VS_ERROR_UNAVAILABLE,
      "The queue's Redis at %s is away (%s); it is tried again.", link->name,
      why);
  vs_redis_link_drop (link);
  return FALSE;
}

/* What Redis says in an error is one line, and holds no secrets. */
static gboolean
tell_error (VsRedisLink *link, const redisReply *reply, GError **error)
{
  static const struct {
    const gchar *prefix;
    VsError code;
  } kinds[] = {
    { "OOM", VS_ERROR_NO_SPACE },
    { "EXECABORT", VS_ERROR_NO_SPACE },
    { "MISCONF", VS_ERROR_NO_OUTPUT },
    { "READONLY", VS_ERROR_NO_OUTPUT },
    { "NOAUTH", VS_ERROR_NOT_PERMITTED },
    { "WRONGPASS", VS_ERROR_NOT_PERMITTED },
    { "NOPERM", VS_ERROR_NOT_PERMITTED },
    { "WRONGTYPE", VS_ERROR_BAD_DATA },
  };
  VsError code = VS_ERROR_UNAVAILABLE;

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    if (g_str_has_prefix (reply->str, kinds[i].prefix))
      code = kinds[i].code;
  }
  g_set_error (error, VS_ERROR, code, "The queue's Redis at %s says “%.200s”.",
      link->name, reply->str);
  vs_redis_link_drop (link);
  return FALSE;
}

/* ---- connecting ---- */

static redisContext *
open_context (VsRedisLink *link)
{
  const struct timeval connecting = { CONNECT_S, 0 }, answer = { ANSWER_S, 0 };
  redisContext *context =
      link->path != NULL
          ? redisConnectUnixWithTimeout (link->path, connecting)
          : redisConnectWithTimeout (link->host, link->port, connecting);

  if (context != NULL && context->err == 0)
    redisSetTimeout (context, answer);
  return context;
}

static redisReply *
run_words (redisContext *context, GPtrArray *words)
{
  g_autofree gsize *lengths = g_new (gsize, words->len);

  for (guint i = 0; i < words->len; i++)
    lengths[i] = strlen (g_ptr_array_index (words, i));
  return redisCommandArgv (
      context, (gint) words->len, (const gchar **) words->pdata, lengths);
}

static GPtrArray *
collect (const gchar *first, va_list args)
{
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);

  for (const gchar *word = first; word != NULL;
       word = va_arg (args, const gchar *))
    g_ptr_array_add (words, g_strdup (word));
  return words;
}

/* TRUE: it was said, and Redis did not say no. */
static gboolean
say (VsRedisLink *link, redisContext *context, GPtrArray *words, GError **error)
{
  g_autoptr (VsRedisReply) reply = run_words (context, words);

  g_ptr_array_unref (words);
  if (reply == NULL)
    return fail (link, context, error);
  if (reply->type == REDIS_REPLY_ERROR)
    return tell_error (link, reply, error);
  return TRUE;
}

static GPtrArray *words_of (const gchar *first, ...) G_GNUC_NULL_TERMINATED;

static GPtrArray *
words_of (const gchar *first, ...)
{
  GPtrArray *words;
  va_list args;

  va_start (args, first);
  words = collect (first, args);
  va_end (args);
  return words;
}

static gboolean
log_in (VsRedisLink *link, redisContext *context, GError **error)
{
  gboolean has_user = link->user != NULL && *link->user != '\0';

  if (link->password != NULL &&
      !say (link, context,
          has_user ? words_of ("AUTH", link->user, link->password, NULL)
                   : words_of ("AUTH", link->password, NULL),
          error))
    return FALSE;
  return link->db == NULL ||
         say (link, context, words_of ("SELECT", link->db, NULL), error);
}

/* A second connection, that is told. Where that cannot be, there is none. */
static void
listen_for (VsRedisLink *link, const gchar *prefix)
{
  redisContext *context = open_context (link);
  g_autoptr (VsRedisReply) id = NULL;
  g_autoptr (VsRedisReply) reply = NULL;
  g_autofree gchar *number = NULL;
  g_autoptr (GPtrArray) words = NULL;

  if (context != NULL && context->err == 0 &&
      (link->password == NULL || log_in (link, context, NULL)) &&
      link->commands != NULL)
    id = redisCommand (context, "CLIENT ID");
  if (id == NULL || id->type != REDIS_REPLY_INTEGER) {
    g_clear_pointer (&context, redisFree);
    return;
  }
  number = g_strdup_printf ("%lld", id->integer);
  reply = redisCommand (context, "SUBSCRIBE " INVALIDATE);
  words = words_of ("CLIENT", "TRACKING", "ON", "REDIRECT", number, "BCAST",
      "PREFIX", prefix, "NOLOOP", NULL);
  if (reply != NULL && reply->type == REDIS_REPLY_ARRAY) {
    freeReplyObject (g_steal_pointer (&reply));
    reply = run_words (link->commands, words);
    if (reply != NULL && reply->type != REDIS_REPLY_ERROR)
      link->listener = g_steal_pointer (&context);
  }
  g_clear_pointer (&context, redisFree);
}

gboolean
vs_redis_link_ensure (VsRedisLink *link, const gchar *prefix, GError **error)
{
  redisContext *context;

  if (link->commands != NULL)
    return TRUE;
  context = open_context (link);
  if (context == NULL || context->err != 0) {
    fail (link, context, error);
    g_clear_pointer (&context, redisFree);
    return FALSE;
  }
  if (!log_in (link, context, error)) {
    redisFree (context);
    return FALSE;
  }
  link->commands = context;
  listen_for (link, prefix);
  if (link->commands != NULL && link->commands->err == 0)
    return TRUE;
  return fail (link, link->commands, error);
}

/* ---- listening ---- */

gboolean
vs_redis_link_is_listening (VsRedisLink *link)
{
  return link->listener != NULL;
}

gint
vs_redis_link_get_fd (VsRedisLink *link)
{
  return link->listener != NULL ? link->listener->fd : -1;
}

gboolean
vs_redis_link_hear (VsRedisLink *link)
{
  GPollFD fd = { vs_redis_link_get_fd (link), G_IO_IN, 0 };
  gboolean heard = FALSE;
  void *reply = NULL;

  if (fd.fd < 0 || g_poll (&fd, 1, 0) <= 0)
    return FALSE;
  if (redisBufferRead (link->listener) != REDIS_OK) {
    vs_redis_link_drop (link);
    return TRUE;
  }
  while (redisGetReplyFromReader (link->listener, &reply) == REDIS_OK &&
         reply != NULL) {
    heard = TRUE;
    freeReplyObject (reply);
    reply = NULL;
  }
  return heard;
}

/* ---- commands ---- */

redisReply *
vs_redis_link_run (VsRedisLink *link, GError **error, ...)
{
  g_autoptr (GPtrArray) words = NULL;
  redisReply *reply;
  va_list args;

  if (link->commands == NULL) {
    fail (link, NULL, error);
    return NULL;
  }
  va_start (args, error);
  words = collect (va_arg (args, const gchar *), args);
  va_end (args);
  reply = run_words (link->commands, words);
  if (reply == NULL)
    fail (link, link->commands, error);
  else if (reply->type == REDIS_REPLY_ERROR) {
    tell_error (link, reply, error);
    g_clear_pointer (&reply, freeReplyObject);
  }
  return reply;
}

void
vs_redis_link_add (VsRedisLink *link, GPtrArray *words)
{
  g_ptr_array_add (link->batch, words);
}

void
vs_redis_link_add_words (VsRedisLink *link, const gchar *first, ...)
{
  va_list args;

  va_start (args, first);
  vs_redis_link_add (link, collect (first, args));
  va_end (args);
}

static void
append (redisContext *context, GPtrArray *words)
{
  g_autofree gsize *lengths = g_new (gsize, words->len);

  for (guint i = 0; i < words->len; i++)
    lengths[i] = strlen (g_ptr_array_index (words, i));
  redisAppendCommandArgv (
      context, (gint) words->len, (const gchar **) words->pdata, lengths);
}

/* Within EXEC's answer as well: such a command was not carried out. */
static const redisReply *
find_error (const redisReply *reply)
{
  if (reply->type == REDIS_REPLY_ERROR)
    return reply;
  for (gsize i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements;
       i++) {
    if (reply->element[i]->type == REDIS_REPLY_ERROR)
      return reply->element[i];
  }
  return NULL;
}

gboolean
vs_redis_link_exec (VsRedisLink *link, GError **error)
{
  guint n = link->batch->len + 2;
  g_autoptr (VsRedisReply) last = NULL;

  if (link->commands == NULL)
    return fail (link, NULL, error);
  redisAppendCommand (link->commands, "MULTI");
  for (guint i = 0; i < link->batch->len; i++)
    append (link->commands, g_ptr_array_index (link->batch, i));
  redisAppendCommand (link->commands, "EXEC");
  g_ptr_array_set_size (link->batch, 0);
  for (guint i = 0; i < n; i++) {
    void *reply = NULL;

    g_clear_pointer (&last, freeReplyObject);
    if (redisGetReply (link->commands, &reply) != REDIS_OK || reply == NULL)
      return fail (link, link->commands, error);
    last = reply;
    /* one that was not queued makes EXEC fail: nothing is done then */
    if (find_error (last) != NULL)
      return tell_error (link, find_error (last), error);
  }
  return last->type == REDIS_REPLY_ARRAY;
}
