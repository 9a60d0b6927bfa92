/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-rules: the rules of RFC 9110 that choose a reply: conditions,
 * ranges and codings. Pure; header values are taken as they were sent, NULL
 * where there was none. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  VS_HTTP_RANGE_NONE,          /* none asked for, or to be ignored */
  VS_HTTP_RANGE_ONE,           /* 206 */
  VS_HTTP_RANGE_UNSATISFIABLE, /* 416 */
} VsHttpRangeKind;

typedef struct {
  VsHttpRangeKind kind;
  guint64 first, last; /* inclusive */
} VsHttpRange;

/* Section 14.2. A set of several ranges is answered whole, as it may be. */
VsHttpRange vs_http_range_parse (const gchar *value, guint64 size);

/* Section 8.8.3: does @list ("*" or a list of tags) name @etag (with its
 * quotes)? @weak: "W/" is looked over, as If-None-Match asks. */
gboolean vs_http_etag_matches (
    const gchar *list, const gchar *etag, gboolean weak);

/* Section 12.5.3: may the body be sent in @coding? */
gboolean vs_http_accepts (const gchar *accept_encoding, const gchar *coding);

/* Section 5.6.7, the preferred form only; -1 for what is none. */
gint64 vs_http_date_parse (const gchar *text);
gchar *vs_http_date_format (gint64 unix_seconds);

/* What a request asks about the version it has seen. */
typedef struct {
  const gchar *if_match, *if_none_match;
  const gchar *if_modified_since, *if_unmodified_since;
} VsHttpConditions;

/* Section 13.2.2: 200 to go on, 304 or 412. */
guint vs_http_evaluate (
    const VsHttpConditions *conditions, const gchar *etag, gint64 modified);

/* Section 13.1.5: does the Range apply to this version? */
gboolean vs_http_if_range (
    const gchar *value, const gchar *etag, gint64 modified);

G_END_DECLS
