/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-hooks.h"

#include "vs-http-post.h"

#define FLIGHTS_MAX 8

/* The database did not take what an attempt came to. */
#define TROUBLE_US (5 * G_USEC_PER_SEC)

struct _VsHttpHooks {
  VsDb *db;
  const VsConfig *config;
  GHashTable *flights; /* id of the webhook → Flight */
  GSource *timer;
  guint wake_id;
  gint64 blocked; /* until then nothing is sent; monotonic */
};

typedef struct {
  VsHttpHooks *hooks;
  VsDelivery *delivery;
  VsHttpPost *post; /* NULL: it has ended */
} Flight;

static void
flight_free (Flight *self)
{
  vs_http_post_free (self->post);
  vs_delivery_free (self->delivery);
  g_free (self);
}

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  g_source_set_ready_time (source, -1);
  return callback (user_data);
}

static GSourceFuncs timer_funcs = { NULL, NULL, dispatch, NULL };

static gboolean
on_timer (gpointer user_data)
{
  vs_http_hooks_wake (user_data);
  return G_SOURCE_CONTINUE;
}

/* The first failure of many is told, and the end. */
static void
tell_trouble (VsHttpHooks *self, const gchar *id, const gchar *sentence)
{
  g_autoptr (VsHook) hook = vs_hook_store_get (self->db, id, NULL);

  if (hook && !hook->enabled)
    g_warning ("%s is disabled. %s", id, hook->reason);
  else if (hook && hook->failures == 1)
    g_message ("%s: %s It is tried again.", id, sentence);
}

static void
on_posted (const VsHttpPostResult *result, gpointer user_data)
{
  Flight *flight = user_data;
  VsHttpHooks *self = flight->hooks;
  g_autoptr (GError) error = NULL;
  VsHookOutcome outcome = { result->status, result->duration_us,
    result->asked_us, result->error, g_get_real_time (),
    self->config->hook_disable_us, g_random_double () };

  flight->post = NULL;
  if (!vs_hook_store_settle (self->db, flight->delivery, &outcome, &error) &&
      !g_error_matches (error, VS_ERROR, VS_ERROR_NOT_FOUND)) {
    g_warning ("%s: %s", flight->delivery->hook, error->message);
    self->blocked = g_get_monotonic_time () + TROUBLE_US;
  } else if (outcome.error) {
    tell_trouble (self, flight->delivery->hook, outcome.error);
  }
  g_hash_table_remove (self->flights, flight->delivery->hook);
  vs_http_hooks_wake (self);
}

/* Takes @delivery. */
static void
start_flight (VsHttpHooks *self, VsDelivery *delivery)
{
  g_autoptr (VsHook) hook = vs_hook_store_get (self->db, delivery->hook, NULL);
  VsHttpPostOrder order = { 0 };
  Flight *flight;

  if (!hook) {
    vs_delivery_free (delivery);
    return;
  }
  flight = g_new0 (Flight, 1);
  flight->hooks = self;
  flight->delivery = delivery;
  order.url = hook->url;
  order.id = delivery->event;
  order.body = delivery->body;
  order.secret = hook->secret;
  order.timestamp_s = g_get_real_time () / G_USEC_PER_SEC;
  order.limit_us = self->config->hook_timeout_us;
  order.networks = self->config->hook_allow;
  g_hash_table_insert (self->flights, delivery->hook, flight);
  flight->post = vs_http_post_start (&order, on_posted, flight);
}

static void
start_due (VsHttpHooks *self, gint64 now)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) due = vs_hook_store_list_due (self->db, now, &error);

  if (!due) {
    g_warning ("%s", error->message);
    self->blocked = g_get_monotonic_time () + TROUBLE_US;
    return;
  }
  while (due->len > 0 && g_hash_table_size (self->flights) < FLIGHTS_MAX) {
    VsDelivery *delivery = g_ptr_array_steal_index (due, 0);

    if (g_hash_table_contains (self->flights, delivery->hook))
      vs_delivery_free (delivery);
    else
      start_flight (self, delivery);
  }
}

static gboolean
on_wake (gpointer user_data)
{
  VsHttpHooks *self = user_data;
  gint64 now = g_get_real_time ();
  gint64 monotonic = g_get_monotonic_time ();
  gint64 ready;

  self->wake_id = 0;
  if (self->blocked <= monotonic)
    start_due (self, now);
  ready = vs_hook_store_next_ready (self->db, now);
  if (self->blocked > monotonic)
    g_source_set_ready_time (self->timer, self->blocked);
  else if (ready > 0)
    g_source_set_ready_time (
        self->timer, monotonic + MAX (ready - now, 0) + 1000);
  return G_SOURCE_REMOVE;
}

VsHttpHooks *
vs_http_hooks_new (VsDb *db, const VsConfig *config)
{
  VsHttpHooks *self = g_new0 (VsHttpHooks, 1);

  self->db = db;
  self->config = config;
  self->flights = g_hash_table_new_full (
      g_str_hash, g_str_equal, NULL, (GDestroyNotify) flight_free);
  self->timer = g_source_new (&timer_funcs, sizeof (GSource));
  g_source_set_callback (self->timer, on_timer, self, NULL);
  g_source_attach (self->timer, NULL);
  vs_http_hooks_wake (self);
  return self;
}

void
vs_http_hooks_free (VsHttpHooks *self)
{
  if (!self)
    return;
  g_clear_handle_id (&self->wake_id, g_source_remove);
  g_source_destroy (self->timer);
  g_source_unref (self->timer);
  g_hash_table_unref (self->flights);
  g_free (self);
}

void
vs_http_hooks_wake (VsHttpHooks *self)
{
  if (self->wake_id == 0)
    self->wake_id = g_idle_add (on_wake, self);
}
