/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ladder/vs-picture-pool.h"

#include <string.h>

/* Blocks that wait to be used again. */
#define MOST_FREE 8
#define MEMORY_TYPE "vstream-picture"

/* --- memory --- */

typedef struct {
  GstAllocator parent;
  GMutex lock;
  GQueue free; /* Block, all of `size` */
  gsize size;
} VsPictureAllocator;

typedef struct {
  GstAllocatorClass parent_class;
} VsPictureAllocatorClass;

typedef struct {
  gint users; /* atomic: memory that shows it */
  gsize size;
  guint8 *data;
} Block;

typedef struct {
  GstMemory memory;
  Block *block;
} VsPicture;

static GType vs_picture_allocator_get_type (void);
G_DEFINE_TYPE (VsPictureAllocator, vs_picture_allocator, GST_TYPE_ALLOCATOR)

static void
block_free (gpointer data)
{
  Block *block = data;

  g_free (block->data);
  g_free (block);
}

static Block *
take_block (VsPictureAllocator *self, gsize size)
{
  Block *block;

  g_mutex_lock (&self->lock);
  if (self->size != size) {
    g_queue_clear_full (&self->free, block_free);
    self->size = size;
  }
  block = g_queue_pop_head (&self->free);
  g_mutex_unlock (&self->lock);
  if (block != NULL)
    return block;
  block = g_new0 (Block, 1);
  block->size = size;
  block->data = g_try_malloc (size);
  if (block->data == NULL)
    g_clear_pointer (&block, g_free);
  return block;
}

static void
let_go (VsPictureAllocator *self, Block *block)
{
  gboolean keep;

  if (!g_atomic_int_dec_and_test (&block->users))
    return;
  g_mutex_lock (&self->lock);
  keep = block->size == self->size && self->free.length < MOST_FREE;
  if (keep)
    g_queue_push_head (&self->free, block);
  g_mutex_unlock (&self->lock);
  if (!keep)
    block_free (block);
}

static GstMemory *
show (GstAllocator *allocator, Block *block, GstMemoryFlags flags,
    gsize max_size, gsize align, gsize offset, gsize size)
{
  VsPicture *self = g_new0 (VsPicture, 1);

  self->block = block;
  g_atomic_int_inc (&block->users);
  gst_memory_init (GST_MEMORY_CAST (self), flags, allocator, NULL, max_size,
      align, offset, size);
  return GST_MEMORY_CAST (self);
}

static GstMemory *
picture_alloc (GstAllocator *allocator, gsize size, GstAllocationParams *params)
{
  gsize max_size = size + params->prefix + params->padding;
  Block *block =
      take_block ((VsPictureAllocator *) allocator, max_size + params->align);

  return block != NULL ? show (allocator, block, 0, max_size, params->align,
                             params->prefix, size)
                       : NULL;
}

static void
picture_free (GstAllocator *allocator, GstMemory *memory)
{
  let_go ((VsPictureAllocator *) allocator, ((VsPicture *) memory)->block);
  g_free (memory);
}

/* Where the memory begins; gst_memory_map () adds the offset. */
static gpointer
picture_map (GstMemory *memory, gsize size, GstMapFlags flags)
{
  guintptr at = (guintptr) ((VsPicture *) memory)->block->data;

  return (gpointer) ((at + memory->align) & ~(guintptr) memory->align);
}

static void
picture_unmap (GstMemory *memory)
{
}

static GstMemory *
copy_pixels (GstMemory *memory, gssize offset, gsize size)
{
  GstAllocationParams params;
  GstMemory *copy;
  GstMapInfo from, to;

  gst_allocation_params_init (&params);
  params.align = memory->align;
  copy = gst_allocator_alloc (NULL, size, &params);
  if (!gst_memory_map (memory, &from, GST_MAP_READ)) {
    gst_memory_unref (copy);
    return NULL;
  }
  if (gst_memory_map (copy, &to, GST_MAP_WRITE)) {
    memcpy (to.data, from.data + offset, size);
    gst_memory_unmap (copy, &to);
  }
  gst_memory_unmap (memory, &from);
  return copy;
}

static GstMemory *
picture_share (GstMemory *memory, gssize offset, gssize size)
{
  return show (memory->allocator, ((VsPicture *) memory)->block,
      GST_MEMORY_FLAG_READONLY, memory->maxsize, memory->align,
      memory->offset + (gsize) offset,
      size < 0 ? memory->size - (gsize) offset : (gsize) size);
}

/* Only what its decoder has mapped for writing is shown again: anybody else who
 * asks for a copy means to write one. */
static GstMemory *
picture_copy (GstMemory *memory, gssize offset, gssize size)
{
  gint state = g_atomic_int_get (&GST_MINI_OBJECT_CAST (memory)->lockstate);

  if ((state & GST_LOCK_FLAG_WRITE) && !GST_MEMORY_IS_READONLY (memory))
    return picture_share (memory, offset, size);
  return copy_pixels (
      memory, offset, size < 0 ? memory->size - (gsize) offset : (gsize) size);
}

static void
vs_picture_allocator_finalize (GObject *object)
{
  VsPictureAllocator *self = (VsPictureAllocator *) object;

  g_queue_clear_full (&self->free, block_free);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (vs_picture_allocator_parent_class)->finalize (object);
}

static void
vs_picture_allocator_class_init (VsPictureAllocatorClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vs_picture_allocator_finalize;
  GST_ALLOCATOR_CLASS (klass)->alloc = picture_alloc;
  GST_ALLOCATOR_CLASS (klass)->free = picture_free;
}

static void
vs_picture_allocator_init (VsPictureAllocator *self)
{
  GstAllocator *allocator = GST_ALLOCATOR_CAST (self);

  g_mutex_init (&self->lock);
  g_queue_init (&self->free);
  allocator->mem_type = MEMORY_TYPE;
  allocator->mem_map = picture_map;
  allocator->mem_unmap = picture_unmap;
  allocator->mem_copy = picture_copy;
  allocator->mem_share = picture_share;
}

GstAllocator *
vs_picture_allocator_new (void)
{
  GstAllocator *self = g_object_new (vs_picture_allocator_get_type (), NULL);

  return gst_object_ref_sink (self);
}

/* --- the pool --- */

typedef struct {
  GstVideoBufferPool parent;
} VsPicturePool;

typedef struct {
  GstVideoBufferPoolClass parent_class;
} VsPicturePoolClass;

static GType vs_picture_pool_get_type (void);
G_DEFINE_TYPE (VsPicturePool, vs_picture_pool, GST_TYPE_VIDEO_BUFFER_POOL)

static gboolean
is_shown_elsewhere (GstBuffer *buffer)
{
  for (guint i = 0; i < gst_buffer_n_memory (buffer); i++) {
    GstMemory *memory = gst_buffer_peek_memory (buffer, i);

    if (gst_memory_is_type (memory, MEMORY_TYPE) &&
        g_atomic_int_get (&((VsPicture *) memory)->block->users) > 1)
      return TRUE;
  }
  return FALSE;
}

/* With this flag GstBufferPool takes no buffer back. */
static void
vs_picture_pool_release (GstBufferPool *pool, GstBuffer *buffer)
{
  if (is_shown_elsewhere (buffer))
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_TAG_MEMORY);
  GST_BUFFER_POOL_CLASS (vs_picture_pool_parent_class)
      ->release_buffer (pool, buffer);
}

static void
vs_picture_pool_class_init (VsPicturePoolClass *klass)
{
  GST_BUFFER_POOL_CLASS (klass)->release_buffer = vs_picture_pool_release;
}

static void
vs_picture_pool_init (VsPicturePool *self)
{
}

GstBufferPool *
vs_picture_pool_new (void)
{
  GstBufferPool *self = g_object_new (vs_picture_pool_get_type (), NULL);

  return gst_object_ref_sink (self);
}
