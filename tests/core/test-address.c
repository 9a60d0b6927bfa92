/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-address.h"

#include <arpa/inet.h>
#include <string.h>

static gboolean
is_public (const gchar *text)
{
  guint8 bytes[16];
  gint family = strchr (text, ':') ? AF_INET6 : AF_INET;

  g_test_message ("%s", text);
  g_assert_cmpint (inet_pton (family, text, bytes), ==, 1);
  return vs_address_is_public (bytes, family == AF_INET ? 4 : 16);
}

static void
test_refused (void)
{
  static const gchar *const cases[] = { "0.0.0.0", "0.1.2.3", "10.0.0.1",
    "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1",
    "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255",
    "192.0.0.8", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.19.255.255",
    "198.51.100.1", "203.0.113.7", "224.0.0.1", "239.255.255.255", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1",
    "::ffff:10.1.1.1", "::ffff:169.254.169.254", "64:ff9b::a00:1",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1",
    "2002:7f00:1::", "2002:a9fe:a9fe::1", "3fff::1", "fc00::1", "fd00:ec2::254",
    "fe80::1", "fec0::1", "ff02::1" };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_false (is_public (cases[i]));
}

static void
test_allowed (void)
{
  static const gchar *const cases[] = { "1.1.1.1", "8.8.8.8", "9.255.255.255",
    "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1",
    "169.253.0.1", "172.15.255.255", "172.32.0.0", "192.167.255.255",
    "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
    "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808",
    "2002:808:808::1", "2001:4860::8888" };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_true (is_public (cases[i]));
}

static void
test_sizes (void)
{
  static const guint8 zero[16] = { 8, 8, 8, 8 };

  g_assert_false (vs_address_is_public (zero, 0));
  g_assert_false (vs_address_is_public (zero, 5));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/address/refused", test_refused);
  g_test_add_func ("/address/allowed", test_allowed);
  g_test_add_func ("/address/sizes", test_sizes);
  return g_test_run ();
}
