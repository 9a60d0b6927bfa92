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
} guard;

/* Threads write it, one reads it at the end: a race costs a sentence. */
static gchar refused[INET6_ADDRSTRLEN];

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
  guard.on = TRUE;
}

const gchar *
vs_guard_get_refused (void)
{
  return *refused ? refused : NULL;
}

static gboolean
is_allowed (const guint8 *bytes, GSocketFamily family)
{
  g_autoptr (GInetAddress) address = NULL;

  if (vs_address_is_public (bytes, family == G_SOCKET_FAMILY_IPV4 ? 4 : 16))
    return TRUE;
  address = g_inet_address_new_from_bytes (bytes, family);
  for (guint i = 0; i < guard.allowed->len; i++)
    if (g_inet_address_mask_matches (guard.allowed->pdata[i], address))
      return TRUE;
  return FALSE;
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

  if (to->sa_family != AF_INET && to->sa_family != AF_INET6)
    return TRUE;
  if (is_allowed (bytes, (GSocketFamily) to->sa_family))
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
