/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-asset-uri: the address of a film of the library, as the item of a queue.
 *
 * People write "asset:ID". The service, which knows where the film is, keeps
 * "asset:ID#PLACE", PLACE being a path below its folder of media, or
 * "asset:ID#store:PLACE", below its place in an object store; and shows
 * "asset:ID" again. Whoever plays it is told the folder and the store.
 *
 * What is in the store is opened as "film:///PLACE": so what playlists name
 * relative to themselves is found without the store's parameters in it, and
 * leads nowhere else. Pure. */
#pragma once

#include "core/vs-error.h"

G_BEGIN_DECLS

/* NULL where @uri (or NULL) is not one. */
gchar *vs_asset_uri_dup_id (const gchar *uri);

/* As people write it; any other address as it is. */
gchar *vs_asset_uri_dup_shown (const gchar *uri);

/* @stored: in the object store, not in the folder. */
gchar *vs_asset_uri_make (const gchar *id, const gchar *place, gboolean stored);

/* "file:…" below @folder, or "film:…"; NULL: nothing is known of it (there is
 * no service, @folder is NULL). A place never leads out of either. */
gchar *vs_asset_uri_dup_address (
    const gchar *uri, const gchar *folder, GError **error);

/* The environment variable that names the store: as [output] location of the
 * service does, with parameters, without keys. */
#define VS_FILM_STORE "VS_FILM_STORE"

/* Of "film:///PLACE" the object below @location (or NULL: there is none). */
gchar *vs_film_uri_dup_location (
    const gchar *uri, const gchar *location, GError **error);

G_END_DECLS
