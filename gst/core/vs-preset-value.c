/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One value of a preset, by the kind of its key. */
#include "core/vs-error.h"
#include "core/vs-preset-keys.h"
#include "core/vs-units.h"

#include <string.h>

#define VALUE_MAX 200

static gchar *
dup_duration (gint64 us)
{
  static const struct {
    const gchar *name;
    gint64 us;
  } units[] = {
    { "h", G_GINT64_CONSTANT (3600000000) },
    { "m", 60000000 },
    { "s", 1000000 },
    { "ms", 1000 },
  };

  /* A minute reads better as 60s, where seconds stand beside it. */
  for (guint i = 0; us > 0 && i < G_N_ELEMENTS (units); i++)
    if (us % units[i].us == 0 && (i != 1 || us > 2 * units[i].us))
      return g_strdup_printf (
          "%" G_GINT64_FORMAT "%s", us / units[i].us, units[i].name);
  return g_strdup ("0");
}

static gchar *
dup_limit (const VsPresetKey *key, gint64 value)
{
  if (key->kind == VS_KEY_DURATION)
    return dup_duration (value);
  if (key->kind == VS_KEY_BITRATE)
    return value >= 1000000
               ? g_strdup_printf ("%" G_GINT64_FORMAT "M", value / 1000000)
               : g_strdup_printf ("%" G_GINT64_FORMAT "k", value / 1000);
  return g_strdup_printf ("%" G_GINT64_FORMAT, value);
}

static gchar *
dup_choices (const VsPresetKey *key)
{
  GString *text = g_string_new (NULL);

  for (const VsKeyChoice *choice = key->choices; choice->name; choice++) {
    if (choice != key->choices)
      g_string_append (text, choice[1].name ? ", " : " or ");
    g_string_append (text, choice->name);
  }
  return g_string_free (text, FALSE);
}

static const gchar *
describe_kind (VsKeyKind kind)
{
  switch (kind) {
    case VS_KEY_NAME:
      return "a file name without folders";
    case VS_KEY_LANGUAGE:
      return "a language tag like en or pt-BR";
    case VS_KEY_ADDRESS:
      return "HOST:PORT, like 127.0.0.1:8080";
    case VS_KEY_BITRATE:
      return "a bit rate";
    case VS_KEY_DURATION:
      return "a duration";
    case VS_KEY_FRAMERATE:
      return "a frame rate, or source";
    case VS_KEY_BOOLEAN:
      return "true or false";
    case VS_KEY_INTEGER:
      return "a whole number";
    case VS_KEY_EVEN:
      return "an even number";
    case VS_KEY_TEXT:
    case VS_KEY_WORD:
    case VS_KEY_CHOICE:
    default:
      return "text";
  }
}

gchar *
vs_preset_key_describe (const VsPresetKey *key)
{
  g_autofree gchar *min = NULL;
  g_autofree gchar *max = NULL;

  if (key->choices != NULL)
    return dup_choices (key);
  if (key->min == 0 && key->max == 0)
    return g_strdup (describe_kind (key->kind));
  min = dup_limit (key, key->min);
  max = dup_limit (key, key->max);
  return g_strdup_printf ("%s, %s to %s", describe_kind (key->kind), min, max);
}

static gboolean
refuse (const VsPresetKey *key, const gchar *value, GError **error)
{
  g_autofree gchar *expected = vs_preset_key_describe (key);

  g_set_error (
      error, VS_ERROR, VS_ERROR_BAD_VALUE, "“%s” is not %s", value, expected);
  return FALSE;
}

static gboolean
check_range (
    const VsPresetKey *key, gint64 number, const gchar *value, GError **error)
{
  g_autofree gchar *min = NULL;
  g_autofree gchar *max = NULL;

  if ((key->min == 0 && key->max == 0) ||
      (number >= key->min && number <= key->max))
    return TRUE;
  min = dup_limit (key, key->min);
  max = dup_limit (key, key->max);
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
      "“%s” is out of range, which is %s to %s", value, min, max);
  return FALSE;
}

static gboolean
set_choice (
    const VsPresetKey *key, gint *target, const gchar *value, GError **error)
{
  const gchar *names[16] = { NULL };
  const gchar *nearest;
  guint n = 0;
  g_autofree gchar *expected = NULL;

  for (const VsKeyChoice *choice = key->choices; choice->name; choice++) {
    if (g_str_equal (choice->name, value)) {
      *target = choice->value;
      return TRUE;
    }
    if (n < G_N_ELEMENTS (names) - 1)
      names[n++] = choice->name;
  }
  nearest = vs_units_nearest (value, names);
  expected = dup_choices (key);
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE, "“%s” is not %s%s%s%s",
      value, expected, nearest ? "; did you mean “" : "",
      nearest ? nearest : "", nearest ? "”?" : "");
  return FALSE;
}

static gboolean
set_integer (
    const VsPresetKey *key, guint *target, const gchar *value, GError **error)
{
  guint64 number;

  if (!g_ascii_string_to_unsigned (value, 10, 0, G_MAXINT, &number, NULL))
    return refuse (key, value, error);
  if (!check_range (key, (gint64) number, value, error))
    return FALSE;
  if (key->kind == VS_KEY_EVEN && number % 2 != 0) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "%s is odd, and encoders take even sizes only; write %u or %u", value,
        (guint) number - 1, (guint) number + 1);
    return FALSE;
  }
  *target = (guint) number;
  return TRUE;
}

/* It becomes an object's key beside the renditions' folders, and a URI in
 * manifests. */
static gboolean
is_file_name (const gchar *value)
{
  return *value != '\0' && *value != '.' && strpbrk (value, "/\\") == NULL;
}

/* RFC 5646 2.1, as to its form. */
static gboolean
is_language (const gchar *value)
{
  return g_regex_match_simple (
      "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", value, G_REGEX_DOLLAR_ENDONLY, 0);
}

static gboolean
is_address (const gchar *value)
{
  const gchar *colon = strrchr (value, ':');
  guint64 port;

  if (colon == NULL ||
      !g_ascii_string_to_unsigned (colon + 1, 10, 0, 65535, &port, NULL))
    return FALSE;
  /* An IPv6 address stands in brackets (RFC 3986 3.2.2). */
  if (*value == '[')
    return colon[-1] == ']';
  return memchr (value, ':', (gsize) (colon - value)) == NULL &&
         strpbrk (value, " /@") == NULL;
}

static gboolean
set_text (
    const VsPresetKey *key, gchar **target, const gchar *value, GError **error)
{
  if (*value == '\0') {
    g_set_error_literal (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "the value is empty; take the line out if it is not needed");
    return FALSE;
  }
  if ((key->kind == VS_KEY_NAME && !is_file_name (value)) ||
      (key->kind == VS_KEY_LANGUAGE && !is_language (value)) ||
      (key->kind == VS_KEY_ADDRESS && !is_address (value)))
    return refuse (key, value, error);
  g_free (*target);
  *target = g_strdup (value);
  return TRUE;
}

static gboolean
set_quantity (
    const VsPresetKey *key, gpointer target, const gchar *value, GError **error)
{
  gint64 us;
  guint bits;

  if (key->kind == VS_KEY_DURATION) {
    if (!vs_units_parse_duration (value, &us, error) ||
        !check_range (key, us, value, error))
      return FALSE;
    *(gint64 *) target = us;
    return TRUE;
  }
  if (!vs_units_parse_bitrate (value, &bits, error) ||
      !check_range (key, bits, value, error))
    return FALSE;
  *(guint *) target = bits;
  return TRUE;
}

gboolean
vs_preset_key_set (const VsPresetKey *key, gpointer structure,
    const gchar *value, GError **error)
{
  gpointer target = G_STRUCT_MEMBER_P (structure, key->offset);
  gint ignored;

  if (key->kind != VS_KEY_TEXT && strlen (value) > VALUE_MAX) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "the value is longer than %d bytes", VALUE_MAX);
    return FALSE;
  }
  switch (key->kind) {
    case VS_KEY_TEXT:
    case VS_KEY_NAME:
    case VS_KEY_LANGUAGE:
    case VS_KEY_ADDRESS:
      return set_text (key, target, value, error);
    case VS_KEY_BITRATE:
    case VS_KEY_DURATION:
      return set_quantity (key, target, value, error);
    case VS_KEY_FRAMERATE:
      return vs_units_parse_framerate (
          value, target, (guint *) target + 1, error);
    case VS_KEY_BOOLEAN:
      return vs_units_parse_boolean (value, target, error);
    case VS_KEY_CHOICE:
      return set_choice (key, target, value, error);
    case VS_KEY_WORD:
      return set_choice (key, &ignored, value, error) &&
             set_text (key, target, value, error);
    case VS_KEY_INTEGER:
    case VS_KEY_EVEN:
      return set_integer (key, target, value, error);
    default:
      g_return_val_if_reached (FALSE);
  }
}
