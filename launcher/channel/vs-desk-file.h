/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-desk-file: the queue of a channel that nobody plays, edited where it is
 * kept. What was on air when it was stopped counts as on air: it goes on when
 * the channel is started.
 *
 * Life: opened, which loads the queue and holds its lock; orders are obeyed,
 * and each is stored before it is answered; closed before a worker opens the
 * same file. Waits for the disk, never longer than a few seconds. One
 * thread. */
#pragma once

#include "core/vs-queue-order.h"

G_BEGIN_DECLS

typedef struct _VsDeskFile VsDeskFile;

/* @path: of an SQLite file, which is made where it is not there; @first: a
 * JSON list that a new queue begins with, or NULL. */
VsDeskFile *vs_desk_file_open (
    const gchar *path, const gchar *first, GError **error);
void vs_desk_file_close (VsDeskFile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsDeskFile, vs_desk_file_close)

/* The answer of vs_queue_order (), with "stored". */
gchar *vs_desk_file_order (
    VsDeskFile *self, const gchar *order, GError **error);

G_END_DECLS
