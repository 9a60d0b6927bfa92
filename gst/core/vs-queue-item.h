/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-queue-item: one item of a playback queue, and its JSON. Pure.
 *
 *   {"uri": "file:///srv/show.mp4", "in": 12.5, "out": "1m", "loop": false,
 *    "at": "2026-11-20T20:00:00Z", "title": "The Show"}
 *   {"uri": "file:///srv/card.png", "duration": 10}
 *   {"uri": "srt://studio:9000", "timeout": "3s", "out": "30m"}
 *   {"segments": "http://host/seg_%05d.ts", "count": 120, "loop": true}
 *
 * Times are seconds (a number) or text as in a preset ("1m30s"). Keys that
 * nobody knows, wrong types and values out of range are refused with one
 * sentence that says where; nothing is taken in part.
 *
 * Life: parsed, shared by reference, never changed; any thread may read it
 * and hold references. vs_queue_item_patch () makes another one. */
#pragma once

#include "core/vs-json.h"

G_BEGIN_DECLS

#define VS_QUEUE_ITEM_SIZE_MAX (64 * 1024) /* bytes of JSON */
#define VS_QUEUE_NO_TIME G_MININT64

/* An item that shows the channel's slate, in silence; without "out" or
 * "duration" until it is taken off air. */
#define VS_QUEUE_SLATE_URI "slate:"

/* Pre-segmented media: one programme of numbered files, number @first to
 * @first + @count - 1. */
typedef struct {
  gchar *format;       /* exactly one integer conversion */
  guint64 bandwidth;   /* bits a second, or 0: not said */
  guint width, height; /* or 0 */
} VsQueueVariant;

/* What an advertisement says of itself in manifests: EXT-X-DATERANGE,
 * SCTE-35 in an EventStream. */
typedef struct {
  gchar *id;
  gint64 duration_us; /* or VS_QUEUE_NO_TIME */
  gchar *scte35;      /* "0xFC30…", or NULL */
} VsQueueAd;

typedef struct {
  gchar *id;            /* of 1 to 64 of A-Za-z0-9._-, or NULL: not given yet */
  gchar *uri;           /* or NULL: segments */
  GPtrArray *variants;  /* VsQueueVariant, best first, or NULL: uri */
  guint64 first, count; /* of segments */
  gchar *title;         /* or NULL */
  gchar *after;         /* id of the item it is to follow, or NULL */
  VsQueueAd *ad;        /* or NULL */
  gint64 in_us;         /* 0: from the beginning */
  gint64 out_us;        /* VS_QUEUE_NO_TIME: to the end */
  gint64 at_us;         /* wall clock, µs since 1970; or VS_QUEUE_NO_TIME */
  gint64 duration_us;   /* of a picture; or VS_QUEUE_NO_TIME */
  gint64 timeout_us;    /* of an input that stalls; or VS_QUEUE_NO_TIME */
  gboolean loop;
  gatomicrefcount refs;
} VsQueueItem;

VsQueueItem *vs_queue_item_parse (
    const gchar *json, gssize length, GError **error);

/* Of a document that has been parsed; @object is the item. */
VsQueueItem *vs_queue_item_read_json (const VsJson *object, GError **error);

/* A JSON array of items, or one item alone; at most @max. Position of a bad
 * one in the sentence. */
GPtrArray *vs_queue_item_parse_list (
    const gchar *json, gssize length, guint max, GError **error);

/* RFC 7396: the members of the object @patch replace those of @item, null
 * removes one. "id" may not be changed. */
VsQueueItem *vs_queue_item_patch (
    const VsQueueItem *item, const gchar *patch, gssize length, GError **error);

VsQueueItem *vs_queue_item_ref (const VsQueueItem *item);
void vs_queue_item_unref (VsQueueItem *item);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsQueueItem, vs_queue_item_unref)

/* The same with another id, without "after". */
VsQueueItem *vs_queue_item_with_id (const VsQueueItem *item, const gchar *id);

/* One line of JSON that vs_queue_item_parse () reads back, the id first. */
gchar *vs_queue_item_to_json (const VsQueueItem *item);

/* What a person calls it: its title, or the last part of its URI, without
 * query and user information. */
gchar *vs_queue_item_dup_name (const VsQueueItem *item);

/* The URI of segment @index (from 0) of a variant; NULL beyond the count. */
gchar *vs_queue_item_dup_segment (
    const VsQueueItem *item, guint variant, guint64 index);

/* A format with exactly one integer conversion: %d, %5d, %05d; %% is a
 * percent sign. It never comes near printf. */
gboolean vs_queue_format_check (const gchar *format, GError **error);
gchar *vs_queue_format_expand (const gchar *format, guint64 number);

/* "2026-11-20T20:00:00.5+01:00" (RFC 3339): µs since 1970. */
gboolean vs_queue_parse_date (const gchar *text, gint64 *us);

G_END_DECLS
