/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-hls-attributes.h"

#include "core/vs-error.h"

#include <string.h>

/* A thousand years: a number of seconds beyond it is a mistake. */
#define MAX_FLOAT 3.2e10

static gboolean
refuse (GError **error, const gchar *name, const gchar *what)
{
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA, "the attribute %s %s",
      *name != '\0' ? name : "without a name", what);
  return FALSE;
}

static gboolean
is_name_letter (gchar c)
{
  return g_ascii_isupper (c) || g_ascii_isdigit (c) || c == '-';
}

/* "NAME" at *@text, which is left behind the equals sign. */
static gboolean
take_name (VsHlsAttribute *attribute, gchar **text, GError **error)
{
  gchar *c = *text;

  attribute->name = c;
  while (is_name_letter (*c))
    c++;
  if (c == *text || *c != '=') {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA,
        "NAME=value is expected at “%.40s”", *text);
    return FALSE;
  }
  *c = '\0';
  *text = c + 1;
  return TRUE;
}

/* The value at *@text, which is left behind the comma or at the end. */
static gboolean
take_value (VsHlsAttribute *attribute, gchar **text, GError **error)
{
  gchar *c = *text;
  gboolean more;

  attribute->quoted = *c == '"';
  if (attribute->quoted) {
    attribute->value = ++c;
    c = strchr (c, '"');
    if (c == NULL)
      return refuse (error, attribute->name, "has no closing quotation mark");
    *c++ = '\0';
    if (*c != ',' && *c != '\0')
      return refuse (
          error, attribute->name, "goes on after its quotation mark");
  } else {
    attribute->value = c;
    c += strcspn (c, ",");
    if (c == attribute->value)
      return refuse (error, attribute->name, "has no value");
  }

  more = *c == ',';
  *c = '\0';
  *text = more ? c + 1 : c;
  return TRUE;
}

gboolean
vs_hls_attributes_parse (
    VsHlsAttributes *attributes, gchar *text, GError **error)
{
  attributes->n = 0;

  /* spaces after a comma are not allowed, and found in the wild */
  while (*(text += strspn (text, " ")) != '\0') {
    VsHlsAttribute attribute;

    if (!take_name (&attribute, &text, error) ||
        !take_value (&attribute, &text, error))
      return FALSE;
    if (vs_hls_attributes_get (attributes, attribute.name) != NULL)
      return refuse (error, attribute.name, "is there twice");
    if (attributes->n == VS_HLS_MAX_ATTRIBUTES)
      return refuse (error, attribute.name, "is one too many");
    attributes->list[attributes->n++] = attribute;
  }
  return TRUE;
}

const gchar *
vs_hls_attributes_get (const VsHlsAttributes *attributes, const gchar *name)
{
  for (guint i = 0; i < attributes->n; i++) {
    if (strcmp (attributes->list[i].name, name) == 0)
      return attributes->list[i].value;
  }
  return NULL;
}

const gchar *
vs_hls_attributes_need (
    const VsHlsAttributes *attributes, const gchar *name, GError **error)
{
  const gchar *value = vs_hls_attributes_get (attributes, name);

  if (value == NULL || *value == '\0') {
    refuse (error, name, "is missing");
    return NULL;
  }
  return value;
}

gboolean
vs_hls_attributes_get_uint (const VsHlsAttributes *attributes,
    const gchar *name, guint *value, GError **error)
{
  const gchar *text = vs_hls_attributes_get (attributes, name);
  guint64 number;

  if (text == NULL)
    return TRUE;
  if (!vs_hls_parse_uint (text, &number) || number > G_MAXUINT)
    return refuse (error, name, "is not a whole number");
  *value = (guint) number;
  return TRUE;
}

gboolean
vs_hls_attributes_get_yes (const VsHlsAttributes *attributes, const gchar *name,
    gboolean *value, GError **error)
{
  const gchar *text = vs_hls_attributes_get (attributes, name);

  if (text == NULL)
    return TRUE;
  if (strcmp (text, "YES") != 0 && strcmp (text, "NO") != 0)
    return refuse (error, name, "is neither YES nor NO");
  *value = text[0] == 'Y';
  return TRUE;
}

gboolean
vs_hls_parse_uint (const gchar *text, guint64 *value)
{
  if (!g_ascii_isdigit (*text))
    return FALSE;
  return g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT64, value, NULL);
}

gboolean
vs_hls_parse_float (const gchar *text, gdouble *value)
{
  gsize digits = strspn (text, "0123456789");
  gsize length = digits;

  if (text[length] == '.') {
    gsize decimals = strspn (text + length + 1, "0123456789");

    digits += decimals;
    length += 1 + decimals;
  }
  if (digits == 0 || text[length] != '\0')
    return FALSE;
  *value = g_ascii_strtod (text, NULL);
  return *value <= MAX_FLOAT;
}

gboolean
vs_hls_parse_range (
    const gchar *text, guint64 *size, guint64 *offset, gboolean *has_offset)
{
  const gchar *at = strchr (text, '@');
  g_autofree gchar *first =
      at != NULL ? g_strndup (text, (gsize) (at - text)) : g_strdup (text);

  *has_offset = at != NULL;
  if (!vs_hls_parse_uint (first, size) || *size == 0)
    return FALSE;
  if (at != NULL && !vs_hls_parse_uint (at + 1, offset))
    return FALSE;
  return at == NULL || *offset <= G_MAXUINT64 - *size;
}
