/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-store-private: how an implementation becomes a VsStore. For
 * the implementations alone. */
#pragma once

#include "store/vs-store.h"

G_BEGIN_DECLS

VsStore *vs_store_new (const VsStoreClass *klass, gpointer self);

/* The objects below the prefix that @uri names; @base may be NULL. */
VsStore *vs_store_s3_open (
    const gchar *uri, const VsS3Config *base, GError **error);

/* A folder at @path, created where it is not there. */
VsStore *vs_store_file_open (const gchar *path, GError **error);

G_END_DECLS
