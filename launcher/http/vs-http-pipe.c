/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-pipe.h"

typedef struct {
  const VsHttpPipeClass *klass;
  gpointer owner; /* NULL: gone */
} Pipe;

#define VS_TYPE_HTTP_INPUT (vs_http_input_get_type ())
G_DECLARE_FINAL_TYPE (VsHttpInput, vs_http_input, VS, HTTP_INPUT, GInputStream)
#define VS_TYPE_HTTP_OUTPUT (vs_http_output_get_type ())
G_DECLARE_FINAL_TYPE (
    VsHttpOutput, vs_http_output, VS, HTTP_OUTPUT, GOutputStream)

struct _VsHttpInput {
  GInputStream parent;
  Pipe pipe;
};

struct _VsHttpOutput {
  GOutputStream parent;
  Pipe pipe;
};

static void vs_http_input_pollable (GPollableInputStreamInterface *iface);
static void vs_http_output_pollable (GPollableOutputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (VsHttpInput, vs_http_input, G_TYPE_INPUT_STREAM,
    G_IMPLEMENT_INTERFACE (
        G_TYPE_POLLABLE_INPUT_STREAM, vs_http_input_pollable))
G_DEFINE_FINAL_TYPE_WITH_CODE (VsHttpOutput, vs_http_output,
    G_TYPE_OUTPUT_STREAM,
    G_IMPLEMENT_INTERFACE (
        G_TYPE_POLLABLE_OUTPUT_STREAM, vs_http_output_pollable))

static gssize
fail (GError **error)
{
  g_set_error_literal (
      error, G_IO_ERROR, G_IO_ERROR_CLOSED, "The connection is closed.");
  return -1;
}

static gssize
receive (Pipe *pipe, gpointer buffer, gsize size, GError **error)
{
  if (pipe->owner == NULL)
    return 0;
  return pipe->klass->receive (pipe->owner, buffer, size, error);
}

static gssize
send_some (Pipe *pipe, gconstpointer data, gsize size, GError **error)
{
  if (pipe->owner == NULL)
    return fail (error);
  return pipe->klass->send (pipe->owner, data, size, error);
}

/* What is gone is ready at once: the read or write then says so. */
static GSource *
watch (Pipe *pipe, gpointer stream, GIOCondition condition,
    GCancellable *cancellable)
{
  g_autoptr (GSource) child = NULL;

  if (pipe->owner != NULL)
    child = pipe->klass->watch (pipe->owner, condition);
  else
    child = g_timeout_source_new (0);
  return g_pollable_source_new_full (stream, child, cancellable);
}

static gssize
vs_http_input_read (GInputStream *stream, void *buffer, gsize count,
    GCancellable *cancellable, GError **error)
{
  return receive (&VS_HTTP_INPUT (stream)->pipe, buffer, count, error);
}

static gssize
vs_http_input_read_nonblocking (
    GPollableInputStream *stream, void *buffer, gsize count, GError **error)
{
  return receive (&VS_HTTP_INPUT (stream)->pipe, buffer, count, error);
}

static GSource *
vs_http_input_create_source (
    GPollableInputStream *stream, GCancellable *cancellable)
{
  return watch (&VS_HTTP_INPUT (stream)->pipe, stream, G_IO_IN, cancellable);
}

/* Reads never block, so there is no need to ask first. */
static gboolean
vs_http_input_is_readable (GPollableInputStream *stream)
{
  return TRUE;
}

static void
vs_http_input_pollable (GPollableInputStreamInterface *iface)
{
  iface->is_readable = vs_http_input_is_readable;
  iface->create_source = vs_http_input_create_source;
  iface->read_nonblocking = vs_http_input_read_nonblocking;
}

static void
vs_http_input_class_init (VsHttpInputClass *klass)
{
  G_INPUT_STREAM_CLASS (klass)->read_fn = vs_http_input_read;
}

static void
vs_http_input_init (VsHttpInput *self)
{
}

static gssize
vs_http_output_write (GOutputStream *stream, const void *data, gsize count,
    GCancellable *cancellable, GError **error)
{
  return send_some (&VS_HTTP_OUTPUT (stream)->pipe, data, count, error);
}

static gssize
vs_http_output_write_nonblocking (GPollableOutputStream *stream,
    const void *data, gsize count, GError **error)
{
  return send_some (&VS_HTTP_OUTPUT (stream)->pipe, data, count, error);
}

static GSource *
vs_http_output_create_source (
    GPollableOutputStream *stream, GCancellable *cancellable)
{
  return watch (&VS_HTTP_OUTPUT (stream)->pipe, stream, G_IO_OUT, cancellable);
}

static gboolean
vs_http_output_is_writable (GPollableOutputStream *stream)
{
  return TRUE;
}

static void
vs_http_output_pollable (GPollableOutputStreamInterface *iface)
{
  iface->is_writable = vs_http_output_is_writable;
  iface->create_source = vs_http_output_create_source;
  iface->write_nonblocking = vs_http_output_write_nonblocking;
}

static void
vs_http_output_class_init (VsHttpOutputClass *klass)
{
  G_OUTPUT_STREAM_CLASS (klass)->write_fn = vs_http_output_write;
}

static void
vs_http_output_init (VsHttpOutput *self)
{
}

GInputStream *
vs_http_input_new (const VsHttpPipeClass *klass, gpointer owner)
{
  VsHttpInput *self = g_object_new (VS_TYPE_HTTP_INPUT, NULL);

  self->pipe = (Pipe){ klass, owner };
  return G_INPUT_STREAM (self);
}

GOutputStream *
vs_http_output_new (const VsHttpPipeClass *klass, gpointer owner)
{
  VsHttpOutput *self = g_object_new (VS_TYPE_HTTP_OUTPUT, NULL);

  self->pipe = (Pipe){ klass, owner };
  return G_OUTPUT_STREAM (self);
}

void
vs_http_pipe_forget (gpointer pipe)
{
  if (VS_IS_HTTP_INPUT (pipe))
    VS_HTTP_INPUT (pipe)->pipe.owner = NULL;
  else
    VS_HTTP_OUTPUT (pipe)->pipe.owner = NULL;
}
