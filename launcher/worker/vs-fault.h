/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-fault: what went wrong in a pipeline, as one sentence for the person who
 * started the job, with the code that decides the exit. */
#pragma once

#include "core/vs-error.h"

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct {
  const gchar *input;       /* for people, or NULL */
  const gchar *output;      /* for people, or NULL */
  const GPtrArray *missing; /* gchar: what missing-plugin messages named */
} VsFaultContext;

/* From an error message; @detail (owned) is the rest, for --log-level debug. */
GError *vs_fault_from_message (
    GstMessage *message, const VsFaultContext *context, gchar **detail);

/* The stream ended and nothing had come out. */
GError *vs_fault_nothing (const VsFaultContext *context);

/* Nothing has moved for so long. */
GError *vs_fault_stalled (const VsFaultContext *context, guint seconds);

/* For so long there was work, and nothing came of it. */
GError *vs_fault_busy (const VsFaultContext *context, guint seconds);

G_END_DECLS
