/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/vs-library.h"

#include <gmodule.h>

#include "core/vs-error.h"

static gboolean
fill_table (const VsLibrary *self, GModule *module)
{
  for (guint i = 0; i < self->n_entries; i++)
    if (!g_module_symbol (
            module, self->entries[i].name, self->entries[i].place))
      return FALSE;
  return TRUE;
}

gboolean
vs_library_load (VsLibrary *self, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  GModule *module;

  if (self->loaded)
    return TRUE;
  module = g_module_open (self->file, G_MODULE_BIND_LAZY | G_MODULE_BIND_LOCAL);
  if (module == NULL || !fill_table (self, module)) {
    g_set_error (error, VS_ERROR, VS_ERROR_NO_PLUGIN,
        "%s, which cannot be loaded (%s): install the package %s.",
        self->purpose, g_module_error (), self->package);
    if (module != NULL)
      g_module_close (module);
    return FALSE;
  }
  g_module_make_resident (module);
  self->loaded = TRUE;
  return TRUE;
}
