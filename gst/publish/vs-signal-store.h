/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-signal-store: objects handed to the application, through a callback that
 * gives a GOutputStream for each and one that is told of removals. The bytes
 * are written, and the stream closed, on the thread that puts. */
#pragma once

#include <gio/gio.h>

#include "store/vs-store.h"

G_BEGIN_DECLS

/* A stream for @key (owned), or NULL where there is none. */
typedef GOutputStream *(*VsSignalStoreOpen) (
    const gchar *key, gpointer user_data);
typedef void (*VsSignalStoreDelete) (const gchar *key, gpointer user_data);

VsStore *vs_signal_store_new (VsSignalStoreOpen open_func,
    VsSignalStoreDelete delete_func, gpointer user_data);

G_END_DECLS
