/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/vs-s3-curl.h"

#include <gmodule.h>

#include "core/vs-error.h"

/* The ABI that <curl/curl.h> is of since 2006. */
#define LIBRARY "libcurl.so.4"

#define ENTRY(name)                                                            \
  {                                                                            \
    "curl_" #name, (gpointer *) &vs_s3_curl.name                               \
  }

VsS3Curl vs_s3_curl;

static const struct {
  const gchar *name;
  gpointer *place;
} entries[] = {
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

static gboolean
fill_table (GModule *module)
{
  for (guint i = 0; i < G_N_ELEMENTS (entries); i++)
    if (!g_module_symbol (module, entries[i].name, entries[i].place))
      return FALSE;
  return TRUE;
}

gboolean
vs_s3_curl_load (GError **error)
{
  static GMutex lock;
  static gboolean loaded;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  GModule *module;

  if (loaded)
    return TRUE;
  module = g_module_open (LIBRARY, G_MODULE_BIND_LAZY | G_MODULE_BIND_LOCAL);
  if (module == NULL || !fill_table (module)) {
    g_set_error (error, VS_ERROR, VS_ERROR_NO_PLUGIN,
        "S3 needs libcurl, which cannot be loaded (%s): install the package "
        "libcurl4.",
        g_module_error ());
    if (module != NULL)
      g_module_close (module);
    return FALSE;
  }
  g_module_make_resident (module);
  loaded = vs_s3_curl.global_init (CURL_GLOBAL_DEFAULT) == CURLE_OK;
  if (!loaded)
    g_set_error_literal (error, VS_ERROR, VS_ERROR_INTERNAL,
        "libcurl does not start: its TLS library may be broken.");
  return loaded;
}
