/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "s3/vs-s3-fault.h"

#include "core/vs-error.h"

static GstResourceError
code_of (const GError *error, gboolean writing)
{
  GstResourceError other =
      writing ? GST_RESOURCE_ERROR_WRITE : GST_RESOURCE_ERROR_READ;

  if (error->domain != VS_ERROR)
    return other;
  switch ((VsError) error->code) {
    case VS_ERROR_BAD_VALUE:
      return GST_RESOURCE_ERROR_SETTINGS;
    case VS_ERROR_NOT_PERMITTED:
      return GST_RESOURCE_ERROR_NOT_AUTHORIZED;
    case VS_ERROR_NOT_FOUND:
      return writing ? GST_RESOURCE_ERROR_OPEN_WRITE
                     : GST_RESOURCE_ERROR_NOT_FOUND;
    case VS_ERROR_NO_SPACE:
      return GST_RESOURCE_ERROR_NO_SPACE_LEFT;
    case VS_ERROR_UNAVAILABLE:
      return GST_RESOURCE_ERROR_BUSY;
    case VS_ERROR_BAD_DATA:
    case VS_ERROR_NO_INPUT:
    case VS_ERROR_NO_OUTPUT:
    case VS_ERROR_NO_PLUGIN:
    case VS_ERROR_INTERNAL:
    case VS_ERROR_CONFLICT:
    case VS_ERROR_STALE:
    default:
      return other;
  }
}

void
vs_s3_fault_post (GstElement *element, const GError *error, gboolean writing)
{
  gst_element_message_full (element, GST_MESSAGE_ERROR, GST_RESOURCE_ERROR,
      code_of (error, writing), g_strdup (error->message), NULL, __FILE__,
      GST_FUNCTION, __LINE__);
}
