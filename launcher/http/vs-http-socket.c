/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/* Half of what the kernel makes of it (socket(7)) is payload at the least: a
 * reader at the end of this round trip still gets a gigabit a second. */
#define NEAR_US 2000
#define NEAR_BUFFER (256 * 1024)

/* The round trip is that of the handshake; 0: not known. */
static gboolean
is_near (GSocket *socket)
{
  struct tcp_info info = { 0 };
  socklen_t size = sizeof info;

  return getsockopt (g_socket_get_fd (socket), IPPROTO_TCP, TCP_INFO, &info,
             &size) == 0 &&
         info.tcpi_rtt > 0 && info.tcpi_rtt < NEAR_US;
}

void
vs_http_socket_prepare (GSocket *socket)
{
  g_socket_set_blocking (socket, FALSE);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  if (is_near (socket))
    g_socket_set_option (socket, SOL_SOCKET, SO_SNDBUF, NEAR_BUFFER, NULL);
}
