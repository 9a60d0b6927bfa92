/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-s3-pull: reads a local file for s3sink, from the filesrc before it.
 *
 * Threading: check () where there is no data flow; read () in one thread at a
 * time, any; resume () between two of them. They take no lock of the sink, and
 * end at once where the pad is flushing. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Is what is linked to @pad a source of a local file that gives any range of
 * it, all of it wanted? What reads over a network would hold up who sends, and
 * the files of /proc and /sys do not have the length they say, 0 or a page. */
gboolean vs_s3_pull_check (GstPad *pad);

/* The size of it now; FALSE: it does not say. */
gboolean vs_s3_pull_get_length (GstPad *pad, guint64 *length);

/* Has somebody ended the stream before the end of the file, with an EOS event
 * to the source? It would give no byte any more; from now on it does again. */
gboolean vs_s3_pull_resume (GstPad *pad, guint64 offset);

/* As VsS3Source has it. Sets @ended where the stream was ended, and reads on:
 * how long a part is has been promised. */
gssize vs_s3_pull_read (GstPad *pad, guint64 offset, guint8 *data, gsize size,
    gboolean *ended, GError **error);

G_END_DECLS
