/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-address.h"

#include <string.h>

typedef struct {
  guint8 prefix[16];
  guint bits;
} Net;

static const Net special_v4[] = {
  { { 0 }, 8 },             /* "this" network, RFC 1122 */
  { { 10 }, 8 },            /* RFC 1918 */
  { { 100, 64 }, 10 },      /* shared by providers, RFC 6598 */
  { { 127 }, 8 },           /* loopback */
  { { 169, 254 }, 16 },     /* link-local, RFC 3927 */
  { { 172, 16 }, 12 },      /* RFC 1918 */
  { { 192, 0, 0 }, 24 },    /* protocol assignments, RFC 6890 */
  { { 192, 0, 2 }, 24 },    /* documentation, RFC 5737 */
  { { 192, 88, 99 }, 24 },  /* 6to4 relays, RFC 7526 */
  { { 192, 168 }, 16 },     /* RFC 1918 */
  { { 198, 18 }, 15 },      /* benchmarks, RFC 2544 */
  { { 198, 51, 100 }, 24 }, /* documentation */
  { { 203, 0, 113 }, 24 },  /* documentation */
  { { 224 }, 4 },           /* groups, RFC 5771 */
  { { 240 }, 4 },           /* reserved, and broadcast */
};

static const Net global_v6 = { { 0x20 }, 3 }; /* 2000::/3, RFC 4291 */

static const Net special_v6[] = {
  { { 0x20, 0x01, 0x00 }, 23 },       /* 2001::/23, RFC 2928 */
  { { 0x20, 0x01, 0x0d, 0xb8 }, 32 }, /* documentation, RFC 3849 */
  { { 0x3f, 0xff, 0x00 }, 20 },       /* documentation, RFC 9637 */
};

/* Where an IPv4 address stands inside of an IPv6 one. */
static const struct {
  Net net;
  guint at;
} carriers[] = {
  { { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff }, 96 }, 12 }, /* mapped */
  { { { 0x00, 0x64, 0xff, 0x9b }, 96 }, 12 }, /* NAT64, RFC 6052 */
  { { { 0x20, 0x02 }, 16 }, 2 },              /* 6to4, RFC 3056 */
};

static gboolean
is_in (const guint8 *address, const Net *net)
{
  guint bytes = net->bits / 8;
  guint rest = net->bits % 8;

  if (memcmp (address, net->prefix, bytes) != 0)
    return FALSE;
  return rest == 0 || (address[bytes] ^ net->prefix[bytes]) >> (8 - rest) == 0;
}

static gboolean
is_public_v4 (const guint8 *address)
{
  for (guint i = 0; i < G_N_ELEMENTS (special_v4); i++)
    if (is_in (address, &special_v4[i]))
      return FALSE;
  return TRUE;
}

gboolean
vs_address_is_public (const guint8 *address, gsize size)
{
  if (size == 4)
    return is_public_v4 (address);
  if (size != 16)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (carriers); i++)
    if (is_in (address, &carriers[i].net))
      return is_public_v4 (address + carriers[i].at);
  for (guint i = 0; i < G_N_ELEMENTS (special_v6); i++)
    if (is_in (address, &special_v6[i]))
      return FALSE;
  return is_in (address, &global_v6);
}
