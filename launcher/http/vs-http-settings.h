/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-settings: what a helper is told of what it serves, as one message
 * between two processes of the same program. */
#pragma once

#include "vs-http.h"

G_BEGIN_DECLS

typedef struct {
  gchar *location;
  gboolean redirect;
  VsHttpLimits limits; /* no rules of bodies */
} VsHttpSettings;

void vs_http_settings_clear (VsHttpSettings *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VsHttpSettings, vs_http_settings_clear)

GBytes *vs_http_settings_write (
    const gchar *location, gboolean redirect, const VsHttpLimits *limits);
gboolean vs_http_settings_read (VsHttpSettings *self, GByteArray *data);

G_END_DECLS
