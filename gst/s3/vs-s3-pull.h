/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-s3-pull: reads a local file for s3sink, from the filesrc before it.
 *
 * Threading: check () where there is no data flow; read () in one thread at a
 * time, any. It takes no lock of the sink, and ends at once where the pad is
 * flushing. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Is what is linked to @pad a source of a local file that gives any range of
 * it, all of it wanted? What reads over a network would hold up who sends, and
 * a file that says it is empty may not be (/proc). */
gboolean vs_s3_pull_check (GstPad *pad);

/* The size of it now; FALSE: it does not say. */
gboolean vs_s3_pull_get_length (GstPad *pad, guint64 *length);

/* As VsS3Source has it. */
gssize vs_s3_pull_read (
    GstPad *pad, guint64 offset, guint8 *data, gsize size, GError **error);

G_END_DECLS
