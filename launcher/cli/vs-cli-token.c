/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/vs-cli.h"

#include "app/vs-config.h"
#include "app/vs-exit.h"
#include "jobs/vs-token-store.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <sysexits.h>

static gint
fail (const GError *error)
{
  (void) fprintf (stderr, "vstream-launcher: %s\n", error->message);
  return vs_exit_from_error (error, VS_STAGE_OPTIONS);
}

/* The service may be running: SQLite takes care of that. */
static VsDb *
open_db (const gchar *state, const gchar *path, GError **error)
{
  g_autoptr (VsConfig) config = vs_config_load (path, error);
  g_autofree gchar *file = NULL;

  if (!config)
    return NULL;
  state = state ? state : config->state;
  if (g_mkdir_with_parents (state, 0700) != 0) {
    g_set_error (error, VS_ERROR, VS_ERROR_NO_OUTPUT,
        "The folder “%s” cannot be made: give another one with --state.",
        state);
    return NULL;
  }
  file = g_build_filename (state, "vstream.db", NULL);
  return vs_db_open (file, error);
}

static gint
create (VsDb *db, const gchar *name, const gchar *scopes)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *token = NULL;
  guint set = 0;

  if (vs_scopes_parse (scopes ? scopes : "read,write", &set, &error))
    token = vs_token_store_create (db, name, set, 0, &error);
  if (!token)
    return fail (error);
  (void) printf ("%s\n", token);
  (void) fprintf (stderr, "This is the only time it is shown.\n");
  return EX_OK;
}

static gint
revoke_token (VsDb *db, const gchar *name)
{
  g_autoptr (GError) error = NULL;
  gint count = vs_token_store_revoke (db, name, &error);

  if (count < 0)
    return fail (error);
  (void) printf ("%d removed\n", count);
  return count > 0 ? EX_OK : EX_NOINPUT;
}

gint
vs_cli_token (const gchar *const *words, const gchar *state,
    const gchar *config, const gchar *scopes)
{
  g_autoptr (VsDb) db = NULL;
  g_autoptr (GError) error = NULL;
  gboolean making = words[0] && g_str_equal (words[0], "create");

  if (!words[0] || !words[1] || words[2] ||
      (!making && !g_str_equal (words[0], "revoke"))) {
    (void) fprintf (stderr, "vstream-launcher: write “token create NAME” or "
                            "“token revoke NAME”.\n");
    return EX_USAGE;
  }
  db = open_db (state, config, &error);
  if (!db)
    return fail (error);
  return making ? create (db, words[1], scopes) : revoke_token (db, words[1]);
}
