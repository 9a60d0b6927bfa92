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

/* What a head says of its body, and how large it may be. */
typedef struct {
  /* Bytes that @target (as it was sent) takes in @method; NULL: none at all.
   * Neither ends in NUL: they stand in the head. */
  guint64 (*get_max) (const gchar *method, gsize method_length,
      const gchar *target, gsize target_length);
  guint64 length; /* set by the check */
} VsHttpBody;

/* @length: a whole head. 200, or the status to refuse it with: a body that
 * is too large, 413; one that does not tell its size, 411. @body: NULL where
 * none is taken. */
guint vs_http_head_check (const gchar *data, gsize length, VsHttpBody *body);

G_END_DECLS
