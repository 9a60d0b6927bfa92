/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Heads that wait for their bodies, get fields of ours, and meet readers that
 * take nothing. */
#include "http/vs-http-hold.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SMALL "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"
#define LARGE "HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n"
#define KNOWN "HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n"
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
#undef ADD
  return g_test_run ();
}
