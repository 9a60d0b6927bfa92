/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-webhook: how a webhook is signed (the Standard Webhooks form), and which
 * events it wants. Pure: chance and time are arguments.
 *
 * A secret is "whsec_" and the base 64 of 24 to 64 bytes. What is signed is
 * "ID.TIMESTAMP.BODY", with HMAC-SHA256; the header is "v1," and the base 64
 * of that. */
#pragma once

#include "core/vs-error.h"

G_BEGIN_DECLS

#define VS_WEBHOOK_SECRET_MIN 24
#define VS_WEBHOOK_SECRET_MAX 64

gchar *vs_webhook_format_secret (const guint8 *bytes, gsize size);

/* FALSE and a sentence, without the secret, for what is none. */
gboolean vs_webhook_check_secret (const gchar *secret, GError **error);

/* The value of Webhook-Signature; @secret has been checked. */
gchar *vs_webhook_sign (const gchar *secret, const gchar *id,
    gint64 timestamp_s, const gchar *body, gsize length);

/* Is @pattern one of an event there can be: "*", "job.*", "job.failed"? */
gboolean vs_webhook_check_pattern (const gchar *pattern, GError **error);

/* Does one of @patterns, blanks between, mean @type? */
gboolean vs_webhook_wants (const gchar *patterns, const gchar *type);

G_END_DECLS
