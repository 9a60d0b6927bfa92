/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-api: the service on the wire: /v1 and its like are handed to
 * launcher/api, /play/ is answered from the media folder, /v1/events stays
 * open, "/" is the page. The same door, limits and rules as --serve.
 *
 * Threading: the thread that made it. */
#pragma once

#include "api/vs-api.h"
#include "vs-http.h"

G_BEGIN_DECLS

typedef struct _VsHttpApi VsHttpApi;

/* @store: "s3://…", where what is not in the folder is, or NULL.
 * @max_upload: bytes of a file; 0: none are taken.
 * @last_event: the number of the last event that was ever told. */
VsHttpApi *vs_http_api_new (const gchar *listen, VsApi *api,
    const gchar *media_folder, const gchar *store, const VsHttpLimits *limits,
    guint64 max_upload, guint64 last_event, GError **error);
void vs_http_api_free (VsHttpApi *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsHttpApi, vs_http_api_free)

const gchar *vs_http_api_get_url (VsHttpApi *self);

/* Does @listen lead to this machine alone? Looks names up. */
gboolean vs_http_api_is_loopback (const gchar *listen);

/* An event that has the next number, and one that has none. */
void vs_http_api_post (
    VsHttpApi *self, const gchar *type, const gchar *owner, const gchar *json);
void vs_http_api_tell (
    VsHttpApi *self, const gchar *type, const gchar *owner, const gchar *json);

G_END_DECLS
