/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/vs-later.h"

struct _VsLater {
  gint refs;
  VsApi *api;
  VsApiReply reply;
  gboolean sent;
  VsLaterReady ready; /* NULL: nobody listens, yet or any more */
  gpointer user_data;
};

VsLater *
vs_later_new (VsApi *api, const gchar *route)
{
  VsLater *self = g_new0 (VsLater, 1);

  self->refs = 1;
  self->api = api;
  self->reply.route = route;
  return self;
}

VsLater *
vs_later_ref (VsLater *self)
{
  self->refs++;
  return self;
}

void
vs_later_unref (VsLater *self)
{
  if (!self || --self->refs > 0)
    return;
  vs_api_reply_clear (&self->reply);
  g_free (self);
}

VsApiReply *
vs_later_get_reply (VsLater *self)
{
  return &self->reply;
}

static void
call_ready (VsLater *self)
{
  VsLaterReady ready = self->ready;

  self->ready = NULL;
  if (ready)
    ready (&self->reply, self->user_data);
}

void
vs_later_send (VsLater *self)
{
  if (self->sent)
    return;
  self->sent = TRUE;
  vs_api_count (self->api, self->reply.route, self->reply.status);
  call_ready (self);
}

void
vs_later_listen (VsLater *self, VsLaterReady ready, gpointer user_data)
{
  self->ready = ready;
  self->user_data = user_data;
  if (self->sent)
    call_ready (self);
}

void
vs_later_forget (VsLater *self)
{
  self->ready = NULL;
}
