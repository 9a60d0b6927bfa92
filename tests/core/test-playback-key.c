/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-playback-key.h"

#include <string.h>

#define ONE "0123456789abcdef0123456789abcdef"
#define TWO "fedcba9876543210fedcba9876543210"
#define ID "asset_01jd4x0000000000000000abcd"

/* Of: printf 'vstream-play\nID\n1732900000' | openssl dgst -sha256 -hmac ONE
 * -binary | basenc --base64url */
#define KNOWN "1732900000.T7vZi6hPC3NMPE7NXhR8VufdyYMfRkELpTZZ2tR0aU8"

static VsPlaybackKeys *
parse (const gchar *text)
{
  g_autoptr (GError) error = NULL;
  VsPlaybackKeys *keys = vs_playback_keys_parse (text, "keys", &error);

  g_assert_no_error (error);
  return keys;
}

static void
test_sign (void)
{
  g_autoptr (VsPlaybackKeys) keys = parse (ONE "\n");
  g_autofree gchar *token = vs_playback_sign (keys, ID, 1732900000);

  g_assert_cmpstr (token, ==, KNOWN);
}

static void
test_check (void)
{
  g_autoptr (VsPlaybackKeys) keys = parse ("# old\n\n " ONE " \r\n");
  g_autofree gchar *padded = g_strconcat (KNOWN, "=", NULL);
  g_autofree gchar *leading = g_strconcat ("0", KNOWN, NULL);
  const gchar *const bad[] = { "", ".", "1732900000", "1732900000.", padded,
    leading,
    "1732900001."
    "T7vZi6hPC3NMPE7NXhR8VufdyYMfRkELpTZZ2tR0aU8",
    "~" KNOWN, "-1.x",
    "99999999999999999999.T7vZi6hPC3NMPE7NXhR8VufdyYMfRkELpTZZ2tR0aU8" };

  g_assert_cmpint (
      vs_playback_check (keys, ID, KNOWN, 0), ==, VS_PLAYBACK_GOOD);
  g_assert_cmpint (
      vs_playback_check (keys, ID, KNOWN, 1732899999), ==, VS_PLAYBACK_GOOD);
  g_assert_cmpint (
      vs_playback_check (keys, ID, KNOWN, 1732900000), ==, VS_PLAYBACK_EXPIRED);
  g_assert_cmpint (
      vs_playback_check (keys, "asset_other", KNOWN, 0), ==, VS_PLAYBACK_BAD);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_test_message ("%s", bad[i]);
    g_assert_cmpint (
        vs_playback_check (keys, ID, bad[i], 0), ==, VS_PLAYBACK_BAD);
  }
  /* Not one letter may be another. */
  for (gsize i = 0; i < strlen (KNOWN); i++) {
    g_autofree gchar *token = g_strdup (KNOWN);

    token[i] = token[i] == 'A' ? 'B' : 'A';
    g_assert_cmpint (
        vs_playback_check (keys, ID, token, 0), ==, VS_PLAYBACK_BAD);
  }
}

static void
test_rotation (void)
{
  g_autoptr (VsPlaybackKeys) old = parse (ONE);
  g_autoptr (VsPlaybackKeys) both = parse (TWO "\n" ONE);
  g_autoptr (VsPlaybackKeys) young = parse (TWO);
  g_autofree gchar *before = vs_playback_sign (old, ID, 100);
  g_autofree gchar *after = vs_playback_sign (both, ID, 100);

  g_assert_cmpint (
      vs_playback_check (both, ID, before, 1), ==, VS_PLAYBACK_GOOD);
  g_assert_cmpint (
      vs_playback_check (young, ID, after, 1), ==, VS_PLAYBACK_GOOD);
  g_assert_cmpint (
      vs_playback_check (young, ID, before, 1), ==, VS_PLAYBACK_BAD);
}

static void
test_files (void)
{
  static const struct {
    const gchar *text, *part;
  } cases[] = {
    { "", "no key" },
    { "# " ONE "\n", "no key" },
    { ONE "\nshort\n", "keys:2: a key is" },
  };
  g_autofree gchar *many = g_strdup ("");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (vs_playback_keys_parse (cases[i].text, "keys", &error));
    g_assert_nonnull (strstr (error->message, cases[i].part));
    g_assert_null (strstr (error->message, ONE));
  }
  for (guint i = 0; i < 17; i++) {
    g_autofree gchar *more = g_strconcat (many, ONE "\n", NULL);

    g_free (many);
    many = g_steal_pointer (&more);
  }
  g_assert_null (vs_playback_keys_parse (many, "keys", NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/playback-key/sign", test_sign);
  g_test_add_func ("/playback-key/check", test_check);
  g_test_add_func ("/playback-key/rotation", test_rotation);
  g_test_add_func ("/playback-key/files", test_files);
  return g_test_run ();
}
