/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-asset-store: assets, durable. An asset is something to be played: a
 * source and the job that prepares it, whose end it follows in the same
 * transaction. Threading: one thread, that of the database. */
#pragma once

#include "jobs/vs-db.h"
#include "jobs/vs-job.h"

G_BEGIN_DECLS

#define VS_ASSET_PREFIX "asset"

typedef struct {
  gchar *id;
  VsState state;
  gchar *owner, *preset, *input, *job, *title;
  gint64 created;
  gchar *error_code, *error;
  gchar *result; /* its job's */
} VsAsset;

void vs_asset_free (VsAsset *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsAsset, vs_asset_free)

/* Writes the asset @job->asset, in a transaction of the caller's. */
gboolean vs_asset_store_add (
    VsDb *db, const VsJob *job, const gchar *title, GError **error);

/* The asset of @job becomes what the job's state makes of it. */
gboolean vs_asset_store_follow (VsDb *db, const VsJob *job, GError **error);

/* NULL and VS_ERROR_NOT_FOUND where there is none. */
VsAsset *vs_asset_store_get (VsDb *db, const gchar *id, GError **error);

/* VsAsset, the newest first. @owner, @after: or NULL. */
GPtrArray *vs_asset_store_list (VsDb *db, const gchar *owner,
    const gchar *after, guint limit, GError **error);

gboolean vs_asset_store_remove (VsDb *db, const gchar *id, GError **error);

G_END_DECLS
