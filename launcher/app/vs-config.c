/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "app/vs-config.h"

#include "core/vs-ini.h"
#include "core/vs-units.h"

#include <string.h>

#define DEFAULT_PATH "/etc/vstream/vstream.ini"

typedef enum { TEXT, LIST, UINT, SIZE, DURATION } Kind;

typedef struct {
  const gchar *group, *key;
  Kind kind;
  gsize offset;
  const gchar *preset;  /* the default, as it would be written */
  const gchar *choices; /* of a TEXT, blanks between; NULL: any */
} Key;

#define AT(field) G_STRUCT_OFFSET (VsConfig, field)

static const Key keys[] = {
  { "service", "state", TEXT, AT (state), NULL, NULL },
  { "http", "listen", TEXT, AT (listen), "127.0.0.1:8080", NULL },
  { "http", "max-connections", UINT, AT (max_connections), "0", NULL },
  { "http", "timeout", DURATION, AT (http_timeout_us), "30s", NULL },
  { "input", "schemes", LIST, AT (schemes), "http https testsrc", NULL },
  { "input", "files", LIST, AT (files), "", NULL },
  { "input", "allow-addresses", LIST, AT (allow_addresses), "", NULL },
  { "uploads", "max-size", SIZE, AT (upload_max_size), "100G", NULL },
  { "uploads", "max-count", UINT, AT (upload_max_count), "100", NULL },
  { "uploads", "expire", DURATION, AT (upload_expire_us), "24h", NULL },
  { "uploads", "keep", TEXT, AT (upload_keep), "remove", "remove archive" },
  { "worker", "max-jobs", UINT, AT (max_jobs), "0", NULL },
  { "worker", "cores", UINT, AT (cores), "0", NULL },
  { "worker", "memory", SIZE, AT (memory), "0", NULL },
  { "worker", "memory-limit", SIZE, AT (memory_limit), "16G", NULL },
  { "worker", "cpu-limit", DURATION, AT (cpu_limit_us), "0", NULL },
  { "worker", "niceness", UINT, AT (niceness), "5", NULL },
  { "worker", "live-niceness", UINT, AT (live_niceness), "0", NULL },
  { "worker", "heartbeat-timeout", DURATION, AT (heartbeat_us), "20s", NULL },
  { "worker", "hang-timeout", DURATION, AT (hang_us), "120s", NULL },
  { "worker", "lease", DURATION, AT (lease_us), "30s", NULL },
  { "worker", "retry-delay", DURATION, AT (retry_us), "2s", NULL },
  { "worker", "attempts", UINT, AT (attempts), "3", NULL },
  { "output", "location", TEXT, AT (output), NULL, NULL },
  { "s3", "access-key", TEXT, AT (s3_access_key), NULL, NULL },
  { "s3", "secret-key-file", TEXT, AT (s3_secret_file), NULL, NULL },
  { "playback", "signing-key-file", TEXT, AT (play_key_file), NULL, NULL },
  { "playback", "lifetime", DURATION, AT (play_lifetime_us), "12h", NULL },
  { "webhook", "url", TEXT, AT (hook_url), NULL, NULL },
  { "webhook", "events", LIST, AT (hook_events), "*", NULL },
  { "webhook", "secret-file", TEXT, AT (hook_secret_file), NULL, NULL },
  { "webhook", "allow-addresses", LIST, AT (hook_allow), "", NULL },
  { "webhook", "timeout", DURATION, AT (hook_timeout_us), "15s", NULL },
  { "webhook", "disable-after", DURATION, AT (hook_disable_us), "120h", NULL },
  { "worker", "sandbox", TEXT, AT (sandbox), "auto", "auto none required" },
};

static gboolean
parse_uint (const gchar *text, guint *value, GError **error)
{
  guint64 number = 0;

  if (!g_ascii_string_to_unsigned (text, 10, 0, 1000000, &number, error))
    return FALSE;
  *value = (guint) number;
  return TRUE;
}

/* "4G", "512M", "1024": bytes, binary multiples. */
static gboolean
parse_size (const gchar *text, guint64 *value, GError **error)
{
  static const gchar LETTERS[] = "KMGT";
  gchar *end = NULL;
  guint64 number = g_ascii_strtoull (text, &end, 10);
  const gchar *letter = *end ? strchr (LETTERS, *end) : NULL;
  guint shift = letter ? (guint) (letter - LETTERS + 1) * 10 : 0;

  if (!g_ascii_isdigit (*text) || (*end && (!letter || end[1])) ||
      number > (guint64) G_MAXINT64 >> shift) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "“%s” is no size: write 512M or 4G", text);
    return FALSE;
  }
  *value = number << shift;
  return TRUE;
}

static gboolean
is_choice (const gchar *choices, const gchar *text)
{
  g_auto (GStrv) words = g_strsplit (choices, " ", -1);

  return g_strv_contains ((const gchar *const *) words, text);
}

static GStrv
split (const gchar *text)
{
  g_auto (GStrv) parts = g_strsplit_set (text, "; \t", -1);
  GStrvBuilder *builder = g_strv_builder_new ();
  GStrv list;

  for (guint i = 0; parts[i]; i++)
    if (*parts[i])
      g_strv_builder_add (builder, parts[i]);
  list = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);
  return list;
}

static gboolean
set_value (VsConfig *self, const Key *key, const gchar *text, GError **error)
{
  gpointer at = G_STRUCT_MEMBER_P (self, key->offset);

  switch (key->kind) {
    case UINT:
      return parse_uint (text, at, error);
    case SIZE:
      return parse_size (text, at, error);
    case DURATION:
      return vs_units_parse_duration (text, at, error);
    case LIST:
      g_strfreev (*(gchar ***) at);
      *(gchar ***) at = split (text);
      return TRUE;
    case TEXT:
    default:
      if (key->choices && !is_choice (key->choices, text)) {
        g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE, "“%s” is none of: %s",
            text, key->choices);
        return FALSE;
      }
      g_free (*(gchar **) at);
      *(gchar **) at = g_strdup (text);
      return TRUE;
  }
}

static const Key *
find_key (const gchar *group, const gchar *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (g_str_equal (keys[i].group, group) &&
        (!name || g_str_equal (keys[i].key, name)))
      return &keys[i];
  return NULL;
}

/* The nearest name, of groups where @group is NULL. */
static const gchar *
find_nearest (const gchar *group, const gchar *word)
{
  const gchar *names[G_N_ELEMENTS (keys) + 1] = { NULL };
  guint n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (!group || g_str_equal (keys[i].group, group))
      names[n++] = group ? keys[i].key : keys[i].group;
  return vs_units_nearest (word, names);
}

static gboolean
refuse_unknown (const VsIni *ini, guint line, const gchar *group,
    const gchar *word, GError **error)
{
  const gchar *nearest = find_nearest (group, word);

  return vs_ini_refuse (ini, line, error, "“%s” is no %s%s%s%s", word,
      group ? "key of this group" : "group of this file",
      nearest ? "; did you mean “" : "", nearest ? nearest : "",
      nearest ? "”?" : ".");
}

static gboolean
take_entry (VsConfig *self, const VsIni *ini, const VsIniGroup *group,
    const VsIniEntry *entry, GError **error)
{
  const Key *key = find_key (group->name, entry->key);
  g_autoptr (GError) reason = NULL;

  if (!key)
    return refuse_unknown (ini, entry->line, group->name, entry->key, error);
  if (set_value (self, key, entry->value, &reason))
    return TRUE;
  return vs_ini_refuse (
      ini, entry->line, error, "%s: %s", entry->key, reason->message);
}

static gboolean
take_all (VsConfig *self, const VsIni *ini, GError **error)
{
  for (guint i = 0; i < ini->groups->len; i++) {
    const VsIniGroup *group = ini->groups->pdata[i];

    if (!find_key (group->name, NULL))
      return refuse_unknown (ini, group->line, NULL, group->name, error);
    for (guint k = 0; k < group->entries->len; k++)
      if (!take_entry (self, ini, group, group->entries->pdata[k], error))
        return FALSE;
  }
  return TRUE;
}

static gchar *
get_default_state (void)
{
  const gchar *given = g_getenv ("STATE_DIRECTORY"); /* systemd's */

  if (given && *given)
    return g_strdup (given);
  return g_build_filename (
      g_get_home_dir (), ".local", "state", "vstream", NULL);
}

VsConfig *
vs_config_parse (
    const gchar *text, gsize length, const gchar *name, GError **error)
{
  g_autoptr (VsConfig) self = g_new0 (VsConfig, 1);
  g_autoptr (VsIni) ini = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (keys[i].preset)
      (void) set_value (self, &keys[i], keys[i].preset, NULL);
  if (text) {
    ini = vs_ini_parse (text, length, name, error);
    if (!ini || !take_all (self, ini, error))
      return NULL;
  }
  if (!self->state)
    self->state = get_default_state ();
  self->attempts = MAX (self->attempts, 1);
  return g_steal_pointer (&self);
}

VsConfig *
vs_config_load (const gchar *path, GError **error)
{
  g_autofree gchar *text = NULL;
  g_autofree gchar *name = NULL;
  g_autoptr (GError) reason = NULL;
  gsize length = 0;

  if (!path && !g_file_test (DEFAULT_PATH, G_FILE_TEST_EXISTS))
    return vs_config_parse (NULL, 0, NULL, error);
  path = path ? path : DEFAULT_PATH;
  if (!g_file_get_contents (path, &text, &length, &reason)) {
    g_set_error (error, VS_ERROR, VS_ERROR_NO_INPUT,
        "The configuration “%s” cannot be read: %s", path, reason->message);
    return NULL;
  }
  name = g_path_get_basename (path);
  return vs_config_parse (text, length, name, error);
}

void
vs_config_free (VsConfig *self)
{
  if (!self)
    return;
  g_free (self->state);
  g_free (self->listen);
  g_strfreev (self->schemes);
  g_strfreev (self->files);
  g_strfreev (self->allow_addresses);
  g_free (self->output);
  g_free (self->s3_access_key);
  g_free (self->s3_secret_file);
  g_free (self->play_key_file);
  g_free (self->hook_url);
  g_strfreev (self->hook_events);
  g_free (self->hook_secret_file);
  g_strfreev (self->hook_allow);
  g_free (self->upload_keep);
  g_free (self->sandbox);
  g_free (self);
}
