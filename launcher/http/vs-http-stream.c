/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-stream.h"
#include "vs-http-head.h"
#include "vs-http-look.h"
#include "vs-http-pipe.h"
#include "vs-http-refuse.h"
#include "vs-http-socket.h"

#include <libsoup/soup.h>
#include <string.h>

#define NEVER G_MAXINT64

/* What is read and thrown away of a body that has been refused. */
#define LINGER_MAX (16 * 1024 * 1024)

/* As long as "Content-Length": nothing else of the head moves. */
#define HIDDEN_LENGTH "X-Vs-Streaming"
#define STREAM_MARK "vs-http-stream"

/* No request: libsoup answers it, and closes. */
#define FAREWELL "-\r\n\r\n"

struct _VsHttpStream {
  GIOStream parent;
  GSocket *socket;
  VsHttpLook *look; /* at the socket */
  VsHttpLimits limits;
  VsHttpStreamChanged changed; /* NULL: forgotten */
  gpointer user_data;
  VsHttpStreamDivert divert; /* NULL: nobody else answers */
  gpointer divert_data;

  GSocketAddress *remote; /* which has our mark, or NULL */
  GInputStream *input;
  GOutputStream *output;

  VsHttpStreamPhase phase;
  GByteArray *head;  /* what has been read and not been handed on */
  gsize scanned;     /* of it, in search of the end */
  gsize ready;       /* of it, to be handed on */
  guint64 body;      /* of the request, bytes that are still to come */
  gint64 body_since; /* µs: when its first byte could come */
  guint64 body_bytes;
  gboolean streamed; /* the body is not libsoup's */
  gboolean idle;     /* waits for the first byte of another head */
  gboolean refused;
  gboolean leaving; /* libsoup has been told; what it says goes nowhere */

  GSource *alarm;
  gint64 due; /* µs; the alarm may ring earlier */

  VsHttpHold *reply; /* what is sent */

  gint64 blocked_since; /* 0: the reader takes what it is given */
  guint64 blocked_bytes;

  GSource *linger;
  gsize lingered;
};

G_DEFINE_FINAL_TYPE (VsHttpStream, vs_http_stream, G_TYPE_IO_STREAM)

static void
set_phase (VsHttpStream *self, VsHttpStreamPhase phase)
{
  VsHttpStreamChanged changed = self->changed;

  if (self->phase == VS_HTTP_STREAM_ENDED)
    return;
  self->phase = phase;
  if (phase == VS_HTTP_STREAM_ENDED)
    self->changed = NULL;
  if (changed != NULL)
    changed (self, phase, self->user_data);
}

/* An alarm that is too early is cheap; one that is moved at each request
 * costs two system calls. So it is only ever moved to an earlier time. */
static void
set_due (VsHttpStream *self, gint64 due)
{
  self->due = due;
  if (due == NEVER)
    return;
  if (g_source_get_ready_time (self->alarm) < 0 ||
      g_source_get_ready_time (self->alarm) > due)
    g_source_set_ready_time (self->alarm, due);
}

static void
set_due_in (VsHttpStream *self, guint ms)
{
  set_due (self, g_get_monotonic_time () + (gint64) ms * 1000);
}

static void
end (VsHttpStream *self)
{
  vs_http_hold_let_go (self->reply);
  if (self->linger != NULL) {
    g_source_destroy (self->linger);
    g_clear_pointer (&self->linger, g_source_unref);
  }
  set_due (self, NEVER);
  vs_http_look_close (self->look);
  g_socket_close (self->socket, NULL);
  set_phase (self, VS_HTTP_STREAM_ENDED);
}

/* Reads away what is still being sent after a refusal. */
static gboolean
on_leftovers (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  VsHttpStream *self = user_data;
  g_autoptr (GError) error = NULL;
  gchar part[16 * 1024];
  gssize got = g_socket_receive_with_blocking (
      socket, part, sizeof part, FALSE, NULL, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;
  self->lingered += (gsize) MAX (got, 0);
  if (got > 0 && self->lingered < LINGER_MAX)
    return G_SOURCE_CONTINUE;
  end (self);
  g_object_unref (self);
  return G_SOURCE_REMOVE;
}

/* libsoup, which sees an end of stream, may close the connection or not. */
static void
start_linger (VsHttpStream *self)
{
  self->linger = g_socket_create_source (self->socket, G_IO_IN, NULL);
  g_source_set_callback (
      self->linger, G_SOURCE_FUNC (on_leftovers), g_object_ref (self), NULL);
  g_source_attach (self->linger, g_source_get_context (self->alarm));
  set_due_in (self, self->limits.linger_ms);
}

static void
refuse (VsHttpStream *self, guint status)
{
  self->refused = TRUE;
  g_byte_array_set_size (self->head, 0);
  vs_http_refuse (self->socket, status);
  if (self->linger == NULL)
    start_linger (self);
}

void
vs_http_stream_abort (VsHttpStream *self)
{
  set_due (self, NEVER);
  g_socket_shutdown (self->socket, TRUE, TRUE, NULL);
}

static gboolean
on_alarm (gpointer user_data)
{
  g_autoptr (VsHttpStream) self = g_object_ref (user_data);

  if (g_get_monotonic_time () < self->due) {
    g_source_set_ready_time (self->alarm, self->due == NEVER ? -1 : self->due);
    return G_SOURCE_CONTINUE;
  }
  g_source_set_ready_time (self->alarm, -1);
  if (self->linger != NULL) {
    end (self);
    g_object_unref (self); /* what lingering held */
  } else {
    if (self->phase == VS_HTTP_STREAM_WAITING && self->head->len > 0)
      refuse (self, 408);
    vs_http_stream_abort (self);
  }
  return G_SOURCE_CONTINUE;
}

/* TRUE: this request is not for us to judge. */
static gboolean
is_diverted (VsHttpStream *self)
{
  guint status = self->divert == NULL ? 0
                                      : self->divert (self->socket,
                                            (const gchar *) self->head->data,
                                            self->head->len, self->divert_data);

  if (status == SOUP_STATUS_OK)
    end (self);
  else if (status != 0)
    refuse (self, status);
  return status != 0;
}

/* Looks at what has been read: TRUE when a whole, good head is there. */
static gboolean
take_head (VsHttpStream *self)
{
  const gchar *data = (const gchar *) self->head->data;
  gsize length = self->head->len;
  gsize end_at = vs_http_head_find_end (data, length, &self->scanned);
  VsHttpBody body = { .get_rule = self->limits.body_rules,
    .user_data = self->limits.body_data };
  guint status;

  if (end_at > 0 && is_diverted (self))
    return FALSE;
  status = end_at > 0 ? vs_http_head_check (data, end_at, &body)
                      : vs_http_head_check_start (data, length);
  if (status == 200) {
    self->ready = end_at;
    self->scanned = 0;
    vs_http_hold_set_bodiless (self->reply, g_str_has_prefix (data, "HEAD "));
    self->body = body.length;
    self->streamed = body.streamed;
    if (body.streamed)
      memcpy (self->head->data + body.name_at, HIDDEN_LENGTH,
          strlen (HIDDEN_LENGTH));
    self->body_since = g_get_monotonic_time ();
    self->body_bytes = 0;
    if (self->body > 0)
      set_due_in (self, self->limits.send_ms);
    else
      set_due (self, NEVER);
    set_phase (self, VS_HTTP_STREAM_SERVING);
    return TRUE;
  }
  if (status != 0)
    refuse (self, status);
  return FALSE;
}

static void
wait_for_head (VsHttpStream *self)
{
  vs_http_hold_let_go (self->reply);
  self->idle = TRUE;
  self->blocked_since = 0;
  set_due_in (self, self->limits.idle_ms);
  set_phase (self, VS_HTTP_STREAM_WAITING);
}

static void
append (VsHttpStream *self, const gchar *data, gsize size)
{
  if (self->idle)
    set_due_in (self, self->limits.header_ms);
  self->idle = FALSE;
  /* RFC 9112 section 2.2: an empty line before a request is passed over. */
  if (self->head->len == 0 && size >= 2 && memcmp (data, "\r\n", 2) == 0) {
    data += 2;
    size -= 2;
  }
  g_byte_array_append (self->head, (const guint8 *) data, (guint) size);
}

/* FALSE: the end of the stream, or @error. */
static gboolean
read_head (VsHttpStream *self, GError **error)
{
  if (self->phase == VS_HTTP_STREAM_SERVING)
    wait_for_head (self);
  if (self->head->len > 0 && take_head (self))
    return TRUE;
  while (!self->refused && self->phase != VS_HTTP_STREAM_ENDED) {
    gchar part[2048];
    gssize got = g_socket_receive_with_blocking (
        self->socket, part, sizeof part, FALSE, NULL, error);

    /* The reader has gone. libsoup 3.2 hears of it and closes nothing. */
    if (got == 0 || (got < 0 && !g_error_matches (*error, G_IO_ERROR,
                                    G_IO_ERROR_WOULD_BLOCK)))
      end (self);
    if (got <= 0)
      return FALSE;
    append (self, part, (gsize) got);
    if (take_head (self))
      return TRUE;
  }
  return FALSE;
}

/* A sender that gives nothing, or too little, is one no more. */
static void
note_body (VsHttpStream *self, gsize got)
{
  gint64 patience = (gint64) self->limits.send_ms * 1000;

  self->body -= got;
  self->body_bytes += got;
  if (self->body == 0)
    set_due (self, NEVER);
  else
    set_due (self, MIN (g_get_monotonic_time () + patience,
                       self->body_since + patience +
                           (gint64) (self->body_bytes * G_USEC_PER_SEC /
                                     self->limits.min_rate)));
}

/* What came with the head comes first. */
static gssize
read_body (VsHttpStream *self, gpointer buffer, gsize size, GError **error)
{
  gssize got;

  size = (gsize) MIN (size, self->body);
  if (self->head->len > 0) {
    size = MIN (size, self->head->len);
    memcpy (buffer, self->head->data, size);
    g_byte_array_remove_range (self->head, 0, (guint) size);
    got = (gssize) size;
  } else {
    got = g_socket_receive_with_blocking (
        self->socket, buffer, size, FALSE, NULL, error);
  }
  if (got > 0)
    note_body (self, (gsize) got);
  return got;
}

/* libsoup 3.2 lets go of a connection that it has answered for the last time,
 * not of one that has ended between two requests: that one it keeps for ever.
 * So it gets something to answer. */
static void
take_leave (VsHttpStream *self)
{
  if (self->leaving)
    return;
  self->leaving = TRUE;
  g_byte_array_set_size (self->head, 0);
  g_byte_array_append (
      self->head, (const guint8 *) FAREWELL, strlen (FAREWELL));
  self->ready = strlen (FAREWELL);
}

static gssize
stream_receive (gpointer owner, gpointer buffer, gsize size, GError **error)
{
  VsHttpStream *self = owner;
  g_autoptr (GError) cause = NULL;

  if (self->refused || self->phase == VS_HTTP_STREAM_ENDED) {
    take_leave (self);
  } else if (self->ready == 0 && self->body > 0) {
    return self->streamed ? 0 : read_body (self, buffer, size, error);
  } else if (self->ready == 0 && !read_head (self, &cause)) {
    if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
      g_propagate_error (error, g_steal_pointer (&cause));
      return -1;
    }
    take_leave (self);
  }
  size = MIN (size, self->ready);
  memcpy (buffer, self->head->data, size);
  g_byte_array_remove_range (self->head, 0, (guint) size);
  self->ready -= size;
  return (gssize) size;
}

/* A reader that takes nothing, or too little, is a reader no more. */
static void
set_due_of_reader (VsHttpStream *self, gssize sent)
{
  gint64 now = g_get_monotonic_time ();
  gint64 patience = (gint64) self->limits.send_ms * 1000;
  gint64 due;

  if (self->blocked_since == 0) {
    self->blocked_since = now;
    self->blocked_bytes = 0;
  }
  self->blocked_bytes += (guint64) MAX (sent, 0);
  due = self->blocked_since + patience +
        (gint64) (self->blocked_bytes * G_USEC_PER_SEC / self->limits.min_rate);
  /* Where nothing was sent, what was due before still is. */
  if (sent > 0 || self->due == NEVER)
    set_due (self, MIN (now + patience, due));
}

static gssize
stream_send (gpointer owner, gconstpointer data, gsize size, GError **error)
{
  VsHttpStream *self = owner;
  gssize sent;

  if (self->leaving)
    return (gssize) size;
  sent = vs_http_hold_send (self->reply, data, size, error);
  if (sent == (gssize) size) {
    self->blocked_since = 0;
    if (self->body == 0)
      set_due (self, NEVER);
  } else {
    set_due_of_reader (self, sent);
  }
  return sent;
}

static GSource *
stream_watch (gpointer owner, GIOCondition condition)
{
  VsHttpStream *self = owner;

  if ((condition & G_IO_IN) != 0 && self->ready == 0 && self->body == 0 &&
      self->phase == VS_HTTP_STREAM_SERVING)
    wait_for_head (self);
  /* What has been read already makes no socket readable. */
  if ((condition & G_IO_IN) != 0 &&
      (self->refused || self->phase == VS_HTTP_STREAM_ENDED ||
          self->ready > 0 ||
          ((self->idle || self->body > 0) && self->head->len > 0)))
    return g_timeout_source_new (0);
  if (condition == G_IO_IN)
    return vs_http_look_wait (self->look);
  return g_socket_create_source (self->socket, condition, NULL);
}

static const VsHttpPipeClass STREAM_PIPE = { stream_receive, stream_send,
  stream_watch };

static gboolean
vs_http_stream_close (
    GIOStream *stream, GCancellable *cancellable, GError **error)
{
  VsHttpStream *self = VS_HTTP_STREAM (stream);

  if (self->linger != NULL)
    return TRUE;
  /* Answered in the middle of a body that is streamed. */
  if (self->streamed && self->body > 0 && self->changed != NULL) {
    self->refused = TRUE;
    g_byte_array_set_size (self->head, 0);
    g_socket_shutdown (self->socket, FALSE, TRUE, NULL);
    start_linger (self);
  } else {
    end (self);
  }
  return TRUE;
}

void
vs_http_stream_mark (VsHttpStream *self, GSocketAddress *remote)
{
  self->remote = g_object_ref (remote);
  g_object_set_data (G_OBJECT (remote), STREAM_MARK, self);
}

VsHttpStream *
vs_http_stream_find (GSocketAddress *remote)
{
  return remote ? g_object_get_data (G_OBJECT (remote), STREAM_MARK) : NULL;
}

VsHttpHold *
vs_http_stream_get_reply (VsHttpStream *self)
{
  return self->reply;
}

guint64
vs_http_stream_get_body (VsHttpStream *self)
{
  return self->streamed ? self->body : 0;
}

gssize
vs_http_stream_read_body (
    VsHttpStream *self, gpointer buffer, gsize size, GError **error)
{
  if (self->refused || self->phase == VS_HTTP_STREAM_ENDED || self->ready > 0 ||
      vs_http_stream_get_body (self) == 0)
    return 0;
  return read_body (self, buffer, size, error);
}

GSource *
vs_http_stream_watch_body (VsHttpStream *self, gboolean *held)
{
  *held = self->phase == VS_HTTP_STREAM_ENDED || self->head->len > 0;
  if (*held)
    return g_timeout_source_new (0);
  return g_socket_create_source (self->socket, G_IO_IN, NULL);
}

static GInputStream *
vs_http_stream_get_input (GIOStream *stream)
{
  return VS_HTTP_STREAM (stream)->input;
}

static GOutputStream *
vs_http_stream_get_output (GIOStream *stream)
{
  return VS_HTTP_STREAM (stream)->output;
}

static void
vs_http_stream_finalize (GObject *object)
{
  VsHttpStream *self = VS_HTTP_STREAM (object);

  end (self);
  if (self->remote != NULL)
    g_object_set_data (G_OBJECT (self->remote), STREAM_MARK, NULL);
  g_clear_object (&self->remote);
  vs_http_pipe_forget (self->input);
  vs_http_pipe_forget (self->output);
  g_object_unref (self->input);
  g_object_unref (self->output);
  g_source_destroy (self->alarm);
  g_source_unref (self->alarm);
  g_byte_array_unref (self->head);
  vs_http_hold_free (self->reply);
  vs_http_look_free (self->look);
  g_object_unref (self->socket);
  G_OBJECT_CLASS (vs_http_stream_parent_class)->finalize (object);
}

static void
vs_http_stream_class_init (VsHttpStreamClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vs_http_stream_finalize;
  G_IO_STREAM_CLASS (klass)->get_input_stream = vs_http_stream_get_input;
  G_IO_STREAM_CLASS (klass)->get_output_stream = vs_http_stream_get_output;
  G_IO_STREAM_CLASS (klass)->close_fn = vs_http_stream_close;
}

static gboolean
dispatch_alarm (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

static GSourceFuncs alarm_funcs = { NULL, NULL, dispatch_alarm, NULL };

static void
vs_http_stream_init (VsHttpStream *self)
{
  self->head = g_byte_array_new ();
  self->input = vs_http_input_new (&STREAM_PIPE, self);
  self->output = vs_http_output_new (&STREAM_PIPE, self);
  self->alarm = g_source_new (&alarm_funcs, sizeof (GSource));
  g_source_set_callback (self->alarm, on_alarm, self, NULL);
  g_source_attach (self->alarm, g_main_context_get_thread_default ());
}

VsHttpStream *
vs_http_stream_new (GSocket *socket, const VsHttpLimits *limits,
    VsHttpStreamChanged changed, gpointer user_data)
{
  VsHttpStream *self = g_object_new (VS_TYPE_HTTP_STREAM, NULL);

  vs_http_socket_prepare (socket);
  self->socket = g_object_ref (socket);
  self->look = vs_http_look_new (socket);
  self->reply = vs_http_hold_new (socket);
  self->limits = *limits;
  self->changed = changed;
  self->user_data = user_data;
  set_due_in (self, limits->header_ms);
  return self;
}

void
vs_http_stream_prepend (VsHttpStream *self, const guint8 *data, gsize size)
{
  g_byte_array_append (self->head, data, (guint) size);
  self->idle = size > 0; /* it is looked at, whether more comes or not */
}

void
vs_http_stream_set_divert (
    VsHttpStream *self, VsHttpStreamDivert divert, gpointer user_data)
{
  self->divert = divert;
  self->divert_data = user_data;
}

void
vs_http_stream_forget (VsHttpStream *self)
{
  gboolean lingers = self->linger != NULL;

  self->changed = NULL;
  if (!lingers)
    return;
  end (self);
  g_object_unref (self);
}
