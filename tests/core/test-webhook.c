/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-webhook.h"

#include <string.h>

/* The example that the libraries of Standard Webhooks share. */
static void
test_sign (void)
{
  static const gchar BODY[] = "{\"test\": 2432232314}";
  g_autofree gchar *signature =
      vs_webhook_sign ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
          "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, BODY, strlen (BODY));

  g_assert_cmpstr (
      signature, ==, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void
test_secrets (void)
{
  static const struct {
    const gchar *secret;
    gboolean good;
  } cases[] = {
    { "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", TRUE },
    { "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", FALSE },
    { "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!", FALSE },
    { "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw ", FALSE },
    { "whsec_c2hvcnQ=", FALSE },
    { "whsec_", FALSE },
    { "", FALSE },
  };
  guint8 bytes[VS_WEBHOOK_SECRET_MAX + 1] = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    g_test_message ("“%s”", cases[i].secret);
    g_assert_cmpint (
        vs_webhook_check_secret (cases[i].secret, &error), ==, cases[i].good);
    g_assert_true (
        cases[i].good || !*cases[i].secret || !strstr (error->message, "MfKQ"));
  }
  for (gsize size = 0; size <= sizeof bytes; size++) {
    g_autofree gchar *secret = vs_webhook_format_secret (bytes, size);

    g_assert_cmpint (vs_webhook_check_secret (secret, NULL), ==,
        size >= VS_WEBHOOK_SECRET_MIN && size <= VS_WEBHOOK_SECRET_MAX);
  }
}

static void
test_patterns (void)
{
  static const struct {
    const gchar *pattern;
    gboolean good;
  } cases[] = {
    { "*", TRUE },
    { "job.*", TRUE },
    { "job.failed", TRUE },
    { "job.streaming", TRUE },
    { "asset.ready", TRUE },
    { "channel.running", TRUE },
    { "asset.streaming", FALSE },
    { "job.idle", FALSE },
    { "job", FALSE },
    { "job.", FALSE },
    { ".failed", FALSE },
    { "jobs.failed", FALSE },
    { "jo.*", FALSE },
    { "job.f*", FALSE },
    { "**", FALSE },
    { "job.failed ", FALSE },
    { "", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_test_message ("“%s”", cases[i].pattern);
    g_assert_cmpint (
        vs_webhook_check_pattern (cases[i].pattern, NULL), ==, cases[i].good);
  }
}

static void
test_wants (void)
{
  static const struct {
    const gchar *patterns, *type;
    gboolean wants;
  } cases[] = {
    { "*", "job.failed", TRUE },
    { "job.*", "job.failed", TRUE },
    { "asset.* job.failed", "job.failed", TRUE },
    { "asset.* job.failed", "asset.ready", TRUE },
    { "asset.* job.failed", "job.succeeded", FALSE },
    { "job.fail", "job.failed", FALSE },
    { "job.failed", "job.fail", FALSE },
    { "", "job.failed", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (vs_webhook_wants (cases[i].patterns, cases[i].type), ==,
        cases[i].wants);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/webhook/sign", test_sign);
  g_test_add_func ("/webhook/secrets", test_secrets);
  g_test_add_func ("/webhook/patterns", test_patterns);
  g_test_add_func ("/webhook/wants", test_wants);
  return g_test_run ();
}
