/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-s3-memory: an allocator that s3sink offers to those before it. What a part
 * was made of is used again when the part is stored: memory of an upload is
 * warm then, and the kernel need not give and clear every page anew, which took
 * a third of the CPU.
 *
 * Threading: any thread, as with every GstAllocator. What is kept goes with the
 * last reference; memory that is still in use keeps the allocator alive. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Keeps blocks that are let go of, so that they and those in use are of @most
 * bytes together. */
GstAllocator *vs_s3_allocator_new (gsize most);

G_END_DECLS
