/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/vs-guard.h"

#include "core/vs-address.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <sys/socket.h>

typedef int (*Connect) (int fd, const struct sockaddr *to, socklen_t size);

static struct {
  gboolean on;
  GPtrArray *allowed; /* GInetAddressMask */
  GPtrArray *peers;   /* GInetSocketAddress */
} guard;

/* Threads write it, one reads it at the end: a race costs a sentence. */
static gchar refused[INET6_ADDRSTRLEN];

static void
add_peers (const gchar *text)
{
  g_auto (GStrv) lines = g_strsplit (text ? text : "", "\n", -1);

  guard.peers = g_ptr_array_new ();
  for (guint i = 0; lines[i]; i++) {
    g_auto (GStrv) words = g_strsplit (lines[i], " ", 2);
    guint64 port = 0;
    GSocketAddress *peer = NULL;

    if (words[0] && words[1] &&
        g_ascii_string_to_unsigned (words[1], 10, 1, 65535, &port, NULL))
      peer = g_inet_socket_address_new_from_string (words[0], (guint) port);
    if (peer)
      g_ptr_array_add (guard.peers, peer);
  }
}

static Connect
find_connect (void)
{
  return (Connect) dlsym (RTLD_NEXT, "connect");
}

void
vs_guard_start (void)
{
  const gchar *text = g_getenv ("VS_GUARD_ALLOW");
  g_auto (GStrv) words = g_strsplit (text ? text : "", " ", -1);

  if (g_strcmp0 (g_getenv ("VS_GUARD"), "1") != 0)
    return;
  guard.allowed = g_ptr_array_new ();
  for (guint i = 0; words[i]; i++) {
    GInetAddressMask *mask =
        *words[i] ? g_inet_address_mask_new_from_string (words[i], NULL) : NULL;

    if (mask)
      g_ptr_array_add (guard.allowed, mask);
  }
  add_peers (g_getenv ("VS_GUARD_PEERS"));
  guard.on = TRUE;
}

const gchar *
vs_guard_get_refused (void)
{
  return *refused ? refused : NULL;
}

static gboolean
is_peer (GInetAddress *address, guint16 port)
{
  for (guint i = 0; i < guard.peers->len; i++) {
    GInetSocketAddress *peer = guard.peers->pdata[i];

    if (g_inet_socket_address_get_port (peer) == port &&
        g_inet_address_equal (
            g_inet_socket_address_get_address (peer), address))
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_allowed (const guint8 *bytes, GSocketFamily family, guint16 port)
{
  g_autoptr (GInetAddress) address = NULL;

  if (vs_address_is_public (bytes, family == G_SOCKET_FAMILY_IPV4 ? 4 : 16))
    return TRUE;
  address = g_inet_address_new_from_bytes (bytes, family);
  for (guint i = 0; i < guard.allowed->len; i++)
    if (g_inet_address_mask_matches (guard.allowed->pdata[i], address))
      return TRUE;
  return is_peer (address, port);
}

/* Sockets that are no network's (a local one, netlink) are not our matter. */
static gboolean
may_connect (const struct sockaddr *to)
{
  const struct sockaddr_in *v4 = (const struct sockaddr_in *) to;
  const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *) to;
  const guint8 *bytes = to->sa_family == AF_INET
                            ? (const guint8 *) &v4->sin_addr
                            : (const guint8 *) &v6->sin6_addr;
  in_port_t port = to->sa_family == AF_INET ? v4->sin_port : v6->sin6_port;

  if (to->sa_family != AF_INET && to->sa_family != AF_INET6)
    return TRUE;
  if (is_allowed (bytes, (GSocketFamily) to->sa_family, ntohs (port)))
    return TRUE;
  (void) inet_ntop (to->sa_family, bytes, refused, sizeof refused);
  return FALSE;
}

__attribute__ ((visibility ("default"))) int
connect (int fd, const struct sockaddr *to, socklen_t size)
{
  if (guard.on && to && !may_connect (to)) {
    errno = EACCES;
    return -1;
  }
  return find_connect () (fd, to, size);
}
