/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/vs-s3-curl.h"

#include "core/vs-error.h"
#include "store/vs-library.h"

/* The ABI that <curl/curl.h> is of since 2006. */
#define LIBRARY "libcurl.so.4"

#define ENTRY(name)                                                            \
  {                                                                            \
    "curl_" #name, (gpointer *) &vs_s3_curl.name                               \
  }

VsS3Curl vs_s3_curl;

static const VsLibraryEntry entries[] = {
  ENTRY (easy_cleanup),
  ENTRY (easy_getinfo),
  ENTRY (easy_init),
  ENTRY (easy_perform),
  ENTRY (easy_setopt),
  ENTRY (easy_strerror),
  ENTRY (getdate),
  ENTRY (global_init),
  ENTRY (multi_add_handle),
  ENTRY (multi_cleanup),
  ENTRY (multi_info_read),
  ENTRY (multi_init),
  ENTRY (multi_perform),
  ENTRY (multi_poll),
  ENTRY (multi_remove_handle),
  ENTRY (multi_setopt),
  ENTRY (multi_wakeup),
  ENTRY (slist_append),
  ENTRY (slist_free_all),
};

gboolean
vs_s3_curl_load (GError **error)
{
  static VsLibrary library = { LIBRARY, "S3 needs libcurl",
    "libcurl4 (of Debian 13: libcurl4t64)", entries, G_N_ELEMENTS (entries),
    { NULL }, FALSE };
  static gsize started;

  if (!vs_library_load (&library, error))
    return FALSE;
  if (g_once_init_enter (&started))
    g_once_init_leave (
        &started, 1 + (gsize) vs_s3_curl.global_init (CURL_GLOBAL_DEFAULT));
  if (started != 1)
    g_set_error_literal (error, VS_ERROR, VS_ERROR_INTERNAL,
        "libcurl does not start: its TLS library may be broken.");
  return started == 1;
}
