/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-head: is this the head of a request that has one meaning only? What
 * two servers in a row could read in two ways (RFC 9112 section 11.2) is
 * refused here, before a lenient parser sees it. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A head of a browser has 1 KiB; one with many cookies 8. */
#define VS_HTTP_HEAD_MAX (16 * 1024)
#define VS_HTTP_HEAD_FIELDS_MAX 100
#define VS_HTTP_TARGET_MAX 4096

/* Bytes of the whole head at @data, blank line included; 0: not all here yet.
 * @scanned: how far an earlier call on the same data has looked, and now. */
gsize vs_http_head_find_end (const gchar *data, gsize length, gsize *scanned);

/* Can this still become a head? 0, or the status to refuse it with. */
guint vs_http_head_check_start (const gchar *data, gsize length);

/* The body that a target takes: so many bytes at most, 0 for none. One that is
 * streamed is read from the connection by who answers, not by libsoup. */
typedef struct {
  guint64 max;
  gboolean streamed;
} VsHttpBodyRule;

/* Neither @method nor @target (as it was sent) ends in NUL: they stand in the
 * head. */
typedef VsHttpBodyRule (*VsHttpBodyRules) (const gchar *method,
    gsize method_length, const gchar *target, gsize target_length,
    gpointer user_data);

/* What a head says of its body. */
typedef struct {
  VsHttpBodyRules get_rule; /* NULL: no body anywhere */
  gpointer user_data;
  /* Set by the check. */
  guint64 length;
  gboolean streamed;
  gsize name_at; /* where "Content-Length" stands, if there is a body */
} VsHttpBody;

/* @length: a whole head. 200, or the status to refuse it with: a body that
 * is too large, 413; one that does not tell its size, 411. @body: NULL where
 * none is taken. */
guint vs_http_head_check (const gchar *data, gsize length, VsHttpBody *body);

G_END_DECLS
