/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * s3-calls: what the tests of the S3 client share. */
#pragma once

#include "servers/s3-fixture.h"

#include "store/vs-s3.h"

#define BUCKET "clients"

static S3Fixture *fixture;

static inline VsS3Client *
new_client (const VsS3Config *config)
{
  g_autoptr (GError) error = NULL;
  VsS3Client *client = vs_s3_client_new (config, &error);

  g_assert_no_error (error);
  return client;
}

static inline VsS3Client *
new_plain (void)
{
  g_autoptr (VsS3Config) config = s3_fixture_new_config (fixture, BUCKET);

  s3_fixture_do (fixture, "rules");
  s3_fixture_do (fixture, "clear");
  return new_client (config);
}

#define WAIT(client, call)                                                     \
  ({                                                                           \
    g_autoptr (VsS3Waiter) waiter_ = vs_s3_waiter_new (client);                \
    gpointer waiter = waiter_;                                                 \
    vs_s3_waiter_wait (waiter, call);                                          \
  })
#define DONE vs_s3_waiter_done, waiter

static inline GBytes *
make_bytes (gsize size)
{
  guint8 *data = g_malloc (size + 1);

  for (gsize i = 0; i < size; i++)
    data[i] = (guint8) (i * 7 + (i >> 10));
  return g_bytes_new_take (data, size);
}

static inline VsS3Result *
put_bytes (VsS3Client *client, const gchar *key, GBytes *bytes,
    const VsS3PutOptions *options)
{
  return WAIT (client, vs_s3_put (client, key, &bytes, 1, options, DONE));
}

static inline void
assert_put (VsS3Client *client, const gchar *key, GBytes *bytes)
{
  g_autoptr (VsS3Result) result = put_bytes (client, key, bytes, NULL);

  g_assert_no_error (result->error);
  g_assert_cmpuint (result->status, ==, 200);
}

static inline void
assert_stored (VsS3Client *client, const gchar *key, GBytes *bytes)
{
  g_autoptr (VsS3Result) result =
      WAIT (client, vs_s3_get (client, key, 0, 0, 1 << 26, NULL, DONE));

  g_assert_no_error (result->error);
  g_assert_true (g_bytes_equal (result->body, bytes));
}
