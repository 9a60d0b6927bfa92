/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A pool for pictures that go downstream while their decoder still refers to
 * them, mapped for writing, as libav's do. GstBuffer copies such memory; of
 * this pool's, the copy is another view of the same pixels, for reading alone.
 * That is sound where the decoder is done with writing, which it is with a
 * picture it gives away.
 *
 * A buffer that comes back while a view of it is read somewhere leaves the
 * pool; its block is used again when the last view has gone.
 *
 * Threading: as GstBufferPool; views may be let go in any thread. */
#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

/* New references. The pool is a GstVideoBufferPool; what it promises it does
 * with the allocator in its configuration. */
GstBufferPool *vs_picture_pool_new (void);
GstAllocator *vs_picture_allocator_new (void);

G_END_DECLS
