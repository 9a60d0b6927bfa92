/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-watch: says what appears in a folder and in the folders right below
 * it, when it is whole: renamed to its name, or closed after writing.
 *
 * Life: vs_http_watch_start () where the folder is there; may be called again
 * at any time, and does something only where the folder was not there or has
 * been removed.
 *
 * Threading: one thread; @found runs in its thread-default context. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _VsHttpWatch VsHttpWatch;

/* @json: {"key": "video_0/7.m4s", "size": 123456, "time": ms since 1970}, or
 * "gone": true in the place of the size. */
typedef void (*VsHttpWatchFound) (const gchar *json, gpointer user_data);

VsHttpWatch *vs_http_watch_new (
    const gchar *root, VsHttpWatchFound found, gpointer user_data);
void vs_http_watch_start (VsHttpWatch *self);
void vs_http_watch_free (VsHttpWatch *self);

/* The same JSON; a negative @size: it is gone. */
gchar *vs_http_watch_format (const gchar *key, gint64 size);

G_END_DECLS
