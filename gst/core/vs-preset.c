/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From groups and keys to the structure. Whether the values go together is
 * vs-preset-check.c. */
#include "core/vs-preset-private.h"
#include "core/vs-error.h"
#include "core/vs-units.h"

#include <string.h>

#define GROUPS_MAX 16
#define ITEMS_MAX 100 /* more come in through the queue itself */

/* Groups that the format has and this version does not do yet. They are told
 * from misspelt ones, and never ignored. */
static const gchar *const later_groups[] = { "worker", "webhook", NULL };

static void
audio_free (gpointer data)
{
  VsPresetAudio *audio = data;

  g_free (audio->name);
  g_free (audio->language);
  g_free (audio);
}

static void
text_free (gpointer data)
{
  VsPresetText *text = data;

  g_free (text->name);
  g_free (text->language);
  g_free (text);
}

static void
item_free (gpointer data)
{
  VsPresetItem *item = data;

  g_free (item->name);
  g_free (item->uri);
  g_free (item->title);
  g_free (item->ad);
  g_free (item->ad_scte35);
  g_free (item);
}

static void
property_free (gpointer data)
{
  VsPresetProperty *property = data;

  g_free (property->factory);
  g_free (property->property);
  g_free (property->value);
  g_free (property);
}

static VsPreset *
preset_new (void)
{
  VsPreset *preset = g_new0 (VsPreset, 1);
  g_autofree const gchar **groups = vs_preset_list_groups ();

  preset->ladder = vs_ladder_new ();
  preset->audio = g_ptr_array_new_with_free_func (audio_free);
  preset->text = g_ptr_array_new_with_free_func (text_free);
  preset->items = g_ptr_array_new_with_free_func (item_free);
  preset->properties = g_ptr_array_new_with_free_func (property_free);
  for (guint i = 0; groups[i] != NULL; i++)
    if (strchr (groups[i], ' ') == NULL)
      vs_preset_keys_init (groups[i], preset);
  return preset;
}

void
vs_preset_free (VsPreset *preset)
{
  if (preset == NULL)
    return;
  g_free (preset->input_uri);
  g_free (preset->slate);
  g_free (preset->queue_location);
  g_free (preset->queue_filler);
  g_free (preset->queue_slate);
  g_free (preset->queue_asrun);
  g_free (preset->queue_assets);
  g_free (preset->queue_cut);
  g_free (preset->queue_transition);
  g_free (preset->queue_resume);
  g_free (preset->queue_restart);
  g_free (preset->queue_items);
  g_ptr_array_unref (preset->items);
  vs_ladder_free (preset->ladder);
  g_free (preset->encoder);
  g_free (preset->speed);
  g_ptr_array_unref (preset->audio);
  g_ptr_array_unref (preset->text);
  g_free (preset->output_location);
  g_free (preset->s3_endpoint);
  g_free (preset->s3_region);
  g_free (preset->s3_addressing);
  g_free (preset->s3_profile);
  g_free (preset->s3_ca_file);
  g_free (preset->discontinuity);
  g_free (preset->hls_ad_markers);
  g_free (preset->hls_name);
  g_free (preset->dash_name);
  g_free (preset->listen);
  g_free (preset->serve_store);
  g_free (preset->serve_control);
  g_free (preset->launch);
  g_ptr_array_unref (preset->properties);
  g_free (preset);
}

static VsPresetAudio *
append_audio (VsPreset *preset, const gchar *name)
{
  VsPresetAudio *audio = g_new0 (VsPresetAudio, 1);

  audio->name = g_strdup (name);
  vs_preset_keys_init ("audio NAME", audio);
  g_ptr_array_add (preset->audio, audio);
  return audio;
}

typedef struct {
  const VsIni *ini;
  VsPreset *preset;
  VsPresetGetenv lookup;
  gpointer data;
  GError **error;
} Reader;

/* "; did you mean “duration”?" or "; known are format, duration, …" */
static gchar *
dup_advice (const gchar *word, const gchar *const *known, const gchar *open,
    const gchar *close)
{
  const gchar *nearest = vs_units_nearest (word, known);
  g_autofree gchar *all = NULL;

  if (nearest != NULL)
    return g_strdup_printf ("; did you mean %s%s%s?", open, nearest, close);
  all = g_strjoinv (", ", (gchar **) known);
  return g_strdup_printf ("; known are: %s", all);
}

static gboolean
refuse_key (Reader *reader, const VsIniGroup *group, const VsIniEntry *entry,
    const gchar *template)
{
  g_autofree const gchar **known = vs_preset_list_keys (template);
  g_autofree gchar *advice = dup_advice (entry->key, known, "“", "”");
  g_autofree gchar *named = g_strdup_printf ("%s NAME", template);

  if (vs_preset_find_key (named, entry->key) != NULL)
    return vs_ini_refuse (reader->ini, entry->line, reader->error,
        "“%s” belongs to one rendition: put it into a group with a name, "
        "like [%s %s]",
        entry->key, template,
        g_str_equal (template, "video") ? "720p" : "main");
  return vs_ini_refuse (reader->ini, entry->line, reader->error,
      "unknown key “%s” in [%s]%s", entry->key, group->name, advice);
}

static gboolean
refuse_group (Reader *reader, const VsIniGroup *group)
{
  g_autofree const gchar **known = vs_preset_list_groups ();
  g_autofree gchar *advice = NULL;
  const gchar *nearest;

  if (g_strv_contains (later_groups, group->kind))
    return vs_ini_refuse (reader->ini, group->line, reader->error,
        "[%s] is not available in this version; take the group out",
        group->name);
  if (group->label != NULL && g_strv_contains (known, group->kind))
    return vs_ini_refuse (reader->ini, group->line, reader->error,
        "[%s]: [%s] takes no name; write [%s]", group->name, group->kind,
        group->kind);
  nearest = vs_units_nearest (group->kind, known);
  if (nearest != NULL && strchr (nearest, ' ') == NULL && group->label)
    advice = g_strdup_printf ("; did you mean [%s %s]?", nearest, group->label);
  else
    advice = dup_advice (group->name, known, "[", "]");
  return vs_ini_refuse (reader->ini, group->line, reader->error,
      "unknown group [%s]%s", group->name, advice);
}

/* The value with its variables filled in, or NULL. */
static gchar *
expand (Reader *reader, const VsIniGroup *group, const VsIniEntry *entry)
{
  g_autofree gchar *missing = NULL;
  g_autofree gchar *written = NULL;
  gboolean for_launch = g_str_equal (group->name, "pipeline");
  gchar *value = vs_ini_expand (
      entry->value, for_launch, reader->lookup, reader->data, &missing);

  if (value != NULL)
    return value;
  written = g_strdup_printf ("${%s}", missing);
  if (strstr (entry->value, written) == NULL) {
    vs_ini_refuse (reader->ini, entry->line, reader->error,
        "%s in [%s]: “${” has no closing “}”; a dollar is written $$",
        entry->key, group->name);
    return NULL;
  }
  vs_ini_refuse (reader->ini, entry->line, reader->error,
      "%s in [%s] uses %s, which is not set; set it in the environment",
      entry->key, group->name, written);
  return NULL;
}

static gboolean
read_value (Reader *reader, const VsIniGroup *group, const VsIniEntry *entry,
    const VsPresetKey *key, gpointer target)
{
  g_autoptr (GError) reason = NULL;
  g_autofree gchar *value = expand (reader, group, entry);

  if (value == NULL)
    return FALSE;
  /* "uri=" is how a form is left blank. */
  if (key->kind == VS_KEY_TEXT && *value == '\0')
    return TRUE;
  if (vs_preset_key_set (key, target, value, &reason))
    return TRUE;
  return vs_ini_refuse (reader->ini, entry->line, reader->error,
      "%s in [%s]: %s%s", entry->key, group->name, reason->message,
      strstr (value, " #") ? " (a comment stands on a line of its own)" : "");
}

static gboolean
read_entries (Reader *reader, const VsIniGroup *group, const gchar *template,
    gpointer target)
{
  for (guint i = 0; i < group->entries->len; i++) {
    const VsIniEntry *entry = g_ptr_array_index (group->entries, i);
    const VsPresetKey *key = vs_preset_find_key (template, entry->key);

    if (key == NULL)
      return refuse_key (reader, group, entry, template);
    if (!read_value (reader, group, entry, key, target))
      return FALSE;
  }
  return TRUE;
}

/* A label names folders and tracks. */
static gboolean
check_label (Reader *reader, const VsIniGroup *group)
{
  gsize good = strspn (group->label,
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

  if (group->label[good] == '\0' && good <= 64 && *group->label != '.')
    return TRUE;
  return vs_ini_refuse (reader->ini, group->line, reader->error,
      "the name in [%s] is not usable; take letters, digits, - and _",
      group->name);
}

static gboolean
check_count (Reader *reader, const VsIniGroup *group, guint n)
{
  if (n < GROUPS_MAX)
    return TRUE;
  return vs_ini_refuse (reader->ini, group->line, reader->error,
      "[%s] is one too many; there are at most %d renditions of a kind",
      group->name, GROUPS_MAX);
}

static gboolean
read_rung (Reader *reader, const VsIniGroup *group)
{
  VsLadder *ladder = reader->preset->ladder;
  VsRung *rung;

  if (!check_label (reader, group) ||
      !check_count (reader, group, ladder->rungs->len))
    return FALSE;
  rung = vs_rung_new (group->label);
  g_ptr_array_add (ladder->rungs, rung);
  if (!read_entries (reader, group, "video NAME", rung))
    return FALSE;
  if ((gint) rung->codec == VS_KEY_COPY) {
    rung->codec = VS_CODEC_NONE;
    rung->copy = TRUE;
  }
  return TRUE;
}

static gboolean
read_audio (Reader *reader, const VsIniGroup *group)
{
  VsPresetAudio *audio;

  if (!check_label (reader, group) ||
      !check_count (reader, group, reader->preset->audio->len))
    return FALSE;
  audio = append_audio (reader->preset, group->label);
  if (!read_entries (reader, group, "audio NAME", audio))
    return FALSE;
  if ((gint) audio->codec == VS_KEY_COPY) {
    audio->codec = VS_CODEC_NONE;
    audio->copy = TRUE;
  }
  return TRUE;
}

static gboolean
read_text (Reader *reader, const VsIniGroup *group)
{
  VsPresetText *text;

  if (group->label == NULL)
    return vs_ini_refuse (reader->ini, group->line, reader->error,
        "[text] needs a name, like [text english]");
  if (!check_label (reader, group) ||
      !check_count (reader, group, reader->preset->text->len))
    return FALSE;
  text = g_new0 (VsPresetText, 1);
  text->name = g_strdup (group->label);
  vs_preset_keys_init ("text NAME", text);
  g_ptr_array_add (reader->preset->text, text);
  return read_entries (reader, group, "text NAME", text);
}

static gboolean
read_item (Reader *reader, const VsIniGroup *group)
{
  VsPresetItem *item;

  if (!check_label (reader, group))
    return FALSE;
  if (reader->preset->items->len >= ITEMS_MAX)
    return vs_ini_refuse (reader->ini, group->line, reader->error,
        "[%s] is one too many; at most %d items stand in a preset", group->name,
        ITEMS_MAX);
  item = g_new0 (VsPresetItem, 1);
  item->name = g_strdup (group->label);
  g_ptr_array_add (reader->preset->items, item);
  vs_preset_keys_init ("item NAME", item);
  return read_entries (reader, group, "item NAME", item);
}

static gboolean
read_element (Reader *reader, const VsIniGroup *group)
{
  if (group->label == NULL)
    return vs_ini_refuse (reader->ini, group->line, reader->error,
        "[element] needs the name of an element, like [element x264enc]");
  if (!check_label (reader, group))
    return FALSE;
  for (guint i = 0; i < group->entries->len; i++) {
    const VsIniEntry *entry = g_ptr_array_index (group->entries, i);
    g_autofree gchar *value = expand (reader, group, entry);
    VsPresetProperty *property;

    if (value == NULL)
      return FALSE;
    property = g_new0 (VsPresetProperty, 1);
    property->factory = g_strdup (group->label);
    property->property = g_strdup (entry->key);
    property->value = g_steal_pointer (&value);
    property->line = entry->line;
    g_ptr_array_add (reader->preset->properties, property);
  }
  return TRUE;
}

static gboolean
read_group (Reader *reader, const VsIniGroup *group)
{
  g_autofree const gchar **known = NULL;

  if (g_str_equal (group->kind, "element"))
    return read_element (reader, group);
  if (g_str_equal (group->kind, "video") && group->label != NULL)
    return read_rung (reader, group);
  if (g_str_equal (group->kind, "audio") && group->label != NULL)
    return read_audio (reader, group);
  if (g_str_equal (group->kind, "text"))
    return read_text (reader, group);
  if (g_str_equal (group->kind, "item") && group->label != NULL)
    return read_item (reader, group);
  known = vs_preset_list_groups ();
  if (group->label != NULL || !g_strv_contains (known, group->kind))
    return refuse_group (reader, group);
  return read_entries (reader, group, group->kind, reader->preset);
}

VsPreset *
vs_preset_parse (const gchar *text, gsize length, const gchar *name,
    VsPresetGetenv getenv_func, gpointer getenv_data, GError **error)
{
  g_autoptr (VsIni) ini = vs_ini_parse (text, length, name, error);
  g_autoptr (VsPreset) preset = NULL;
  Reader reader = {
    .ini = ini, .lookup = getenv_func, .data = getenv_data, .error = error
  };

  if (ini == NULL)
    return NULL;
  preset = reader.preset = preset_new ();
  for (guint i = 0; i < ini->groups->len; i++)
    if (!read_group (&reader, g_ptr_array_index (ini->groups, i)))
      return NULL;
  if (preset->with_audio && preset->audio->len == 0)
    append_audio (preset, "main");
  if (!vs_preset_check (ini, preset, error))
    return NULL;
  return g_steal_pointer (&preset);
}

gboolean
vs_preset_copies (const VsPreset *preset)
{
  const GPtrArray *rungs = preset->ladder->rungs;

  if (preset->type == VS_PRESET_CHANNEL)
    return FALSE;
  /* a rung that is copied stands alone */
  if (preset->video &&
      (rungs->len == 0 || !((VsRung *) g_ptr_array_index (rungs, 0))->copy))
    return FALSE;
  for (guint i = 0; preset->with_audio && i < preset->audio->len; i++)
    if (!((VsPresetAudio *) g_ptr_array_index (preset->audio, i))->copy)
      return FALSE;
  return TRUE;
}
