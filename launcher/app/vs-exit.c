/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "app/vs-exit.h"

#include <sysexits.h>

static gint
from_code (VsError code, VsStage stage)
{
  switch (code) {
    case VS_ERROR_BAD_VALUE:
      return stage == VS_STAGE_OPTIONS ? EX_USAGE : EX_CONFIG;
    case VS_ERROR_BAD_DATA:
      return stage == VS_STAGE_PRESET ? EX_CONFIG : EX_DATAERR;
    case VS_ERROR_NO_INPUT:
    case VS_ERROR_NOT_FOUND:
      return EX_NOINPUT;
    case VS_ERROR_NO_OUTPUT:
      return stage == VS_STAGE_RUN ? EX_IOERR : EX_CANTCREAT;
    case VS_ERROR_NO_SPACE:
      return EX_IOERR;
    case VS_ERROR_NO_PLUGIN:
      return EX_UNAVAILABLE;
    case VS_ERROR_UNAVAILABLE:
      return EX_TEMPFAIL;
    case VS_ERROR_NOT_PERMITTED:
      return EX_NOPERM;
    case VS_ERROR_CONFLICT:
    case VS_ERROR_STALE:
    case VS_ERROR_INTERNAL:
    default:
      return EX_SOFTWARE;
  }
}

gint
vs_exit_from_error (const GError *error, VsStage stage)
{
  if (!error)
    return EX_OK;
  if (error->domain == VS_ERROR)
    return from_code ((VsError) error->code, stage);
  if (stage == VS_STAGE_OPTIONS) /* GOption's own */
    return EX_USAGE;
  return EX_SOFTWARE;
}

gint
vs_exit_from_signal (gint signum)
{
  return 128 + signum;
}

const gchar *
vs_exit_error_name (gint code)
{
  return vs_error_name (code);
}

gint
vs_exit_error_from_name (const gchar *name)
{
  return vs_error_from_name (name);
}
