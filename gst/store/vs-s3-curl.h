/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-s3-curl: libcurl, loaded when the first bucket is named. It brings forty
 * libraries along, and nothing but S3 has a use for them: a process that
 * writes into a folder begins without.
 *
 * Threading: vs_s3_curl_load () from any thread. The table is constant once it
 * has returned TRUE, and good until the process ends. */
#pragma once

#include <curl/curl.h>
#include <glib.h>

G_BEGIN_DECLS

/* libcurl's functions, by their names without “curl_”. */
typedef struct {
  __typeof__ (curl_easy_cleanup) *easy_cleanup;
  __typeof__ (curl_easy_getinfo) *easy_getinfo;
  __typeof__ (curl_easy_init) *easy_init;
  __typeof__ (curl_easy_perform) *easy_perform;
  __typeof__ (curl_easy_setopt) *easy_setopt;
  __typeof__ (curl_easy_strerror) *easy_strerror;
  __typeof__ (curl_getdate) *getdate;
  __typeof__ (curl_global_init) *global_init;
  __typeof__ (curl_multi_add_handle) *multi_add_handle;
  __typeof__ (curl_multi_cleanup) *multi_cleanup;
  __typeof__ (curl_multi_info_read) *multi_info_read;
  __typeof__ (curl_multi_init) *multi_init;
  __typeof__ (curl_multi_perform) *multi_perform;
  __typeof__ (curl_multi_poll) *multi_poll;
  __typeof__ (curl_multi_remove_handle) *multi_remove_handle;
  __typeof__ (curl_multi_setopt) *multi_setopt;
  __typeof__ (curl_multi_wakeup) *multi_wakeup;
  __typeof__ (curl_slist_append) *slist_append;
  __typeof__ (curl_slist_free_all) *slist_free_all;
} VsS3Curl;

extern VsS3Curl vs_s3_curl;

/* Fails with VS_ERROR_NO_PLUGIN where libcurl is not installed, each time it
 * is asked. Nobody calls through the table before it has returned TRUE. */
gboolean vs_s3_curl_load (GError **error);

G_END_DECLS
