/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "core/vs-error.h"
#include "core/vs-units.h"
#include "store/vs-s3-private.h"

static void
wipe (gchar **secret)
{
  if (*secret != NULL)
    explicit_bzero (*secret, strlen (*secret));
  g_clear_pointer (secret, g_free);
}

void
vs_s3_config_wipe (VsS3Config *config)
{
  wipe (&config->access_key);
  wipe (&config->secret_key);
  wipe (&config->session_token);
}

VsS3Config *
vs_s3_config_new (void)
{
  return g_new0 (VsS3Config, 1);
}

VsS3Config *
vs_s3_config_copy (const VsS3Config *config)
{
  VsS3Config *copy = vs_s3_config_new ();

  *copy = *config;
  copy->endpoint = g_strdup (config->endpoint);
  copy->region = g_strdup (config->region);
  copy->bucket = g_strdup (config->bucket);
  copy->access_key = g_strdup (config->access_key);
  copy->secret_key = g_strdup (config->secret_key);
  copy->session_token = g_strdup (config->session_token);
  copy->profile = g_strdup (config->profile);
  copy->ca_file = g_strdup (config->ca_file);
  copy->lease_owner = g_strdup (config->lease_owner);
  return copy;
}

void
vs_s3_config_free (VsS3Config *config)
{
  if (config == NULL)
    return;
  g_free (config->endpoint);
  g_free (config->region);
  g_free (config->bucket);
  g_free (config->profile);
  g_free (config->ca_file);
  g_free (config->lease_owner);
  vs_s3_config_wipe (config);
  g_free (config);
}

/* Values ------------------------------------------------------------------ */

typedef enum {
  KIND_STRING,
  KIND_BOOLEAN,
  KIND_DURATION, /* a guint of ms */
  KIND_COUNT,    /* a guint */
  KIND_SIZE32,   /* bytes, a guint */
  KIND_SIZE,     /* bytes, a guint64 */
  KIND_ADDRESSING,
  KIND_CHECKSUM
} Kind;

typedef struct {
  const gchar *name;
  Kind kind;
  gsize offset;
  guint64 least, most;
} Setting;

#define FIELD(name) G_STRUCT_OFFSET (VsS3Config, name)

static const Setting settings[] = {
  { "endpoint", KIND_STRING, FIELD (endpoint) },
  { "region", KIND_STRING, FIELD (region) },
  { "addressing", KIND_ADDRESSING, FIELD (addressing) },
  { "profile", KIND_STRING, FIELD (profile) },
  { "anonymous", KIND_BOOLEAN, FIELD (anonymous) },
  { "ca-file", KIND_STRING, FIELD (ca_file) },
  { "lease-owner", KIND_STRING, FIELD (lease_owner) },
  { "insecure", KIND_BOOLEAN, FIELD (insecure) },
  { "connect-timeout", KIND_DURATION, FIELD (connect_ms), 1, 3600000 },
  { "stall-timeout", KIND_DURATION, FIELD (stall_ms), 1000, 3600000 },
  { "request-timeout", KIND_DURATION, FIELD (request_ms), 1, 86400000 },
  { "min-rate", KIND_SIZE32, FIELD (min_rate), 1, G_MAXINT },
  { "retry-attempts", KIND_COUNT, FIELD (attempts), 1, VS_S3_ATTEMPTS_MAX },
  { "part-size", KIND_SIZE, FIELD (part_size), VS_S3_PART_SIZE_MIN,
      G_GUINT64_CONSTANT (5) << 30 },
  { "parallel", KIND_COUNT, FIELD (parallel), 1, VS_S3_PARALLEL_MAX },
  { "checksum", KIND_CHECKSUM, FIELD (checksum) },
};

static gboolean
refuse (const Setting *setting, const gchar *value, const gchar *hint,
    GError **error)
{
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
      "“%s” is no good value of %s; write %s.", value, setting->name, hint);
  return FALSE;
}

static gboolean
set_choice (const Setting *setting, const gchar *value,
    const gchar *const *names, gint *field, GError **error)
{
  for (gint i = 0; names[i] != NULL; i++)
    if (strcmp (names[i], value) == 0) {
      *field = i;
      return TRUE;
    }
  {
    g_autofree gchar *all = g_strjoinv (", ", (gchar **) names);
    g_autofree gchar *hint = g_strconcat ("one of ", all, NULL);

    return refuse (setting, value, hint, error);
  }
}

/* "8388608", "8MiB", "8M": binary multiples, as for memory. */
static gboolean
parse_size (const gchar *value, guint64 *bytes)
{
  static const gchar letters[] = "kmgt";
  gchar *end = NULL;
  guint64 number;
  guint shift = 0;
  const gchar *letter;

  if (!g_ascii_isdigit (*value))
    return FALSE;
  number = g_ascii_strtoull (value, &end, 10);
  if (*end != '\0') {
    letter = strchr (letters, g_ascii_tolower (*end));
    if (letter == NULL)
      return FALSE;
    shift = 10 * ((guint) (letter - letters) + 1);
    end++;
    if (strcmp (end, "") != 0 && g_ascii_strcasecmp (end, "ib") != 0)
      return FALSE;
  }
  if (number > (G_MAXUINT64 >> shift))
    return FALSE;
  *bytes = number << shift;
  return TRUE;
}

static gboolean
set_number (
    const Setting *setting, const gchar *value, gpointer field, GError **error)
{
  guint64 number = 0;
  gint64 us;
  gboolean good;
  g_autofree gchar *hint = NULL;

  if (setting->kind == KIND_DURATION) {
    good = vs_units_parse_duration (value, &us, NULL);
    number = good ? (guint64) us / 1000 : 0;
    hint = g_strdup_printf ("a time from %" G_GUINT64_FORMAT
                            "ms to %" G_GUINT64_FORMAT "s, such as 10s",
        setting->least, setting->most / 1000);
  } else if (setting->kind == KIND_COUNT) {
    good = g_ascii_string_to_unsigned (value, 10, 0, G_MAXUINT, &number, NULL);
    hint = g_strdup_printf ("a number from %" G_GUINT64_FORMAT
                            " to %" G_GUINT64_FORMAT,
        setting->least, setting->most);
  } else {
    good = parse_size (value, &number);
    hint = g_strdup_printf ("a size from %" G_GUINT64_FORMAT
                            " to %" G_GUINT64_FORMAT " bytes, such as 8MiB",
        setting->least, setting->most);
  }
  if (!good || number < setting->least || number > setting->most)
    return refuse (setting, value, hint, error);
  if (setting->kind == KIND_SIZE)
    *(guint64 *) field = number;
  else
    *(guint *) field = (guint) number;
  return TRUE;
}

static gboolean
set_field (
    const Setting *setting, const gchar *value, gpointer field, GError **error)
{
  static const gchar *const addressing[] = { "auto", "path", "virtual", NULL };
  static const gchar *const checksums[] = { "auto", "none", "sha256", "md5",
    "crc32c", NULL };

  switch (setting->kind) {
    case KIND_STRING:
      g_free (*(gchar **) field);
      *(gchar **) field = *value != '\0' ? g_strdup (value) : NULL;
      return TRUE;
    case KIND_BOOLEAN:
      return vs_units_parse_boolean (value, field, NULL) ||
             refuse (setting, value, "true or false", error);
    case KIND_ADDRESSING:
      return set_choice (setting, value, addressing, field, error);
    case KIND_CHECKSUM:
      return set_choice (setting, value, checksums, field, error);
    case KIND_DURATION:
    case KIND_COUNT:
    case KIND_SIZE32:
    case KIND_SIZE:
    default:
      return set_number (setting, value, field, error);
  }
}

gboolean
vs_s3_config_set (
    VsS3Config *config, const gchar *name, const gchar *value, GError **error)
{
  const gchar *known[G_N_ELEMENTS (settings) + 1] = { NULL };
  const gchar *nearest;

  for (guint i = 0; i < G_N_ELEMENTS (settings); i++) {
    if (strcmp (settings[i].name, name) == 0)
      return set_field (&settings[i], value,
          G_STRUCT_MEMBER_P (config, settings[i].offset), error);
    known[i] = settings[i].name;
  }
  nearest = vs_units_nearest (name, known);
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
      "S3 has no setting “%s”%s%s%s.", name,
      nearest != NULL ? "; did you mean “" : "", nearest != NULL ? nearest : "",
      nearest != NULL ? "”" : "");
  return FALSE;
}

gboolean
vs_s3_config_set_uri (
    VsS3Config *config, const gchar *uri, gchar **key, GError **error)
{
  g_autoptr (VsS3Uri) parsed = vs_s3_uri_parse (uri, error);

  if (parsed == NULL)
    return FALSE;
  for (guint i = 0; parsed->parameters[i] != NULL; i += 2)
    if (!vs_s3_config_set (
            config, parsed->parameters[i], parsed->parameters[i + 1], error))
      return FALSE;
  g_free (config->bucket);
  config->bucket = g_steal_pointer (&parsed->bucket);
  if (key != NULL)
    *key = g_steal_pointer (&parsed->key);
  return TRUE;
}
