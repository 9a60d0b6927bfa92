/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-s3-url.h"

#include <string.h>

#include "core/vs-error.h"

#define BUCKET_MAX 63      /* of S3 */
#define BUCKET_LONGEST 255 /* of S3 before 2018, and of other servers */

void
vs_s3_append_encoded (GString *out, const gchar *text, gboolean keep_slash)
{
  static const gchar digits[] = "0123456789ABCDEF";

  for (const guint8 *c = (const guint8 *) text; *c != '\0'; c++) {
    if (g_ascii_isalnum (*c) || strchr ("-._~", *c) != NULL ||
        (*c == '/' && keep_slash)) {
      g_string_append_c (out, (gchar) *c);
    } else {
      g_string_append_c (out, '%');
      g_string_append_c (out, digits[*c >> 4]);
      g_string_append_c (out, digits[*c & 15]);
    }
  }
}

/* Percent-decoded; NULL where an escape is broken or is NUL. */
static gchar *
dup_decoded (const gchar *text, gsize length)
{
  GString *out = g_string_sized_new (length);

  for (gsize i = 0; i < length; i++) {
    gint high, low;

    if (text[i] != '%') {
      g_string_append_c (out, text[i]);
      continue;
    }
    high = length - i > 2 ? g_ascii_xdigit_value (text[i + 1]) : -1;
    low = length - i > 2 ? g_ascii_xdigit_value (text[i + 2]) : -1;
    if (high < 0 || low < 0 || (high == 0 && low == 0)) {
      g_string_free (out, TRUE);
      return NULL;
    }
    g_string_append_c (out, (gchar) (high << 4 | low));
    i += 2;
  }
  return g_string_free (out, FALSE);
}

gboolean
vs_s3_check_bucket (const gchar *bucket, GError **error)
{
  gsize length = bucket != NULL ? strlen (bucket) : 0;
  gboolean good =
      length >= 3 && length <= BUCKET_LONGEST && g_ascii_isalnum (bucket[0]) &&
      g_ascii_isalnum (bucket[length - 1]) && strstr (bucket, "..") == NULL;

  for (gsize i = 0; good && i < length; i++)
    good = g_ascii_isalnum (bucket[i]) || strchr ("-._", bucket[i]) != NULL;
  if (!good)
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "“%s” is no bucket name: it must have 3 to %d letters, digits, “-” or "
        "“.”.",
        bucket != NULL ? bucket : "", BUCKET_MAX);
  return good;
}

gboolean
vs_s3_check_key (const gchar *key, GError **error)
{
  gsize length = key != NULL ? strlen (key) : 0;

  if (length == 0) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "No object key is given; name one after the bucket: "
        "s3://bucket/key.");
    return FALSE;
  }
  if (length > VS_S3_KEY_MAX) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "The object key “%.40s…” has %" G_GSIZE_FORMAT
        " bytes; S3 takes at most %d.",
        key, length, VS_S3_KEY_MAX);
    return FALSE;
  }
  if (!g_utf8_validate (key, -1, NULL)) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "The object key is no UTF-8; S3 takes no other keys.");
    return FALSE;
  }
  return TRUE;
}

/* @query is all after the "?". */
static gboolean
parse_parameters (VsS3Uri *self, const gchar *query)
{
  g_auto (GStrv) pairs = g_strsplit (query, "&", -1);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; pairs[i] != NULL; i++) {
    const gchar *equals = strchr (pairs[i], '=');
    gsize name_length =
        equals != NULL ? (gsize) (equals - pairs[i]) : strlen (pairs[i]);
    const gchar *rest = equals != NULL ? equals + 1 : "";
    g_autofree gchar *name = dup_decoded (pairs[i], name_length);
    g_autofree gchar *value = dup_decoded (rest, strlen (rest));

    if (*pairs[i] == '\0')
      continue;
    if (name == NULL || value == NULL)
      return FALSE;
    g_strv_builder_add_many (builder, name, value, NULL);
  }
  self->parameters = g_strv_builder_end (builder);
  return TRUE;
}

static gboolean
refuse_uri (const gchar *uri, const gchar *why, GError **error)
{
  /* the parameters are left out: who knows what they hold */
  gsize shown = strcspn (uri, "?");

  g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
      "“%.*s” %s; write s3://bucket/key.", (int) MIN (shown, 200), uri, why);
  return FALSE;
}

static gboolean
parse_uri (VsS3Uri *self, const gchar *uri, GError **error)
{
  const gchar *rest = uri + strlen ("s3://");
  gsize whole = strcspn (rest, "?");
  gsize host = strcspn (rest, "/?");

  if (memchr (rest, '@', host) != NULL) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "An s3:// URI holds no credentials, since URIs are logged; give them "
        "as properties, in the environment or in a file.");
    return FALSE;
  }
  self->bucket = dup_decoded (rest, host);
  if (self->bucket == NULL)
    return refuse_uri (uri, "has a broken %-escape", error);
  if (*self->bucket == '\0')
    return refuse_uri (uri, "names no bucket", error);
  if (!vs_s3_check_bucket (self->bucket, error))
    return FALSE;
  self->key = host < whole ? dup_decoded (rest + host + 1, whole - host - 1)
                           : g_strdup ("");
  if (self->key == NULL ||
      !parse_parameters (self, rest[whole] == '?' ? rest + whole + 1 : ""))
    return refuse_uri (uri, "has a broken %-escape", error);
  return *self->key == '\0' || vs_s3_check_key (self->key, error);
}

VsS3Uri *
vs_s3_uri_parse (const gchar *uri, GError **error)
{
  g_autoptr (VsS3Uri) self = g_new0 (VsS3Uri, 1);

  if (g_ascii_strncasecmp (uri, "s3://", 5) != 0) {
    refuse_uri (uri, "is no s3:// URI", error);
    return NULL;
  }
  if (!parse_uri (self, uri, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
vs_s3_uri_free (VsS3Uri *uri)
{
  if (uri == NULL)
    return;
  g_free (uri->bucket);
  g_free (uri->key);
  g_strfreev (uri->parameters);
  g_free (uri);
}

const gchar *
vs_s3_uri_get_parameter (const VsS3Uri *uri, const gchar *name)
{
  for (guint i = 0; uri->parameters[i] != NULL; i += 2)
    if (strcmp (uri->parameters[i], name) == 0)
      return uri->parameters[i + 1];
  return NULL;
}

gchar *
vs_s3_uri_format (const gchar *bucket, const gchar *key)
{
  GString *out = g_string_new ("s3://");

  vs_s3_append_encoded (out, bucket, FALSE);
  g_string_append_c (out, '/');
  vs_s3_append_encoded (out, key, TRUE);
  return g_string_free (out, FALSE);
}

static gboolean
is_good_host (const gchar *host)
{
  const gchar *port = strrchr (host, ':');

  if (*host == '\0' || *host == ':')
    return FALSE;
  for (const gchar *c = host; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c) && strchr ("-._:[]%", *c) == NULL)
      return FALSE;
  if (port != NULL && strchr (port, ']') == NULL) {
    guint64 number;

    return g_ascii_string_to_unsigned (
        port + 1, 10, 1, G_MAXUINT16, &number, NULL);
  }
  return TRUE;
}

/* The port that a scheme has of itself is not said in Host, as clients do. */
static gchar *
dup_host (const gchar *host, gsize length, const gchar *scheme)
{
  g_autofree gchar *text = g_ascii_strdown (host, (gssize) length);
  const gchar *own = strcmp (scheme, "https") == 0 ? ":443" : ":80";

  if (g_str_has_suffix (text, own) && strchr (text, ':') != NULL &&
      (strchr (text, ':') == strrchr (text, ':') || *text == '['))
    text[strlen (text) - strlen (own)] = '\0';
  return g_steal_pointer (&text);
}

VsS3Endpoint *
vs_s3_endpoint_parse (const gchar *text, const gchar *region, GError **error)
{
  g_autoptr (VsS3Endpoint) self = g_new0 (VsS3Endpoint, 1);
  const gchar *rest = text;
  gsize host;

  if (text == NULL || *text == '\0') {
    self->scheme = g_strdup ("https");
    self->host = g_strdup_printf ("s3.%s.amazonaws.com%s", region,
        g_str_has_prefix (region, "cn-") ? ".cn" : "");
    self->path = g_strdup ("");
    self->aws = TRUE;
    return g_steal_pointer (&self);
  }
  if (g_ascii_strncasecmp (text, "http://", 7) == 0) {
    self->scheme = g_strdup ("http");
    rest = text + 7;
  } else {
    self->scheme = g_strdup ("https");
    rest = g_ascii_strncasecmp (text, "https://", 8) == 0 ? text + 8 : text;
  }
  host = strcspn (rest, "/");
  self->host = dup_host (rest, host, self->scheme);
  self->path = g_strdup (rest + host);
  while (g_str_has_suffix (self->path, "/"))
    self->path[strlen (self->path) - 1] = '\0';
  if (!is_good_host (self->host) || strpbrk (rest, "?#@ ") != NULL) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "The S3 endpoint “%s” is no address; write https://host or "
        "http://host:port.",
        strchr (text, '@') != NULL ? "…@…" : text);
    return NULL;
  }
  self->aws = g_str_has_suffix (self->host, ".amazonaws.com") ||
              g_str_has_suffix (self->host, ".amazonaws.com.cn");
  return g_steal_pointer (&self);
}

VsS3Endpoint *
vs_s3_endpoint_copy (const VsS3Endpoint *endpoint)
{
  VsS3Endpoint *copy = g_new0 (VsS3Endpoint, 1);

  copy->scheme = g_strdup (endpoint->scheme);
  copy->host = g_strdup (endpoint->host);
  copy->path = g_strdup (endpoint->path);
  copy->aws = endpoint->aws;
  return copy;
}

void
vs_s3_endpoint_free (VsS3Endpoint *endpoint)
{
  if (endpoint == NULL)
    return;
  g_free (endpoint->scheme);
  g_free (endpoint->host);
  g_free (endpoint->path);
  g_free (endpoint);
}

/* A name that can stand before the host: with a dot in it, no wildcard
 * certificate fits. */
static gboolean
is_virtual (const VsS3Endpoint *endpoint, VsS3Addressing addressing,
    const gchar *bucket)
{
  if (addressing != VS_S3_ADDRESSING_AUTO)
    return addressing == VS_S3_ADDRESSING_VIRTUAL;
  if (!endpoint->aws || strlen (bucket) > BUCKET_MAX ||
      strchr (bucket, '_') != NULL)
    return FALSE;
  for (const gchar *c = bucket; *c != '\0'; c++)
    if (g_ascii_isupper (*c))
      return FALSE;
  return strchr (bucket, '.') == NULL;
}

void
vs_s3_endpoint_locate (const VsS3Endpoint *endpoint, VsS3Addressing addressing,
    const gchar *bucket, const gchar *key, gchar **host, gchar **path)
{
  GString *out = g_string_new (NULL);

  vs_s3_append_encoded (out, endpoint->path, TRUE);
  if (bucket != NULL && is_virtual (endpoint, addressing, bucket)) {
    *host = g_strconcat (bucket, ".", endpoint->host, NULL);
  } else {
    *host = g_strdup (endpoint->host);
    if (bucket != NULL) {
      g_string_append_c (out, '/');
      vs_s3_append_encoded (out, bucket, FALSE);
    }
  }
  if (out->len == 0 || (key != NULL && *key != '\0'))
    g_string_append_c (out, '/');
  if (key != NULL)
    vs_s3_append_encoded (out, key, TRUE);
  *path = g_string_free (out, FALSE);
}
