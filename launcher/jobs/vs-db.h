/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-db: the service's database, an SQLite file: what was acknowledged is in
 * it, and nothing is acknowledged before it is.
 *
 * Life: opened (WAL, synchronous=FULL, so a commit survives a power cut),
 * brought to the present schema by numbered migrations (user_version), used,
 * closed. A database of a later version is refused, as is one that is damaged.
 * docs/service.md has the schema.
 *
 * Threading: one thread. Another process may use the same file meanwhile
 * (vstream-launcher token create); each waits for the other. */
#pragma once

#include "core/vs-error.h"

G_BEGIN_DECLS

typedef struct _VsDb VsDb;
typedef struct _VsDbRows VsDbRows;

VsDb *vs_db_open (const gchar *path, GError **error);
void vs_db_close (VsDb *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsDb, vs_db_close)

/* @types: one letter an argument: "s" a string or NULL, "i" a gint64, "d" a
 * gdouble. @sql must be a literal: its compiled form is kept. */
gboolean vs_db_run (
    VsDb *self, GError **error, const gchar *sql, const gchar *types, ...);

/* How many rows the last vs_db_run () changed. */
gint vs_db_get_changes (VsDb *self);

/* To be stepped to its end, or freed, before the same @sql is used again. An
 * error in it ends the rows; it is said by vs_db_rows_free (). */
VsDbRows *vs_db_query (VsDb *self, const gchar *sql, const gchar *types, ...);
gboolean vs_db_rows_next (VsDbRows *self);
const gchar *vs_db_rows_text (VsDbRows *self, gint column); /* or NULL */
gint64 vs_db_rows_int (VsDbRows *self, gint column);
gdouble vs_db_rows_double (VsDbRows *self, gint column);
gboolean vs_db_rows_free (VsDbRows *self, GError **error);

/* All between is done or nothing of it. May not be nested. */
gboolean vs_db_begin (VsDb *self, GError **error);
gboolean vs_db_commit (VsDb *self, GError **error); /* failed: rolled back */
void vs_db_rollback (VsDb *self);

G_END_DECLS
