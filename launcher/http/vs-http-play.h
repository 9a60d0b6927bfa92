/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-play: which manifest a client gets at /play/ID. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  VS_PLAY_NONE, /* what was asked for is not there */
  VS_PLAY_HLS,
  VS_PLAY_DASH
} VsPlay;

/* @format: "hls", "dash" or NULL, has the first word; then what @accept
 * names; then @user_agent: what is Apple's plays HLS and no DASH, the rest
 * gets DASH. All may be NULL. */
VsPlay vs_http_play_choose (const gchar *format, const gchar *accept,
    const gchar *user_agent, gboolean has_hls, gboolean has_dash);

G_END_DECLS
