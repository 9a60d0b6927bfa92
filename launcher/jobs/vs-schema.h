/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-schema: the tables of the service's database, as steps from nothing to
 * the present. A step that has been released is never changed: what comes
 * later is another step. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

guint vs_schema_count_steps (void);

/* SQL that leads from version @from to the next. */
const gchar *vs_schema_get_step (guint from);

G_END_DECLS
