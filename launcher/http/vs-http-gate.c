/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-gate.h"

#include "jobs/vs-url-policy.h"

struct _VsHttpGate {
  GNetworkAddress parent;
  gchar **networks;
  gboolean refused;
};

/* What hands out the addresses of the host, one at a time. */
#define VS_TYPE_GATE_ENUMERATOR (vs_gate_enumerator_get_type ())
G_DECLARE_FINAL_TYPE (VsGateEnumerator, vs_gate_enumerator, VS, GATE_ENUMERATOR,
    GSocketAddressEnumerator)

struct _VsGateEnumerator {
  GSocketAddressEnumerator parent;
  VsHttpGate *gate;
  GSocketAddressEnumerator *inner;
  gboolean any; /* one was handed out */
};

G_DEFINE_TYPE (
    VsGateEnumerator, vs_gate_enumerator, G_TYPE_SOCKET_ADDRESS_ENUMERATOR)

static GSocketConnectableIface *parent_iface;

static gboolean
may_pass (VsGateEnumerator *self, GSocketAddress *address)
{
  gboolean allowed =
      G_IS_INET_SOCKET_ADDRESS (address) &&
      vs_url_policy_allows (self->gate->networks,
          g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)));

  if (allowed)
    self->any = TRUE;
  else
    self->gate->refused = TRUE;
  return allowed;
}

/* NULL without an error is the end; where all were refused, that is one. */
static void
explain_end (VsGateEnumerator *self, GError **error)
{
  if (self->gate->refused && !self->any)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
        "It leads to an address that is not public.");
}

static GSocketAddress *
next (GSocketAddressEnumerator *enumerator, GCancellable *cancellable,
    GError **error)
{
  VsGateEnumerator *self = VS_GATE_ENUMERATOR (enumerator);
  g_autoptr (GError) reason = NULL;
  GSocketAddress *address;

  while ((address = g_socket_address_enumerator_next (
              self->inner, cancellable, &reason))) {
    if (may_pass (self, address))
      return address;
    g_object_unref (address);
  }
  if (reason)
    g_propagate_error (error, g_steal_pointer (&reason));
  else
    explain_end (self, error);
  return NULL;
}

static void
on_next (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  VsGateEnumerator *self = g_task_get_source_object (task);
  GError *error = NULL;
  g_autoptr (GSocketAddress) address = g_socket_address_enumerator_next_finish (
      G_SOCKET_ADDRESS_ENUMERATOR (source), result, &error);

  if (address && !may_pass (self, address)) {
    g_socket_address_enumerator_next_async (self->inner,
        g_task_get_cancellable (task), on_next, g_object_ref (task));
    return;
  }
  if (!address && !error)
    explain_end (self, &error);
  if (error)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, g_steal_pointer (&address), g_object_unref);
}

static void
next_async (GSocketAddressEnumerator *enumerator, GCancellable *cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  VsGateEnumerator *self = VS_GATE_ENUMERATOR (enumerator);
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_socket_address_enumerator_next_async (
      self->inner, cancellable, on_next, task);
}

static GSocketAddress *
next_finish (
    GSocketAddressEnumerator *enumerator, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
vs_gate_enumerator_dispose (GObject *object)
{
  VsGateEnumerator *self = VS_GATE_ENUMERATOR (object);

  g_clear_object (&self->inner);
  g_clear_object (&self->gate);
  G_OBJECT_CLASS (vs_gate_enumerator_parent_class)->dispose (object);
}

static void
vs_gate_enumerator_class_init (VsGateEnumeratorClass *klass)
{
  GSocketAddressEnumeratorClass *enumerator_class =
      G_SOCKET_ADDRESS_ENUMERATOR_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = vs_gate_enumerator_dispose;
  enumerator_class->next = next;
  enumerator_class->next_async = next_async;
  enumerator_class->next_finish = next_finish;
}

static void
vs_gate_enumerator_init (VsGateEnumerator *self)
{
}

static GSocketAddressEnumerator *
enumerate (GSocketConnectable *connectable)
{
  VsGateEnumerator *self = g_object_new (VS_TYPE_GATE_ENUMERATOR, NULL);

  self->gate = g_object_ref (VS_HTTP_GATE (connectable));
  self->inner = parent_iface->enumerate (connectable);
  return G_SOCKET_ADDRESS_ENUMERATOR (self);
}

static void
vs_http_gate_connectable_init (GSocketConnectableIface *iface)
{
  parent_iface = g_type_interface_peek_parent (iface);
  iface->enumerate = enumerate;
  iface->proxy_enumerate = enumerate; /* a proxy would connect unjudged */
}

G_DEFINE_TYPE_WITH_CODE (VsHttpGate, vs_http_gate, G_TYPE_NETWORK_ADDRESS,
    G_IMPLEMENT_INTERFACE (
        G_TYPE_SOCKET_CONNECTABLE, vs_http_gate_connectable_init))

static void
vs_http_gate_class_init (VsHttpGateClass *klass)
{
}

static void
vs_http_gate_init (VsHttpGate *self)
{
}

VsHttpGate *
vs_http_gate_new (
    const gchar *host, guint16 port, const gchar *scheme, gchar **networks)
{
  VsHttpGate *self = g_object_new (VS_TYPE_HTTP_GATE, "hostname", host, "port",
      (guint) port, "scheme", scheme, NULL);

  self->networks = networks;
  return self;
}

gboolean
vs_http_gate_has_refused (VsHttpGate *self)
{
  return self->refused;
}
