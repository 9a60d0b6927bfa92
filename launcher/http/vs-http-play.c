/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-play.h"

#include "vs-http-rules.h"

#include <string.h>

/* Every browser on iOS is Safari underneath. On a Mac only Safari itself is
 * meant: others say "Chrome" or "Firefox" as well. */
static gboolean
is_apple (const gchar *agent)
{
  static const gchar *const marks[] = { "iPhone", "iPad", "iPod", "AppleTV",
    "Apple TV", "AppleCoreMedia", "tvOS" };

  for (guint i = 0; i < G_N_ELEMENTS (marks); i++)
    if (strstr (agent, marks[i]))
      return TRUE;
  return strstr (agent, "Safari/") && strstr (agent, "Version/") &&
         strstr (agent, "Macintosh") && !strstr (agent, "Chrome") &&
         !strstr (agent, "Android");
}

/* "application/…" by name: a "*" asks for nothing in particular. */
static gboolean
names (const gchar *accept, const gchar *type)
{
  return strstr (accept, type) && vs_http_accepts (accept, type);
}

static VsPlay
choose_by_accept (const gchar *accept)
{
  gboolean hls = names (accept, "application/vnd.apple.mpegurl") ||
                 names (accept, "application/x-mpegurl") ||
                 names (accept, "application/x-mpegURL");
  gboolean dash = names (accept, "application/dash+xml");

  if (hls == dash)
    return VS_PLAY_NONE;
  return hls ? VS_PLAY_HLS : VS_PLAY_DASH;
}

static VsPlay
take (VsPlay wanted, gboolean has_hls, gboolean has_dash)
{
  return (wanted == VS_PLAY_HLS ? has_hls : has_dash) ? wanted : VS_PLAY_NONE;
}

VsPlay
vs_http_play_choose (const gchar *format, const gchar *accept,
    const gchar *user_agent, gboolean has_hls, gboolean has_dash)
{
  VsPlay by_accept;

  if (format)
    return g_str_equal (format, "hls") ? take (VS_PLAY_HLS, has_hls, has_dash)
           : g_str_equal (format, "dash")
               ? take (VS_PLAY_DASH, has_hls, has_dash)
               : VS_PLAY_NONE;
  by_accept = accept ? choose_by_accept (accept) : VS_PLAY_NONE;
  if (by_accept != VS_PLAY_NONE)
    return take (by_accept, has_hls, has_dash);
  if (!has_dash || (has_hls && user_agent && is_apple (user_agent)))
    return has_hls ? VS_PLAY_HLS : VS_PLAY_NONE;
  return VS_PLAY_DASH;
}
