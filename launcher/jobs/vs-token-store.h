/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-token-store: bearer tokens. A token is 256 bits of chance, so its SHA-256
 * is all that need be kept: who reads the database cannot use it. The token
 * itself is shown once, when it is made. Threading: one thread. */
#pragma once

#include "jobs/vs-db.h"

G_BEGIN_DECLS

typedef enum {
  VS_SCOPE_READ = 1 << 0,
  VS_SCOPE_WRITE = 1 << 1,
  VS_SCOPE_ADMIN = 1 << 2, /* what belongs to others, too */
} VsScope;

typedef struct {
  gchar *owner; /* the token's name: whose the jobs are */
  guint scopes; /* VsScope */
} VsPrincipal;

void vs_principal_clear (VsPrincipal *self);

/* "read,write": FALSE and a sentence for what is no scope. */
gboolean vs_scopes_parse (const gchar *text, guint *scopes, GError **error);

/* The token, to be shown once. @expires: µs since 1970, 0: never. */
gchar *vs_token_store_create (
    VsDb *db, const gchar *name, guint scopes, gint64 expires, GError **error);

/* Whom @token belongs to; FALSE where it is none, or has expired. */
gboolean vs_token_store_check (
    VsDb *db, const gchar *token, gint64 now, VsPrincipal *principal);

gboolean vs_token_store_is_empty (VsDb *db);

/* Forgets the tokens of @name; how many there were, -1 on an error. */
gint vs_token_store_revoke (VsDb *db, const gchar *name, GError **error);

G_END_DECLS
