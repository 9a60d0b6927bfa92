/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-post: one signed document, posted to a stranger's endpoint.
 *
 * Life: started; it resolves, connects where it may (vs-http-gate.h), sends,
 * and waits for the status; redirects are not followed, no proxy is asked, the
 * answer's body is not read; all of it within a time. Then `done` is called
 * once, from the main context, and the post is gone. Freed before, it is
 * cancelled and `done` is not called.
 *
 * Threading: one thread, that of the default main context. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _VsHttpPost VsHttpPost;

typedef struct {
  const gchar *url, *id, *body;
  const gchar *secret;
  gint64 timestamp_s, limit_us;
  gchar **networks; /* not public, and may be connected to; outlives it */
} VsHttpPostOrder;

typedef struct {
  guint status; /* 0: no answer */
  gint64 duration_us;
  gint64 asked_us;    /* Retry-After, or 0 */
  const gchar *error; /* a sentence; NULL: taken (2xx) */
} VsHttpPostResult;

typedef void (*VsHttpPostDone) (
    const VsHttpPostResult *result, gpointer user_data);

VsHttpPost *vs_http_post_start (
    const VsHttpPostOrder *order, VsHttpPostDone done, gpointer user_data);
void vs_http_post_free (VsHttpPost *self);

G_END_DECLS
