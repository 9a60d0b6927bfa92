/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-queue-item.h"

#include "core/vs-error.h"
#include "core/vs-queue-item-private.h"
#include "core/vs-text.h"

#include <string.h>

#define VALUES_MAX 512 /* of one item */

VsQueueVariant *
vs_queue_variant_new (void)
{
  return g_new0 (VsQueueVariant, 1);
}

static void
free_variant (VsQueueVariant *variant)
{
  g_free (variant->format);
  g_free (variant);
}

GPtrArray *
vs_queue_variants_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) free_variant);
}

static void
free_ad (VsQueueAd *ad)
{
  g_free (ad->id);
  g_free (ad->scte35);
  g_free (ad);
}

void
vs_queue_item_set_ad (VsQueueItem *item, gboolean on)
{
  g_clear_pointer (&item->ad, free_ad);
  if (!on)
    return;
  item->ad = g_new0 (VsQueueAd, 1);
  item->ad->duration_us = VS_QUEUE_NO_TIME;
}

VsQueueItem *
vs_queue_item_new (void)
{
  VsQueueItem *item = g_new0 (VsQueueItem, 1);

  g_atomic_ref_count_init (&item->refs);
  item->out_us = VS_QUEUE_NO_TIME;
  item->at_us = VS_QUEUE_NO_TIME;
  item->duration_us = VS_QUEUE_NO_TIME;
  item->timeout_us = VS_QUEUE_NO_TIME;
  return item;
}

VsQueueItem *
vs_queue_item_ref (const VsQueueItem *item)
{
  VsQueueItem *self = (VsQueueItem *) item;

  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
vs_queue_item_unref (VsQueueItem *item)
{
  if (item == NULL || !g_atomic_ref_count_dec (&item->refs))
    return;
  g_free (item->id);
  g_free (item->uri);
  g_free (item->title);
  g_free (item->after);
  g_clear_pointer (&item->variants, g_ptr_array_unref);
  g_clear_pointer (&item->ad, free_ad);
  g_free (item);
}

static gpointer
copy_variant (gconstpointer src, gpointer data)
{
  const VsQueueVariant *from = src;
  VsQueueVariant *variant = g_memdup2 (from, sizeof (*from));

  variant->format = g_strdup (from->format);
  return variant;
}

VsQueueItem *
vs_queue_item_copy (const VsQueueItem *from)
{
  VsQueueItem *item = g_memdup2 (from, sizeof (*from));

  g_atomic_ref_count_init (&item->refs);
  item->id = g_strdup (from->id);
  item->uri = g_strdup (from->uri);
  item->title = g_strdup (from->title);
  item->after = g_strdup (from->after);
  if (from->variants != NULL) {
    item->variants = g_ptr_array_copy (from->variants, copy_variant, NULL);
    g_ptr_array_set_free_func (item->variants, (GDestroyNotify) free_variant);
  }
  if (from->ad != NULL) {
    item->ad = g_memdup2 (from->ad, sizeof (*from->ad));
    item->ad->id = g_strdup (from->ad->id);
    item->ad->scte35 = g_strdup (from->ad->scte35);
  }
  return item;
}

VsQueueItem *
vs_queue_item_with_id (const VsQueueItem *from, const gchar *id)
{
  VsQueueItem *item = vs_queue_item_copy (from);

  g_free (item->id);
  item->id = g_strdup (id);
  g_clear_pointer (&item->after, g_free);
  return item;
}

static VsJson *
parse (const gchar *text, gssize length, gsize max, guint max_values,
    GError **error)
{
  gsize size = length < 0 ? strlen (text) : (gsize) length;
  VsJson *json;

  if (size > max) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "The JSON is larger than %" G_GSIZE_FORMAT " KiB.", max / 1024);
    return NULL;
  }
  json = vs_json_parse (text, (gssize) size, max_values, error);
  if (json == NULL)
    g_prefix_error (error, "not JSON: ");
  return json;
}

VsQueueItem *
vs_queue_item_read_json (const VsJson *object, GError **error)
{
  g_autoptr (VsQueueItem) item = vs_queue_item_new ();

  if (!vs_queue_item_read (item, object, FALSE, error))
    return NULL;
  return g_steal_pointer (&item);
}

VsQueueItem *
vs_queue_item_parse (const gchar *text, gssize length, GError **error)
{
  g_autoptr (VsJson) json =
      parse (text, length, VS_QUEUE_ITEM_SIZE_MAX, VALUES_MAX, error);

  return json != NULL ? vs_queue_item_read_json (json, error) : NULL;
}

GPtrArray *
vs_queue_item_parse_list (
    const gchar *text, gssize length, guint max, GError **error)
{
  g_autoptr (VsJson) json = NULL;
  g_autoptr (GPtrArray) items =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_queue_item_unref);
  gsize limit = MIN ((gsize) max, 4096) * VS_QUEUE_ITEM_SIZE_MAX;
  guint n;

  json = parse (
      text, length, limit, (guint) MIN (G_MAXUINT, max * 32ULL + 32), error);
  if (json == NULL)
    return NULL;
  n = json->kind == VS_JSON_ARRAY ? json->children->len : 1;
  if (n > max) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "There are %u items; at most %u are taken at once.", n, max);
    return NULL;
  }
  for (guint i = 0; i < n; i++) {
    const VsJson *one = json->kind == VS_JSON_ARRAY
                            ? g_ptr_array_index (json->children, i)
                            : json;
    VsQueueItem *item = vs_queue_item_new ();

    g_ptr_array_add (items, item);
    if (!vs_queue_item_read (item, one, FALSE, error)) {
      if (json->kind == VS_JSON_ARRAY)
        g_prefix_error (error, "item %u: ", i + 1);
      return NULL;
    }
  }
  return g_steal_pointer (&items);
}

VsQueueItem *
vs_queue_item_patch (
    const VsQueueItem *item, const gchar *patch, gssize length, GError **error)
{
  g_autoptr (VsJson) json =
      parse (patch, length, VS_QUEUE_ITEM_SIZE_MAX, VALUES_MAX, error);
  g_autoptr (VsQueueItem) made = NULL;

  if (json == NULL)
    return NULL;
  made = vs_queue_item_copy (item);
  if (!vs_queue_item_read (made, json, TRUE, error))
    return NULL;
  return g_steal_pointer (&made);
}

/* ---- writing ---- */

static void
append_key (GString *out, const gchar *key)
{
  if (out->len > 1 && out->str[out->len - 1] != '{')
    g_string_append (out, ", ");
  vs_json_append_string (out, key);
  g_string_append (out, ": ");
}

static void
append_text (GString *out, const gchar *key, const gchar *text)
{
  if (text == NULL)
    return;
  append_key (out, key);
  vs_json_append_string (out, text);
}

static void
append_number (GString *out, const gchar *key, guint64 number)
{
  append_key (out, key);
  vs_text_append_uint (out, number);
}

static void
append_seconds (GString *out, const gchar *key, gint64 us)
{
  if (us == VS_QUEUE_NO_TIME)
    return;
  append_key (out, key);
  vs_text_append_uint (out, (guint64) us / G_USEC_PER_SEC);
  if (us % G_USEC_PER_SEC != 0) {
    gchar digits[8];

    g_snprintf (
        digits, sizeof (digits), ".%06u", (guint) (us % G_USEC_PER_SEC));
    g_string_append (out, digits);
  }
}

/* To the microsecond, since an item that is read back is to be the same. */
static void
append_date (GString *out, const gchar *key, gint64 us)
{
  g_autoptr (GDateTime) whole = NULL;
  g_autofree gchar *text = NULL;
  gint64 rest = us % G_USEC_PER_SEC;

  if (us == VS_QUEUE_NO_TIME)
    return;
  rest += rest < 0 ? G_USEC_PER_SEC : 0;
  whole = g_date_time_new_from_unix_utc ((us - rest) / G_USEC_PER_SEC);
  text = g_date_time_format (whole, "%C%y-%m-%dT%H:%M:%S"); /* %Y is “26” */
  append_key (out, key);
  if (rest != 0)
    g_string_append_printf (out, "\"%s.%06uZ\"", text, (guint) rest);
  else
    g_string_append_printf (out, "\"%sZ\"", text);
}

static gboolean
is_plain (const VsQueueItem *item)
{
  const VsQueueVariant *only = g_ptr_array_index (item->variants, 0);

  return item->variants->len == 1 && only->bandwidth == 0 && only->width == 0;
}

static void
append_segments (GString *out, const VsQueueItem *item)
{
  const VsQueueVariant *best = g_ptr_array_index (item->variants, 0);

  if (is_plain (item))
    append_text (out, "segments", best->format);
  append_number (out, "count", item->count);
  if (item->first != 0)
    append_number (out, "first", item->first);
  if (is_plain (item))
    return;
  append_key (out, "variants");
  for (guint i = 0; i < item->variants->len; i++) {
    const VsQueueVariant *variant = g_ptr_array_index (item->variants, i);

    g_string_append (out, i == 0 ? "[{" : ", {");
    append_text (out, "segments", variant->format);
    if (variant->bandwidth != 0)
      append_number (out, "bandwidth", variant->bandwidth);
    if (variant->width != 0) {
      append_number (out, "width", variant->width);
      append_number (out, "height", variant->height);
    }
    g_string_append_c (out, '}');
  }
  g_string_append_c (out, ']');
}

static void
append_ad (GString *out, const VsQueueAd *ad)
{
  append_key (out, "ad");
  g_string_append_c (out, '{');
  append_text (out, "id", ad->id);
  append_seconds (out, "duration", ad->duration_us);
  append_text (out, "scte35", ad->scte35);
  g_string_append_c (out, '}');
}

gchar *
vs_queue_item_to_json (const VsQueueItem *item)
{
  GString *out = g_string_new ("{");

  append_text (out, "id", item->id);
  append_text (out, "uri", item->uri);
  if (item->variants != NULL)
    append_segments (out, item);
  append_text (out, "title", item->title);
  if (item->in_us != 0)
    append_seconds (out, "in", item->in_us);
  append_seconds (out, "out", item->out_us);
  append_seconds (out, "duration", item->duration_us);
  append_seconds (out, "timeout", item->timeout_us);
  append_date (out, "at", item->at_us);
  append_text (out, "after", item->after);
  if (item->loop) {
    append_key (out, "loop");
    g_string_append (out, "true");
  }
  if (item->ad != NULL)
    append_ad (out, item->ad);
  g_string_append_c (out, '}');
  return g_string_free (out, FALSE);
}

gchar *
vs_queue_item_dup_name (const VsQueueItem *item)
{
  const VsQueueVariant *best;
  const gchar *uri = item->uri, *end, *start;

  if (item->title != NULL)
    return g_strdup (item->title);
  if (uri == NULL) {
    best = g_ptr_array_index (item->variants, 0);
    uri = best->format;
  }
  end = uri + strcspn (uri, "?#");
  while (end > uri && end[-1] == '/')
    end--;
  start = end;
  while (start > uri && start[-1] != '/' && start[-1] != '@')
    start--;
  return g_strndup (start, (gsize) (end - start));
}

gchar *
vs_queue_item_dup_segment (
    const VsQueueItem *item, guint variant, guint64 index)
{
  const VsQueueVariant *one;

  if (item->variants == NULL || variant >= item->variants->len ||
      index >= item->count)
    return NULL;
  one = g_ptr_array_index (item->variants, variant);
  return vs_queue_format_expand (one->format, item->first + index);
}
