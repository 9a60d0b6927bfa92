/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-tus.h"

#include <string.h>

static const struct {
  const gchar *name;
  GChecksumType type;
} algorithms[] = {
  { "sha1", G_CHECKSUM_SHA1 },
  { "sha256", G_CHECKSUM_SHA256 },
  { "sha384", G_CHECKSUM_SHA384 },
  { "sha512", G_CHECKSUM_SHA512 },
  { "md5", G_CHECKSUM_MD5 },
};

const gchar *
vs_tus_get_algorithms (void)
{
  return "sha1,sha256,sha384,sha512,md5";
}

gboolean
vs_tus_parse_number (const gchar *text, guint64 *number)
{
  guint64 value = 0;

  if (text == NULL || *text == '\0')
    return FALSE;
  for (const gchar *p = text; *p; p++) {
    if (!g_ascii_isdigit (*p) || value > (G_MAXINT64 - 9) / 10)
      return FALSE;
    value = value * 10 + (guint64) (*p - '0');
  }
  *number = value;
  return TRUE;
}

/* Strict, where GLib's decoder passes over what it does not know. */
static guint8 *
decode (const gchar *text, gsize *length)
{
  gsize size = strlen (text);
  gsize body = strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "abcdefghijklmnopqrstuvwxyz0123456789+/");

  if (size % 4 != 0 || size - body > 2 ||
      strspn (text + body, "=") != size - body)
    return NULL;
  return g_base64_decode (text, length);
}

void
vs_tus_metadata_clear (VsTusMetadata *self)
{
  g_clear_pointer (&self->filename, g_free);
}

static gboolean
is_key (const gchar *text)
{
  if (*text == '\0')
    return FALSE;
  for (; *text; text++)
    if (*text <= ' ' || *text >= 0x7f)
      return FALSE;
  return TRUE;
}

static gboolean
is_filename (const gchar *key, const VsTusMetadata *metadata)
{
  return g_str_equal (key, "filename") ||
         (g_str_equal (key, "name") && metadata->filename == NULL);
}

static gboolean
take_pair (gchar *pair, VsTusMetadata *metadata, GError **error)
{
  gchar *key = g_strstrip (pair);
  gchar *value = strchr (key, ' ');
  g_autofree guint8 *bytes = NULL;
  gsize length = 0;

  if (value)
    *value++ = '\0';
  bytes = decode (value ? g_strstrip (value) : "", &length);
  if (!is_key (key) || !bytes) {
    g_set_error_literal (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "Upload-Metadata must be pairs of a key and a value in Base64, commas "
        "between them.");
    return FALSE;
  }
  if (!is_filename (key, metadata))
    return TRUE;
  g_free (metadata->filename);
  metadata->filename = g_malloc0 (length + 1);
  memcpy (metadata->filename, bytes, length);
  metadata->length = length;
  return TRUE;
}

gboolean
vs_tus_parse_metadata (
    const gchar *text, VsTusMetadata *metadata, GError **error)
{
  g_auto (GStrv) pairs = NULL;

  if (text == NULL || *text == '\0')
    return TRUE;
  if (strlen (text) > VS_TUS_METADATA_MAX) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "Upload-Metadata is longer than %d bytes.", VS_TUS_METADATA_MAX);
    return FALSE;
  }
  pairs = g_strsplit (text, ",", -1);
  for (guint i = 0; pairs[i]; i++)
    if (!take_pair (pairs[i], metadata, error))
      return FALSE;
  return TRUE;
}

gboolean
vs_tus_parse_checksum (
    const gchar *text, VsTusChecksum *checksum, GError **error)
{
  gsize word = strcspn (text, " ");

  for (guint i = 0; i < G_N_ELEMENTS (algorithms); i++) {
    g_autofree guint8 *bytes = NULL;

    if (strlen (algorithms[i].name) != word ||
        strncmp (algorithms[i].name, text, word) != 0)
      continue;
    checksum->type = algorithms[i].type;
    bytes = decode (text + word + strspn (text + word, " "), &checksum->length);
    if (!bytes ||
        checksum->length != (gsize) g_checksum_type_get_length (checksum->type))
      break;
    memcpy (checksum->digest, bytes, checksum->length);
    return TRUE;
  }
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
      "Upload-Checksum must be one of %s, a blank, and the digest in Base64.",
      vs_tus_get_algorithms ());
  return FALSE;
}
