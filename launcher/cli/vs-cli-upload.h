/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-cli-upload: sends a file to a service by tus, with progress on a
 * terminal; goes on where a connection broke. Waits until it is done. */
#pragma once

#include "http/vs-http-client.h"

G_BEGIN_DECLS

/* The upload's id. */
gchar *vs_cli_upload (VsHttpClient *client, const gchar *path, GError **error);

G_END_DECLS
