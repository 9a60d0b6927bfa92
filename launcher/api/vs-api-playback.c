/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Addresses for playing: signed where there is a key. */
#include "api/vs-api-private.h"
#include "api/vs-body.h"

#define EXPIRES_MAX (7 * 24 * 3600)

/* Ends of the addresses in documents are rounded up to it, so that who reads
 * one again gets the same and a cache knows it. */
#define STEP_S 3600

gchar *
vs_api_dup_play_url (VsApi *self, const gchar *id)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  gint64 end = now + self->config->play_lifetime_us / G_USEC_PER_SEC;

  return vs_signer_dup_url (
      self->signer, id, (end + STEP_S - 1) / STEP_S * STEP_S);
}

VsPlaybackVerdict
vs_api_check_playback (VsApi *self, const gchar *id, const gchar *token)
{
  return vs_signer_check (
      self->signer, id, token, g_get_real_time () / G_USEC_PER_SEC);
}

gboolean
vs_api_is_signing (VsApi *self)
{
  return vs_signer_is_on (self->signer);
}

static gboolean
read_order (VsCall *call, gint64 *expires_in)
{
  const VsApiRequest *request = call->request;
  const VsField fields[] = {
    { "expires_in", VS_FIELD_INT, FALSE, 1, EXPIRES_MAX, expires_in },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) root = NULL;

  if (request->body_size == 0)
    return TRUE;
  if (!vs_call_check_json (call))
    return FALSE;
  root = vs_body_parse (request->body, request->body_size, &error);
  if (root && vs_body_read (root, "", fields, G_N_ELEMENTS (fields), &error))
    return TRUE;
  vs_call_refuse (call, error);
  return FALSE;
}

void
vs_call_reply_playback (VsCall *call, const gchar *id)
{
  gint64 seconds = call->api->config->play_lifetime_us / G_USEC_PER_SEC;
  gint64 end;
  g_autofree gchar *url = NULL;
  JsonObject *object;

  if (!read_order (call, &seconds))
    return;
  end = g_get_real_time () / G_USEC_PER_SEC + seconds;
  url = vs_signer_dup_url (call->api->signer, id, end);
  object = json_object_new ();
  json_object_set_string_member (object, "url", url);
  vs_json_set_time (object, "expires_at",
      vs_signer_is_on (call->api->signer) ? end * G_USEC_PER_SEC : 0);
  vs_call_reply (call, 200, object);
}
