/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * http-fixture: a server on a thread of its own, over a folder of its own, and
 * a client that says exactly the bytes it is told to.
 *
 * Threading: the server has its thread and main context; all functions here
 * are for the test's thread. */
#pragma once

#include "http/vs-http.h"

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct {
  gchar *root;   /* a folder for the test alone */
  gchar *served; /* the same, or one below it */
  const gchar *url;
  guint16 port;
  VsHttp *http; /* of the server's thread */
  VsHttpOptions options;
  GThread *thread;
  GMainContext *context;
  GMainLoop *loop;
  GMutex lock;
  GCond started;
} HttpFixture;

HttpFixture *http_fixture_new (const VsHttpLimits *limits);
/* Serves the folder @name below the fixture's own, which need not be there. */
HttpFixture *http_fixture_new_below (
    const VsHttpLimits *limits, const gchar *name);
/* Serves s3://…; @redirect: its segments by presigned URLs. With more than one
 * of @processes, main () begins as that of a launcher does. */
HttpFixture *http_fixture_new_of_store (
    const gchar *uri, gboolean redirect, guint processes);
void http_fixture_free (HttpFixture *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HttpFixture, http_fixture_free)

void http_fixture_put (
    HttpFixture *self, const gchar *name, const gchar *data, gssize size);
void http_fixture_set_job (HttpFixture *self, const gchar *json);

typedef struct {
  guint status; /* 0: the connection ended without a reply */
  gchar *head;
  GByteArray *body;
  gboolean whole; /* all that Content-Length said */
} HttpReply;

void http_reply_free (HttpReply *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HttpReply, http_reply_free)
gchar *http_reply_get (HttpReply *self, const gchar *header);

/* A connection that fails after ten seconds of silence. */
GSocketConnection *http_connect (HttpFixture *self);
gboolean http_send (GSocketConnection *to, const gchar *data, gssize size);
/* @has_body: FALSE for the reply to HEAD. */
HttpReply *http_receive (GSocketConnection *from, gboolean has_body);
/* Waits until the server ends the connection; what it still says, or NULL
 * where it reset it. */
gchar *http_drain (GSocketConnection *from);

/* One request on a connection of its own. @headers: whole lines, or "". */
HttpReply *http_ask (HttpFixture *self, const gchar *method,
    const gchar *target, const gchar *headers);

G_END_DECLS
