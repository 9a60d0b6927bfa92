/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-summary: what a finished job leaves: its manifests, how long it is, how
 * fast it went, how large it is. */
#pragma once

#include "app/vs-status.h"

G_BEGIN_DECLS

/* @folder of the manifests; NULL: not known. */
gchar *vs_summary_format (
    const VsStatus *status, const gchar *folder, gint64 now_us);
void vs_summary_print (const VsStatus *status, const gchar *folder);

G_END_DECLS
