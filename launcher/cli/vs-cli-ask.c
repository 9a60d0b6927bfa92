/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/vs-cli-private.h"

#include "app/vs-exit.h"

#include <stdio.h>
#include <sysexits.h>

gint
vs_cli_fail (const GError *error)
{
  (void) fprintf (stderr, "vstream-launcher: %s\n", error->message);
  return vs_exit_from_error (error, VS_STAGE_OPTIONS);
}

gint
vs_cli_misuse (const gchar *format, ...)
{
  g_autofree gchar *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  (void) fprintf (stderr, "vstream-launcher: %s\n", text);
  return EX_USAGE;
}

const gchar *
vs_cli_get_text (JsonObject *object, const gchar *name)
{
  return json_object_get_string_member_with_default (object, name, "");
}

gchar *
vs_cli_dup_plain (JsonObject *object, const gchar *name)
{
  GString *plain = g_string_new (NULL);
  const gchar *text = vs_cli_get_text (object, name);

  for (; *text; text = g_utf8_next_char (text)) {
    gunichar c = g_utf8_get_char (text);

    g_string_append_unichar (plain,
        g_unichar_iscntrl (c) || g_unichar_type (c) == G_UNICODE_FORMAT ? ' '
                                                                        : c);
  }
  return g_string_free (plain, FALSE);
}

static gint
get_exit (guint status)
{
  switch (status) {
    case 400:
      return EX_USAGE;
    case 401:
    case 403:
      return EX_NOPERM;
    case 404:
    case 422:
      return EX_NOINPUT;
    case 409:
      return EX_DATAERR;
    case 503:
      return EX_TEMPFAIL;
    default:
      return status < 400 ? EX_OK : EX_SOFTWARE;
  }
}

JsonObject *
vs_cli_ask (VsCli *self, const gchar *method, const gchar *path,
    const gchar *json, gint *code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) root = NULL;
  guint status = 0;
  g_autofree gchar *answer =
      vs_http_client_ask (self->client, method, path, json, &status, &error);

  if (!answer) {
    *code = vs_cli_fail (error);
    return NULL;
  }
  *code = get_exit (status);
  root = json_from_string (answer, NULL);
  if (self->json && *answer)
    (void) printf ("%s%s", answer, g_str_has_suffix (answer, "\n") ? "" : "\n");
  if (status < 400 && root && JSON_NODE_HOLDS_OBJECT (root))
    return json_node_dup_object (root);
  if (status == 204)
    return json_object_new ();
  if (!self->json)
    (void) fprintf (stderr, "vstream-launcher: %s\n",
        root && JSON_NODE_HOLDS_OBJECT (root)
            ? vs_cli_get_text (json_node_get_object (root), "detail")
            : answer);
  return NULL;
}
