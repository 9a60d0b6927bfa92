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
 * A body that is streamed is kept from libsoup, which would read it through to
 * its end in small pieces even where it has been refused: the head is handed on
 * with "Content-Length" under another name, and who answers reads the body
 * here. What it leaves unread is read away after the answer, up to a bound, and
 * the connection closed.
 *
 * Why a stream of our own: libsoup has no deadlines, reads heads leniently,
 * and tells nobody which connection waits.
 *
 * Threading: one thread, that of the thread-default context of new (). */
#pragma once

#include "vs-http-hold.h"
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

/* What has been read from the connection before, by another process. */
void vs_http_stream_prepend (
    VsHttpStream *self, const guint8 *data, gsize size);

/* Who else may answer the request that @head begins with: 0, nobody; 200, it
 * has the connection now; else what it is refused with. */
typedef guint (*VsHttpStreamDivert) (
    GSocket *socket, const gchar *head, gsize size, gpointer user_data);
void vs_http_stream_set_divert (
    VsHttpStream *self, VsHttpStreamDivert divert, gpointer user_data);

/* Ends the connection: libsoup finds out at the next turn of its loop. */
void vs_http_stream_abort (VsHttpStream *self);

/* The stream of a request, by the address that it came from: the very object
 * that was given to libsoup with the stream. NULL: none of ours. */
void vs_http_stream_mark (VsHttpStream *self, GSocketAddress *remote);
VsHttpStream *vs_http_stream_find (GSocketAddress *remote);

/* The reply to what was asked last. */
VsHttpHold *vs_http_stream_get_reply (VsHttpStream *self);

/* Of a body that is streamed: how much is still to come; what has come, as
 * g_pollable_input_stream_read_nonblocking () would; when more may have: a
 * source of the socket, or, where bytes are @held already, one that is ready.
 */
guint64 vs_http_stream_get_body (VsHttpStream *self);
gssize vs_http_stream_read_body (
    VsHttpStream *self, gpointer buffer, gsize size, GError **error);
GSource *vs_http_stream_watch_body (VsHttpStream *self, gboolean *held);

/* The listener goes away: @changed is not called again, and the descriptor
 * does not linger. */
void vs_http_stream_forget (VsHttpStream *self);

G_END_DECLS
