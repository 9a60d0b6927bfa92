/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-url-policy: may this URL be a job's input? Schemes, local files and
 * addresses are judged here as far as they can be read off; where a name leads
 * is judged when the worker connects (worker/vs-guard.h). Looks at the file
 * system for file: URLs, and at nothing else. */
#pragma once

#include "app/vs-config.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* What the worker is to open: for a file:, the real path as a URI, so that no
 * link leads out of the folders that are allowed. NULL and @error:
 * VS_ERROR_BAD_VALUE for what is no URL, VS_ERROR_NOT_PERMITTED for what the
 * policy refuses, VS_ERROR_NO_INPUT for a file that is not there. */
gchar *vs_url_policy_check (
    const VsConfig *config, const gchar *url, GError **error);

/* May @url be told of events? The same codes. */
gboolean vs_url_policy_check_hook (
    const VsConfig *config, const gchar *url, GError **error);

/* Is @address public, or in one of @networks (or NULL)? */
gboolean vs_url_policy_allows (gchar **networks, GInetAddress *address);

G_END_DECLS
