/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs/vs-uploads.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define ROOM "uploads"
#define ARCHIVE "archive"

/* Not much later than it is due, and not before. */
#define LATE_US (G_USEC_PER_SEC / 10)

struct _VsUploads {
  VsJobStore *jobs;
  VsDb *db;
  VsFolders *folders;
  const VsConfig *config;
  GHashTable *busy; /* ids (gchar *) */
  GSource *timer;   /* the next one that expires */
};

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  g_source_set_ready_time (source, -1);
  return callback (user_data);
}

static GSourceFuncs timer_funcs = { NULL, NULL, dispatch, NULL };

static void
set_timer (VsUploads *self)
{
  gint64 next = vs_upload_store_next_expiry (self->db);

  g_source_set_ready_time (self->timer,
      next == 0 ? -1
                : g_get_monotonic_time () + MAX (next - g_get_real_time (), 0) +
                      LATE_US);
}

static void
remove_expired (VsUploads *self)
{
  gint64 now = g_get_real_time ();
  g_autoptr (GPtrArray) expired = vs_upload_store_list_expired (self->db, now);

  for (guint i = 0; expired && i < expired->len; i++) {
    VsUpload *upload = expired->pdata[i];
    g_autoptr (GError) error = NULL;

    /* Bytes are coming in: it lives, and its end is put off. */
    if (vs_uploads_is_busy (self, upload->id))
      (void) vs_uploads_note (self, upload, &error);
    else
      (void) vs_uploads_remove (self, upload, &error);
    if (error)
      g_warning ("%s: %s", upload->id, error->message);
  }
}

static gboolean
on_timer (gpointer user_data)
{
  VsUploads *self = user_data;

  remove_expired (self);
  set_timer (self);
  return G_SOURCE_CONTINUE;
}

VsUploads *
vs_uploads_new (VsJobStore *jobs, VsFolders *folders, const VsConfig *config)
{
  VsUploads *self = g_new0 (VsUploads, 1);

  self->jobs = jobs;
  self->db = vs_job_store_get_db (jobs);
  self->folders = folders;
  self->config = config;
  self->busy = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->timer = g_source_new (&timer_funcs, sizeof (GSource));
  g_source_set_callback (self->timer, on_timer, self, NULL);
  g_source_attach (self->timer, NULL);
  return self;
}

void
vs_uploads_free (VsUploads *self)
{
  if (!self)
    return;
  g_source_destroy (self->timer);
  g_source_unref (self->timer);
  g_hash_table_unref (self->busy);
  g_free (self);
}

/* A file of no upload: a crash came before it was written down, or after that
 * was forgotten. */
static void
check_file (const gchar *name, gpointer user_data)
{
  VsUploads *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (VsUpload) upload = vs_upload_store_get (self->db, name, &error);

  if (!upload && g_error_matches (error, VS_ERROR, VS_ERROR_NOT_FOUND))
    vs_folders_discard (self->folders, ROOM, name);
}

static void
check_archived (const gchar *name, gpointer user_data)
{
  VsUploads *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (VsUpload) upload = vs_upload_store_get (self->db, name, &error);

  if (!upload && g_error_matches (error, VS_ERROR, VS_ERROR_NOT_FOUND))
    vs_folders_discard (self->folders, ARCHIVE, name);
}

/* What its job came to while nobody followed. */
static void
check_upload (VsUploads *self, const VsUpload *upload)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VsJob) job =
      upload->job ? vs_job_store_get (self->jobs, upload->job, &error) : NULL;

  if (job)
    vs_uploads_follow (self, job);
  else if (g_error_matches (error, VS_ERROR, VS_ERROR_NOT_FOUND))
    vs_uploads_forget_job (self, upload->job);
}

void
vs_uploads_start (VsUploads *self)
{
  g_autoptr (GPtrArray) all =
      vs_upload_store_list (self->db, NULL, NULL, G_MAXINT, NULL);

  for (guint i = 0; all && i < all->len; i++) {
    VsUpload *upload = all->pdata[i];

    /* A form that broke off: nobody can go on with it. */
    if (upload->length < 0)
      (void) vs_uploads_remove (self, upload, NULL);
    else
      check_upload (self, upload);
  }
  vs_folders_each (self->folders, ROOM, check_file, self);
  vs_folders_each (self->folders, ARCHIVE, check_archived, self);
  on_timer (self);
}

static gboolean
refuse (GError **error)
{
  gint code = errno;

  g_set_error (error, VS_ERROR,
      code == ENOSPC || code == EDQUOT ? VS_ERROR_NO_SPACE : VS_ERROR_NO_OUTPUT,
      "The upload cannot be written to the disk: %s.", g_strerror (code));
  return FALSE;
}

static gboolean
sync_folder (VsUploads *self, GError **error)
{
  g_autofree gchar *path = vs_folders_get_path (self->folders, ROOM, NULL);
  gint fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean good = fd >= 0 && fsync (fd) == 0;

  if (!good)
    (void) refuse (error);
  if (fd >= 0)
    (void) close (fd);
  return good;
}

static gboolean
make_file (VsUploads *self, const gchar *id, GError **error)
{
  g_autofree gchar *path = vs_uploads_get_path (self, id);
  gint fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

  if (fd < 0)
    return refuse (error);
  (void) close (fd);
  return sync_folder (self, error);
}

/* Is there room for so many bytes? Others may take it meanwhile. */
static gboolean
check_room (VsUploads *self, gint64 length, GError **error)
{
  g_autofree gchar *path = vs_folders_get_path (self->folders, ROOM, NULL);
  struct statvfs info;

  if (length <= 0 || statvfs (path, &info) != 0 ||
      (guint64) length / info.f_frsize <= info.f_bavail)
    return TRUE;
  g_set_error_literal (error, VS_ERROR, VS_ERROR_NO_SPACE,
      "The disk of the service has no room for this file.");
  return FALSE;
}

static gboolean
check_count (VsUploads *self, const gchar *owner, GError **error)
{
  guint most = self->config->upload_max_count;

  if (most == 0 || vs_upload_store_count_free (self->db, owner) < most)
    return TRUE;
  g_set_error (error, VS_ERROR, VS_ERROR_NOT_PERMITTED,
      "There are %u uploads already that nothing has been made of: finish or "
      "remove one first.",
      most);
  return FALSE;
}

gboolean
vs_uploads_create (VsUploads *self, VsUpload *upload, GError **error)
{
  if (!check_count (self, upload->owner, error) ||
      !check_room (self, upload->length, error))
    return FALSE;
  upload->id = vs_job_make_id (VS_UPLOAD_PREFIX);
  upload->created = g_get_real_time ();
  upload->expires = upload->created + self->config->upload_expire_us;
  if (!make_file (self, upload->id, error))
    return FALSE;
  if (!vs_upload_store_add (self->db, upload, error)) {
    vs_folders_discard (self->folders, ROOM, upload->id);
    return FALSE;
  }
  set_timer (self);
  return TRUE;
}

gchar *
vs_uploads_get_path (VsUploads *self, const gchar *id)
{
  return vs_folders_get_path (self->folders, ROOM, id);
}

gboolean
vs_uploads_is_busy (VsUploads *self, const gchar *id)
{
  return g_hash_table_contains (self->busy, id);
}

void
vs_uploads_set_busy (VsUploads *self, const gchar *id, gboolean busy)
{
  if (busy)
    g_hash_table_add (self->busy, g_strdup (id));
  else
    g_hash_table_remove (self->busy, id);
}

gboolean
vs_uploads_note (VsUploads *self, VsUpload *upload, GError **error)
{
  upload->expires = g_get_real_time () + self->config->upload_expire_us;
  if (!vs_upload_store_note (self->db, upload, error))
    return FALSE;
  set_timer (self);
  return TRUE;
}

gboolean
vs_uploads_remove (VsUploads *self, const VsUpload *upload, GError **error)
{
  if (!vs_upload_store_remove (self->db, upload->id, error))
    return FALSE;
  vs_folders_discard (self->folders, ROOM, upload->id);
  vs_folders_discard (self->folders, ARCHIVE, upload->id);
  return TRUE;
}

static void
archive (VsUploads *self, const VsUpload *upload, GError **error)
{
  g_autofree gchar *from = vs_uploads_get_path (self, upload->id);
  g_autofree gchar *to =
      vs_folders_get_path (self->folders, ARCHIVE, upload->id);

  /* Moved before a crash, it only has to be written down. */
  if (g_rename (from, to) == 0 || errno == ENOENT)
    (void) vs_upload_store_set_archived (self->db, upload->id, error);
  else
    (void) refuse (error);
}

void
vs_uploads_follow (VsUploads *self, const VsJob *job)
{
  g_autoptr (VsUpload) upload = NULL;
  g_autoptr (GError) error = NULL;

  if (job->state != VS_STATE_SUCCEEDED ||
      !g_str_has_prefix (job->input, VS_UPLOAD_SCHEME))
    return;
  upload = vs_upload_store_get_of_job (self->db, job->id);
  if (!upload || upload->archived)
    return;
  if (g_str_equal (self->config->upload_keep, "archive"))
    archive (self, upload, &error);
  else
    (void) vs_uploads_remove (self, upload, &error);
  if (error)
    g_warning ("%s: %s", upload->id, error->message);
}

void
vs_uploads_forget_job (VsUploads *self, const gchar *job)
{
  g_autoptr (VsUpload) upload = vs_upload_store_get_of_job (self->db, job);
  g_autoptr (GError) error = NULL;

  if (upload && !vs_uploads_remove (self, upload, &error))
    g_warning ("%s: %s", upload->id, error->message);
}
