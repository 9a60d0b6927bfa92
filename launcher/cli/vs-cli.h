/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-cli: the API for people: submit, jobs, watch, cancel, channel; and token,
 * which works on the database itself. docs/service.md shows them. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Is @word one of the commands? */
gboolean vs_cli_knows (const gchar *word);

/* Runs argv[1]; the exit code. */
gint vs_cli_run (gint argc, gchar **argv);

/* token create NAME, token revoke NAME; @words after "token". */
gint vs_cli_token (const gchar *const *words, const gchar *state,
    const gchar *config, const gchar *scopes);

G_END_DECLS
