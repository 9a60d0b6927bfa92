/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "s3/vs-s3-fault.h"

#include "core/vs-error.h"

GstResourceError
vs_s3_fault_code (const GError *error, gboolean writing)
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
      vs_s3_fault_code (error, writing), g_strdup (error->message), NULL,
      __FILE__, GST_FUNCTION, __LINE__);
}

void
vs_s3_fault_once_init (VsS3FaultOnce *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
}

void
vs_s3_fault_once_clear (VsS3FaultOnce *self)
{
  g_cond_clear (&self->cond);
  g_mutex_clear (&self->lock);
}

void
vs_s3_fault_once_reset (VsS3FaultOnce *self)
{
  g_mutex_lock (&self->lock);
  self->found = self->told = FALSE;
  g_mutex_unlock (&self->lock);
}

gboolean
vs_s3_fault_once_is_told (VsS3FaultOnce *self)
{
  gboolean told;

  g_mutex_lock (&self->lock);
  while (self->found && !self->told)
    g_cond_wait (&self->cond, &self->lock);
  told = self->told;
  g_mutex_unlock (&self->lock);
  return told;
}

void
vs_s3_fault_once_tell (
    VsS3FaultOnce *self, GstElement *element, const GError *error)
{
  gboolean first;

  g_mutex_lock (&self->lock);
  first = !self->found;
  self->found = TRUE;
  g_mutex_unlock (&self->lock);
  if (!first) {
    vs_s3_fault_once_is_told (self);
    return;
  }
  vs_s3_fault_post (element, error, TRUE);
  g_mutex_lock (&self->lock);
  self->told = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}
