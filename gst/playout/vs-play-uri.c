/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "playout/vs-play-uri.h"

#include <string.h>

#include "core/vs-error.h"

static const struct {
  const gchar *scheme;
  VsPlayKind kind;
} schemes[] = {
  { "file", VS_PLAY_KIND_FILE },
  { "http", VS_PLAY_KIND_PULL },
  { "https", VS_PLAY_KIND_PULL },
  { "srt", VS_PLAY_KIND_LIVE },
  { "rtsp", VS_PLAY_KIND_LIVE },
  { "rtsps", VS_PLAY_KIND_LIVE },
  { "rtspt", VS_PLAY_KIND_LIVE },
  { "rtspu", VS_PLAY_KIND_LIVE },
  { "rtmp", VS_PLAY_KIND_LIVE },
  { "rtmps", VS_PLAY_KIND_LIVE },
  { "udp", VS_PLAY_KIND_LISTEN },
  { "rtp", VS_PLAY_KIND_LISTEN },
  { "testsrc", VS_PLAY_KIND_TEST },
};

/* An SRT address without a host listens; so does one that says so. */
static gboolean
srt_listens (const gchar *uri)
{
  const gchar *authority = uri + strlen ("srt:");

  return g_str_has_prefix (authority, "//:") ||
         strstr (uri, "mode=listener") != NULL ||
         strstr (uri, "mode=rendezvous") != NULL;
}

gboolean
vs_play_uri_check (const gchar *uri, VsPlayKind *kind, GError **error)
{
  g_autofree gchar *scheme = uri ? g_uri_parse_scheme (uri) : NULL;

  for (guint i = 0; scheme && i < G_N_ELEMENTS (schemes); i++) {
    if (g_ascii_strcasecmp (scheme, schemes[i].scheme) != 0)
      continue;
    *kind = schemes[i].kind;
    if (g_str_equal (schemes[i].scheme, "srt") && srt_listens (uri))
      *kind = VS_PLAY_KIND_LISTEN;
    return TRUE;
  }
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
      "A feed cannot be read from “%s:”; give an address that starts with "
      "file:, http:, https:, srt:, rtsp:, rtmp:, udp:, rtp: or testsrc:.",
      scheme ? scheme : "");
  return FALSE;
}

gboolean
vs_play_kind_is_live (VsPlayKind kind)
{
  return kind == VS_PLAY_KIND_LIVE || kind == VS_PLAY_KIND_LISTEN;
}

guint64
vs_play_backoff (guint attempt, guint64 delay, guint64 max, gdouble chance)
{
  guint64 wait = delay;

  for (guint i = 0; i < attempt && wait < max; i++)
    wait *= 2;
  wait = MIN (wait, max);
  return (guint64) (wait * (0.75 + 0.5 * CLAMP (chance, 0.0, 1.0)));
}
