/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-call.h"

/* Longer than the client itself takes to give up, but for retries. */
#define LIMIT_MS 20000

struct _VsHttpCall {
  gint refs; /* atomic: the caller's, and the client's */
  GMainContext *context;
  VsS3Client *client;
  VsS3Call id;
  GSource *limit;
  VsHttpCallDone done; /* NULL: cancelled */
  gpointer user_data;
  VsS3Result *result; /* set before the main context is told */
};

static void
call_unref (VsHttpCall *self)
{
  if (!g_atomic_int_dec_and_test (&self->refs))
    return;
  g_clear_pointer (&self->result, vs_s3_result_unref);
  g_main_context_unref (self->context);
  g_free (self);
}

/* The caller's part is over. */
static void
drop (VsHttpCall *self)
{
  self->done = NULL;
  g_source_destroy (self->limit);
  g_clear_pointer (&self->limit, g_source_unref);
  call_unref (self);
}

static void
finish (VsHttpCall *self, const VsS3Result *result)
{
  VsHttpCallDone done = self->done;

  if (done == NULL)
    return;
  self->done = NULL;
  done (result, self->user_data);
  drop (self);
}

static gboolean
on_answered (gpointer user_data)
{
  VsHttpCall *self = user_data;

  finish (self, self->result);
  return G_SOURCE_REMOVE;
}

/* On the client's thread. */
static void
on_result (const VsS3Result *result, gpointer user_data)
{
  VsHttpCall *self = user_data;
  g_autoptr (GSource) source = g_idle_source_new ();

  self->result = vs_s3_result_ref (result);
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (
      source, on_answered, self, (GDestroyNotify) call_unref);
  g_source_attach (source, self->context);
}

static gboolean
on_limit (gpointer user_data)
{
  VsHttpCall *self = user_data;

  vs_s3_cancel (self->client, self->id);
  finish (self, NULL);
  return G_SOURCE_REMOVE;
}

static VsHttpCall *
call_new (VsS3Client *client, VsHttpCallDone done, gpointer user_data)
{
  VsHttpCall *self = g_new0 (VsHttpCall, 1);

  self->refs = 2;
  self->context = g_main_context_ref_thread_default ();
  self->client = client;
  self->done = done;
  self->user_data = user_data;
  self->limit = g_timeout_source_new (LIMIT_MS);
  g_source_set_callback (self->limit, on_limit, self, NULL);
  g_source_attach (self->limit, self->context);
  return self;
}

VsHttpCall *
vs_http_call_get (VsS3Client *client, const gchar *key, guint64 offset,
    guint64 length, const gchar *if_match, VsHttpCallDone done,
    gpointer user_data)
{
  VsHttpCall *self = call_new (client, done, user_data);

  self->id = vs_s3_get (
      client, key, offset, length, (gsize) length, if_match, on_result, self);
  return self;
}

VsHttpCall *
vs_http_call_head (VsS3Client *client, const gchar *key, VsHttpCallDone done,
    gpointer user_data)
{
  VsHttpCall *self = call_new (client, done, user_data);

  self->id = vs_s3_head (client, key, on_result, self);
  return self;
}

void
vs_http_call_cancel (VsHttpCall *self)
{
  if (self == NULL)
    return;
  vs_s3_cancel (self->client, self->id);
  drop (self);
}
