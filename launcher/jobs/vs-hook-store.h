/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-hook-store: webhooks and what is to be delivered to them, durable.
 *
 * Life of a delivery: something changes, and in the same transaction a row is
 * written for each webhook that wants to know; so a crash loses none. It is
 * pending until its endpoint has taken it (delivered), or has not for a day
 * (failed), or there were too many or the webhook was disabled (dropped). A
 * webhook's deliveries are made in order, one at a time; what fails is tried
 * again, with a back-off, before the next. Its event id is the same each time.
 *
 * A webhook whose endpoint has taken nothing for days is disabled, and says
 * why; so is one that answers 410.
 *
 * Threading: one thread, that of the database. */
#pragma once

#include "jobs/vs-asset-store.h"
#include "jobs/vs-job.h"
#include "jobs/vs-repeat.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define VS_HOOK_PREFIX "webhook"
#define VS_DELIVERY_PREFIX "delivery"

/* What one webhook may have waiting, and what is kept of the past. */
#define VS_HOOK_PENDING_MAX 10000
#define VS_HOOK_LOG_MAX 1000

typedef struct {
  gchar *id, *url;
  gchar *events; /* patterns, blanks between */
  gchar *secret; /* never shown, never logged */
  gchar *owner;
  gboolean everyone;   /* events of all owners */
  gboolean configured; /* of the configuration, not of the API */
  gboolean enabled;
  gchar *reason; /* why it is not, or NULL */
  gint64 failures, failing_since, ready, created;
} VsHook;

void vs_hook_free (VsHook *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsHook, vs_hook_free)

typedef struct {
  gint64 seq;
  gchar *id, *hook, *event, *type, *body;
  gchar *state; /* pending, delivered, failed, dropped */
  gint64 attempts, status, duration_us;
  gchar *error; /* of the last attempt, or NULL */
  gint64 created, attempted;
} VsDelivery;

void vs_delivery_free (VsDelivery *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsDelivery, vs_delivery_free)

/* Webhooks ---------------------------------------------------------------- */

/* @repeat: the request that makes it, or NULL. */
gboolean vs_hook_store_add (
    VsDb *db, const VsHook *hook, const VsRepeat *repeat, GError **error);

/* The one of the configuration is as it says; NULL: there is none. */
gboolean vs_hook_store_configure (VsDb *db, const VsHook *hook, GError **error);

/* NULL and VS_ERROR_NOT_FOUND where there is none. */
VsHook *vs_hook_store_get (VsDb *db, const gchar *id, GError **error);

/* VsHook, the newest first. @owner, @after: or NULL. */
GPtrArray *vs_hook_store_list (VsDb *db, const gchar *owner, const gchar *after,
    guint limit, GError **error);

gint64 vs_hook_store_count (VsDb *db);

/* With its deliveries. */
gboolean vs_hook_store_remove (VsDb *db, const gchar *id, GError **error);

gboolean vs_hook_store_enable (VsDb *db, const gchar *id, GError **error);

/* Deliveries -------------------------------------------------------------- */

/* In a transaction of the caller's: @type ("job.failed") has happened to
 * something of @owner's. Keeps a reference to @data while it runs. */
gboolean vs_hook_store_tell (VsDb *db, const gchar *type, const gchar *owner,
    JsonObject *data, GError **error);

/* The same for what a job, and its asset, now are. */
gboolean vs_hook_store_tell_job (VsDb *db, const VsJob *job, GError **error);
gboolean vs_hook_store_tell_asset (
    VsDb *db, const VsAsset *asset, VsState state, GError **error);

/* To @hook alone: a "webhook.ping". */
gboolean vs_hook_store_ping (VsDb *db, const VsHook *hook, GError **error);

/* VsDelivery of one webhook, the newest first. */
GPtrArray *vs_hook_store_list_deliveries (VsDb *db, const gchar *hook,
    const gchar *after, guint limit, GError **error);

/* VsDelivery, the first that waits of each webhook that is ready at @now. */
GPtrArray *vs_hook_store_list_due (VsDb *db, gint64 now, GError **error);

/* When the next webhook that waits out a back-off is ready; 0: none. */
gint64 vs_hook_store_next_ready (VsDb *db, gint64 now);

/* What an attempt came to. */
typedef struct {
  guint status; /* 0: no answer */
  gint64 duration_us;
  gint64 asked_us;     /* Retry-After, or 0 */
  const gchar *error;  /* NULL: delivered */
  gint64 now, give_up; /* µs: the end of the attempt; how long is dead */
  gdouble jitter;
} VsHookOutcome;

gboolean vs_hook_store_settle (VsDb *db, const VsDelivery *delivery,
    const VsHookOutcome *outcome, GError **error);

G_END_DECLS
