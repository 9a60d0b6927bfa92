/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-door: lets connections in, so many and no more.
 *
 * Life: takes sockets that listen and accepts on them; each connection
 * becomes a VsHttpStream that a SoupServer serves. Where the house is full,
 * the connection that has waited longest for a request makes room; where all
 * are being served, the newcomer hears 503. Where the process has no
 * descriptor left, one that was kept for the purpose is given up for as long
 * as it takes to turn the newcomer away: otherwise the listening socket would
 * stay readable and unaccepted for ever.
 *
 * Threading: one thread, that of the thread-default context of new (). */
#pragma once

#include "vs-http-stream.h"
#include "vs-http.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

typedef struct _VsHttpDoor VsHttpDoor;

/* @sockets: GSockets that listen. @limits: zeros are defaults. */
VsHttpDoor *vs_http_door_new (
    SoupServer *server, GPtrArray *sockets, const VsHttpLimits *limits);

/* Where other processes serve as well; each may be NULL. */
typedef struct {
  /* TRUE: another one has it. @inside: how many are in here. */
  gboolean (*pass) (GSocket *socket, guint inside, gpointer user_data);
  VsHttpStreamDivert divert;         /* of each request, before it is judged */
  void (*left) (gpointer user_data); /* one that was taken in has gone */
} VsHttpDoorHooks;

/* @hooks: static. Before anybody is let in. */
void vs_http_door_set_hooks (
    VsHttpDoor *self, const VsHttpDoorHooks *hooks, gpointer user_data);

/* Lets in a connection that another process has accepted, and from which it
 * has read @data. */
void vs_http_door_take (
    VsHttpDoor *self, GSocket *socket, const guint8 *data, gsize size);

const VsHttpLimits *vs_http_door_get_limits (VsHttpDoor *self);

/* Closes the door; the server disconnects those inside. */
void vs_http_door_free (VsHttpDoor *self);

G_END_DECLS
