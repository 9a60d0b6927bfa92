/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-events.h"

#define LISTENERS_MAX 64
#define OBJECTS_KEPT 256

/* What is kept of events without a number for one who is busy. */
#define LATE_MAX (64 * 1024)

/* One event, ready to be sent. */
typedef struct {
  gchar *text;
  gchar *owner; /* NULL: everybody's */
} Entry;

struct _VsHttpEvents {
  GSource *heartbeat;
  GPtrArray *listeners; /* Listener */
  gchar *job;           /* as an event */
  guint64 job_number;
  Entry objects[OBJECTS_KEPT]; /* a ring */
  guint64 n_objects;           /* ever */
  guint64 first;               /* what came before was another process's */
  gboolean from_now;           /* newcomers do not hear what was */
};

typedef struct {
  VsHttpEvents *events;
  SoupServerMessage *message;
  gboolean busy; /* has not taken its chunk yet */
  gchar *owner;  /* NULL: hears all */
  guint64 job_number;
  guint64 n_objects;
  GString *late; /* told while it was busy */
} Listener;

/* A line of data may not hold an end of line: it becomes several lines, which
 * the reader joins again. */
static gchar *
make_event (const gchar *name, guint64 id, const gchar *data)
{
  g_auto (GStrv) lines = g_strsplit_set (data, "\r\n", -1);
  GString *event = g_string_new (NULL);

  g_string_append_printf (event, "event: %s\n", name);
  if (id > 0)
    g_string_append_printf (event, "id: %" G_GUINT64_FORMAT "\n", id);
  for (guint i = 0; lines[i] != NULL; i++)
    g_string_append_printf (event, "data: %s\n", lines[i]);
  g_string_append_c (event, '\n');
  return g_string_free (event, FALSE);
}

static gboolean
may_hear (const Listener *listener, const gchar *owner)
{
  return !listener->owner || !owner || g_str_equal (listener->owner, owner);
}

static void
send_text (Listener *listener, GString *text)
{
  SoupMessageBody *body =
      soup_server_message_get_response_body (listener->message);

  listener->busy = TRUE;
  soup_message_body_append_take (body, (guchar *) text->str, text->len);
  g_string_free (text, FALSE);
}

/* What this listener has not heard yet; FALSE: nothing. */
static gboolean
send_news (Listener *listener)
{
  VsHttpEvents *self = listener->events;
  GString *text = g_string_new (NULL);
  guint64 at = MAX (listener->n_objects, self->first);

  if (self->n_objects > OBJECTS_KEPT)
    at = MAX (at, self->n_objects - OBJECTS_KEPT);
  for (; at < self->n_objects; at++) {
    const Entry *entry = &self->objects[at % OBJECTS_KEPT];

    if (may_hear (listener, entry->owner))
      g_string_append (text, entry->text);
  }
  if (listener->job_number < self->job_number)
    g_string_append (text, self->job);
  g_string_append_len (text, listener->late->str, (gssize) listener->late->len);
  g_string_truncate (listener->late, 0);
  listener->n_objects = self->n_objects;
  listener->job_number = self->job_number;
  if (text->len == 0) {
    g_string_free (text, TRUE);
    return FALSE;
  }
  send_text (listener, text);
  return TRUE;
}

static void
on_wrote_chunk (SoupServerMessage *message, gpointer user_data)
{
  Listener *listener = user_data;

  listener->busy = FALSE;
  send_news (listener);
}

static void
on_finished (SoupServerMessage *message, gpointer user_data)
{
  Listener *listener = user_data;

  g_signal_handlers_disconnect_by_data (message, listener);
  g_ptr_array_remove_fast (listener->events->listeners, listener);
}

static void
listener_free (Listener *self)
{
  g_signal_handlers_disconnect_by_data (self->message, self);
  g_object_unref (self->message);
  g_string_free (self->late, TRUE);
  g_free (self->owner);
  g_free (self);
}

static void
tell_all (VsHttpEvents *self)
{
  for (guint i = 0; i < self->listeners->len; i++) {
    Listener *listener = g_ptr_array_index (self->listeners, i);

    if (!listener->busy && send_news (listener))
      soup_server_message_unpause (listener->message);
  }
}

static gboolean
on_heartbeat (gpointer user_data)
{
  VsHttpEvents *self = user_data;

  for (guint i = 0; i < self->listeners->len; i++) {
    Listener *listener = g_ptr_array_index (self->listeners, i);

    if (listener->busy)
      continue;
    send_text (listener, g_string_new (":\n\n"));
    soup_server_message_unpause (listener->message);
  }
  return G_SOURCE_CONTINUE;
}

VsHttpEvents *
vs_http_events_new (guint heartbeat_ms)
{
  VsHttpEvents *self = g_new0 (VsHttpEvents, 1);

  self->listeners =
      g_ptr_array_new_with_free_func ((GDestroyNotify) listener_free);
  self->heartbeat = g_timeout_source_new (heartbeat_ms);
  g_source_set_callback (self->heartbeat, on_heartbeat, self, NULL);
  g_source_attach (self->heartbeat, g_main_context_get_thread_default ());
  return self;
}

void
vs_http_events_free (VsHttpEvents *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->listeners);
  g_source_destroy (self->heartbeat);
  g_source_unref (self->heartbeat);
  for (guint i = 0; i < OBJECTS_KEPT; i++) {
    g_free (self->objects[i].text);
    g_free (self->objects[i].owner);
  }
  g_free (self->job);
  g_free (self);
}

static void
set_headers (SoupServerMessage *message)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_response_headers (message);

  soup_message_headers_replace (headers, "Content-Type", "text/event-stream");
  soup_message_headers_replace (headers, "Cache-Control", "no-store");
  soup_message_headers_replace (headers, "X-Content-Type-Options", "nosniff");
  /* nginx would hold small events back until it has a full buffer. */
  soup_message_headers_replace (headers, "X-Accel-Buffering", "no");
  soup_message_headers_set_encoding (
      headers, soup_server_message_get_http_version (message) == SOUP_HTTP_1_0
                   ? SOUP_ENCODING_EOF
                   : SOUP_ENCODING_CHUNKED);
}

/* What the listener had heard when its last connection broke. An id of
 * another server, which ran here before, is none of ours. */
static guint64
get_last_id (VsHttpEvents *self, SoupServerMessage *message)
{
  const gchar *id = soup_message_headers_get_one (
      soup_server_message_get_request_headers (message), "Last-Event-ID");
  guint64 number = id != NULL ? g_ascii_strtoull (id, NULL, 10) : 0;

  if (id == NULL && self->from_now)
    return self->n_objects;
  return number <= self->n_objects ? number : 0;
}

gboolean
vs_http_events_add (VsHttpEvents *self, SoupServerMessage *message)
{
  return vs_http_events_add_for (self, message, NULL);
}

gboolean
vs_http_events_add_for (
    VsHttpEvents *self, SoupServerMessage *message, const gchar *owner)
{
  Listener *listener;

  if (self->listeners->len >= LISTENERS_MAX)
    return FALSE;
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  set_headers (message);
  if (soup_server_message_get_method (message) == SOUP_METHOD_HEAD)
    return TRUE;
  soup_message_body_set_accumulate (
      soup_server_message_get_response_body (message), FALSE);
  listener = g_new0 (Listener, 1);
  listener->events = self;
  listener->message = g_object_ref (message);
  listener->owner = g_strdup (owner);
  listener->late = g_string_new (NULL);
  listener->n_objects = get_last_id (self, message);
  g_ptr_array_add (self->listeners, listener);
  g_signal_connect (
      message, "wrote-chunk", G_CALLBACK (on_wrote_chunk), listener);
  g_signal_connect (message, "finished", G_CALLBACK (on_finished), listener);
  if (!send_news (listener))
    send_text (listener, g_string_new (":\n\n"));
  return TRUE;
}

void
vs_http_events_set_job (VsHttpEvents *self, const gchar *json)
{
  g_free (self->job);
  self->job = make_event ("job", 0, json);
  self->job_number++;
  tell_all (self);
}

void
vs_http_events_continue (VsHttpEvents *self, guint64 last)
{
  self->n_objects = self->first = last;
  self->from_now = TRUE;
}

guint64
vs_http_events_post (VsHttpEvents *self, const gchar *name, const gchar *owner,
    const gchar *json)
{
  Entry *entry = &self->objects[self->n_objects++ % OBJECTS_KEPT];

  g_free (entry->text);
  g_free (entry->owner);
  entry->text = make_event (name, self->n_objects, json);
  entry->owner = g_strdup (owner);
  tell_all (self);
  return self->n_objects;
}

void
vs_http_events_tell (VsHttpEvents *self, const gchar *name, const gchar *owner,
    const gchar *json)
{
  g_autofree gchar *text = make_event (name, 0, json);

  for (guint i = 0; i < self->listeners->len; i++) {
    Listener *listener = g_ptr_array_index (self->listeners, i);

    if (!may_hear (listener, owner))
      continue;
    if (listener->late->len < LATE_MAX)
      g_string_append (listener->late, text);
    if (!listener->busy && send_news (listener))
      soup_server_message_unpause (listener->message);
  }
}

void
vs_http_events_add_object (VsHttpEvents *self, const gchar *json)
{
  vs_http_events_post (self, "object", NULL, json);
}
