/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The bytes are taken for what else a service reads of people and of
 * strangers: its configuration, a webhook's URL, secret and events, keys and
 * tokens of signed addresses, ids and cursors. */
#include <glib.h>
#include <string.h>

#include "app/vs-config.h"
#include "core/vs-id.h"
#include "core/vs-playback-key.h"
#include "core/vs-webhook.h"
#include "fuzz.h"
#include "jobs/vs-url-policy.h"

static VsConfig *defaults;

/* A secret that is good signs, and differs with what is signed. */
static void
check_webhook (const gchar *text)
{
  (void) vs_webhook_check_pattern (text, NULL);
  (void) vs_webhook_wants (text, "job.failed");
  (void) vs_url_policy_check_hook (defaults, text, NULL);
  if (vs_webhook_check_secret (text, NULL)) {
    g_autofree gchar *one = vs_webhook_sign (text, "a", 1, "{}", 2);
    g_autofree gchar *two = vs_webhook_sign (text, "b", 1, "{}", 2);

    g_assert_true (g_str_has_prefix (one, "v1,"));
    g_assert_cmpstr (one, !=, two);
  }
}

/* No token is good but what the keys have made. */
static void
check_playback (const gchar *text)
{
  g_autoptr (VsPlaybackKeys) keys = vs_playback_keys_parse (text, "fuzz", NULL);
  g_autoptr (VsPlaybackKeys) ours =
      vs_playback_keys_parse ("0123456789abcdef0123456789abcdef", "fuzz", NULL);

  g_assert_cmpint (
      vs_playback_check (ours, "asset_1", text, 0), ==, VS_PLAYBACK_BAD);
  if (keys) {
    g_autofree gchar *token = vs_playback_sign (keys, text, 100);

    g_assert_cmpint (
        vs_playback_check (keys, text, token, 99), ==, VS_PLAYBACK_GOOD);
    g_assert_cmpint (
        vs_playback_check (keys, text, token, 100), ==, VS_PLAYBACK_EXPIRED);
  }
}

static void
check_ids (const gchar *text)
{
  g_autofree gchar *last = vs_cursor_decode (text, "job", NULL);

  g_assert_true (!last || vs_id_check (last, "job"));
  if (vs_id_check (text, "job")) {
    g_autofree gchar *cursor = vs_cursor_encode (text);
    g_autofree gchar *again = vs_cursor_decode (cursor, "job", NULL);

    g_assert_cmpstr (again, ==, text);
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const gchar *bytes = size ? (const gchar *) data : "";
  g_autofree gchar *text = g_strndup (bytes, size);
  g_autoptr (VsConfig) config = vs_config_parse (bytes, size, "fuzz", NULL);

  if (!defaults)
    defaults = vs_config_parse (NULL, 0, NULL, NULL);
  check_webhook (text);
  check_playback (text);
  check_ids (text);
  return 0;
}
