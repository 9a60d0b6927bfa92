/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-store: objects outside the process: one small vtable, one folder or
 * bucket prefix behind it.
 *
 * Threading: a VsStore may be used from any thread. A put or delete is
 * asynchronous: its callback runs exactly once, on any thread, possibly
 * before the call returns, and never under a lock of the store. Operations on
 * different keys may finish in any order; on one key they finish in the order
 * in which they were asked for. */
#pragma once

#include "store/vs-s3.h"

G_BEGIN_DECLS

typedef struct _VsStore VsStore;

/* @error is NULL on success and belongs to the store. On success the object
 * is whole under its key: no reader ever sees a part of it. */
typedef void (*VsStoreDone) (const GError *error, gpointer user_data);

typedef struct {
  const gchar *content_type;
  const gchar *cache_control;
} VsStoreMeta;

/* What an implementation gives. @self is the implementation's own data. */
typedef struct {
  void (*put) (gpointer self, const gchar *key, GBytes *const *chunks,
      guint n_chunks, const VsStoreMeta *meta, VsStoreDone done,
      gpointer user_data);
  void (*remove) (gpointer self, const gchar *const *keys, VsStoreDone done,
      gpointer user_data);
  GBytes *(*get) (
      gpointer self, const gchar *key, gsize max_size, GError **error);
  gchar **(*list) (gpointer self, const gchar *prefix, GError **error);
  void (*call_back) (gpointer self, const gchar *key); /* or NULL */
  gboolean (*lock) (gpointer self, GError **error);
  gboolean (*flush) (gpointer self, GError **error);
  void (*free) (gpointer self);
} VsStoreClass;

/* @location: a folder ("out", "/srv/show", "file:///srv/show"), created where
 * it is not there, or the objects below a prefix of a bucket
 * ("s3://bucket/prefix?endpoint=…": docs/s3.md). Fails where it is known by
 * then that it cannot be written; a bucket is asked when it is locked. */
VsStore *vs_store_open (const gchar *location, GError **error);

typedef struct {
  const VsS3Config *s3; /* for s3:// alone; parameters of the URI go before */
} VsStoreOptions;

VsStore *vs_store_open_with (
    const gchar *location, const VsStoreOptions *options, GError **error);

/* Waits until everything asked for is done, then lets go of it. */
void vs_store_free (VsStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsStore, vs_store_free)

/* Makes this store the only writer at its place until it is freed, or fails
 * with VS_ERROR_NO_OUTPUT where another one is. */
gboolean vs_store_lock (VsStore *store, GError **error);

/* Stores @chunks, one after the other, under @key ("video_0/0.m4s": relative,
 * no "..", folders are made). Keeps references of the chunks until done. */
void vs_store_put (VsStore *store, const gchar *key, GBytes *const *chunks,
    guint n_chunks, const VsStoreMeta *meta, VsStoreDone done,
    gpointer user_data);

/* Nobody has use any more for what is being put under @key: the put is given up
 * where the store can. Its callback runs as ever, possibly before this returns;
 * with G_IO_ERROR_CANCELLED the object may be there all the same. */
void vs_store_call_back (VsStore *store, const gchar *key);

/* Removes objects; what is not there already is no error. */
void vs_store_remove (VsStore *store, const gchar *const *keys,
    VsStoreDone done, gpointer user_data);

/* Waits for the whole object. VS_ERROR_NOT_FOUND where there is none. */
GBytes *vs_store_get (
    VsStore *store, const gchar *key, gsize max_size, GError **error);

/* The keys below @prefix, sorted. */
gchar **vs_store_list (VsStore *store, const gchar *prefix, GError **error);

/* Waits until all that was put before has been made durable (fsync, or the
 * acknowledgement of the service). */
gboolean vs_store_flush (VsStore *store, GError **error);

/* Content-Type of a key by its suffix, the one table of the project. */
const gchar *vs_store_content_type (const gchar *key);

/* Cache-Control of a key: manifests are revalidated, segments immutable. */
const gchar *vs_store_cache_control (const gchar *key);

G_END_DECLS
