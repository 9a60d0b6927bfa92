/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Heads that wait for their bodies, get fields of ours, and meet readers that
 * take nothing; sockets of near readers. */
#include "http/vs-http-hold.h"
#include "http/vs-http-socket.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SMALL "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"
#define LARGE "HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n"
#define KNOWN "HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n"
#define NEAR_ROOM (512 * 1024)
#define LINES "ETag: \"1\"\r\nVary: *\r\n"

typedef struct {
  GSocket *socket;
  VsHttpHold *hold;
  gint reader;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  gint pair[2];

  g_assert_cmpint (
      socketpair (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), ==, 0);
  self->socket = g_socket_new_from_fd (pair[0], NULL);
  self->hold = vs_http_hold_new (self->socket);
  self->reader = pair[1];
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  vs_http_hold_free (self->hold);
  g_object_unref (self->socket);
  close (self->reader);
}

static void
send_all (Fixture *self, const gchar *text)
{
  g_autoptr (GError) error = NULL;
  gssize sent = vs_http_hold_send (self->hold, text, strlen (text), &error);

  g_assert_no_error (error);
  g_assert_cmpint (sent, ==, (gssize) strlen (text));
}

/* What has come, at most @most of it. */
static gchar *
take (Fixture *self, gsize most)
{
  g_autofree gchar *buffer = g_malloc (most + 1);
  gssize got = read (self->reader, buffer, most);

  buffer[MAX (got, 0)] = '\0';
  return g_steal_pointer (&buffer);
}

static void
assert_came (Fixture *self, const gchar *text)
{
  g_autofree gchar *came = take (self, 4096);

  g_assert_cmpstr (came, ==, text);
}

static void
add (Fixture *self)
{
  vs_http_hold_add_fields (self->hold, LINES, strlen (LINES));
}

static void
test_waits_for_its_body (Fixture *self, gconstpointer data)
{
  send_all (self, SMALL);
  assert_came (self, "");
  send_all (self, "abc");
  assert_came (self, SMALL "abc");
  add (self);
  send_all (self, SMALL);
  assert_came (self, "");
  send_all (self, "abc");
  assert_came (self, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n" LINES "\r\n"
                     "abc");
}

static void
test_waits_for_nothing (Fixture *self, gconstpointer data)
{
  send_all (self, LARGE);
  assert_came (self, LARGE);
  add (self);
  send_all (self, LARGE);
  assert_came (
      self, "HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n" LINES "\r\n");
  add (self);
  add (self);
  send_all (self, KNOWN);
  assert_came (self,
      "HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n" LINES LINES "\r\n");
  vs_http_hold_set_bodiless (self->hold, TRUE);
  send_all (self, SMALL);
  assert_came (self, SMALL);
}

static void
test_body_does_not_come (Fixture *self, gconstpointer data)
{
  send_all (self, SMALL);
  add (self); /* of a reply that never comes */
  vs_http_hold_let_go (self->hold);
  assert_came (self, SMALL);
  send_all (self, LARGE);
  assert_came (self, LARGE);
}

static void
fill (Fixture *self)
{
  gchar rest[1000];

  memset (rest, '.', sizeof rest);
  while (g_socket_send_with_blocking (
             self->socket, rest, sizeof rest, FALSE, NULL, NULL) > 0)
    continue;
}

static guint
count_refusals (Fixture *self, const gchar *head, GString *all)
{
  guint refusals = 0;
  gssize sent;

  do {
    g_autoptr (GError) error = NULL;
    g_autofree gchar *part = NULL;

    sent = vs_http_hold_send (self->hold, head, strlen (head), &error);
    if (sent >= 0)
      continue;
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
    refusals++;
    part = take (self, 64 * 1024);
    g_string_append (all, part);
  } while (sent < 0);
  g_assert_cmpint (sent, ==, (gssize) strlen (head));
  return refusals;
}

/* Of a head that is offered until it went, no byte is lost or sent twice. */
static void
test_reader_takes_nothing (Fixture *self, gconstpointer data)
{
  g_autoptr (GString) all = g_string_new (NULL);
  g_autoptr (GString) lines = g_string_new (NULL);
  g_autofree gchar *expected = NULL;

  while (lines->len < 256 * 1024) /* more than the socket takes at once */
    g_string_append_printf (lines, "X: %zu\r\n", lines->len);
  fill (self);
  vs_http_hold_add_fields (self->hold, lines->str, lines->len);
  g_assert_cmpuint (count_refusals (self, KNOWN, all), >, 1);
  for (gboolean more = TRUE; more;) {
    g_autofree gchar *part = take (self, 64 * 1024);

    g_string_append (all, part);
    more = *part != '\0';
  }
  expected = g_strconcat ("HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n",
      lines->str, "\r\n", NULL);
  g_assert_cmpstr (all->str + strspn (all->str, "."), ==, expected);
}

/* A file of @size bytes, mapped, with its descriptor; it has no name. */
static GBytes *
make_file (gsize size, gint *descriptor)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *path = NULL;
  g_autofree guint32 *words = g_malloc0 (size);
  g_autoptr (GMappedFile) map = NULL;

  for (gsize i = 0; i < size / sizeof *words; i++)
    words[i] = (guint32) i;
  *descriptor = g_file_open_tmp ("vs-hold-XXXXXX", &path, &error);
  g_assert_no_error (error);
  g_assert_cmpint (unlink (path), ==, 0);
  g_assert_cmpint (write (*descriptor, words, size), ==, (gssize) size);
  map = g_mapped_file_new_from_fd (*descriptor, FALSE, &error);
  g_assert_no_error (error);
  return g_mapped_file_get_bytes (map);
}

/* A file that is cut short while its last bytes are sent: an error, and not the
 * end of the process, which looking at them would be. */
static void
test_cut_short (Fixture *self, gconstpointer data)
{
  gint descriptor;
  g_autoptr (GBytes) file = make_file (64 * 1024, &descriptor);
  g_autoptr (GError) error = NULL;

  vs_http_hold_set_body (self->hold, file);
  send_all (self, LARGE);
  assert_came (self, LARGE);
  g_assert_cmpint (ftruncate (descriptor, 0), ==, 0);
  g_assert_cmpint (
      vs_http_hold_send (self->hold,
          (const guint8 *) g_bytes_get_data (file, NULL) + 64000, 1000, &error),
      ==, -1);
  g_assert_nonnull (error);
  close (descriptor);
}

/* Bytes that may wait in @socket. */
static gint
get_room (GSocket *socket)
{
  g_autoptr (GError) error = NULL;
  gint room = 0;

  g_socket_get_option (socket, SOL_SOCKET, SO_SNDBUF, &room, &error);
  g_assert_no_error (error);
  return room;
}

/* Linux offers a reader on the same machine some megabytes. */
static void
test_near (void)
{
  g_autoptr (GInetAddress) loopback =
      g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) listener = g_socket_new (
      G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_autoptr (GSocket) reader = g_socket_new (
      G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GSocket) socket = NULL;

  g_socket_bind (listener, any, FALSE, &error);
  g_assert_no_error (error);
  g_socket_listen (listener, &error);
  g_assert_no_error (error);
  address = g_socket_get_local_address (listener, NULL);
  g_socket_connect (reader, address, NULL, &error);
  g_assert_no_error (error);
  socket = g_socket_accept (listener, NULL, &error);
  g_assert_no_error (error);
  if (get_room (socket) <= NEAR_ROOM) {
    g_test_skip ("this kernel offers no more than that by itself");
    return;
  }
  vs_http_socket_prepare (socket);
  g_assert_cmpint (get_room (socket), <=, NEAR_ROOM);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function)                                                    \
  g_test_add ("/http/hold/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("waits-for-its-body", test_waits_for_its_body);
  ADD ("waits-for-nothing", test_waits_for_nothing);
  ADD ("body-does-not-come", test_body_does_not_come);
  ADD ("reader-takes-nothing", test_reader_takes_nothing);
  ADD ("cut-short", test_cut_short);
#undef ADD
  g_test_add_func ("/http/socket/near", test_near);
  return g_test_run ();
}
