/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/vs-channel.h"

void
vs_channel_free (VsChannel *self)
{
  if (!self)
    return;
  g_clear_handle_id (&self->timer_id, g_source_remove);
  vs_link_free (self->link);
  vs_attempt_free (self->attempt);
  vs_desk_file_close (self->desk);
  g_free (self->id);
  g_free (self->name);
  g_free (self->owner);
  g_free (self->preset);
  g_free (self->spec);
  g_free (self->filler);
  g_free (self->error_code);
  g_free (self->error);
  g_free (self);
}
