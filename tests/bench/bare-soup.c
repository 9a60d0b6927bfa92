/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * bare-soup FILE: libsoup as it comes, answering everything with FILE; what
 * serve.py compares with. */
#include <libsoup/soup.h>

static void
on_request (SoupServer *server, SoupServerMessage *message, const char *path,
    GHashTable *query, gpointer file)
{
  soup_server_message_set_status (message, 200, NULL);
  soup_message_body_append_bytes (
      soup_server_message_get_response_body (message), file);
}

int
main (int argc, char **argv)
{
  SoupServer *server = soup_server_new (NULL, NULL);
  GMappedFile *map = g_mapped_file_new (argv[1], FALSE, NULL);

  soup_server_add_handler (
      server, NULL, on_request, g_mapped_file_get_bytes (map), NULL);
  soup_server_listen_local (server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, NULL);
  g_print ("http://127.0.0.1:%d/\n",
      g_uri_get_port (soup_server_get_uris (server)->data));
  g_main_loop_run (g_main_loop_new (NULL, FALSE));
}
