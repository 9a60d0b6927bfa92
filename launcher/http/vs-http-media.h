/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-media: what is published, wherever it is: a folder, or the objects
 * below a prefix of a bucket. Both answer by the same rules and headers.
 *
 * Threading: the thread of the server. */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

typedef struct _VsHttpMedia VsHttpMedia;

/* Where --serve has the output. */
#define VS_HTTP_MEDIA_PATH "/media/"

/* @location: the path of a folder, which need not be there yet, or
 * "s3://bucket/prefix?endpoint=…". @redirect: a bucket's segments are pointed
 * at instead of sent. */
VsHttpMedia *vs_http_media_new (
    const gchar *location, gboolean redirect, GError **error);
void vs_http_media_free (VsHttpMedia *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsHttpMedia, vs_http_media_free)

/* Answers the GET or HEAD of @raw, a part of a path as it was sent, below
 * @folder (NULL: the location itself): now, or later when a store has
 * answered. */
void vs_http_media_serve (VsHttpMedia *self, SoupServerMessage *message,
    const gchar *folder, const gchar *raw);

/* The same for whoever asks, from whatever origin, with whatever method. */
void vs_http_media_answer (
    VsHttpMedia *self, SoupServerMessage *message, const gchar *raw);

/* What is watched with inotify; NULL: it is not on this machine. */
const gchar *vs_http_media_get_folder (VsHttpMedia *self);
/* Where else a page has to be allowed to read; NULL: nowhere. */
const gchar *vs_http_media_get_origin (VsHttpMedia *self);

G_END_DECLS
