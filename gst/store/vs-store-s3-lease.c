/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/vs-store-s3-lease.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/vs-error.h"

#define LEASE_US (15 * G_USEC_PER_SEC)
#define RENEW_US (5 * G_USEC_PER_SEC)
/* After so long a living owner has renewed: its period, and a slow request. */
#define ALIVE_US (7 * G_USEC_PER_SEC)
#define TEXT_MAX 1024

struct _VsS3Lease {
  VsS3Client *client;
  gchar *key;
  gchar *owner; /* a random id, the machine, the process, a name if given */
  void (*lost_func) (gpointer user_data);
  gpointer user_data;
  GThread *thread;
  gboolean conditions;
  gchar *etag; /* of our lease; the thread's once it runs */
  guint round; /* so that no two of our leases have the same etag */

  GMutex lock;
  GCond cond;
  gboolean quit, lost;
};

/* What is there now. */
typedef struct {
  gchar *owner; /* NULL: no lease */
  gchar *etag;
  gint64 age_us;
} Found;

static void
found_clear (Found *found)
{
  g_clear_pointer (&found->owner, g_free);
  g_clear_pointer (&found->etag, g_free);
}

/* Who ------------------------------------------------------------------- */

/* Processes can be asked for only within one boot and one PID namespace. */
static gchar *
dup_machine (void)
{
  g_autofree gchar *boot = NULL;
  struct stat info = { 0 };

  (void) g_file_get_contents (
      "/proc/sys/kernel/random/boot_id", &boot, NULL, NULL);
  (void) stat ("/proc/self/ns/pid", &info);
  return g_strdup_printf ("%s/%" G_GUINT64_FORMAT,
      boot != NULL ? g_strstrip (boot) : "?", (guint64) info.st_ino);
}

/* Of one word, or NULL. */
static gchar *
dup_name (const VsS3Config *config)
{
  const gchar *name = config->lease_owner;

  return name != NULL && *name != '\0' ? g_uri_escape_string (name, NULL, FALSE)
                                       : NULL;
}

static gchar *
dup_owner (const VsS3Config *config)
{
  g_autofree gchar *id = g_uuid_string_random ();
  g_autofree gchar *machine = dup_machine ();
  g_autofree gchar *name = dup_name (config);

  return g_strdup_printf ("%s %s %d%s%s", id, machine, (int) getpid (),
      name != NULL ? " " : "", name != NULL ? name : "");
}

/* Was @owner one of ours, or a process of this machine that is no more? */
static gboolean
is_dead (const VsS3Lease *self, const gchar *owner)
{
  g_autofree gchar *name = dup_name (vs_s3_client_get_config (self->client));
  g_autofree gchar *machine = dup_machine ();
  g_auto (GStrv) words = g_strsplit (owner, " ", 5);
  gint64 pid;

  if (g_strv_length (words) < 3)
    return FALSE;
  if (name != NULL && g_strcmp0 (words[3], name) == 0)
    return TRUE;
  if (strcmp (words[1], machine) != 0 || *machine == '?' ||
      !g_ascii_string_to_signed (words[2], 10, 1, G_MAXINT, &pid, NULL))
    return FALSE;
  return kill ((pid_t) pid, 0) != 0 && errno == ESRCH;
}

/* Requests ---------------------------------------------------------------- */

static gboolean
look (VsS3Lease *self, Found *found, GError **error)
{
  g_autoptr (VsS3Waiter) waiter = vs_s3_waiter_new (self->client);
  g_autoptr (VsS3Result) result = vs_s3_waiter_wait (
      waiter, vs_s3_get (self->client, self->key, 0, 0, TEXT_MAX, NULL,
                  vs_s3_waiter_done, waiter));
  const gchar *text;
  gsize size;

  found_clear (found);
  if (result->status == 404 && g_strcmp0 (result->code, "NoSuchBucket") != 0)
    return TRUE;
  if (result->error != NULL) {
    g_propagate_error (error, g_error_copy (result->error));
    return FALSE;
  }
  text = g_bytes_get_data (result->body, &size);
  found->owner = g_strndup (text != NULL ? text : "", size);
  found->owner[strcspn (found->owner, "\n")] = '\0';
  found->etag = g_strdup (result->etag);
  found->age_us = result->server_us - result->modified_us;
  return TRUE;
}

/* Writes our name, under the condition that it is still as @found. */
static VsS3Result *
put_lease (VsS3Lease *self, const gchar *etag, gboolean none)
{
  const VsS3PutOptions options = {
    .content_type = "text/plain; charset=utf-8",
    .cache_control = "no-store",
    .if_match = self->conditions ? etag : NULL,
    .if_none_match = self->conditions && none,
  };
  g_autofree gchar *text =
      g_strdup_printf ("%s\n%u\n", self->owner, ++self->round);
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  GBytes *chunks[] = { bytes };
  g_autoptr (VsS3Waiter) waiter = vs_s3_waiter_new (self->client);

  return vs_s3_waiter_wait (
      waiter, vs_s3_put (self->client, self->key, chunks, 1, &options,
                  vs_s3_waiter_done, waiter));
}

static gboolean
is_ours (const VsS3Lease *self, const Found *found)
{
  return found->owner != NULL && strcmp (found->owner, self->owner) == 0;
}

/* Taking ------------------------------------------------------------------ */

static gboolean
refuse (const VsS3Lease *self, GError **error)
{
  const VsS3Config *config = vs_s3_client_get_config (self->client);
  g_autofree gchar *prefix =
      g_strndup (self->key, strlen (self->key) - strlen (VS_S3_LEASE_NAME));
  g_autofree gchar *uri = vs_s3_uri_format (config->bucket, prefix);

  g_set_error (error, VS_ERROR, VS_ERROR_NO_OUTPUT,
      "Another vstream is publishing into “%s”; stop it or choose another "
      "prefix.",
      uri);
  return FALSE;
}

/* Nobody else waits on this condition yet. */
static void
wait_us (VsS3Lease *self, gint64 us)
{
  gint64 end = g_get_monotonic_time () + us;

  g_mutex_lock (&self->lock);
  while (g_cond_wait_until (&self->cond, &self->lock, end))
    ;
  g_mutex_unlock (&self->lock);
}

/* Waits until the owner has either shown that it lives, or has let the lease
 * run out. */
static gboolean
outwait (VsS3Lease *self, Found *found, GError **error)
{
  const gint64 pauses[] = { ALIVE_US, LEASE_US };
  g_autofree gchar *before = g_strdup (found->etag);

  for (guint i = 0; i < G_N_ELEMENTS (pauses); i++) {
    if (found->age_us < pauses[i])
      wait_us (self, pauses[i] - MAX (0, found->age_us));
    if (!look (self, found, error))
      return FALSE;
    if (found->owner == NULL)
      return TRUE;
    if (g_strcmp0 (found->etag, before) != 0)
      return refuse (self, error);
  }
  return TRUE;
}

static gboolean
take (VsS3Lease *self, GError **error)
{
  Found found = { 0 };
  g_autoptr (VsS3Result) result = NULL;
  gboolean good = look (self, &found, error);

  if (good && found.owner != NULL && !is_dead (self, found.owner) &&
      found.age_us < LEASE_US)
    good = outwait (self, &found, error);
  if (good) {
    result = put_lease (self, found.etag, found.owner == NULL);
    /* also to see whose it is after an answer that was lost */
    good = look (self, &found, error);
  }
  if (good && !is_ours (self, &found)) {
    if (result->error != NULL && result->status != 412 &&
        result->status != 409) {
      good = FALSE;
      g_propagate_error (error, g_error_copy (result->error));
    } else {
      good = refuse (self, error);
    }
  }
  self->etag = g_steal_pointer (&found.etag);
  found_clear (&found);
  return good;
}

/* Keeping ----------------------------------------------------------------- */

/* FALSE: it is somebody else's. What cannot be asked now is asked again. */
static gboolean
renew (VsS3Lease *self)
{
  g_autoptr (VsS3Result) result = NULL;
  Found found = { 0 };
  gboolean good = TRUE;

  if (!self->conditions) {
    if (look (self, &found, NULL) && !is_ours (self, &found))
      good = FALSE;
    found_clear (&found);
    if (!good)
      return FALSE;
  }
  result = put_lease (self, self->etag, FALSE);
  if (result->error == NULL) {
    g_free (self->etag);
    self->etag = g_strdup (result->etag);
  } else if (result->status == 412 || result->status == 404) {
    /* ours all the same, where an answer was lost */
    if (look (self, &found, NULL)) {
      good = is_ours (self, &found);
      g_free (self->etag);
      self->etag = g_steal_pointer (&found.etag);
    }
    found_clear (&found);
  }
  return good;
}

static gpointer
lease_main (gpointer data)
{
  VsS3Lease *self = data;
  gboolean good = TRUE;

  while (good) {
    gint64 end = g_get_monotonic_time () + RENEW_US;
    gboolean quit;

    g_mutex_lock (&self->lock);
    while (!self->quit && g_cond_wait_until (&self->cond, &self->lock, end))
      ;
    quit = self->quit;
    g_mutex_unlock (&self->lock);
    if (quit)
      return NULL;
    good = renew (self);
  }
  g_mutex_lock (&self->lock);
  self->lost = TRUE;
  g_mutex_unlock (&self->lock);
  self->lost_func (self->user_data);
  return NULL;
}

/* Life -------------------------------------------------------------------- */

static void
lease_clear (VsS3Lease *self)
{
  g_free (self->key);
  g_free (self->owner);
  g_free (self->etag);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

static gboolean
read_clock (VsS3Lease *self, gint64 *now_us, GError **error)
{
  g_autoptr (VsS3Waiter) waiter = vs_s3_waiter_new (self->client);
  g_autoptr (VsS3Result) result = vs_s3_waiter_wait (
      waiter, vs_s3_head (self->client, self->key, vs_s3_waiter_done, waiter));

  if (result->error != NULL) {
    g_propagate_error (error, g_error_copy (result->error));
    return FALSE;
  }
  *now_us = result->modified_us;
  return TRUE;
}

VsS3Lease *
vs_s3_lease_take (VsS3Client *client, const gchar *prefix,
    void (*lost) (gpointer user_data), gpointer user_data, gint64 *now_us,
    GError **error)
{
  const VsS3Conditions both =
      VS_S3_CONDITION_NONE_MATCH | VS_S3_CONDITION_MATCH;
  VsS3Lease *self = g_new0 (VsS3Lease, 1);
  g_autofree gchar *id = g_uuid_string_random ();
  g_autofree gchar *probe =
      g_strconcat (prefix, VS_S3_PROBE_NAME, "-", id, NULL);
  VsS3Conditions honoured = 0;
  gboolean good;

  self->client = client;
  self->key = g_strconcat (prefix, VS_S3_LEASE_NAME, NULL);
  self->owner = dup_owner (vs_s3_client_get_config (client));
  self->lost_func = lost;
  self->user_data = user_data;
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  good = vs_s3_probe_conditions (client, probe, &honoured, error);
  self->conditions = honoured == both;
  if (!good || !take (self, error) || !read_clock (self, now_us, error)) {
    lease_clear (self);
    return NULL;
  }
  self->thread = g_thread_new ("vs-s3-lease", lease_main, self);
  return self;
}

void
vs_s3_lease_free (VsS3Lease *self)
{
  if (self == NULL)
    return;
  g_mutex_lock (&self->lock);
  self->quit = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
  g_thread_join (self->thread);
  if (!self->lost) {
    g_autoptr (VsS3Waiter) waiter = vs_s3_waiter_new (self->client);
    g_autoptr (VsS3Result) result =
        vs_s3_waiter_wait (waiter, vs_s3_delete (self->client, self->key, NULL,
                                       vs_s3_waiter_done, waiter));

    (void) result; /* what could not be removed runs out */
  }
  lease_clear (self);
}
