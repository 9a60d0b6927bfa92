/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/vs-channels.h"

#include "channel/vs-channel-store.h"
#include "channel/vs-channels-private.h"

#include <string.h>

/* ---- telling ---- */

/* What was changed in memory is written; a database that fails is said. */
void
vs_channels_save (VsChannels *self, VsChannel *channel)
{
  g_autoptr (GError) error = NULL;
  gint64 event_id = 0;

  if (!vs_channel_store_update (self->db, channel, &event_id, &error))
    g_warning ("%s: %s", channel->id, error->message);
  if (self->listener.changed)
    self->listener.changed (channel, event_id, self->user_data);
}

gboolean
vs_channels_apply (VsChannels *self, VsChannel *channel, VsEvent event)
{
  VsState next = vs_state_next (VS_LIFE_CHANNEL, channel->state, event, NULL);

  if (next == VS_STATE_ILLEGAL)
    return FALSE;
  if (next == channel->state)
    return TRUE;
  channel->state = next;
  vs_channels_save (self, channel);
  return TRUE;
}

void
vs_channels_set_error (VsChannel *channel, gint code, const gchar *message)
{
  g_free (channel->error_code);
  g_free (channel->error);
  channel->error_code = message ? g_strdup (vs_error_name (code)) : NULL;
  channel->error = g_strdup (message);
}

void
vs_channels_on_told (VsLink *link, gpointer user_data)
{
  VsChannel *channel = user_data;
  VsChannels *self = channel->owner_data;

  if (self->listener.aired)
    self->listener.aired (channel, self->user_data);
}

/* ---- life ---- */

static VsChannels *
new_channels (void)
{
  VsChannels *self = g_new0 (VsChannels, 1);

  self->channels =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_channel_free);
  return self;
}

/* What a service before us was doing with it when it ended. */
static void
recover (VsChannels *self, VsChannel *channel)
{
  channel->owner_data = self;
  if (vs_state_is_final (VS_LIFE_CHANNEL, channel->state))
    return;
  (void) vs_channels_apply (self, channel, VS_EVENT_LOSE);
}

/* Media and queues of a channel that is not known: it was removed. */
static void
check_media (const gchar *name, gpointer user_data)
{
  VsChannels *self = user_data;

  if (g_str_has_prefix (name, VS_CHANNEL_PREFIX "_") &&
      !vs_channels_find (self, name))
    vs_folders_discard (self->folders, "media", name);
}

static void
check_queue (const gchar *name, gpointer user_data)
{
  VsChannels *self = user_data;

  if (!vs_channels_find (self, name))
    vs_folders_discard (self->folders, "queues", name);
}

VsChannels *
vs_channels_new (VsDb *db, VsFolders *folders, VsOutputs *outputs,
    VsStarter *starter, const VsConfig *config, GError **error)
{
  g_autoptr (VsChannels) self = new_channels ();
  g_autoptr (GPtrArray) channels = vs_channel_store_load (db, error);

  if (!channels)
    return NULL;
  self->db = db;
  self->folders = folders;
  self->outputs = outputs;
  self->starter = starter;
  self->config = config;
  g_ptr_array_extend_and_steal (self->channels, g_steal_pointer (&channels));
  for (guint i = 0; i < self->channels->len; i++)
    recover (self, self->channels->pdata[i]);
  vs_folders_each (folders, "media", check_media, self);
  vs_folders_each (folders, "queues", check_queue, self);
  return g_steal_pointer (&self);
}

static gboolean
send_alone (const gchar *line, gpointer user_data)
{
  VsChannel *channel = user_data;
  VsChannels *self = channel->owner_data;

  return self->send (line, self->send_data);
}

VsChannels *
vs_channels_new_alone (const gchar *name, VsLinkSend send, gpointer user_data)
{
  VsChannels *self = new_channels ();
  VsChannel *channel = g_new0 (VsChannel, 1);

  channel->id = g_strdup (VS_CHANNELS_ALONE);
  channel->name = g_strdup (name);
  channel->owner = g_strdup ("local");
  channel->preset = g_strdup (name);
  channel->state = VS_STATE_STARTING;
  channel->owner_data = self;
  channel->created = g_get_real_time ();
  channel->link = vs_link_new (send_alone, vs_channels_on_told, channel);
  self->send = send;
  self->send_data = user_data;
  g_ptr_array_add (self->channels, channel);
  return self;
}

void
vs_channels_free (VsChannels *self)
{
  if (!self)
    return;
  g_ptr_array_unref (self->channels);
  g_free (self);
}

void
vs_channels_set_listener (
    VsChannels *self, const VsChannelsListener *listener, gpointer user_data)
{
  self->listener = *listener;
  self->user_data = user_data;
}

void
vs_channels_start (VsChannels *self)
{
  self->running = TRUE;
  for (guint i = 0; i < self->channels->len; i++) {
    VsChannel *channel = self->channels->pdata[i];

    if (channel->wanted)
      vs_channels_start_worker (self, channel);
  }
}

void
vs_channels_stop (VsChannels *self)
{
  self->running = FALSE;
}

/* One of those that a player begins with, which come last. */
static gboolean
is_manifest (JsonObject *event)
{
  const gchar *name =
      json_object_get_string_member_with_default (event, "event", "");
  const gchar *key =
      json_object_get_string_member_with_default (event, "key", "/");

  return g_str_equal (name, "vstream-manifest") && strchr (key, '/') == NULL;
}

void
vs_channels_take (VsChannels *self, JsonObject *event)
{
  VsChannel *channel = self->channels->pdata[0];

  if (!event) {
    channel->state = VS_STATE_IDLE;
    vs_link_break (channel->link, VS_CHANNELS_GONE);
    return;
  }
  if (channel->state == VS_STATE_STARTING && is_manifest (event))
    channel->state = VS_STATE_RUNNING;
  vs_link_take (channel->link, event);
}

/* ---- looking ---- */

VsChannel *
vs_channels_find (VsChannels *self, const gchar *id)
{
  for (guint i = 0; i < self->channels->len; i++) {
    VsChannel *channel = self->channels->pdata[i];

    if (g_strcmp0 (channel->id, id) == 0)
      return channel;
  }
  return NULL;
}

VsCost
vs_channels_get_cost (VsChannels *self)
{
  VsCost sum = { 0 };

  for (guint i = 0; i < self->channels->len; i++) {
    const VsChannel *channel = self->channels->pdata[i];
    VsCost cost;

    if (!channel->attempt)
      continue;
    (void) vs_attempt_weigh (channel->attempt, &cost);
    vs_costs_add (&sum, cost);
  }
  return sum;
}

guint
vs_channels_count (VsChannels *self, VsState state)
{
  guint n = 0;

  for (guint i = 0; i < self->channels->len; i++)
    n += ((const VsChannel *) self->channels->pdata[i])->state == state;
  return n;
}

GPtrArray *
vs_channels_list (
    VsChannels *self, const gchar *owner, const gchar *after, guint limit)
{
  GPtrArray *found = g_ptr_array_new ();

  for (guint i = 0; i < self->channels->len && found->len < limit; i++) {
    VsChannel *channel = self->channels->pdata[i];

    if ((!owner || g_str_equal (channel->owner, owner)) &&
        (!after || strcmp (channel->id, after) < 0))
      g_ptr_array_add (found, channel);
  }
  return found;
}

/* ---- changing ---- */

static VsDeskFile *
open_desk (
    VsChannels *self, VsChannel *channel, const gchar *items, GError **error)
{
  g_autofree gchar *folder =
      vs_folders_make (self->folders, "queues", channel->id, error);
  g_autofree gchar *path =
      folder ? g_build_filename (folder, "queue.db", NULL) : NULL;

  if (path && !channel->desk)
    channel->desk = vs_desk_file_open (path, items, error);
  return channel->desk;
}

VsChannel *
vs_channels_add (VsChannels *self, VsChannel *channel, const gchar *items,
    const VsRepeat *repeat, GError **error)
{
  g_autoptr (VsChannel) taken = channel;
  gint64 event_id = 0;

  taken->owner_data = self;
  taken->state = vs_state_first (VS_LIFE_CHANNEL);
  taken->version = 1;
  taken->created = g_get_real_time ();
  if (!open_desk (self, taken, items, error) ||
      !vs_channel_store_add (self->db, taken, repeat, &event_id, error)) {
    g_clear_pointer (&taken->desk, vs_desk_file_close);
    vs_folders_discard (self->folders, "queues", taken->id);
    return NULL;
  }
  g_ptr_array_insert (self->channels, 0, taken);
  channel = g_steal_pointer (&taken);
  if (self->listener.changed)
    self->listener.changed (channel, event_id, self->user_data);
  return channel;
}

gboolean
vs_channels_update (VsChannels *self, VsChannel *channel, GError **error)
{
  gint64 event_id = 0;

  channel->version++;
  if (!vs_channel_store_update (self->db, channel, &event_id, error))
    return FALSE;
  if (self->listener.changed)
    self->listener.changed (channel, event_id, self->user_data);
  return TRUE;
}

gboolean
vs_channels_remove (VsChannels *self, VsChannel *channel, GError **error)
{
  g_autofree gchar *id = g_strdup (channel->id);
  g_autofree gchar *log = g_strconcat (id, ".log", NULL);

  if (vs_state_next (VS_LIFE_CHANNEL, channel->state, VS_EVENT_REMOVE, NULL) ==
      VS_STATE_ILLEGAL) {
    g_set_error (error, VS_ERROR, VS_ERROR_CONFLICT,
        "The channel is %s: stop it first.", vs_state_name (channel->state));
    return FALSE;
  }
  if (!vs_outputs_doom (self->outputs, id, error) ||
      !vs_channel_store_remove (self->db, id, error))
    return FALSE;
  g_ptr_array_remove (self->channels, channel);
  vs_folders_discard (self->folders, "queues", id);
  vs_outputs_discard (self->outputs, id);
  vs_folders_discard (self->folders, "logs", log);
  return TRUE;
}

gboolean
vs_channels_command (
    VsChannels *self, VsChannel *channel, VsEvent event, GError **error)
{
  VsState before = channel->state;
  g_autoptr (GError) reason = NULL;
  VsState next = vs_state_next (VS_LIFE_CHANNEL, before, event, &reason);
  gboolean wanted = channel->wanted;
  gint64 event_id = 0;

  if (next == VS_STATE_ILLEGAL) {
    g_set_error_literal (error, VS_ERROR, VS_ERROR_CONFLICT, reason->message);
    return FALSE;
  }
  channel->state = next;
  channel->wanted = event == VS_EVENT_START;
  if (!vs_channel_store_update (self->db, channel, &event_id, error)) {
    channel->state = before;
    channel->wanted = wanted;
    return FALSE;
  }
  if (next != before && self->listener.changed)
    self->listener.changed (channel, event_id, self->user_data);
  if (event == VS_EVENT_STOP) {
    vs_channels_stop_worker (self, channel);
  } else if (next != before || channel->timer_id != 0) {
    vs_channels_set_error (channel, 0, NULL);
    vs_channels_start_worker (self, channel);
  }
  return TRUE;
}

/* Nothing is on air; what will be, first, comes next. */
static void
describe_silence (JsonObject *result)
{
  JsonNode *item = json_object_get_member (result, "item");

  if (item && JSON_NODE_HOLDS_OBJECT (item))
    json_object_set_member (result, "next", json_node_copy (item));
  json_object_set_string_member (result, "kind", "none");
}

static void
order_file (VsChannels *self, VsChannel *channel, const gchar *order,
    VsLinkDone done, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  VsDeskFile *desk = open_desk (self, channel, NULL, &error);
  g_autofree gchar *answer =
      desk ? vs_desk_file_order (desk, order, &error) : NULL;
  g_autoptr (JsonNode) root = answer ? json_from_string (answer, NULL) : NULL;

  if (!root) {
    done (NULL, error, user_data);
    return;
  }
  if (json_object_has_member (json_node_get_object (root), "kind"))
    describe_silence (json_node_get_object (root));
  done (json_node_get_object (root), NULL, user_data);
}

void
vs_channels_order (VsChannels *self, VsChannel *channel, const gchar *order,
    VsLinkDone done, gpointer user_data)
{
  if (channel->link)
    vs_link_order (channel->link, order, done, user_data);
  else
    order_file (self, channel, order, done, user_data);
}
