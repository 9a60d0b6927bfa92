/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vstream-launcher channel …: each word becomes one request to the API, and
 * its answer a line or a few. */
#include "cli/vs-cli-private.h"

#include "app/vs-location.h"
#include "app/vs-progress.h"
#include "core/vs-error.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define CHANNELS "/v1/channels"
#define WORDS_WIDTH 22

/* ---- requests ---- */

/* Where the channel of the command is, and what of it. */
static gchar *
make_path (VsCli *self, const gchar *part, const gchar *item)
{
  g_autofree gchar *id = g_uri_escape_string (self->words[1], NULL, FALSE);
  g_autofree gchar *name =
      item ? g_uri_escape_string (item, NULL, FALSE) : NULL;

  return g_strconcat (CHANNELS "/", id, part, name ? "/" : "", name, NULL);
}

static gchar *
to_json (JsonObject *object)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (root, object);
  return json_to_string (root, FALSE);
}

/* An item: a file, an address, or an item as docs/queue.md has it. */
static JsonObject *
read_item (const gchar *word, GError **error)
{
  g_autoptr (JsonNode) root = NULL;
  g_autofree gchar *uri = NULL;
  JsonObject *item;

  if (*word == '{') {
    root = json_from_string (word, NULL);
    if (root && JSON_NODE_HOLDS_OBJECT (root))
      return json_node_dup_object (root);
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "“%s” is no item: write {\"uri\": \"…\"}, an address or a file.", word);
    return NULL;
  }
  uri = vs_location_input_uri (word, error);
  if (!uri)
    return NULL;
  item = json_object_new ();
  json_object_set_string_member (item, "uri", uri);
  return item;
}

static void
set_option (JsonObject *object, const gchar *name, const gchar *value)
{
  if (value)
    json_object_set_string_member (object, name, value);
}

/* Sends and forgets what is answered; the exit code. */
static gint
send (VsCli *self, const gchar *method, const gchar *path, const gchar *json)
{
  g_autoptr (JsonObject) answer = NULL;
  gint code;

  answer = vs_cli_ask (self, method, path, json, &code);
  return code;
}

/* ---- showing ---- */

static JsonObject *
get_object (JsonObject *object, const gchar *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node)
                                               : NULL;
}

/* What an item is called, for people. */
static gchar *
name_item (JsonObject *item)
{
  static const gchar *const names[] = { "title", "uri", "segments", "id" };
  guint i = 0;

  while (i + 1 < G_N_ELEMENTS (names) && !*vs_cli_get_text (item, names[i]))
    i++;
  return vs_cli_dup_plain (item, names[i]);
}

static gchar *
describe_air (JsonObject *channel)
{
  JsonObject *air = get_object (channel, "on_air");
  JsonObject *item = air ? get_object (air, "item") : NULL;
  g_autofree gchar *position = NULL;
  g_autofree gchar *name = NULL;

  if (!air)
    return g_strdup ("nothing");
  name = item ? name_item (item) : g_strdup ("");
  position = vs_progress_format_time ((
      gint64) (json_object_get_double_member_with_default (air, "position", 0) *
               G_USEC_PER_SEC));
  return g_strdup_printf (
      "%s %s  %s", vs_cli_get_text (air, "kind"), name, position);
}

static void
print_line (JsonArray *array, guint i, JsonNode *node, gpointer user_data)
{
  JsonObject *channel = json_node_get_object (node);
  g_autofree gchar *air = describe_air (channel);
  g_autofree gchar *name = vs_cli_dup_plain (channel, "name");

  (void) printf ("%s  %-10s  %s  (%s)\n", vs_cli_get_text (channel, "id"),
      vs_cli_get_text (channel, "state"), name, air);
}

static void
print_item (JsonArray *array, guint i, JsonNode *node, gpointer user_data)
{
  JsonObject *item = json_node_get_object (node);
  g_autofree gchar *name = name_item (item);

  (void) printf ("%4u  %s  %s\n", i, vs_cli_get_text (item, "id"), name);
}

static void
print_id (JsonArray *array, guint i, JsonNode *node, gpointer user_data)
{
  (void) printf ("%s\n", vs_cli_get_text (json_node_get_object (node), "id"));
}

/* @queue: says what is next also while nobody plays it. */
static void
print_channel (JsonObject *channel, JsonObject *queue)
{
  JsonObject *next = get_object (queue, "next");
  JsonObject *error = get_object (channel, "error");
  g_autofree gchar *air = describe_air (channel);
  g_autofree gchar *name = vs_cli_dup_plain (channel, "name");
  g_autofree gchar *item = next ? name_item (next) : g_strdup ("nothing");

  (void) printf ("name    %s\nstate   %s\non air  %s\nnext    %s\n"
                 "waits   %" G_GINT64_FORMAT "\nplayed  at %s\n",
      name, vs_cli_get_text (channel, "state"), air, item,
      json_object_get_int_member_with_default (queue, "queue_length", 0),
      vs_cli_get_text (channel, "play_url"));
  if (error)
    (void) printf ("error   %s\n", vs_cli_get_text (error, "message"));
}

/* ---- commands ---- */

static gint
run_create (VsCli *self)
{
  JsonObject *object = json_object_new ();
  g_autofree gchar *order = NULL;
  g_autoptr (JsonObject) made = NULL;
  gint code;

  json_object_set_string_member (object, "name", self->words[1]);
  set_option (object, "preset", self->preset);
  set_option (object, "filler", self->filler);
  order = to_json (object);
  made = vs_cli_ask (self, "POST", CHANNELS, order, &code);
  if (made && !self->json)
    (void) printf ("%s\n", vs_cli_get_text (made, "id"));
  return code;
}

static gint
run_list (VsCli *self)
{
  g_autoptr (JsonObject) list = NULL;
  gint code;

  list = vs_cli_ask (self, "GET", CHANNELS, NULL, &code);
  if (list && !self->json)
    json_array_foreach_element (
        json_object_get_array_member (list, "data"), print_line, NULL);
  return code;
}

static gint
run_show (VsCli *self)
{
  g_autofree gchar *path = make_path (self, "", NULL);
  g_autofree gchar *waits = make_path (self, "/queue?limit=1", NULL);
  g_autoptr (JsonObject) channel = NULL;
  g_autoptr (JsonObject) queue = NULL;
  gint code;

  channel = vs_cli_ask (self, "GET", path, NULL, &code);
  if (!channel || self->json)
    return code;
  queue = vs_cli_ask (self, "GET", waits, NULL, &code);
  if (queue)
    print_channel (channel, queue);
  return code;
}

/* start, stop, skip: the last part of the path is the word. */
static gint
run_order (VsCli *self)
{
  g_autofree gchar *part = g_strconcat ("/", self->words[0], NULL);
  g_autofree gchar *path = make_path (self, part, NULL);
  g_autoptr (JsonObject) channel = NULL;
  gint code;

  channel = vs_cli_ask (self, "POST", path, NULL, &code);
  if (channel && !self->json)
    (void) printf (
        "%s: %s\n", self->words[1], vs_cli_get_text (channel, "state"));
  return code;
}

static gint
run_delete (VsCli *self)
{
  g_autofree gchar *path = make_path (self, "", NULL);

  return send (self, "DELETE", path, NULL);
}

static gint
run_queue (VsCli *self)
{
  g_autofree gchar *path = make_path (self, "/queue", NULL);
  g_autoptr (JsonObject) queue = NULL;
  gint code;

  queue = vs_cli_ask (self, "GET", path, NULL, &code);
  if (queue && !self->json)
    json_array_foreach_element (
        json_object_get_array_member (queue, "items"), print_item, NULL);
  return code;
}

static gint
run_add (VsCli *self)
{
  g_autofree gchar *path = make_path (self, "/queue", NULL);
  g_autofree gchar *order = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) added = NULL;
  g_autoptr (JsonArray) items = json_array_new ();
  JsonObject *object;
  gint code;

  if (self->index < -1)
    return vs_cli_misuse ("--index must be a number from 0.");
  for (guint i = 2; self->words[i]; i++) {
    JsonObject *item = read_item (self->words[i], &error);

    if (!item)
      return vs_cli_fail (error);
    json_array_add_object_element (items, item);
  }
  object = json_object_new ();
  json_object_set_array_member (object, "items", g_steal_pointer (&items));
  if (self->index >= 0)
    json_object_set_int_member (object, "index", self->index);
  order = to_json (object);
  added = vs_cli_ask (self, "POST", path, order, &code);
  if (added && !self->json)
    json_array_foreach_element (
        json_object_get_array_member (added, "items"), print_id, NULL);
  return code;
}

static gint
run_move (VsCli *self)
{
  g_autofree gchar *path = make_path (self, "/queue", self->words[2]);
  g_autofree gchar *order = NULL;
  JsonObject *object;
  guint64 index;

  if (!g_ascii_string_to_unsigned (
          self->words[3], 10, 0, G_MAXINT, &index, NULL))
    return vs_cli_misuse (
        "“%s” is no place in a queue: write a number, 0 for what comes next.",
        self->words[3]);
  object = json_object_new ();
  json_object_set_int_member (object, "index", (gint64) index);
  order = to_json (object);
  return send (self, "PATCH", path, order);
}

static gint
run_remove (VsCli *self)
{
  g_autofree gchar *path = make_path (self, "/queue", self->words[2]);

  return send (self, "DELETE", path, NULL);
}

/* Takes @event. */
static gint
send_event (VsCli *self, JsonObject *event)
{
  g_autofree gchar *path = make_path (self, "/events", NULL);
  g_autofree gchar *order = to_json (event);
  g_autoptr (JsonObject) cut = NULL;
  gint code;

  cut = vs_cli_ask (self, "POST", path, order, &code);
  if (!cut || self->json)
    return code;
  if (json_object_has_member (cut, "frame"))
    (void) printf ("cut at frame %" G_GINT64_FORMAT "\n",
        json_object_get_int_member (cut, "frame"));
  else
    (void) printf ("to come\n");
  return code;
}

static gint
run_interrupt (VsCli *self)
{
  g_autoptr (GError) error = NULL;
  JsonObject *item = read_item (self->words[2], &error);
  JsonObject *event;

  if (!item)
    return vs_cli_fail (error);
  event = json_object_new ();
  json_object_set_string_member (event, "type", "interrupt");
  json_object_set_object_member (event, "item", item);
  set_option (event, "cut", self->cut);
  set_option (event, "resume", self->resume);
  set_option (event, "at", self->at);
  return send_event (self, event);
}

/* The slate; the words of a live job do the same here. */
static gint
run_pause (VsCli *self)
{
  JsonObject *event = json_object_new ();

  json_object_set_string_member (event, "type", "slate");
  set_option (event, "cut", self->cut);
  set_option (event, "resume", self->resume);
  set_option (event, "at", self->at);
  return send_event (self, event);
}

static gint
run_return (VsCli *self)
{
  JsonObject *event = json_object_new ();

  json_object_set_string_member (event, "type", "return");
  return send_event (self, event);
}

static const struct {
  const gchar *name, *words;
  guint least, most; /* words; most 0: any number */
  gint (*run) (VsCli *self);
  const gchar *help;
} commands[] = {
  { "create", "NAME", 1, 1, run_create,
      "makes one, idle; --preset, --filler; prints its id" },
  { "list", "", 0, 0, run_list, "the newest 50" },
  { "show", "ID", 1, 1, run_show,
      "its state, what is on air and what is next" },
  { "start", "ID", 1, 1, run_order, "from now on it is to be on air" },
  { "stop", "ID", 1, 1, run_order, "closes its playlists" },
  { "delete", "ID", 1, 1, run_delete, "with its queue and media" },
  { "queue", "ID", 1, 1, run_queue, "what waits" },
  { "add", "ID ITEM…", 2, G_MAXUINT, run_add,
      "to the end of the queue, or to --index; prints their ids" },
  { "move", "ID ITEM-ID N", 3, 3, run_move, "in the queue; 0 comes next" },
  { "remove", "ID ITEM-ID", 2, 2, run_remove, "out of the queue" },
  { "skip", "ID", 1, 1, run_order, "to the next item" },
  { "interrupt", "ID ITEM", 2, 2, run_interrupt,
      "this broadcast; --cut, --resume, --at" },
  { "return", "ID", 1, 1, run_return, "to what was interrupted" },
  { "pause", "ID", 1, 1, run_pause, "shows the slate" },
  { "resume", "ID", 1, 1, run_return, "the same as return" },
};

gchar *
vs_cli_channel_dup_help (void)
{
  GString *text = g_string_new ("Channels:\n");

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++) {
    g_autofree gchar *left =
        g_strdup_printf ("%s %s", commands[i].name, commands[i].words);

    g_string_append_printf (text, "  channel %s%*s%s\n", left,
        MAX (1, WORDS_WIDTH - (gint) g_utf8_strlen (left, -1)), "",
        commands[i].help);
  }
  g_string_append (text,
      "ITEM is a file, an address, asset:ID, or an object as "
      "docs/queue.md has it.\n");
  return g_string_free (text, FALSE);
}

gint
vs_cli_channel (VsCli *self)
{
  guint n = g_strv_length (self->words);

  for (guint i = 0; n > 0 && i < G_N_ELEMENTS (commands); i++) {
    if (!g_str_equal (commands[i].name, self->words[0]))
      continue;
    if (n - 1 >= commands[i].least && n - 1 <= commands[i].most)
      return commands[i].run (self);
    return vs_cli_misuse ("write “channel %s%s%s”.", commands[i].name,
        *commands[i].words ? " " : "", commands[i].words);
  }
  return vs_cli_misuse ("%s%s%s“vstream-launcher channel --help” lists what a "
                        "channel can be told.",
      n > 0 ? "“channel " : "", n > 0 ? self->words[0] : "",
      n > 0 ? "” is not known: " : "");
}
