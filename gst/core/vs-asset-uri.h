/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-asset-uri: the address of a film of the library, as the item of a queue.
 *
 * People write "asset:ID". The service, which knows where the film is, keeps
 * "asset:ID#PLACE", PLACE being a path below its folder of media; and shows
 * "asset:ID" again. Whoever plays it is told the folder. Pure. */
#pragma once

#include "core/vs-error.h"

G_BEGIN_DECLS

/* NULL where @uri (or NULL) is not one. */
gchar *vs_asset_uri_dup_id (const gchar *uri);

/* As people write it; any other address as it is. */
gchar *vs_asset_uri_dup_shown (const gchar *uri);

gchar *vs_asset_uri_make (const gchar *id, const gchar *place);

/* Where it is below @folder (or NULL). A place never leads out of it. */
gchar *vs_asset_uri_dup_path (
    const gchar *uri, const gchar *folder, GError **error);

G_END_DECLS
