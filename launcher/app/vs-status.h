/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-status: what is known of the running job, gathered from the worker's
 * events: for the progress line, the summary and the page. Plain data of the
 * main thread. */
#pragma once

#include "core/vs-preset.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct {
  gchar *name;
  guint64 objects;
  guint64 bytes;
} VsStatusTrack;

typedef struct {
  const VsPreset *preset;
  const gchar *state; /* "starting", "running", "finishing", "finished",
                         "interrupted", "failed" */
  gboolean live;
  gint64 started_us;  /* monotonic; 0: not running yet */
  gint64 position_us; /* media time that has been through */
  gint64 duration_us; /* 0: unknown or without end */
  guint64 objects, bytes;
  GPtrArray *tracks;    /* VsStatusTrack, in the order of appearance */
  GPtrArray *manifests; /* keys (gchar *), each once */
  gchar *poster;        /* its key, or NULL */
  gchar *message;       /* the last warning or error, or NULL */
} VsStatus;

/* @preset must outlive it. */
VsStatus *vs_status_new (const VsPreset *preset);
void vs_status_free (VsStatus *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsStatus, vs_status_free)

/* Takes in one event of the worker. */
void vs_status_apply (VsStatus *self, JsonObject *event, gint64 now_us);

/* Media seconds a second of wall clock; 0 while that says nothing. */
gdouble vs_status_get_speed (const VsStatus *self, gint64 now_us);

/* One JSON object, as http/vs-http.h says. */
gchar *vs_status_to_json (const VsStatus *self, gint64 now_us);

G_END_DECLS
