/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The action signal "order": a command in JSON, answered in JSON, for whoever
 * drives the channel from another process. What is refused is said in the
 * answer, not on the bus. */
#include "core/vs-error.h"
#include "core/vs-json.h"
#include "queue/vs-playback.h"

/* How long an answer waits for the store. */
#define STORE_WAIT G_USEC_PER_SEC

static gchar *
format_refusal (const GError *error)
{
  GString *out = g_string_new ("{\"code\": ");

  vs_json_append_string (out, vs_error_name (error->code));
  g_string_append (out, ", \"message\": ");
  vs_json_append_string (out, error->message);
  g_string_append_c (out, '}');
  return g_string_free (out, FALSE);
}

/* @answer is an object with members. */
static gchar *
add_stored (gchar *answer, gboolean stored)
{
  GString *out = g_string_new (answer);

  g_free (answer);
  g_string_truncate (out, out->len - 1);
  g_string_append_printf (out, ", \"stored\": %s}", stored ? "true" : "false");
  return g_string_free (out, FALSE);
}

gchar *
vs_playback_order (GstVsPlaybackQueueSrc *self, const gchar *order)
{
  g_autoptr (GError) error = NULL;
  VsQueueTerms terms = { .playing = TRUE };
  VsDesk *desk = order ? vs_playback_ensure_desk (self) : NULL;
  gboolean changed = FALSE;
  gchar *answer;

  if (!desk)
    return NULL;
  GST_OBJECT_LOCK (self);
  terms.cut = self->settings.cut;
  terms.resume = self->settings.resume;
  GST_OBJECT_UNLOCK (self);
  answer = vs_desk_order (desk, order, &terms, &changed, &error);
  if (!answer)
    return format_refusal (error);
  return changed ? add_stored (answer, vs_desk_flush (desk, STORE_WAIT))
                 : answer;
}
