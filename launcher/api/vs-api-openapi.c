/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/vs-api-private.h"

#include "vs-openapi.h"

#include <gio/gio.h>

void
vs_api_get_openapi (VsCall *call)
{
  g_autoptr (GBytes) bytes = g_resource_lookup_data (vs_openapi_get_resource (),
      "/vstream/api/openapi.json", G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  gsize size = 0;
  const gchar *data = bytes ? g_bytes_get_data (bytes, &size) : "";

  call->reply->status = 200;
  call->reply->content_type = "application/json";
  call->reply->body = g_strndup (data, size);
}
