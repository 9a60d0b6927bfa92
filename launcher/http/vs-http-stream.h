/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-stream: one connection, as libsoup gets to see it.
 *
 * Life: a socket has been accepted; the stream waits for a head, holds it back
 * until it is whole and checked (vs-http-head), and hands on exactly that.
 * While the reply is written it watches that the reader takes it. Then it
 * waits for the next head. What is refused is answered here, and libsoup sees
 * an end of stream. Each phase has a deadline; a missed one shuts the socket
 * down, which libsoup sees as an end of stream too. After a refusal the
 * socket is kept for a moment and read empty, or the reset that follows a
 * close with unread data would overtake the answer.
 *
 * Why a stream of our own: libsoup has no deadlines, reads heads leniently,
 * and tells nobody which connection waits.
 *
 * Threading: one thread, that of the thread-default context of new (). */
#pragma once

#include "vs-http.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define VS_TYPE_HTTP_STREAM (vs_http_stream_get_type ())
G_DECLARE_FINAL_TYPE (VsHttpStream, vs_http_stream, VS, HTTP_STREAM, GIOStream)

typedef enum {
  VS_HTTP_STREAM_WAITING, /* for a head, or the rest of one */
  VS_HTTP_STREAM_SERVING, /* a head has been handed on */
  VS_HTTP_STREAM_ENDED,   /* its descriptor is free again */
} VsHttpStreamPhase;

/* Called at every change of phase; never again after ENDED. */
typedef void (*VsHttpStreamChanged) (
    VsHttpStream *stream, VsHttpStreamPhase phase, gpointer user_data);

/* @limits: complete (no zeros). */
VsHttpStream *vs_http_stream_new (GSocket *socket, const VsHttpLimits *limits,
    VsHttpStreamChanged changed, gpointer user_data);

/* Ends the connection: libsoup finds out at the next turn of its loop. */
void vs_http_stream_abort (VsHttpStream *self);

/* The listener goes away: @changed is not called again, and the descriptor
 * does not linger. */
void vs_http_stream_forget (VsHttpStream *self);

/* One whole refusal, for a socket that no stream has been made for. */
void vs_http_refuse (GSocket *socket, guint status);

G_END_DECLS
