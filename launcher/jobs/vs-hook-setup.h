/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-hook-setup: the webhook of the configuration, and secrets. Its secret is
 * in a file that nobody else may read; where there is none, one is made. */
#pragma once

#include "app/vs-config.h"
#include "jobs/vs-db.h"

G_BEGIN_DECLS

/* A new one, of chance. */
gchar *vs_hook_make_secret (void);

/* Brings the database in step with [webhook] at start. */
gboolean vs_hook_setup (
    VsDb *db, const VsConfig *config, const gchar *secret_path, GError **error);

G_END_DECLS
