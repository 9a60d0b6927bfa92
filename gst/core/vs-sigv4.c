/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-sigv4.h"

#include <string.h>

#include "core/vs-s3-url.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
#define DIGEST_SIZE 32

static void
pair_free (gpointer data)
{
  VsPair *pair = data;

  g_free (pair->name);
  g_free (pair->value);
  g_free (pair);
}

GPtrArray *
vs_pairs_new (void)
{
  return g_ptr_array_new_with_free_func (pair_free);
}

void
vs_pairs_add (GPtrArray *pairs, const gchar *name, const gchar *value)
{
  VsPair *pair = g_new0 (VsPair, 1);

  pair->name = g_strdup (name);
  pair->value = g_strdup (value != NULL ? value : "");
  g_ptr_array_add (pairs, pair);
}

const gchar *
vs_pairs_get (const GPtrArray *pairs, const gchar *name)
{
  for (guint i = 0; i < pairs->len; i++) {
    const VsPair *pair = pairs->pdata[i];

    if (g_ascii_strcasecmp (pair->name, name) == 0)
      return pair->value;
  }
  return NULL;
}

/* By name, then value: of what is compared here, the encoded forms. */
static gint
compare_pairs (gconstpointer a, gconstpointer b)
{
  const VsPair *left = *(const VsPair *const *) a;
  const VsPair *right = *(const VsPair *const *) b;
  gint order = strcmp (left->name, right->name);

  return order != 0 ? order : strcmp (left->value, right->value);
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (
      (*(const VsPair *const *) a)->name, (*(const VsPair *const *) b)->name);
}

static gchar *
dup_encoded (const gchar *text)
{
  GString *out = g_string_new (NULL);

  vs_s3_append_encoded (out, text, FALSE);
  return g_string_free (out, FALSE);
}

gchar *
vs_sigv4_dup_query (const GPtrArray *query)
{
  g_autoptr (GPtrArray) sorted = vs_pairs_new ();
  GString *out = g_string_new (NULL);

  for (guint i = 0; query != NULL && i < query->len; i++) {
    const VsPair *pair = query->pdata[i];
    g_autofree gchar *name = dup_encoded (pair->name);
    g_autofree gchar *value = dup_encoded (pair->value);

    vs_pairs_add (sorted, name, value);
  }
  g_ptr_array_sort (sorted, compare_pairs);
  for (guint i = 0; i < sorted->len; i++) {
    const VsPair *pair = sorted->pdata[i];

    g_string_append_printf (
        out, "%s%s=%s", i > 0 ? "&" : "", pair->name, pair->value);
  }
  return g_string_free (out, FALSE);
}

/* Without the space around it, every other run of space one blank. */
static void
append_trimmed (GString *out, const gchar *value)
{
  gboolean space = FALSE, begun = FALSE;

  for (const gchar *c = value; *c != '\0'; c++) {
    if (g_ascii_isspace (*c)) {
      space = begun;
      continue;
    }
    if (space)
      g_string_append_c (out, ' ');
    g_string_append_c (out, *c);
    space = FALSE;
    begun = TRUE;
  }
}

/* Appends "name:value\n" of every header, and their names, ";" between. Values
 * of one name stay in their order, joined by commas. */
static void
append_headers (const GPtrArray *headers, GString *lines, GString *names)
{
  g_autoptr (GPtrArray) sorted = vs_pairs_new ();

  for (guint i = 0; i < headers->len; i++) {
    const VsPair *pair = headers->pdata[i];
    g_autofree gchar *name = g_ascii_strdown (pair->name, -1);

    vs_pairs_add (sorted, name, pair->value);
  }
  g_ptr_array_sort (sorted, compare_names);
  for (guint i = 0; i < sorted->len; i++) {
    const VsPair *pair = sorted->pdata[i];
    const VsPair *before = i > 0 ? sorted->pdata[i - 1] : NULL;

    if (before != NULL && strcmp (before->name, pair->name) == 0) {
      if (lines != NULL)
        lines->str[lines->len - 1] = ',';
    } else {
      g_string_append_printf (
          names, "%s%s", names->len > 0 ? ";" : "", pair->name);
      if (lines != NULL)
        g_string_append_printf (lines, "%s:", pair->name);
    }
    if (lines == NULL)
      continue;
    append_trimmed (lines, pair->value);
    g_string_append_c (lines, '\n');
  }
}

static gchar *
dup_signed_names (const GPtrArray *headers)
{
  GString *names = g_string_new (NULL);

  append_headers (headers, NULL, names);
  return g_string_free (names, FALSE);
}

static gchar *
dup_canonical (const VsSigv4Request *request, const gchar *query)
{
  g_autoptr (GString) names = g_string_new (NULL);
  GString *out = g_string_new (NULL);

  g_string_append_printf (
      out, "%s\n%s\n%s\n", request->method, request->path, query);
  append_headers (request->headers, out, names);
  g_string_append_printf (out, "\n%s\n%s", names->str, request->payload);
  return g_string_free (out, FALSE);
}

gchar *
vs_sigv4_dup_canonical (const VsSigv4Request *request)
{
  g_autofree gchar *query = vs_sigv4_dup_query (request->query);

  return dup_canonical (request, query);
}

gchar *
vs_sigv4_dup_date (gint64 time_s)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (time_s);

  return time != NULL ? g_date_time_format (time, "%Y%m%dT%H%M%SZ")
                      : g_strdup ("19700101T000000Z");
}

static void
hmac (const guint8 *key, gsize key_size, const gchar *text, guint8 *out)
{
  g_autoptr (GHmac) state = g_hmac_new (G_CHECKSUM_SHA256, key, key_size);
  gsize size = DIGEST_SIZE;

  g_hmac_update (state, (const guchar *) text, (gssize) strlen (text));
  g_hmac_get_digest (state, out, &size);
}

static gchar *
dup_scope (const VsSigv4Identity *identity, const gchar *date)
{
  return g_strdup_printf (
      "%.8s/%s/%s/aws4_request", date, identity->region, identity->service);
}

static gchar *
dup_signature (const VsSigv4Identity *identity, const gchar *date,
    const gchar *scope, const gchar *canonical)
{
  g_autofree gchar *hash =
      g_compute_checksum_for_string (G_CHECKSUM_SHA256, canonical, -1);
  g_autofree gchar *to_sign =
      g_strdup_printf (ALGORITHM "\n%s\n%s\n%s", date, scope, hash);
  g_autofree gchar *secret = g_strconcat ("AWS4", identity->secret_key, NULL);
  g_autofree gchar *day = g_strndup (date, 8);
  const gchar *steps[] = { day, identity->region, identity->service,
    "aws4_request", to_sign };
  guint8 key[DIGEST_SIZE], next[DIGEST_SIZE];
  GString *out = g_string_sized_new (DIGEST_SIZE * 2);

  hmac ((const guint8 *) secret, strlen (secret), steps[0], key);
  for (guint i = 1; i < G_N_ELEMENTS (steps); i++) {
    hmac (key, sizeof key, steps[i], next);
    memcpy (key, next, sizeof key);
  }
  for (guint i = 0; i < sizeof key; i++)
    g_string_append_printf (out, "%02x", key[i]);
  return g_string_free (out, FALSE);
}

gchar *
vs_sigv4_authorize (
    const VsSigv4Identity *identity, const VsSigv4Request *request)
{
  g_autofree gchar *date = vs_sigv4_dup_date (identity->time_s);
  g_autofree gchar *scope = dup_scope (identity, date);
  g_autofree gchar *canonical = vs_sigv4_dup_canonical (request);
  g_autofree gchar *signature =
      dup_signature (identity, date, scope, canonical);
  g_autofree gchar *names = dup_signed_names (request->headers);

  return g_strdup_printf (ALGORITHM
      " Credential=%s/%s, SignedHeaders=%s, Signature=%s",
      identity->access_key, scope, names, signature);
}

gchar *
vs_sigv4_presign (const VsSigv4Identity *identity,
    const VsSigv4Request *request, guint seconds)
{
  g_autofree gchar *date = vs_sigv4_dup_date (identity->time_s);
  g_autofree gchar *scope = dup_scope (identity, date);
  g_autofree gchar *names = dup_signed_names (request->headers);
  g_autofree gchar *credential =
      g_strconcat (identity->access_key, "/", scope, NULL);
  g_autofree gchar *expires = g_strdup_printf ("%u", seconds);
  g_autoptr (GPtrArray) query = vs_pairs_new ();
  g_autofree gchar *text = NULL;
  g_autofree gchar *canonical = NULL;
  g_autofree gchar *signature = NULL;

  for (guint i = 0; request->query != NULL && i < request->query->len; i++) {
    const VsPair *pair = request->query->pdata[i];

    vs_pairs_add (query, pair->name, pair->value);
  }
  vs_pairs_add (query, "X-Amz-Algorithm", ALGORITHM);
  vs_pairs_add (query, "X-Amz-Credential", credential);
  vs_pairs_add (query, "X-Amz-Date", date);
  vs_pairs_add (query, "X-Amz-Expires", expires);
  if (identity->session_token != NULL)
    vs_pairs_add (query, "X-Amz-Security-Token", identity->session_token);
  vs_pairs_add (query, "X-Amz-SignedHeaders", names);
  text = vs_sigv4_dup_query (query);
  canonical = dup_canonical (request, text);
  signature = dup_signature (identity, date, scope, canonical);
  return g_strconcat (text, "&X-Amz-Signature=", signature, NULL);
}
