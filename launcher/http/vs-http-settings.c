/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-settings.h"

#define FORMAT "(sbuuuuuuu)"

void
vs_http_settings_clear (VsHttpSettings *self)
{
  g_clear_pointer (&self->location, g_free);
}

GBytes *
vs_http_settings_write (
    const gchar *location, gboolean redirect, const VsHttpLimits *limits)
{
  g_autoptr (GVariant) all = g_variant_ref_sink (
      g_variant_new (FORMAT, location, redirect, limits->max_connections,
          limits->header_ms, limits->idle_ms, limits->send_ms,
          limits->linger_ms, limits->min_rate, limits->heartbeat_ms));

  return g_variant_get_data_as_bytes (all);
}

gboolean
vs_http_settings_read (VsHttpSettings *self, GByteArray *data)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data->data, data->len);
  g_autoptr (GVariant) all = g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE (FORMAT), bytes, FALSE));
  VsHttpLimits *limits = &self->limits;

  if (!g_variant_is_normal_form (all))
    return FALSE;
  g_variant_get (all, FORMAT, &self->location, &self->redirect,
      &limits->max_connections, &limits->header_ms, &limits->idle_ms,
      &limits->send_ms, &limits->linger_ms, &limits->min_rate,
      &limits->heartbeat_ms);
  return TRUE;
}
