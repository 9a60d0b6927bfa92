/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-retry: when to try again. Pure: time and chance are arguments.
 *
 * The pause doubles from `base_us` to `most_us`; a half of it is fixed, a half
 * is left to chance, so that many clients do not come back at once. What the
 * server asks for (Retry-After) is kept, up to `most_us`. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  guint attempts; /* the first included */
  gint64 base_us, most_us;
} VsRetryPolicy;

/* @attempt has failed (the first is 1). FALSE: enough. @asked_us: what the
 * server asked for, or 0; @jitter: 0 ≤ x < 1. */
gboolean vs_retry_next (const VsRetryPolicy *policy, guint attempt,
    gint64 asked_us, gdouble jitter, gint64 *pause_us);

/* The seconds form of Retry-After (RFC 9110 10.2.3), in µs; -1: it is none (a
 * date: clocks differ, so our own pause is as good). */
gint64 vs_retry_parse_after (const gchar *text);

G_END_DECLS
