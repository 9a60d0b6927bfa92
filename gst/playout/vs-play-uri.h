/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-play-uri: which addresses a feed may have, and how each behaves. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  VS_PLAY_KIND_FILE,   /* we set the pace; its end is an end */
  VS_PLAY_KIND_PULL,   /* HTTP, HLS, DASH: we set the pace, it may stall */
  VS_PLAY_KIND_LIVE,   /* we call, it sets the pace */
  VS_PLAY_KIND_LISTEN, /* it calls, or just sends: waiting is no fault */
  VS_PLAY_KIND_TEST    /* the test picture */
} VsPlayKind;

/* FALSE and a sentence where the scheme is not in our list. */
gboolean vs_play_uri_check (const gchar *uri, VsPlayKind *kind, GError **error);

/* Does the feed set the pace (TRUE), or do we? */
gboolean vs_play_kind_is_live (VsPlayKind kind);

/* How long to wait before try @attempt (0 is the first again), ns: doubled
 * each time up to @max, spread by @chance (0 to 1) over 75 to 125 per cent, so
 * that many feeds of one server do not come back in one instant. */
guint64 vs_play_backoff (
    guint attempt, guint64 delay, guint64 max, gdouble chance);

G_END_DECLS
