/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-s3-sink-private: what gsts3sink.c and vs-s3-sink-pull.c share; the
 * threading is told there. */
#pragma once

#include "s3/gsts3sink.h"
#include "s3/vs-s3-fault.h"
#include "s3/vs-s3-sink-settings.h"
#include "s3/vs-s3-sums.h"

G_BEGIN_DECLS

struct _GstS3Sink {
  GstBaseSink parent;

  VsS3SinkSettings settings;
  VsS3Upload *upload;
  gboolean flushing;
  VsS3Sums sums; /* of the objects before */

  /* the streaming thread's */
  VsS3SinkSettings snapshot;
  VsS3Client *client;
  gchar *key;        /* of `upload` */
  guint64 written;   /* into it */
  guint64 announced; /* bytes of the last progress message */
  gboolean is_next;  /* a new object begins with the next buffer */
  VsS3FaultOnce fault;

  /* constant while there is an upload */
  gboolean is_sized; /* `part-size` is set */
  /* in pull mode */
  GstPadActivateFunction activate; /* GstBaseSink's; constant */
  guint64 from, to;                /* of the file */
  gboolean ended;                  /* no more parts; under the object lock */
  GMutex reading;                  /* of the source, which has one place */
};

/* gsts3sink.c, for the streaming thread, under the preroll lock */
GstFlowReturn vs_s3_sink_fail (GstS3Sink *self, const GError *error);
GstFlowReturn vs_s3_sink_ensure_object (GstS3Sink *self);
/* @bytes, or @size more of the source. */
GstFlowReturn vs_s3_sink_take (GstS3Sink *self, GBytes *bytes, guint64 size);
/* What was stored is not to become an object. */
void vs_s3_sink_drop_object (GstS3Sink *self);

/* vs-s3-sink-pull.c */
void vs_s3_sink_pull_init (GstS3Sink *self);
gboolean vs_s3_sink_is_pulling (GstS3Sink *self);
VsS3Source vs_s3_sink_get_source (GstS3Sink *self); /* none in push mode */
gboolean vs_s3_sink_activate_pull (GstBaseSink *sink, gboolean active);
/* Takes @event, a seek. */
gboolean vs_s3_sink_pull_seek (GstS3Sink *self, GstEvent *event);

G_END_DECLS
