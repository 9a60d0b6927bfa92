/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * gsts3src-private: what s3src and the sources made of it share; the threading
 * is told in gsts3src.c. */
#pragma once

#include "s3/gsts3src.h"
#include "s3/vs-s3-read.h"
#include "s3/vs-s3-settings.h"

G_BEGIN_DECLS

struct _GstS3Src {
  GstBaseSrc parent;

  VsS3Settings settings;
  guint range_size, read_ahead;
  const gchar *missing; /* said where there is no such object; NULL: its URI */

  VsS3Client *client;
  VsS3Read *reader;
  gboolean flushing;
};

G_END_DECLS
