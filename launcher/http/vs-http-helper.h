/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-helper: one more process that serves /media/. It is given
 * connections by the process that listens (vs-http-helpers.h), answers what is
 * asked of the output, which it only reads, and gives back every connection
 * on which anything else is asked, with that request unread.
 *
 * Life: standard input is the channel to the one that listens, from which its
 * settings come first; it ends with that, at SIGTERM, or when the kernel says
 * that its parent has died. ctrl-C is the parent's matter. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The first word of the command line that makes a launcher a helper. */
#define VS_HTTP_HELPER "serve-helper"

/* The exit code, of sysexits.h. */
gint vs_http_helper_run (void);

G_END_DECLS
