/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-webhook.h"

#include "core/vs-state.h"

#include <string.h>

#define SECRET_PREFIX "whsec_"
#define SECRET_TEXT_MAX 128
#define SHA256_SIZE 32

gchar *
vs_webhook_format_secret (const guint8 *bytes, gsize size)
{
  g_autofree gchar *text = g_base64_encode (bytes, size);

  return g_strconcat (SECRET_PREFIX, text, NULL);
}

/* The bytes of a secret; NULL: it is none. */
static guint8 *
decode_secret (const gchar *secret, gsize *size)
{
  gsize length = strlen (SECRET_PREFIX);
  g_autofree guint8 *bytes = NULL;
  g_autofree gchar *again = NULL;

  if (!g_str_has_prefix (secret, SECRET_PREFIX) ||
      strlen (secret) > SECRET_TEXT_MAX)
    return NULL;
  bytes = g_base64_decode (secret + length, size);
  again = g_base64_encode (bytes, *size);
  /* The decoder takes anything: what is not the same again was no base 64. */
  if (strcmp (again, secret + length) != 0 || *size < VS_WEBHOOK_SECRET_MIN ||
      *size > VS_WEBHOOK_SECRET_MAX)
    return NULL;
  return g_steal_pointer (&bytes);
}

gboolean
vs_webhook_check_secret (const gchar *secret, GError **error)
{
  gsize size = 0;
  g_autofree guint8 *bytes = decode_secret (secret, &size);

  if (bytes)
    return TRUE;
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
      "A webhook's secret is “%s” and the base 64 of %d to %d bytes.",
      SECRET_PREFIX, VS_WEBHOOK_SECRET_MIN, VS_WEBHOOK_SECRET_MAX);
  return FALSE;
}

gchar *
vs_webhook_sign (const gchar *secret, const gchar *id, gint64 timestamp_s,
    const gchar *body, gsize length)
{
  gsize size = 0;
  g_autofree guint8 *key = decode_secret (secret, &size);
  g_autofree gchar *head = NULL;
  g_autofree gchar *text = NULL;
  g_autoptr (GHmac) hmac = NULL;
  guint8 digest[SHA256_SIZE];
  gsize digest_size = sizeof digest;

  g_return_val_if_fail (key != NULL, NULL);
  head = g_strdup_printf ("%s.%" G_GINT64_FORMAT ".", id, timestamp_s);
  hmac = g_hmac_new (G_CHECKSUM_SHA256, key, size);
  g_hmac_update (hmac, (const guchar *) head, -1);
  g_hmac_update (hmac, (const guchar *) body, (gssize) length);
  g_hmac_get_digest (hmac, digest, &digest_size);
  text = g_base64_encode (digest, digest_size);
  return g_strconcat ("v1,", text, NULL);
}

static const struct {
  const gchar *kind;
  VsLife lives[2];
} kinds[] = {
  { "job", { VS_LIFE_VOD, VS_LIFE_LIVE } },
  { "asset", { VS_LIFE_ASSET, VS_LIFE_ASSET } },
  { "channel", { VS_LIFE_CHANNEL, VS_LIFE_CHANNEL } },
};

static gboolean
is_known (const gchar *pattern)
{
  const gchar *dot = strchr (pattern, '.');
  gsize length = dot ? (gsize) (dot - pattern) : 0;
  VsState state = dot ? vs_state_from_name (dot + 1) : VS_STATE_ILLEGAL;

  for (guint i = 0; dot && i < G_N_ELEMENTS (kinds); i++)
    if (strncmp (kinds[i].kind, pattern, length) == 0 &&
        kinds[i].kind[length] == '\0')
      return strcmp (dot, ".*") == 0 ||
             vs_state_belongs (kinds[i].lives[0], state) ||
             vs_state_belongs (kinds[i].lives[1], state);
  return strcmp (pattern, "*") == 0;
}

gboolean
vs_webhook_check_pattern (const gchar *pattern, GError **error)
{
  g_autofree gchar *shown = NULL;

  if (is_known (pattern))
    return TRUE;
  shown = g_utf8_make_valid (pattern, (gssize) strnlen (pattern, 40));
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
      "“%s” is no event: write job.STATE, asset.STATE or channel.STATE, as "
      "in job.failed; job.* for all of a kind; * for all.",
      shown);
  return FALSE;
}

static gboolean
matches (const gchar *pattern, gsize length, const gchar *type)
{
  if (length > 0 && pattern[length - 1] == '*')
    return strncmp (pattern, type, length - 1) == 0;
  return strlen (type) == length && strncmp (pattern, type, length) == 0;
}

gboolean
vs_webhook_wants (const gchar *patterns, const gchar *type)
{
  for (const gchar *at = patterns; *at;) {
    gsize length = strcspn (at, " ");

    if (matches (at, length, type))
      return TRUE;
    at += length;
    at += strspn (at, " ");
  }
  return FALSE;
}
