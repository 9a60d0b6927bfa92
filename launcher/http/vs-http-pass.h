/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-pass: hands a connection from one process to another, together with
 * what has been read from it. Messages over a pair of sockets: each is whole,
 * and who closes an end, or dies, is heard at the other.
 *
 * Threading: one thread for each end. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum {
  VS_HTTP_PASS_NOTHING,    /* not yet */
  VS_HTTP_PASS_SETTINGS,   /* what is served, and how */
  VS_HTTP_PASS_CONNECTION, /* and what has been read from it */
  VS_HTTP_PASS_COUNT,      /* guint64: connections that have gone */
  VS_HTTP_PASS_QUESTION,   /* are you there? Answered with a count */
} VsHttpPassKind;

typedef struct {
  VsHttpPassKind kind;
  GSocket *connection; /* NULL: there was no descriptor for it */
  GByteArray *data;
} VsHttpPassed;

void vs_http_passed_clear (VsHttpPassed *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VsHttpPassed, vs_http_passed_clear)

/* Both ends; neither blocks, neither is inherited. */
gboolean vs_http_pass_pair (GSocket *ends[2], GError **error);

/* @connection: NULL but for that kind; the caller's own is still open
 * afterwards. FALSE: it does not take any more now, or is gone. */
gboolean vs_http_pass_send (GSocket *channel, VsHttpPassKind kind,
    gconstpointer data, gsize size, GSocket *connection);

/* @passed: cleared, or zeros. FALSE: the other process has gone. */
gboolean vs_http_pass_receive (GSocket *channel, VsHttpPassed *passed);

G_END_DECLS
