/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs/vs-token-store.h"

#include "jobs/vs-job.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#define TOKEN_PREFIX "vst_"
#define TOKEN_BYTES 32
#define TOKEN_MAX 128
#define NAME_MAX_BYTES 64

static const struct {
  const gchar *name;
  VsScope scope;
} scope_names[] = {
  { "read", VS_SCOPE_READ },
  { "write", VS_SCOPE_WRITE },
  { "admin", VS_SCOPE_ADMIN },
};

void
vs_principal_clear (VsPrincipal *self)
{
  g_clear_pointer (&self->owner, g_free);
  self->scopes = 0;
}

static guint
get_scope (const gchar *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (scope_names); i++)
    if (g_str_equal (scope_names[i].name, name))
      return scope_names[i].scope;
  return 0;
}

gboolean
vs_scopes_parse (const gchar *text, guint *scopes, GError **error)
{
  g_auto (GStrv) words = g_strsplit_set (text, ", ", -1);

  *scopes = 0;
  for (guint i = 0; words[i]; i++) {
    guint scope = get_scope (words[i]);

    if (scope == 0) {
      g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
          "“%s” is no scope: give read, write or admin, with commas between.",
          words[i]);
      return FALSE;
    }
    *scopes |= scope;
  }
  return TRUE;
}

static gchar *
format_scopes (guint scopes)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (scope_names); i++)
    if (scopes & scope_names[i].scope)
      g_string_append_printf (
          text, "%s%s", text->len ? "," : "", scope_names[i].name);
  return g_string_free (text, FALSE);
}

static gchar *
make_token (void)
{
  guint8 bytes[TOKEN_BYTES];
  GString *text = g_string_new (TOKEN_PREFIX);

  while (getrandom (bytes, sizeof bytes, 0) != (gssize) sizeof bytes)
    if (errno != EINTR)
      g_error ("The system gives no random numbers: %s", g_strerror (errno));
  for (guint i = 0; i < TOKEN_BYTES; i++)
    g_string_append_printf (text, "%02x", bytes[i]);
  return g_string_free (text, FALSE);
}

static gchar *
hash (const gchar *token)
{
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, token, -1);
}

static gboolean
check_name (const gchar *name, GError **error)
{
  gsize length = strlen (name);

  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum (name[i]) && !strchr ("-_.@", name[i]))
      length = 0;
  if (length > 0 && length <= NAME_MAX_BYTES)
    return TRUE;
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
      "A token's name is made of letters, digits and “-_.@”, at most %d.",
      NAME_MAX_BYTES);
  return FALSE;
}

gchar *
vs_token_store_create (
    VsDb *db, const gchar *name, guint scopes, gint64 expires, GError **error)
{
  g_autofree gchar *token = make_token ();
  g_autofree gchar *digest = hash (token);
  g_autofree gchar *id = vs_job_make_id ("token");
  g_autofree gchar *names = format_scopes (scopes);

  if (!check_name (name, error) ||
      !vs_db_run (db, error,
          "INSERT INTO tokens (id, name, hash, scopes, created, expires) "
          "VALUES (?, ?, ?, ?, ?, ?)",
          "ssssii", id, name, digest, names, g_get_real_time (), expires))
    return NULL;
  return g_steal_pointer (&token);
}

/* The digest is looked up, not the token: how long that takes tells nothing
 * that leads to a token. */
gboolean
vs_token_store_check (
    VsDb *db, const gchar *token, gint64 now, VsPrincipal *principal)
{
  g_autofree gchar *digest = NULL;
  VsDbRows *rows;
  gboolean found;

  if (strlen (token) > TOKEN_MAX)
    return FALSE;
  digest = hash (token);
  rows = vs_db_query (db,
      "SELECT name, scopes FROM tokens WHERE hash = ? AND "
      "(expires = 0 OR expires > ?)",
      "si", digest, now);
  found = vs_db_rows_next (rows);
  if (found) {
    principal->owner = g_strdup (vs_db_rows_text (rows, 0));
    (void) vs_scopes_parse (
        vs_db_rows_text (rows, 1), &principal->scopes, NULL);
  }
  (void) vs_db_rows_free (rows, NULL);
  return found;
}

gboolean
vs_token_store_is_empty (VsDb *db)
{
  VsDbRows *rows = vs_db_query (db, "SELECT 1 FROM tokens LIMIT 1", "");
  gboolean any = vs_db_rows_next (rows);

  /* What cannot be read is not empty: that would open the door. */
  return vs_db_rows_free (rows, NULL) && !any;
}

gint
vs_token_store_revoke (VsDb *db, const gchar *name, GError **error)
{
  if (!vs_db_run (db, error, "DELETE FROM tokens WHERE name = ?", "s", name))
    return -1;
  return vs_db_get_changes (db);
}
