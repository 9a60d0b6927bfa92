/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-s3-name: the keys of a series of objects. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* @pattern with @number in the place of its one "%d" ("%05d": at least five
 * digits); "%%" is a per cent sign. It is never given to printf. */
gchar *vs_s3_name_expand (const gchar *pattern, guint64 number, GError **error);

G_END_DECLS
