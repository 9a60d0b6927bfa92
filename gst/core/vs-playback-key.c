/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-playback-key.h"

#include <string.h>

#define KEY_MIN 32
#define KEY_MAX 1024
#define KEYS_MAX 16
#define SHA256_SIZE 32
#define MAC_LENGTH 43 /* of the base 64, without padding */

/* A year 9999 in seconds has no more digits. */
#define DIGITS_MAX 12

struct _VsPlaybackKeys {
  GPtrArray *keys; /* gchar *, at least one */
};

static gboolean
refuse (const gchar *name, guint line, const gchar *what, GError **error)
{
  g_set_error (
      error, VS_ERROR, VS_ERROR_BAD_VALUE, "%s:%u: %s.", name, line, what);
  return FALSE;
}

static gboolean
take_line (VsPlaybackKeys *self, gchar *text, const gchar *name, guint line,
    GError **error)
{
  gsize length = strlen (g_strstrip (text));

  if (length == 0 || *text == '#')
    return TRUE;
  if (length < KEY_MIN || length > KEY_MAX)
    return refuse (name, line,
        "a key is a line of 32 to 1024 characters of chance, such as "
        "“openssl rand -hex 32” writes",
        error);
  if (self->keys->len == KEYS_MAX)
    return refuse (name, line, "there are more than 16 keys", error);
  g_ptr_array_add (self->keys, g_strdup (text));
  return TRUE;
}

VsPlaybackKeys *
vs_playback_keys_parse (const gchar *text, const gchar *name, GError **error)
{
  g_autoptr (VsPlaybackKeys) self = g_new0 (VsPlaybackKeys, 1);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  self->keys = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; lines[i]; i++)
    if (!take_line (self, lines[i], name, i + 1, error))
      return NULL;
  if (self->keys->len > 0)
    return g_steal_pointer (&self);
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
      "%s: there is no key in it: put the line there that “openssl rand -hex "
      "32” writes.",
      name);
  return NULL;
}

void
vs_playback_keys_free (VsPlaybackKeys *self)
{
  if (!self)
    return;
  g_ptr_array_unref (self->keys);
  g_free (self);
}

/* The base 64 of URLs (RFC 4648 5), without padding. */
static void
make_mac (const gchar *key, const gchar *id, const gchar *expires,
    gchar mac[MAC_LENGTH + 1])
{
  g_autoptr (GHmac) hmac =
      g_hmac_new (G_CHECKSUM_SHA256, (const guchar *) key, strlen (key));
  g_autofree gchar *signed_text =
      g_strconcat ("vstream-play\n", id, "\n", expires, NULL);
  g_autofree gchar *text = NULL;
  guint8 digest[SHA256_SIZE];
  gsize size = sizeof digest;

  g_hmac_update (hmac, (const guchar *) signed_text, -1);
  g_hmac_get_digest (hmac, digest, &size);
  text = g_base64_encode (digest, size);
  g_strdelimit (g_strdelimit (text, "+", '-'), "/", '_');
  (void) g_strlcpy (mac, text, MAC_LENGTH + 1);
}

gchar *
vs_playback_sign (const VsPlaybackKeys *self, const gchar *id, gint64 expires_s)
{
  g_autofree gchar *expires =
      g_strdup_printf ("%" G_GINT64_FORMAT, MAX (expires_s, 0));
  gchar mac[MAC_LENGTH + 1];

  make_mac (self->keys->pdata[0], id, expires, mac);
  return g_strconcat (expires, ".", mac, NULL);
}

/* Both have MAC_LENGTH bytes; all of them are looked at. */
static gboolean
is_same (const gchar *a, const gchar *b)
{
  volatile guint8 differences = 0;

  for (guint i = 0; i < MAC_LENGTH; i++)
    differences |= (guint8) (a[i] ^ b[i]);
  return differences == 0;
}

VsPlaybackVerdict
vs_playback_check (const VsPlaybackKeys *self, const gchar *id,
    const gchar *token, gint64 now_s)
{
  gsize digits = strspn (token, "0123456789");
  g_autofree gchar *expires = g_strndup (token, digits);
  gboolean found = FALSE;

  if (digits == 0 || digits > DIGITS_MAX || token[digits] != '.' ||
      strlen (token + digits + 1) != MAC_LENGTH)
    return VS_PLAYBACK_BAD;
  for (guint i = 0; i < self->keys->len; i++) {
    gchar mac[MAC_LENGTH + 1];

    make_mac (self->keys->pdata[i], id, expires, mac);
    found |= is_same (mac, token + digits + 1);
  }
  if (!found)
    return VS_PLAYBACK_BAD;
  return now_s < g_ascii_strtoll (expires, NULL, 10) ? VS_PLAYBACK_GOOD
                                                     : VS_PLAYBACK_EXPIRED;
}
