/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs/vs-secret-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE_MAX_BYTES (64 * 1024)

static gboolean
refuse (const gchar *path, const gchar *verb, GError **error)
{
  g_set_error (error, VS_ERROR,
      errno == ENOENT ? VS_ERROR_NOT_FOUND : VS_ERROR_NO_INPUT,
      "The file “%s” cannot be %s: %s.", path, verb, g_strerror (errno));
  return FALSE;
}

/* By the descriptor, so that it is the file that is read. */
static gboolean
check_mode (gint fd, const gchar *path, gsize *size, GError **error)
{
  struct stat info;

  if (fstat (fd, &info) != 0)
    return refuse (path, "looked at", error);
  if (!S_ISREG (info.st_mode) || info.st_size > SIZE_MAX_BYTES) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA,
        "“%s” is not a small file of text.", path);
    return FALSE;
  }
  if (info.st_mode & (S_IRWXG | S_IRWXO)) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "“%s” holds a secret that others may read: chmod 600 it.", path);
    return FALSE;
  }
  *size = (gsize) info.st_size;
  return TRUE;
}

static gchar *
read_text (gint fd, const gchar *path, gsize size, GError **error)
{
  g_autofree gchar *text = g_malloc0 (size + 1);

  for (gsize done = 0; done < size;) {
    gssize got = read (fd, text + done, size - done);

    if (got < 0 && errno != EINTR) {
      (void) refuse (path, "read", error);
      return NULL;
    }
    if (got == 0)
      break;
    done += (gsize) MAX (got, 0);
  }
  if (strlen (text) == size && g_utf8_validate (text, -1, NULL))
    return g_steal_pointer (&text);
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA, "“%s” is no text.", path);
  return NULL;
}

gchar *
vs_secret_file_read (const gchar *path, GError **error)
{
  gint fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  gchar *text = NULL;
  gsize size = 0;

  if (fd < 0) {
    (void) refuse (path, "opened", error);
    return NULL;
  }
  if (check_mode (fd, path, &size, error))
    text = read_text (fd, path, size, error);
  (void) close (fd);
  return text;
}

gboolean
vs_secret_file_make (const gchar *path, const gchar *text, GError **error)
{
  gint fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  g_autofree gchar *line = g_strconcat (text, "\n", NULL);
  gsize length = strlen (line);
  gboolean ok;

  if (fd < 0)
    return refuse (path, "made", error);
  ok = write (fd, line, length) == (gssize) length && fsync (fd) == 0;
  if (!ok) {
    (void) refuse (path, "written", error);
    (void) unlink (path); /* half a secret is none */
  }
  (void) close (fd);
  return ok;
}
