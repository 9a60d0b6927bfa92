/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-hold.h"

#include <string.h>

#define HELD_BODY_MAX (64 * 1024)
#define HELD_HEAD_MAX 4096

struct _VsHttpHold {
  GSocket *socket;
  GByteArray *head;
  GByteArray *fields; /* for the head that comes next */
  gboolean owed; /* no body is waited for: the head is offered until it went */
  gboolean bodiless;
  GBytes *body; /* known to be one, or NULL */
};

VsHttpHold *
vs_http_hold_new (GSocket *socket)
{
  VsHttpHold *self = g_new0 (VsHttpHold, 1);

  self->socket = g_object_ref (socket);
  self->head = g_byte_array_new ();
  self->fields = g_byte_array_new ();
  return self;
}

void
vs_http_hold_set_bodiless (VsHttpHold *self, gboolean bodiless)
{
  self->bodiless = bodiless;
}

void
vs_http_hold_add_fields (VsHttpHold *self, const gchar *lines, gsize size)
{
  g_byte_array_append (self->fields, (const guint8 *) lines, (guint) size);
}

void
vs_http_hold_set_body (VsHttpHold *self, GBytes *body)
{
  g_clear_pointer (&self->body, g_bytes_unref);
  self->body = g_bytes_ref (body);
}

/* What is left when the body does not come after all. */
void
vs_http_hold_let_go (VsHttpHold *self)
{
  if (self->head->len > 0)
    g_socket_send_with_blocking (self->socket, (const gchar *) self->head->data,
        self->head->len, FALSE, NULL, NULL);
  g_byte_array_set_size (self->head, 0);
  g_byte_array_set_size (self->fields, 0);
  self->owed = FALSE;
  g_clear_pointer (&self->body, g_bytes_unref);
}

static gboolean
is_in_body (VsHttpHold *self, const guint8 *data, gsize size)
{
  gsize length = 0;
  const guint8 *first =
      self->body != NULL ? g_bytes_get_data (self->body, &length) : NULL;

  return first != NULL && data >= first && data + size <= first + length;
}

static gboolean
is_head (const gchar *data, gsize size)
{
  return size > 4 && memcmp (data + size - 4, "\r\n\r\n", 4) == 0;
}

/* Is @data the whole head of a reply, with a small body to follow? */
static gboolean
is_head_of_small (VsHttpHold *self, const gchar *data, gsize size)
{
  static const gchar FIELD[] = "\r\nContent-Length: ";
  const gchar *field;
  guint64 length;

  if (self->bodiless || size > HELD_HEAD_MAX || size < strlen (FIELD) ||
      memcmp (data, "HTTP/1.1 2", 10) != 0 || !is_head (data, size))
    return FALSE;
  field = memmem (data, size, FIELD, strlen (FIELD));
  length = field ? g_ascii_strtoull (field + strlen (FIELD), NULL, 10) : 0;
  return length > 0 && length <= HELD_BODY_MAX;
}

/* What is held, then @data: how much of @data was sent. */
static gssize
send_both (VsHttpHold *self, gconstpointer data, gsize size, GError **error)
{
  GOutputVector both[] = { { self->head->data, self->head->len },
    { data, size } };
  gssize sent = g_socket_send_message (self->socket, NULL, both,
      G_N_ELEMENTS (both), NULL, 0, G_SOCKET_MSG_NONE, NULL, error);
  gsize held = (gsize) MIN (MAX (sent, 0), (gssize) self->head->len);

  g_byte_array_remove_range (self->head, 0, (guint) held);
  if (sent < 0 || sent > (gssize) held)
    return MAX (sent - (gssize) held, -1);
  g_set_error_literal (
      error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "The reader takes no more");
  return -1;
}

/* @data with the fields before the empty line at its end. */
static void
take_head (VsHttpHold *self, const gchar *data, gsize size)
{
  gsize before = is_head (data, size) ? size - 2 : size;

  g_byte_array_append (self->head, (const guint8 *) data, (guint) before);
  if (before < size) {
    g_byte_array_append (self->head, self->fields->data, self->fields->len);
    g_byte_array_append (self->head, (const guint8 *) data + before, 2);
  }
  g_byte_array_set_size (self->fields, 0);
}

/* The head alone. Who is told to wait offers the same @size bytes again. */
static gssize
send_owed (VsHttpHold *self, gsize size, GError **error)
{
  gssize sent = g_socket_send_with_blocking (self->socket,
      (const gchar *) self->head->data, self->head->len, FALSE, NULL, error);

  self->owed = sent < (gssize) self->head->len;
  if (sent > 0)
    g_byte_array_remove_range (self->head, 0, (guint) sent);
  if (!self->owed)
    return (gssize) size;
  if (sent >= 0)
    g_set_error_literal (
        error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "The reader takes no more");
  return -1;
}

gssize
vs_http_hold_send (
    VsHttpHold *self, gconstpointer data, gsize size, GError **error)
{
  gboolean small;

  if (self->owed)
    return send_owed (self, size, error);
  if (self->head->len > 0)
    return send_both (self, data, size, error);
  small = !is_in_body (self, data, size) && is_head_of_small (self, data, size);
  if (!small && self->fields->len == 0)
    return g_socket_send_with_blocking (
        self->socket, data, size, FALSE, NULL, error);
  take_head (self, data, size);
  return small ? (gssize) size : send_owed (self, size, error);
}

void
vs_http_hold_free (VsHttpHold *self)
{
  g_clear_pointer (&self->body, g_bytes_unref);
  g_byte_array_unref (self->head);
  g_byte_array_unref (self->fields);
  g_object_unref (self->socket);
  g_free (self);
}
