/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-damage: whether decoders passed over errors. They conceal damage, and
 * say so in the debug log alone; so this listens there, to the categories of
 * decoders, whether or not GST_DEBUG shows them.
 *
 * Threading: log lines come from any thread; the rest is the main thread's. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Once a process, after gst_init (). */
void vs_damage_listen (void);

/* The first of the errors so far (owned), NULL: there was none. */
gchar *vs_damage_dup_first (guint *n_errors);

G_END_DECLS
