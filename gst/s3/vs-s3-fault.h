/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-s3-fault: an error of the S3 client as an element's error message. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* The resource error that an application can act on. */
GstResourceError vs_s3_fault_code (const GError *error, gboolean writing);

/* Posts the sentence of @error under the resource error that an application
 * can act on. */
void vs_s3_fault_post (
    GstElement *element, const GError *error, gboolean writing);

/* The one error of a run, which threads of an element come upon together: the
 * first tells it, and the others wait until it is told, so that no error of
 * those before them (“Internal data stream error”) comes first. Any thread. */
typedef struct {
  GMutex lock;
  GCond cond;
  gboolean found, told;
} VsS3FaultOnce;

void vs_s3_fault_once_init (VsS3FaultOnce *self);
void vs_s3_fault_once_clear (VsS3FaultOnce *self);
void vs_s3_fault_once_reset (VsS3FaultOnce *self); /* for the next run */
void vs_s3_fault_once_tell (
    VsS3FaultOnce *self, GstElement *element, const GError *error);
gboolean vs_s3_fault_once_is_told (VsS3FaultOnce *self);

G_END_DECLS
