/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Idempotency-Key: a POST that is repeated makes nothing new. */
#include "api/vs-api-private.h"

#include <string.h>

#define KEY_MAX 255

gboolean
vs_call_find_repeat (VsCall *call, VsRepeat *repeat, gchar **subject)
{
  const VsApiRequest *request = call->request;
  const gchar *key = request->idempotency_key;
  g_autoptr (GChecksum) checksum = NULL;
  gboolean same = TRUE;

  if (!key)
    return TRUE;
  if (strlen (key) > KEY_MAX || *key == '\0') {
    vs_call_refuse_as (
        call, 400, "Idempotency-Key must have 1 to 255 characters.");
    return FALSE;
  }
  checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_checksum_update (checksum, (const guchar *) request->path, -1);
  g_checksum_update (
      checksum, (const guchar *) request->body, (gssize) request->body_size);
  repeat->owner = g_strdup (call->principal.owner);
  repeat->key = g_strdup (key);
  repeat->digest = g_strdup (g_checksum_get_string (checksum));
  *subject = vs_repeat_find (call->api->db, repeat, g_get_real_time (), &same);
  if (!same)
    vs_call_refuse_as (
        call, 422, "This Idempotency-Key was used for another request.");
  return same;
}
