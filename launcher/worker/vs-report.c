/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/vs-report.h"

#include "app/vs-exit.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct _VsReport {
  gint fd;
};

VsReport *
vs_report_new (gint fd)
{
  VsReport *self = g_new0 (VsReport, 1);

  self->fd = fd;
  return self;
}

void
vs_report_free (VsReport *self)
{
  if (!self)
    return;
  (void) close (self->fd);
  g_free (self);
}

static void
write_all (gint fd, const gchar *data, gsize size)
{
  while (size > 0) {
    gssize n = write (fd, data, size);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return; /* the end of our input will tell */
    data += n;
    size -= (gsize) n;
  }
}

void
vs_report_send (VsReport *self, const gchar *name, JsonObject *members)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = members ? members : json_object_new ();
  g_autofree gchar *text = NULL;
  g_autofree gchar *line = NULL;

  json_object_set_string_member (object, "event", name);
  json_node_take_object (root, object);
  text = json_to_string (root, FALSE);
  line = g_strconcat (text, "\n", NULL);
  write_all (self->fd, line, strlen (line));
}

void
vs_report_say (VsReport *self, const gchar *name, const gchar *message)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "message", message);
  vs_report_send (self, name, object);
}

void
vs_report_error (
    VsReport *self, const GError *error, const gchar *detail, gboolean running)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (
      object, "code", vs_exit_error_name (error->code));
  json_object_set_string_member (object, "message", error->message);
  if (detail)
    json_object_set_string_member (object, "detail", detail);
  json_object_set_boolean_member (object, "running", running);
  vs_report_send (self, "error", object);
}

static gboolean
set_field (GQuark field, const GValue *value, gpointer user_data)
{
  JsonObject *object = user_data;
  const gchar *name = g_quark_to_string (field);
  g_auto (GValue) number = G_VALUE_INIT;

  if (G_VALUE_HOLDS_STRING (value)) {
    json_object_set_string_member (object, name, g_value_get_string (value));
    return TRUE;
  }
  if (G_VALUE_HOLDS_BOOLEAN (value)) {
    json_object_set_boolean_member (object, name, g_value_get_boolean (value));
    return TRUE;
  }
  g_value_init (&number, G_TYPE_INT64);
  if (g_value_transform (value, &number)) {
    json_object_set_int_member (object, name, g_value_get_int64 (&number));
  } else {
    g_autofree gchar *text = gst_value_serialize (value);

    json_object_set_string_member (object, name, text);
  }
  return TRUE;
}

void
vs_report_structure (VsReport *self, const GstStructure *structure)
{
  JsonObject *object = json_object_new ();

  gst_structure_foreach (structure, set_field, object);
  vs_report_send (self, gst_structure_get_name (structure), object);
}
