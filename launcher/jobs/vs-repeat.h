/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-repeat: what a request with an Idempotency-Key has made. It is noted in
 * the transaction that makes it, and known for a day. Threading: one thread,
 * that of the database. */
#pragma once

#include "jobs/vs-db.h"

G_BEGIN_DECLS

typedef struct {
  gchar *owner;  /* whose key it is */
  gchar *key;    /* NULL: the request may not be repeated */
  gchar *digest; /* of the request */
} VsRepeat;

void vs_repeat_clear (VsRepeat *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VsRepeat, vs_repeat_clear)

/* The id of what the key was used for, or NULL; @same: by the same request. */
gchar *vs_repeat_find (
    VsDb *db, const VsRepeat *self, gint64 now, gboolean *same);

/* @self: or NULL; @subject: the id of what is made, at @now. */
gboolean vs_repeat_note (VsDb *db, const VsRepeat *self, const gchar *subject,
    gint64 now, GError **error);

G_END_DECLS
