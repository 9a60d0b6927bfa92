/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From settings, a picture format and what is asked for downstream to x264's
 * parameters. No state; any thread. */
#pragma once

#include <gst/video/video.h>
#include <stdint.h>
#include <x264.h>

G_BEGIN_DECLS

typedef struct {
  guint bitrate;     /* kbit/s */
  guint max_bitrate; /* kbit/s; 0: bitrate, where there is a buffer */
  guint buffer;      /* kbit; 0: no VBV */
  gint speed;        /* index into x264_preset_names */
  gchar *tune;       /* x264's names; NULL: none */
  gchar *profile;    /* the highest that may be used; NULL: what caps say */
  gchar *level;      /* NULL: what caps say, or the lowest that fits */
  guint key_interval;
  gboolean fixed_gop;
  gint lookahead; /* frames; -1: the preset's */
  guint threads;
  guint lookahead_threads;
  gint sync_lookahead;
  gboolean sliced_threads;
  gchar *options;
} VsX264Settings;

/* What the stream is to be, agreed on with downstream. */
typedef struct {
  const gchar *profile; /* x264's name, static; NULL: any */
  gchar *level;         /* NULL: any */
  gboolean byte_stream;
} VsX264Output;

void vs_x264_settings_copy (const VsX264Settings *from, VsX264Settings *to);
void vs_x264_settings_clear (VsX264Settings *settings);

/* FALSE: @error is of GST_LIBRARY_ERROR and names the property. The result
 * is freed by x264_param_cleanup (). */
gboolean vs_x264_param_fill (x264_param_t *param,
    const VsX264Settings *settings, const GstVideoInfo *info,
    const VsX264Output *output, GError **error);
/* What may change while it runs: rates and buffer. */
void vs_x264_param_set_rates (
    x264_param_t *param, const VsX264Settings *settings);
/* X264_CSP_…, or X264_CSP_NONE. */
int vs_x264_colorspace (const GstVideoInfo *info);

G_END_DECLS
