/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The parts of the service that are functions or speak to a database alone:
 * claims and their tokens, who is next, costs, configuration, which manifest
 * a client gets, where URLs may lead. */
#include "api/vs-body.h"
#include "app/vs-config.h"
#include "http/vs-http-play.h"
#include "jobs/vs-asset-store.h"
#include "jobs/vs-costs.h"
#include "jobs/vs-event-log.h"
#include "jobs/vs-hook-setup.h"
#include "jobs/vs-hook-store.h"
#include "jobs/vs-job-store.h"
#include "jobs/vs-token-store.h"
#include "jobs/vs-url-policy.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct {
  VsDb *db;
  VsJobStore *store;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  self->db = vs_db_open (":memory:", &error);
  g_assert_no_error (error);
  self->store = vs_job_store_new (self->db);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  vs_job_store_free (self->store);
  vs_db_close (self->db);
}

static gboolean
add_asset (VsDb *db, const VsJob *job, gpointer user_data, GError **error)
{
  return vs_asset_store_add (db, job, "A film", error);
}

static VsJob *
add (Fixture *self, const gchar *owner, gint priority, gboolean asset)
{
  VsJob *job = g_new0 (VsJob, 1);
  g_autoptr (GError) error = NULL;

  job->id = vs_job_make_id (VS_JOB_PREFIX);
  job->life = VS_LIFE_VOD;
  job->owner = g_strdup (owner);
  job->priority = priority;
  job->preset = g_strdup ("vod");
  job->input = g_strdup ("testsrc:");
  job->spec = g_strdup ("{}");
  if (asset)
    job->asset = vs_job_make_id (VS_ASSET_PREFIX);
  vs_job_store_add (self->store, job, asset ? add_asset : NULL, NULL, &error);
  g_assert_no_error (error);
  return job;
}

static void
apply (Fixture *self, VsJob *job, VsEvent event, const VsJobChange *change)
{
  g_autoptr (GError) error = NULL;

  vs_job_store_apply (self->store, job, event, change, &error);
  g_assert_no_error (error);
}

/* Who was given up for dead can write nothing any more. */
static void
test_fencing (Fixture *self, gconstpointer data)
{
  const VsJobChange claim = { .lease = 1000 };
  const VsJobChange lost = { .ready = 5 };
  g_autoptr (VsJob) job = add (self, "ann", 50, FALSE);
  g_autoptr (VsJob) old = NULL;
  g_autoptr (VsJob) fresh = NULL;
  g_autoptr (GError) error = NULL;

  apply (self, job, VS_EVENT_CLAIM, &claim);
  apply (self, job, VS_EVENT_START, NULL);
  old = vs_job_store_get (self->store, job->id, NULL);
  g_assert_cmpint (old->token, ==, 1);
  apply (self, job, VS_EVENT_LOSE, &lost);
  g_assert_cmpint (job->lease, ==, 0);
  apply (self, job, VS_EVENT_CLAIM, &claim);
  apply (self, job, VS_EVENT_START, NULL);
  g_assert_cmpint (job->token, ==, 2);
  g_assert_cmpint (job->attempts, ==, 2);

  g_assert_false (
      vs_job_store_apply (self->store, old, VS_EVENT_FINISH, NULL, &error));
  g_assert_error (error, VS_ERROR, VS_ERROR_UNAVAILABLE);
  g_assert_cmpint (old->token, ==, 2); /* it knows now */
  fresh = vs_job_store_get (self->store, job->id, NULL);
  g_assert_cmpint (fresh->state, ==, VS_STATE_RUNNING);
  apply (self, job, VS_EVENT_FINISH, NULL);
  g_assert_cmpint (job->finished, >, 0);
}

static gdouble
weigh (const gchar *owner, gpointer user_data)
{
  return g_str_equal (owner, user_data) ? 2.0 : 0.0;
}

static void
test_who_is_next (Fixture *self, gconstpointer data)
{
  g_autoptr (VsJob) low = add (self, "ann", 10, FALSE);
  g_autoptr (VsJob) first = add (self, "ann", 50, FALSE);
  g_autoptr (VsJob) second = add (self, "ann", 50, FALSE);
  g_autoptr (VsJob) other = add (self, "bob", 50, FALSE);
  const VsJobChange claim = { .lease = 1000 };
  const VsJobChange later = { .ready = 100 };
  g_autoptr (VsJob) next = vs_job_store_next (self->store, 50, NULL, NULL);

  g_assert_cmpstr (next->id, ==, first->id);
  g_clear_pointer (&next, vs_job_free);
  /* Ann has something running: Bob's turn, though his is the newest. */
  next = vs_job_store_next (self->store, 50, weigh, (gpointer) "ann");
  g_assert_cmpstr (next->id, ==, other->id);
  g_clear_pointer (&next, vs_job_free);
  /* What waits out a back-off is not next. */
  apply (self, first, VS_EVENT_CLAIM, &claim);
  apply (self, first, VS_EVENT_LOSE, &later);
  next = vs_job_store_next (self->store, 50, weigh, (gpointer) "bob");
  g_assert_cmpstr (next->id, ==, second->id);
  g_clear_pointer (&next, vs_job_free);
  g_assert_cmpint (vs_job_store_next_ready (self->store, 50), ==, 100);
  g_assert_cmpint (vs_job_store_next_ready (self->store, 100), ==, 0);
  apply (self, second, VS_EVENT_CANCEL, NULL);
  apply (self, other, VS_EVENT_CANCEL, NULL);
  next = vs_job_store_next (self->store, 50, NULL, NULL);
  g_assert_cmpstr (next->id, ==, low->id);
  g_assert_cmpint (vs_job_store_count (self->store, VS_STATE_CANCELED), ==, 2);
}

static void
test_asset_follows (Fixture *self, gconstpointer data)
{
  static const struct {
    VsEvent event;
    VsState wanted;
  } steps[] = {
    { VS_EVENT_CANCEL, VS_STATE_ERRORED },
    { VS_EVENT_RETRY, VS_STATE_PREPARING },
    { VS_EVENT_CLAIM, VS_STATE_PREPARING },
    { VS_EVENT_START, VS_STATE_PREPARING },
    { VS_EVENT_LOSE, VS_STATE_PREPARING },
    { VS_EVENT_CLAIM, VS_STATE_PREPARING },
    { VS_EVENT_START, VS_STATE_PREPARING },
    { VS_EVENT_FINISH, VS_STATE_READY },
  };
  g_autoptr (VsJob) job = add (self, "ann", 50, TRUE);

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
    g_autoptr (VsAsset) asset = NULL;

    apply (self, job, steps[i].event, NULL);
    asset = vs_asset_store_get (self->db, job->asset, NULL);
    g_assert_cmpint (asset->state, ==, steps[i].wanted);
  }
  g_assert_cmpint (vs_event_log_get_last (self->db), ==, 9);
}

static void
test_costs (Fixture *self, gconstpointer data)
{
  static const struct {
    VsCost used, others, cost;
    gboolean fits;
  } cases[] = {
    { { 0, 0 }, { 0, 0 }, { 99, 9999 }, TRUE },  /* alone, however large */
    { { 0, 0 }, { 99, 9999 }, { 1, 10 }, TRUE }, /* the first of the jobs */
    { { 1, 10 }, { 0, 0 }, { 1, 10 }, TRUE },
    { { 1, 10 }, { 0.5, 0 }, { 1, 10 }, TRUE },
    { { 1, 10 }, { 0.6, 0 }, { 1, 10 }, FALSE },
    { { 1, 10 }, { 0, 81 }, { 1, 10 }, FALSE },
    { { 1.9, 10 }, { 0, 0 }, { 0.6, 10 }, TRUE },
    { { 2, 10 }, { 0, 0 }, { 0.6, 10 }, FALSE },
    { { 1, 60 }, { 0, 0 }, { 1, 41 }, FALSE },
  };
  const VsCost all = { 2, 100 };
  const VsCost guess = { 1.5, 50 };
  VsCost cost = vs_costs_get (self->db, "vod", guess);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (
        vs_costs_fit (cases[i].used, cases[i].others, cases[i].cost, all), ==,
        cases[i].fits);
  g_assert_cmpfloat (cost.cores, ==, 1.5);
  vs_costs_learn (self->db, "vod", (VsCost){ 3, 300 });
  cost = vs_costs_get (self->db, "vod", guess);
  g_assert_cmpfloat (cost.cores, ==, 3);
  vs_costs_learn (self->db, "vod", (VsCost){ 0, 0 });
  cost = vs_costs_get (self->db, "vod", guess);
  g_assert_cmpfloat_with_epsilon (cost.cores, 2, 1e-9);
  g_assert_cmpuint (cost.memory, ==, 200);
}

static void
test_tokens (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *token = NULL;
  VsPrincipal who = { 0 };
  guint scopes = 0;

  g_assert_true (vs_token_store_is_empty (self->db));
  g_assert_true (vs_scopes_parse ("read,write", &scopes, &error));
  g_assert_false (vs_scopes_parse ("read,root", &scopes, NULL));
  token = vs_token_store_create (self->db, "ann", VS_SCOPE_READ, 100, &error);
  g_assert_no_error (error);
  g_assert_null (
      vs_token_store_create (self->db, "a b", VS_SCOPE_READ, 0, NULL));
  g_assert_false (vs_token_store_is_empty (self->db));
  g_assert_true (vs_token_store_check (self->db, token, 99, &who));
  g_assert_cmpstr (who.owner, ==, "ann");
  g_assert_cmpuint (who.scopes, ==, VS_SCOPE_READ);
  vs_principal_clear (&who);
  g_assert_false (vs_token_store_check (self->db, token, 100, &who));
  g_assert_false (vs_token_store_check (self->db, "vst_", 1, &who));
  g_assert_cmpint (vs_token_store_revoke (self->db, "ann", NULL), ==, 1);
}

static VsHook *
add_hook (Fixture *self, const gchar *owner, gboolean everyone)
{
  VsHook *hook = g_new0 (VsHook, 1);
  g_autoptr (GError) error = NULL;

  hook->id = vs_job_make_id (VS_HOOK_PREFIX);
  hook->url = g_strdup ("https://example.org/");
  hook->events = g_strdup ("job.*");
  hook->secret = vs_hook_make_secret ();
  hook->owner = g_strdup (owner);
  hook->everyone = everyone;
  hook->created = 1;
  (void) vs_hook_store_add (self->db, hook, NULL, &error);
  g_assert_no_error (error);
  return hook;
}

static guint
count_deliveries (Fixture *self, const VsHook *hook, const gchar *state)
{
  g_autoptr (GPtrArray) all =
      vs_hook_store_list_deliveries (self->db, hook->id, NULL, G_MAXINT, NULL);
  guint count = 0;

  for (guint i = 0; i < all->len; i++)
    if (g_str_equal (((VsDelivery *) all->pdata[i])->state, state))
      count++;
  return count;
}

static void
test_hooks_whose (Fixture *self, gconstpointer data)
{
  g_autoptr (VsHook) hers = add_hook (self, "ann", FALSE);
  g_autoptr (VsHook) his = add_hook (self, "bob", FALSE);
  g_autoptr (VsHook) all = add_hook (self, "eve", TRUE);
  g_autoptr (VsJob) job = add (self, "ann", 50, FALSE);
  g_autoptr (GPtrArray) due = NULL;

  apply (self, job, VS_EVENT_CLAIM, NULL);
  g_assert_cmpuint (count_deliveries (self, hers, "pending"), ==, 2);
  g_assert_cmpuint (count_deliveries (self, his, "pending"), ==, 0);
  g_assert_cmpuint (count_deliveries (self, all, "pending"), ==, 2);
  due = vs_hook_store_list_due (self->db, g_get_real_time (), NULL);
  g_assert_cmpuint (due->len, ==, 2); /* one each */
  for (guint i = 0; i < due->len; i++)
    g_assert_cmpstr (((VsDelivery *) due->pdata[i])->type, ==, "job.queued");
}

static void
settle (Fixture *self, gint64 now, guint status, gint64 *ready)
{
  g_autoptr (GPtrArray) due = vs_hook_store_list_due (self->db, now, NULL);
  VsHookOutcome outcome = { status, 1000, 0, "It failed.", now,
    G_GINT64_CONSTANT (5) * 24 * 3600 * G_USEC_PER_SEC, 0.5 };
  g_autoptr (GError) error = NULL;
  VsDelivery *first;

  g_assert_cmpuint (due->len, ==, 1);
  first = due->pdata[0];
  if (status == 204)
    outcome.error = NULL;
  g_assert_true (vs_hook_store_settle (self->db, first, &outcome, &error));
  g_assert_no_error (error);
  *ready = vs_hook_store_next_ready (self->db, now);
}

/* The pauses double up to hours, nothing overtakes, and a success ends it. */
static void
test_hooks_back_off (Fixture *self, gconstpointer data)
{
  g_autoptr (VsHook) hook = add_hook (self, "ann", FALSE);
  g_autoptr (VsJob) job = add (self, "ann", 50, FALSE);
  gint64 now = g_get_real_time ();
  gint64 ready = 0, before = 0;

  apply (self, job, VS_EVENT_CLAIM, NULL);
  for (guint i = 0; i < 15; i++) {
    g_autoptr (GPtrArray) early = NULL;

    settle (self, now, 500, &ready);
    early = vs_hook_store_list_due (self->db, ready - 1, NULL);
    g_assert_cmpuint (early->len, ==, 0);
    g_assert_cmpint (ready - now, >=, before);
    g_assert_cmpint (
        ready - now, <=, G_GINT64_CONSTANT (4) * 3600 * G_USEC_PER_SEC);
    before = ready - now;
    now = ready;
  }
  g_assert_cmpint (before, >, G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC);
  settle (self, now, 204, &ready);
  g_assert_cmpuint (count_deliveries (self, hook, "delivered"), ==, 1);
  settle (self, now, 204, &ready);
  g_assert_cmpuint (count_deliveries (self, hook, "delivered"), ==, 2);
  g_assert_cmpint (ready, ==, 0);
}

static void
test_hooks_are_bounded (Fixture *self, gconstpointer data)
{
  g_autoptr (VsHook) hook = add_hook (self, "ann", FALSE);
  g_autoptr (JsonObject) nothing = json_object_new ();
  gint64 ready;

  (void) vs_db_begin (self->db, NULL);
  for (guint i = 0; i < VS_HOOK_PENDING_MAX + 1200; i++)
    g_assert_true (
        vs_hook_store_tell (self->db, "job.failed", "ann", nothing, NULL));
  (void) vs_db_commit (self->db, NULL);
  g_assert_cmpuint (
      count_deliveries (self, hook, "pending"), ==, VS_HOOK_PENDING_MAX);
  settle (self, g_get_real_time (), 204, &ready);
  g_assert_cmpuint (count_deliveries (self, hook, "dropped") +
                        count_deliveries (self, hook, "delivered"),
      ==, VS_HOOK_LOG_MAX);
}

#define IPHONE                                                                 \
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1 "  \
  "(KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1"
#define SAFARI                                                                 \
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 "      \
  "(KHTML, like Gecko) Version/17.4 Safari/605.1.15"
#define CHROME_MAC                                                             \
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 "        \
  "(KHTML, like Gecko) Chrome/124.0 Safari/537.36"
#define ANDROID                                                                \
  "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like "  \
  "Gecko) Chrome/124.0 Mobile Safari/537.36"
#define CHROME_WINDOWS                                                         \
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, "      \
  "like Gecko) Chrome/124.0.0.0 Safari/537.36"
#define EDGE_MAC CHROME_MAC " Edg/124.0.0.0"
#define CHROME_IPHONE                                                          \
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1."  \
  "15 (KHTML, like Gecko) CriOS/124.0.6367.71 Mobile/15E148 Safari/604.1"
#define FIREFOX_ANDROID                                                        \
  "Mozilla/5.0 (Android 14; Mobile; rv:125.0) Gecko/125.0 Firefox/125.0"
#define FIREFOX "Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Firefox/125.0"
#define PLAYER "AppleCoreMedia/1.0.0.21E236 (Apple TV; U; CPU OS 17_4)"
#define HLS_TYPE "application/vnd.apple.mpegurl"

static void
test_play (void)
{
  static const struct {
    const gchar *format, *accept, *agent;
    gboolean hls, dash;
    VsPlay wanted;
  } cases[] = {
    { NULL, "*/*", IPHONE, TRUE, TRUE, VS_PLAY_HLS },
    { NULL, "*/*", SAFARI, TRUE, TRUE, VS_PLAY_HLS },
    { NULL, "*/*", PLAYER, TRUE, TRUE, VS_PLAY_HLS },
    { NULL, "*/*", CHROME_MAC, TRUE, TRUE, VS_PLAY_DASH },
    { NULL, "*/*", ANDROID, TRUE, TRUE, VS_PLAY_DASH },
    { NULL, "*/*", FIREFOX, TRUE, TRUE, VS_PLAY_DASH },
    { NULL, "*/*", FIREFOX_ANDROID, TRUE, TRUE, VS_PLAY_DASH },
    { NULL, "*/*", CHROME_WINDOWS, TRUE, TRUE, VS_PLAY_DASH },
    { NULL, "*/*", EDGE_MAC, TRUE, TRUE, VS_PLAY_DASH },
    { NULL, "*/*", CHROME_IPHONE, TRUE, TRUE, VS_PLAY_HLS },
    { NULL, NULL, NULL, TRUE, TRUE, VS_PLAY_DASH },
    { NULL, NULL, ANDROID, TRUE, FALSE, VS_PLAY_HLS },
    { NULL, NULL, IPHONE, FALSE, TRUE, VS_PLAY_DASH },
    { NULL, HLS_TYPE, ANDROID, TRUE, TRUE, VS_PLAY_HLS },
    { NULL, "application/dash+xml", IPHONE, TRUE, TRUE, VS_PLAY_DASH },
    { NULL, "application/dash+xml;q=0," HLS_TYPE, NULL, TRUE, TRUE,
        VS_PLAY_HLS },
    { NULL, "application/dash+xml", NULL, TRUE, FALSE, VS_PLAY_NONE },
    { NULL, HLS_TYPE ", application/dash+xml", SAFARI, TRUE, TRUE,
        VS_PLAY_HLS },
    { "hls", "application/dash+xml", ANDROID, TRUE, TRUE, VS_PLAY_HLS },
    { "dash", NULL, IPHONE, TRUE, TRUE, VS_PLAY_DASH },
    { "dash", NULL, IPHONE, TRUE, FALSE, VS_PLAY_NONE },
    { "smooth", NULL, IPHONE, TRUE, TRUE, VS_PLAY_NONE },
    { NULL, NULL, NULL, FALSE, FALSE, VS_PLAY_NONE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_test_message ("%u", i);
    g_assert_cmpint (vs_http_play_choose (cases[i].format, cases[i].accept,
                         cases[i].agent, cases[i].hls, cases[i].dash),
        ==, cases[i].wanted);
  }
}

static void
test_config (void)
{
  static const struct {
    const gchar *text, *part;
  } cases[] = {
    { "[htpp]\nlisten=:1\n", "x.ini:1: “htpp” is no group of this file; did" },
    { "[http]\nlistn=:1\n", "x.ini:2: “listn” is no key of this group; did" },
    { "[worker]\nattempts=three\n", "x.ini:2: attempts" },
    { "[worker]\nsandbox=perhaps\n", "auto none required" },
    { "[worker]\nmemory=4X\n", "no size" },
    { "[worker]\nmemory=99999999999T\n", "no size" },
    { "[worker]\nlease=soon\n", "x.ini:2: lease" },
  };
  static const gchar GOOD[] = "[http]\nlisten=:9000\n[input]\nfiles=/a /b;/c\n"
                              "[worker]\nmemory=2G\nlease=1m\nattempts=0\n";
  g_autoptr (GError) error = NULL;
  g_autoptr (VsConfig) config =
      vs_config_parse (GOOD, strlen (GOOD), "x.ini", &error);

  g_assert_no_error (error);
  g_assert_cmpstr (config->listen, ==, ":9000");
  g_assert_cmpuint (g_strv_length (config->files), ==, 3);
  g_assert_cmpuint (config->memory, ==, G_GUINT64_CONSTANT (2) << 30);
  g_assert_cmpint (config->lease_us, ==, 60 * G_USEC_PER_SEC);
  g_assert_cmpuint (config->attempts, ==, 1);
  g_assert_cmpstr (config->sandbox, ==, "auto");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) reason = NULL;

    g_assert_null (vs_config_parse (
        cases[i].text, strlen (cases[i].text), "x.ini", &reason));
    g_test_message ("%s", reason->message);
    g_assert_nonnull (strstr (reason->message, cases[i].part));
  }
}

static void
test_url_policy (void)
{
  static const gchar TEXT[] =
      "[input]\nschemes=http\nallow-addresses=10.1.0.0/16 ::1\n";
  static const struct {
    const gchar *url;
    gboolean allowed;
  } cases[] = {
    { "http://example.org/a.mp4", TRUE },
    { "HTTP://example.org/a.mp4", TRUE },
    { "http://10.1.2.3/a", TRUE },
    { "http://[::1]:8080/a", TRUE },
    { "http://10.2.2.3/a", FALSE },
    { "http://127.0.0.1/a", FALSE },
    { "http://LOCALHOST/a", FALSE },
    { "http://[fe80::1]/a", FALSE },
    { "http:///a", FALSE },
    { "https://example.org/", FALSE },
    { "file:///etc/passwd", FALSE },
    { "testsrc:", FALSE },
    { "/etc/passwd", FALSE },
    { "", FALSE },
  };
  g_autoptr (VsConfig) config =
      vs_config_parse (TEXT, strlen (TEXT), "x.ini", NULL);
  g_autofree gchar *endless = g_strnfill (5000, 'a');
  g_autofree gchar *url = g_strconcat ("http://", endless, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *uri = vs_url_policy_check (config, cases[i].url, NULL);

    g_test_message ("“%s”", cases[i].url);
    g_assert_cmpint (uri != NULL, ==, cases[i].allowed);
  }
  g_assert_null (vs_url_policy_check (config, url, NULL));
}

#define FIXED(path, test)                                                      \
  g_test_add (path, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXED ("/jobs/fencing", test_fencing);
  FIXED ("/jobs/who-is-next", test_who_is_next);
  FIXED ("/jobs/asset-follows", test_asset_follows);
  FIXED ("/jobs/costs", test_costs);
  FIXED ("/jobs/tokens", test_tokens);
  FIXED ("/jobs/hooks/whose", test_hooks_whose);
  FIXED ("/jobs/hooks/back-off", test_hooks_back_off);
  FIXED ("/jobs/hooks/are-bounded", test_hooks_are_bounded);
  g_test_add_func ("/jobs/play", test_play);
  g_test_add_func ("/jobs/config", test_config);
  g_test_add_func ("/jobs/url-policy", test_url_policy);
  return g_test_run ();
}
