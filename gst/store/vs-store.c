/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/vs-store-private.h"

#include <string.h>

#include "core/vs-error.h"

/* S3's limit, and more than any file system needs. */
#define MAX_KEY_LENGTH 1024

struct _VsStore {
  const VsStoreClass *klass;
  gpointer self;
};

typedef struct {
  const gchar *suffix;
  const gchar *content_type;
  gboolean manifest;
} SuffixRule;

/* RFC 8216bis section 4 (playlists), ISO/IEC 23009-1 annex C (MPD),
 * RFC 4337 and ISO/IEC 14496-12 (MP4), W3C WebVTT section 4. */
static const SuffixRule suffix_rules[] = {
  { ".m3u8", "application/vnd.apple.mpegurl", TRUE },
  { ".mpd", "application/dash+xml", TRUE },
  { ".m4s", "video/iso.segment", FALSE },
  { ".mp4", "video/mp4", FALSE },
  { ".m4a", "audio/mp4", FALSE },
  { ".m4v", "video/mp4", FALSE },
  { ".ts", "video/mp2t", FALSE },
  { ".aac", "audio/aac", FALSE },
  { ".vtt", "text/vtt", FALSE },
  { ".webm", "video/webm", FALSE },
  { ".jpg", "image/jpeg", FALSE },
  { ".png", "image/png", FALSE },
  { ".json", "application/json", TRUE },
  { ".state", "text/plain; charset=utf-8", TRUE },
};

static const SuffixRule *
find_suffix_rule (const gchar *key)
{
  for (guint i = 0; i < G_N_ELEMENTS (suffix_rules); i++)
    if (g_str_has_suffix (key, suffix_rules[i].suffix))
      return &suffix_rules[i];
  return NULL;
}

const gchar *
vs_store_content_type (const gchar *key)
{
  const SuffixRule *rule = find_suffix_rule (key);

  return rule != NULL ? rule->content_type : "application/octet-stream";
}

const gchar *
vs_store_cache_control (const gchar *key)
{
  const SuffixRule *rule = find_suffix_rule (key);

  if (rule == NULL || rule->manifest)
    return "no-cache";
  return "public, max-age=31536000, immutable";
}

VsStore *
vs_store_new (const VsStoreClass *klass, gpointer self)
{
  VsStore *store = g_new0 (VsStore, 1);

  store->klass = klass;
  store->self = self;
  return store;
}

VsStore *
vs_store_open (const gchar *location, GError **error)
{
  return vs_store_open_with (location, NULL, error);
}

VsStore *
vs_store_open_with (
    const gchar *location, const VsStoreOptions *options, GError **error)
{
  g_autofree gchar *scheme = NULL;
  g_autofree gchar *path = NULL;

  if (location == NULL || *location == '\0') {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "No output location is given; name a folder.");
    return NULL;
  }
  scheme = g_uri_parse_scheme (location);
  if (scheme == NULL)
    return vs_store_file_open (location, error);
  if (g_ascii_strcasecmp (scheme, "s3") == 0)
    return vs_store_s3_open (
        location, options != NULL ? options->s3 : NULL, error);
  if (g_ascii_strcasecmp (scheme, "file") != 0) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "The output location “%s” has the scheme “%s”; name a folder or "
        "s3://bucket/prefix.",
        location, scheme);
    return NULL;
  }
  path = g_filename_from_uri (location, NULL, error);
  if (path == NULL) {
    g_prefix_error (
        error, "The output location “%s” is no file URI: ", location);
    return NULL;
  }
  return vs_store_file_open (path, error);
}

void
vs_store_free (VsStore *store)
{
  if (store == NULL)
    return;
  store->klass->free (store->self);
  g_free (store);
}

gboolean
vs_store_lock (VsStore *store, GError **error)
{
  return store->klass->lock (store->self, error);
}

/* A key is a relative path of plain components. */
static gboolean
check_key (const gchar *key, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (key, "/", -1);
  gboolean good = *key != '\0' && strlen (key) <= MAX_KEY_LENGTH;

  for (guint i = 0; good && parts[i] != NULL; i++)
    good = *parts[i] != '\0' && strcmp (parts[i], ".") != 0 &&
           strcmp (parts[i], "..") != 0;
  if (!good)
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "“%s” is no object name: it must be a relative path without empty, "
        "“.” or “..” parts, of at most %d bytes.",
        key, MAX_KEY_LENGTH);
  return good;
}

void
vs_store_put (VsStore *store, const gchar *key, GBytes *const *chunks,
    guint n_chunks, const VsStoreMeta *meta, VsStoreDone done,
    gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  VsStoreMeta defaults;

  if (!check_key (key, &error)) {
    done (error, user_data);
    return;
  }
  if (meta == NULL) {
    defaults.content_type = vs_store_content_type (key);
    defaults.cache_control = vs_store_cache_control (key);
    meta = &defaults;
  }
  store->klass->put (store->self, key, chunks, n_chunks, meta, done, user_data);
}

void
vs_store_call_back (VsStore *store, const gchar *key)
{
  if (store->klass->call_back != NULL)
    store->klass->call_back (store->self, key);
}

void
vs_store_remove (VsStore *store, const gchar *const *keys, VsStoreDone done,
    gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  for (guint i = 0; keys[i] != NULL; i++)
    if (!check_key (keys[i], &error)) {
      done (error, user_data);
      return;
    }
  store->klass->remove (store->self, keys, done, user_data);
}

GBytes *
vs_store_get (VsStore *store, const gchar *key, gsize max_size, GError **error)
{
  if (!check_key (key, error))
    return NULL;
  return store->klass->get (store->self, key, max_size, error);
}

gchar **
vs_store_list (VsStore *store, const gchar *prefix, GError **error)
{
  return store->klass->list (store->self, prefix, error);
}

gboolean
vs_store_flush (VsStore *store, GError **error)
{
  return store->klass->flush (store->self, error);
}
