/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-pipe: the two halves of a stream as GIO wants them: pollable, and
 * doing nothing but to ask their owner. libsoup never blocks on them.
 *
 * Life: made by the owner, which says vs_http_pipe_forget () before it goes;
 * from then on a read is an end of stream and a write fails.
 *
 * Threading: one thread. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct {
  gssize (*receive) (
      gpointer owner, gpointer buffer, gsize size, GError **error);
  gssize (*send) (
      gpointer owner, gconstpointer data, gsize size, GError **error);
  /* A source that is ready when @condition (G_IO_IN, G_IO_OUT) holds. */
  GSource *(*watch) (gpointer owner, GIOCondition condition);
} VsHttpPipeClass;

GInputStream *vs_http_input_new (const VsHttpPipeClass *klass, gpointer owner);
GOutputStream *vs_http_output_new (
    const VsHttpPipeClass *klass, gpointer owner);

/* @pipe: either half. */
void vs_http_pipe_forget (gpointer pipe);

G_END_DECLS
