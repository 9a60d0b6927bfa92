/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-address: may a stranger's URL lead to this address? What the registries
 * of special-purpose addresses (RFC 6890 and its updates) call not globally
 * reachable is where the services of a machine and its cloud live: this
 * machine, private networks, link-local ones with their metadata servers,
 * groups. Pure: bytes in network order. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* @size: 4 or 16. FALSE for anything else as well. IPv6 addresses that carry
 * an IPv4 one (mapped, 6to4, NAT64) are judged by that. */
gboolean vs_address_is_public (const guint8 *address, gsize size);

G_END_DECLS
