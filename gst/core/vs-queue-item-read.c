/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An item out of JSON: one table of keys, one function a type. */
#include "core/vs-error.h"
#include "core/vs-queue-item-private.h"
#include "core/vs-scte35.h"
#include "core/vs-units.h"

#include <math.h>
#include <string.h>

#define URI_MAX 8192
#define TITLE_MAX 1024
#define ID_MAX 64
#define VARIANTS_MAX 32
#define COUNT_MAX G_GINT64_CONSTANT (10000000)
#define FIRST_MAX G_GINT64_CONSTANT (1000000000000)
#define SECONDS_MAX 864000.0 /* ten days */
#define SCTE35_MAX 8192

typedef struct _Key Key;

/* @value is not null. */
typedef gboolean (*ReadFunc) (
    gpointer object, const Key *key, const VsJson *value, GError **error);

struct _Key {
  const gchar *name;
  ReadFunc read;
  gsize offset;
  gsize max; /* of a text: bytes; of a number: value */
};

static gboolean
expect (const VsJson *value, const Key *key, VsJsonKind kind, const gchar *what,
    GError **error)
{
  static const gchar *const names[] = { "null", "true or false", "a number",
    "a text", "a list", "an object" };

  if (value->kind == kind)
    return TRUE;
  return vs_json_refuse (value, error, "“%s” is %s, where %s belongs",
      key->name, names[value->kind], what);
}

/* ---- types ---- */

static gboolean
is_clean (const gchar *text, gboolean blanks)
{
  for (; *text != '\0'; text++) {
    if ((guchar) *text < ' ' || *text == 0x7f || (!blanks && *text == ' '))
      return FALSE;
  }
  return TRUE;
}

static gboolean
read_text (gpointer object, const Key *key, const VsJson *value, GError **error)
{
  gchar **at = G_STRUCT_MEMBER_P (object, key->offset);

  if (!expect (value, key, VS_JSON_STRING, "a text", error))
    return FALSE;
  if (strlen (value->string) > key->max)
    return vs_json_refuse (value, error,
        "“%s” is longer than %" G_GSIZE_FORMAT " bytes", key->name, key->max);
  if (!is_clean (value->string, TRUE))
    return vs_json_refuse (
        value, error, "“%s” has a control character in it", key->name);
  g_free (*at);
  *at = g_strdup (value->string);
  return TRUE;
}

static gboolean
read_uri (gpointer object, const Key *key, const VsJson *value, GError **error)
{
  if (!read_text (object, key, value, error))
    return FALSE;
  if (g_uri_peek_scheme (value->string) == NULL)
    return vs_json_refuse (value, error,
        "“%s” is no URI: write file:///folder/clip.mp4 or http://…", key->name);
  if (!is_clean (value->string, FALSE))
    return vs_json_refuse (value, error, "“%s” has a blank in it: write %s",
        key->name, g_str_equal (key->name, "uri") ? "%20" : "%%20");
  return TRUE;
}

static gboolean
read_format (
    gpointer object, const Key *key, const VsJson *value, GError **error)
{
  g_autoptr (GError) reason = NULL;

  if (!read_uri (object, key, value, error))
    return FALSE;
  if (!vs_queue_format_check (value->string, &reason))
    return vs_json_refuse (
        value, error, "“%s”: %s", key->name, reason->message);
  return TRUE;
}

static gboolean
read_id (gpointer object, const Key *key, const VsJson *value, GError **error)
{
  if (!read_text (object, key, value, error))
    return FALSE;
  for (const gchar *c = value->string; *c != '\0'; c++) {
    if (!g_ascii_isalnum (*c) && strchr ("._-", *c) == NULL)
      return vs_json_refuse (value, error,
          "“%s” is made of letters, digits, “.”, “_” and “-”", key->name);
  }
  if (*value->string == '\0')
    return vs_json_refuse (value, error, "“%s” is empty", key->name);
  return TRUE;
}

static gboolean
read_boolean (
    gpointer object, const Key *key, const VsJson *value, GError **error)
{
  if (!expect (value, key, VS_JSON_BOOLEAN, "true or false", error))
    return FALSE;
  *(gboolean *) G_STRUCT_MEMBER_P (object, key->offset) = value->number != 0;
  return TRUE;
}

static gboolean
read_whole (
    gpointer object, const Key *key, const VsJson *value, GError **error)
{
  gint64 number;

  if (!expect (value, key, VS_JSON_NUMBER, "a whole number", error))
    return FALSE;
  if (!vs_json_get_int (value, 0, (gint64) key->max, &number))
    return vs_json_refuse (value, error,
        "“%s” is no whole number from 0 to %" G_GSIZE_FORMAT, key->name,
        key->max);
  *(guint64 *) G_STRUCT_MEMBER_P (object, key->offset) = (guint64) number;
  return TRUE;
}

static gboolean
read_size (gpointer object, const Key *key, const VsJson *value, GError **error)
{
  gint64 number;

  if (!vs_json_get_int (value, 1, (gint64) key->max, &number))
    return vs_json_refuse (value, error,
        "“%s” is no whole number from 1 to %" G_GSIZE_FORMAT, key->name,
        key->max);
  *(guint *) G_STRUCT_MEMBER_P (object, key->offset) = (guint) number;
  return TRUE;
}

static gboolean
read_time (gpointer object, const Key *key, const VsJson *value, GError **error)
{
  gint64 *at = G_STRUCT_MEMBER_P (object, key->offset);

  if (value->kind == VS_JSON_STRING) {
    if (vs_units_parse_duration (value->string, at, NULL) &&
        *at <= (gint64) (SECONDS_MAX * G_USEC_PER_SEC))
      return TRUE;
  } else if (value->kind == VS_JSON_NUMBER) {
    if (value->number >= 0 && value->number <= SECONDS_MAX) {
      *at = (gint64) floor (value->number * G_USEC_PER_SEC + 0.5);
      return TRUE;
    }
  } else
    return expect (value, key, VS_JSON_NUMBER, "a number of seconds", error);
  return vs_json_refuse (value, error,
      "“%s” is no time: write seconds (12.5) or text (“1m30s”), up to ten "
      "days",
      key->name);
}

static gboolean
read_date (gpointer object, const Key *key, const VsJson *value, GError **error)
{
  if (!expect (value, key, VS_JSON_STRING, "a date and time", error))
    return FALSE;
  if (!vs_queue_parse_date (
          value->string, G_STRUCT_MEMBER_P (object, key->offset)))
    return vs_json_refuse (value, error,
        "“%s” is no date and time: write 2026-11-20T20:00:00Z or "
        "2026-11-20T21:00:00+01:00",
        key->name);
  return TRUE;
}

static gboolean
read_section (
    gpointer object, const Key *key, const VsJson *value, GError **error)
{
  g_autoptr (GError) fault = NULL;
  g_autoptr (GBytes) section = NULL;

  if (!read_text (object, key, value, error))
    return FALSE;
  section = vs_scte35_parse (value->string, &fault);
  return section != NULL ||
         vs_json_refuse (value, error, "“%s”: %s", key->name, fault->message);
}

/* ---- objects ---- */

static gboolean
refuse_key (const VsJson *member, const Key *keys, guint n, GError **error)
{
  g_autofree const gchar **known = g_new0 (const gchar *, n + 1);
  const gchar *near;

  for (guint i = 0; i < n; i++)
    known[i] = keys[i].name;
  near = vs_units_nearest (member->key, known);
  if (near != NULL)
    return vs_json_refuse (member, error,
        "“%.64s” is not known; is “%s” meant?", member->key, near);
  return vs_json_refuse (member, error, "“%.64s” is not known", member->key);
}

static const Key *
find_key (const Key *keys, guint n, const gchar *name)
{
  for (guint i = 0; i < n; i++) {
    if (g_str_equal (keys[i].name, name))
      return &keys[i];
  }
  return NULL;
}

static gboolean
read_members (gpointer object, const Key *keys, guint n, const VsJson *json,
    GError **error)
{
  for (guint i = 0; i < json->children->len; i++) {
    const VsJson *member = g_ptr_array_index (json->children, i);
    const Key *key = find_key (keys, n, member->key);

    if (key == NULL)
      return refuse_key (member, keys, n, error);
    if (!key->read (object, key, member, error))
      return FALSE;
  }
  return TRUE;
}

static const Key variant_keys[] = {
  { "segments", read_format, G_STRUCT_OFFSET (VsQueueVariant, format),
      URI_MAX },
  { "bandwidth", read_whole, G_STRUCT_OFFSET (VsQueueVariant, bandwidth),
      10000000000 },
  { "width", read_size, G_STRUCT_OFFSET (VsQueueVariant, width), 16384 },
  { "height", read_size, G_STRUCT_OFFSET (VsQueueVariant, height), 16384 },
};

static gboolean
add_variant (VsQueueItem *item, const VsJson *json, GError **error)
{
  VsQueueVariant *variant = vs_queue_variant_new ();

  g_ptr_array_add (item->variants, variant);
  if (json->kind != VS_JSON_OBJECT)
    return vs_json_refuse (json, error, "a variant is an object");
  if (!read_members (
          variant, variant_keys, G_N_ELEMENTS (variant_keys), json, error))
    return FALSE;
  if (variant->format == NULL)
    return vs_json_refuse (json, error, "a variant lacks “segments”");
  if ((variant->width == 0) != (variant->height == 0))
    return vs_json_refuse (
        json, error, "a variant has “width” and “height”, or neither");
  return TRUE;
}

static gint
compare_variants (gconstpointer a, gconstpointer b)
{
  const VsQueueVariant *one = *(const VsQueueVariant *const *) a;
  const VsQueueVariant *other = *(const VsQueueVariant *const *) b;

  return one->bandwidth > other->bandwidth   ? -1
         : one->bandwidth < other->bandwidth ? 1
                                             : 0;
}

static void
forget_variants (VsQueueItem *item)
{
  g_clear_pointer (&item->variants, g_ptr_array_unref);
  item->variants = vs_queue_variants_new ();
}

static gboolean
read_variants (
    gpointer object, const Key *key, const VsJson *value, GError **error)
{
  VsQueueItem *item = object;

  if (!expect (value, key, VS_JSON_ARRAY, "a list of variants", error))
    return FALSE;
  if (value->children->len == 0 || value->children->len > VARIANTS_MAX)
    return vs_json_refuse (
        value, error, "“%s” lists 1 to %d variants", key->name, VARIANTS_MAX);
  forget_variants (item);
  for (guint i = 0; i < value->children->len; i++) {
    if (!add_variant (item, g_ptr_array_index (value->children, i), error))
      return FALSE;
  }
  /* stable for so few: GLib's sort is a merge sort */
  g_ptr_array_sort (item->variants, compare_variants);
  return TRUE;
}

static gboolean
read_segments (
    gpointer object, const Key *key, const VsJson *value, GError **error)
{
  VsQueueItem *item = object;
  VsQueueVariant *variant = vs_queue_variant_new ();

  forget_variants (item);
  g_ptr_array_add (item->variants, variant);
  return read_format (variant, &variant_keys[0], value, error);
}

static const Key ad_keys[] = {
  { "id", read_text, G_STRUCT_OFFSET (VsQueueAd, id), ID_MAX },
  { "duration", read_time, G_STRUCT_OFFSET (VsQueueAd, duration_us) },
  { "scte35", read_section, G_STRUCT_OFFSET (VsQueueAd, scte35), SCTE35_MAX },
};

static gboolean
read_ad (gpointer object, const Key *key, const VsJson *value, GError **error)
{
  VsQueueItem *item = object;

  if (!expect (value, key, VS_JSON_OBJECT, "an object", error))
    return FALSE;
  vs_queue_item_set_ad (item, TRUE);
  if (!read_members (item->ad, ad_keys, G_N_ELEMENTS (ad_keys), value, error))
    return FALSE;
  if (item->ad->id == NULL || *item->ad->id == '\0')
    return vs_json_refuse (value, error, "“ad” lacks its “id”");
  return TRUE;
}

static const Key item_keys[] = {
  { "id", read_id, G_STRUCT_OFFSET (VsQueueItem, id), ID_MAX },
  { "uri", read_uri, G_STRUCT_OFFSET (VsQueueItem, uri), URI_MAX },
  { "segments", read_segments, 0 },
  { "variants", read_variants, 0 },
  { "count", read_whole, G_STRUCT_OFFSET (VsQueueItem, count), COUNT_MAX },
  { "first", read_whole, G_STRUCT_OFFSET (VsQueueItem, first), FIRST_MAX },
  { "title", read_text, G_STRUCT_OFFSET (VsQueueItem, title), TITLE_MAX },
  { "in", read_time, G_STRUCT_OFFSET (VsQueueItem, in_us) },
  { "out", read_time, G_STRUCT_OFFSET (VsQueueItem, out_us) },
  { "at", read_date, G_STRUCT_OFFSET (VsQueueItem, at_us) },
  { "after", read_id, G_STRUCT_OFFSET (VsQueueItem, after), ID_MAX },
  { "duration", read_time, G_STRUCT_OFFSET (VsQueueItem, duration_us) },
  { "timeout", read_time, G_STRUCT_OFFSET (VsQueueItem, timeout_us) },
  { "loop", read_boolean, G_STRUCT_OFFSET (VsQueueItem, loop) },
  { "ad", read_ad, 0 },
};

/* ---- the whole ---- */

/* null in a patch: as if the key had never been there (RFC 7396). */
static void
remove_key (VsQueueItem *item, const Key *key)
{
  gpointer at = G_STRUCT_MEMBER_P (item, key->offset);

  if (key->read == read_segments || key->read == read_variants)
    g_clear_pointer (&item->variants, g_ptr_array_unref);
  else if (key->read == read_ad)
    vs_queue_item_set_ad (item, FALSE);
  else if (key->read == read_boolean)
    *(gboolean *) at = FALSE;
  else if (key->read == read_whole)
    *(guint64 *) at = 0;
  else if (key->read == read_time || key->read == read_date)
    *(gint64 *) at = g_str_equal (key->name, "in") ? 0 : VS_QUEUE_NO_TIME;
  else
    g_clear_pointer ((gchar **) at, g_free);
}

static gboolean
check (const VsQueueItem *item, const VsJson *json, GError **error)
{
  if (item->uri == NULL && item->variants == NULL)
    return vs_json_refuse (json, error, "an item has “uri” or “segments”");
  if (item->uri != NULL && item->variants != NULL)
    return vs_json_refuse (
        json, error, "an item has “uri” or “segments”, not both");
  if (item->variants != NULL && item->count == 0)
    return vs_json_refuse (
        json, error, "“segments” needs a “count” of 1 or more");
  if (item->variants == NULL && (item->count != 0 || item->first != 0))
    return vs_json_refuse (
        json, error, "“count” and “first” belong to “segments”");
  if (item->out_us != VS_QUEUE_NO_TIME && item->out_us <= item->in_us)
    return vs_json_refuse (json, error, "“out” is not after “in”");
  if (item->duration_us == 0 || item->timeout_us == 0)
    return vs_json_refuse (json, error, "“%s” is 0",
        item->duration_us == 0 ? "duration" : "timeout");
  if (item->at_us != VS_QUEUE_NO_TIME && item->after != NULL)
    return vs_json_refuse (
        json, error, "an item has “at” or “after”, not both");
  return TRUE;
}

gboolean
vs_queue_item_read (
    VsQueueItem *item, const VsJson *object, gboolean patch, GError **error)
{
  const guint n = G_N_ELEMENTS (item_keys);

  if (object->kind != VS_JSON_OBJECT)
    return vs_json_refuse (
        object, error, "an item is an object, as {\"uri\": \"file:///…\"}");
  if (vs_json_get (object, "segments") && vs_json_get (object, "variants"))
    return vs_json_refuse (
        object, error, "an item has “segments” or “variants”, not both");
  for (guint i = 0; i < object->children->len; i++) {
    const VsJson *member = g_ptr_array_index (object->children, i);
    const Key *key = find_key (item_keys, n, member->key);

    if (key == NULL)
      return refuse_key (member, item_keys, n, error);
    if (patch && g_str_equal (key->name, "id") &&
        g_strcmp0 (member->string, item->id))
      return vs_json_refuse (
          member, error, "“%s” may not be changed", key->name);
    if (patch && member->kind == VS_JSON_NULL)
      remove_key (item, key);
    else if (!key->read (item, key, member, error))
      return FALSE;
  }
  return check (item, object, error);
}
