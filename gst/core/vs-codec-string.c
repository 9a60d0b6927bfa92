/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-media.h"

#include "core/vs-error.h"

gchar *
vs_codec_string (const VsStream *stream, GError **error)
{
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA,
      "No codec string can be made for %s.", vs_codec_name (stream->codec));
  return NULL;
}
