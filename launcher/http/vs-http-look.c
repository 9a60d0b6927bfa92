/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-look.h"

struct _VsHttpLook {
  GSource source;
  GPollFD poll;
  gboolean polled;   /* the loop has our descriptor */
  gboolean readable; /* since somebody began to wait */
};

typedef struct {
  GSource source;
  VsHttpLook *look;
} Wait;

static void
look_away (VsHttpLook *self)
{
  if (self->polled)
    g_source_remove_poll (&self->source, &self->poll);
  self->polled = FALSE;
}

/* Those who wait come later in the loop's list, and see it in the same turn.
 * Once more without another wait: nobody has come for it. */
static gboolean
check_look (GSource *source)
{
  VsHttpLook *self = (VsHttpLook *) source;
  gboolean unheeded = self->readable;

  if (!self->polled || self->poll.revents == 0)
    return FALSE;
  self->readable = TRUE;
  return unheeded;
}

static gboolean
dispatch_look (GSource *source, GSourceFunc callback, gpointer user_data)
{
  look_away ((VsHttpLook *) source);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs look_funcs = { NULL, check_look, dispatch_look, NULL };

static gboolean
is_ready (GSource *source)
{
  const Wait *wait = (Wait *) source;

  return wait->look->readable || g_source_is_destroyed (&wait->look->source);
}

static gboolean
prepare_wait (GSource *source, gint *timeout)
{
  *timeout = -1;
  return is_ready (source);
}

/* A source of GIO's stands around it, and does what is to be done. */
static gboolean
dispatch_wait (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* Without this one GIO could not set a closure of its own. */
static gboolean
on_closure (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
finalize_wait (GSource *source)
{
  g_source_unref (&((Wait *) source)->look->source);
}

static GSourceFuncs wait_funcs = { prepare_wait, is_ready, dispatch_wait,
  finalize_wait, on_closure };

VsHttpLook *
vs_http_look_new (GSocket *socket)
{
  GSource *source = g_source_new (&look_funcs, sizeof (VsHttpLook));
  VsHttpLook *self = (VsHttpLook *) source;

  self->poll.fd = g_socket_get_fd (socket);
  self->poll.events = G_IO_IN;
  g_source_attach (source, g_main_context_get_thread_default ());
  return self;
}

GSource *
vs_http_look_wait (VsHttpLook *self)
{
  GSource *source = g_source_new (&wait_funcs, sizeof (Wait));

  ((Wait *) source)->look = self;
  g_source_ref (&self->source);
  self->readable = FALSE;
  if (!self->polled && !g_source_is_destroyed (&self->source)) {
    self->polled = TRUE;
    self->poll.revents = 0;
    g_source_add_poll (&self->source, &self->poll);
  }
  return source;
}

void
vs_http_look_close (VsHttpLook *self)
{
  look_away (self);
  g_source_destroy (&self->source);
}

void
vs_http_look_free (VsHttpLook *self)
{
  vs_http_look_close (self);
  g_source_unref (&self->source);
}
