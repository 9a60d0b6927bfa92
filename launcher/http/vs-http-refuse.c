/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-refuse.h"

#include <libsoup/soup.h>
#include <string.h>

void
vs_http_refuse (GSocket *socket, guint status)
{
  g_autofree gchar *reply = g_strdup_printf (
      "HTTP/1.1 %u %s\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Content-Length: 4\r\nCache-Control: no-store\r\n%s"
      "Connection: close\r\n\r\n%03u\n",
      status, soup_status_get_phrase (status),
      status == 503 ? "Retry-After: 1\r\n" : "", status);

  /* Forty bytes into an empty buffer: who has filled it gets none. */
  g_socket_send_with_blocking (
      socket, reply, strlen (reply), FALSE, NULL, NULL);
  g_socket_shutdown (socket, FALSE, TRUE, NULL);
}
