/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "s3/vs-s3-memory.h"

#include <stdlib.h>

#define NAME "VsS3Memory"
#define ALIGN_MASK 4095   /* of a block: whole pages */
#define LEAST_KEPT 16384u /* below it malloc () itself keeps memory warm */

typedef struct {
  GstMemory memory; /* maxsize is the block's */
  guint8 *data;
} Block;

typedef struct {
  GstAllocator parent;

  gsize most; /* constant */
  GMutex lock;
  GQueue kept; /* Block, newest first: the warmest is taken */
  gsize kept_size, used_size;
} VsS3Allocator;

typedef GstAllocatorClass VsS3AllocatorClass;

static GType vs_s3_allocator_get_type (void);

G_DEFINE_TYPE (VsS3Allocator, vs_s3_allocator, GST_TYPE_ALLOCATOR)

static void
block_free (Block *block)
{
  free (block->data);
  g_free (block);
}

/* One of @size, or of up to a quarter more. */
static Block *
take_kept (VsS3Allocator *self, gsize size)
{
  Block *found = NULL;
  GList *l;

  g_mutex_lock (&self->lock);
  for (l = self->kept.head; l != NULL; l = l->next) {
    const Block *block = l->data;

    if (block->memory.maxsize >= size &&
        block->memory.maxsize <= size + size / 4)
      break;
  }
  if (l != NULL) {
    found = l->data;
    self->kept_size -= found->memory.maxsize;
    g_queue_delete_link (&self->kept, l);
  }
  g_mutex_unlock (&self->lock);
  return found;
}

/* What is kept makes room for @size bytes more, the coldest first. */
static void
note_used (VsS3Allocator *self, gsize size)
{
  g_mutex_lock (&self->lock);
  self->used_size += size;
  while (self->used_size + self->kept_size > self->most &&
         !g_queue_is_empty (&self->kept)) {
    Block *block = g_queue_pop_tail (&self->kept);

    self->kept_size -= block->memory.maxsize;
    block_free (block);
  }
  g_mutex_unlock (&self->lock);
}

static Block *
block_new (gsize size)
{
  Block *block = g_new0 (Block, 1);

  if (posix_memalign ((void **) &block->data, ALIGN_MASK + 1, size) == 0) {
    block->memory.maxsize = size;
    return block;
  }
  g_free (block);
  return NULL;
}

static GstMemory *
vs_s3_allocator_alloc (
    GstAllocator *allocator, gsize size, GstAllocationParams *params)
{
  gsize maxsize = params->prefix + size + params->padding;
  Block *block;

  maxsize = (MAX (maxsize, 1) + ALIGN_MASK) & ~(gsize) ALIGN_MASK;
  if ((params->align & ~(gsize) ALIGN_MASK) != 0)
    return NULL;
  block = take_kept ((VsS3Allocator *) allocator, maxsize);
  if (block == NULL)
    block = block_new (maxsize);
  if (block == NULL)
    return NULL;
  note_used ((VsS3Allocator *) allocator, block->memory.maxsize);
  gst_memory_init (&block->memory, params->flags, allocator, NULL,
      block->memory.maxsize, ALIGN_MASK, params->prefix, size);
  return &block->memory;
}

static void
vs_s3_allocator_free (GstAllocator *allocator, GstMemory *memory)
{
  VsS3Allocator *self = (VsS3Allocator *) allocator;
  Block *block = (Block *) memory;
  gboolean keep;

  if (memory->parent != NULL) { /* shared: its data are the parent's */
    g_free (block);
    return;
  }
  g_mutex_lock (&self->lock);
  self->used_size -= memory->maxsize;
  keep = memory->maxsize >= LEAST_KEPT &&
         self->used_size + self->kept_size + memory->maxsize <= self->most;
  if (keep) {
    g_queue_push_head (&self->kept, block);
    self->kept_size += memory->maxsize;
  }
  g_mutex_unlock (&self->lock);
  if (!keep)
    block_free (block);
}

static gpointer
block_map (GstMemory *memory, gsize maxsize, GstMapFlags flags)
{
  return ((Block *) memory)->data;
}

static void
block_unmap (GstMemory *memory)
{
}

static GstMemory *
block_share (GstMemory *memory, gssize offset, gssize size)
{
  GstMemory *parent = memory->parent != NULL ? memory->parent : memory;
  Block *shared = g_new0 (Block, 1);

  if (size < 0)
    size = (gssize) memory->size - offset;
  gst_memory_init (&shared->memory,
      GST_MINI_OBJECT_FLAGS (parent) | GST_MINI_OBJECT_FLAG_LOCK_READONLY,
      memory->allocator, parent, memory->maxsize, memory->align,
      memory->offset + (gsize) offset, (gsize) size);
  shared->data = ((Block *) memory)->data;
  return &shared->memory;
}

static void
vs_s3_allocator_finalize (GObject *object)
{
  VsS3Allocator *self = (VsS3Allocator *) object;

  g_queue_clear_full (&self->kept, (GDestroyNotify) block_free);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (vs_s3_allocator_parent_class)->finalize (object);
}

static void
vs_s3_allocator_class_init (VsS3AllocatorClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vs_s3_allocator_finalize;
  klass->alloc = vs_s3_allocator_alloc;
  klass->free = vs_s3_allocator_free;
}

static void
vs_s3_allocator_init (VsS3Allocator *self)
{
  GstAllocator *allocator = (GstAllocator *) self;

  g_mutex_init (&self->lock);
  allocator->mem_type = NAME;
  allocator->mem_map = block_map;
  allocator->mem_unmap = block_unmap;
  allocator->mem_share = block_share;
}

GstAllocator *
vs_s3_allocator_new (gsize most)
{
  VsS3Allocator *self = g_object_new (vs_s3_allocator_get_type (), NULL);

  self->most = most;
  return (GstAllocator *) gst_object_ref_sink (self);
}
