/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-address.h"

#include "core/vs-error.h"

#include <netinet/in.h>
#include <string.h>

#define BACKLOG 511

static gboolean
refuse (const gchar *listen, GError **error)
{
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
      "Cannot listen on “%s”: give HOST:PORT, for example 127.0.0.1:8080, "
      "[::1]:8080, or :8080 for every address.",
      listen);
  return FALSE;
}

static gboolean
read_port (const gchar *text, guint16 *port)
{
  guint64 number;

  if (!g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT16, &number, NULL))
    return FALSE;
  *port = (guint16) number;
  return TRUE;
}

gboolean
vs_http_address_split (
    const gchar *listen, gchar **host, guint16 *port, GError **error)
{
  const gchar *colon = strrchr (listen, ':');
  const gchar *digits = colon != NULL ? colon + 1 : listen;
  gsize length = colon != NULL ? (gsize) (colon - listen) : 0;
  gboolean bracketed =
      length > 2 && listen[0] == '[' && listen[length - 1] == ']';
  g_autofree gchar *name = NULL;

  *host = NULL;
  if (!read_port (digits, port))
    return refuse (listen, error);
  if (bracketed)
    name = g_strndup (listen + 1, length - 2);
  else
    name = g_strndup (listen, length);
  /* "::1:8080" has as many meanings as readers. */
  if (!bracketed && strpbrk (name, ":[]/ ") != NULL)
    return refuse (listen, error);
  if (bracketed && !g_hostname_is_ip_address (name))
    return refuse (listen, error);
  if (*name != '\0' && strcmp (name, "*") != 0)
    *host = g_steal_pointer (&name);
  return TRUE;
}

static void
explain (const gchar *listen, const GError *cause, GError **error)
{
  const gchar *why = cause->message;

  if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
    why = "another program listens there; choose another port, or 0 for a "
          "free one";
  else if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
    why = "ports below 1024 belong to root; choose one above";
  g_set_error (error, VS_ERROR, VS_ERROR_UNAVAILABLE,
      "Cannot listen on “%s”: %s.", listen, why);
}

static GSocket *
listen_on (GInetAddress *host, guint16 port, GError **error)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (host, port);
  g_autoptr (GSocket) socket = g_socket_new (g_inet_address_get_family (host),
      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);

  if (socket == NULL)
    return NULL;
  g_socket_set_blocking (socket, FALSE);
  g_socket_set_listen_backlog (socket, BACKLOG);
  /* "::" takes IPv4 as well; any other address is what it says. */
  if (g_inet_address_get_family (host) == G_SOCKET_FAMILY_IPV6)
    g_socket_set_option (socket, IPPROTO_IPV6, IPV6_V6ONLY,
        !g_inet_address_get_is_any (host), NULL);
  if (!g_socket_bind (socket, address, TRUE, error) ||
      !g_socket_listen (socket, error))
    return NULL;
  return g_steal_pointer (&socket);
}

static guint16
get_port (GSocket *socket)
{
  g_autoptr (GSocketAddress) address =
      g_socket_get_local_address (socket, NULL);

  return address == NULL
             ? 0
             : g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
}

/* Every address, in both families where the machine has both. */
static gboolean
listen_everywhere (GPtrArray *sockets, guint16 port, GError **error)
{
  g_autoptr (GInetAddress) six = g_inet_address_new_any (G_SOCKET_FAMILY_IPV6);
  g_autoptr (GInetAddress) four = g_inet_address_new_any (G_SOCKET_FAMILY_IPV4);
  GSocket *socket = listen_on (six, port, NULL);

  if (socket == NULL)
    socket = listen_on (four, port, error);
  if (socket == NULL)
    return FALSE;
  g_ptr_array_add (sockets, socket);
  return TRUE;
}

static gboolean
listen_on_host (
    GPtrArray *sockets, const gchar *host, guint16 port, GError **error)
{
  g_autoptr (GResolver) resolver = g_resolver_get_default ();
  GList *found = g_resolver_lookup_by_name (resolver, host, NULL, error);
  g_autoptr (GError) first = NULL;

  if (found == NULL)
    return FALSE;
  /* A name may have an address that this machine has switched off ("::1" in
   * many containers): one that works is enough. */
  for (GList *at = found; at != NULL; at = at->next) {
    GSocket *socket = listen_on (at->data, port, first == NULL ? &first : NULL);

    if (socket == NULL)
      continue;
    g_ptr_array_add (sockets, socket);
    port = get_port (socket);
  }
  g_resolver_free_addresses (found);
  if (sockets->len > 0)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&first));
  return FALSE;
}

static gchar *
make_url (const gchar *host, guint16 port)
{
  gboolean six = host != NULL && strchr (host, ':') != NULL;
  g_autoptr (GInetAddress) address =
      host != NULL ? g_inet_address_new_from_string (host) : NULL;

  if (host == NULL || (address != NULL && g_inet_address_get_is_any (address)))
    return g_strdup_printf ("http://localhost:%u/", port);
  return g_strdup_printf (
      six ? "http://[%s]:%u/" : "http://%s:%u/", host, port);
}

GPtrArray *
vs_http_address_bind (const gchar *listen, gchar **url, GError **error)
{
  g_autoptr (GPtrArray) sockets =
      g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree gchar *host = NULL;
  g_autoptr (GError) cause = NULL;
  guint16 port;
  gboolean listens;

  if (!vs_http_address_split (listen, &host, &port, error))
    return NULL;
  listens = host == NULL ? listen_everywhere (sockets, port, &cause)
                         : listen_on_host (sockets, host, port, &cause);
  if (!listens) {
    explain (listen, cause, error);
    return NULL;
  }
  *url = make_url (host, get_port (g_ptr_array_index (sockets, 0)));
  return g_steal_pointer (&sockets);
}
