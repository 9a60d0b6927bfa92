/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-order: from the documents of docs/api.md to orders of
 * core/vs-queue-order.h. What is wrong is named by the line and column of the
 * document as it was sent; each item passes the caller's check. Pure. */
#pragma once

#include "core/vs-queue-item.h"

G_BEGIN_DECLS

/* What a document with items may have. */
#define VS_ORDER_BODY_MAX (1024 * 1024)

/* Takes @item; gives back it or another one, or NULL. */
typedef VsQueueItem *(*VsOrderCheck) (
    VsQueueItem *item, gpointer user_data, GError **error);

/* What all of them are given. */
typedef struct {
  const gchar *body;
  gsize body_size;
  const gchar *if_match; /* or NULL */
  const gchar *item;     /* the one that the path names, or NULL */
  VsOrderCheck check;
  gpointer user_data;
} VsOrderSource;

/* {item}, or {"items": [item…]}; each with "index" or without. */
gchar *vs_order_enqueue (const VsOrderSource *source, GError **error);
/* {"items": […], "cut": …} */
gchar *vs_order_replace (const VsOrderSource *source, GError **error);
/* {"index": n} */
gchar *vs_order_move (const VsOrderSource *source, GError **error);
/* {"type": "interrupt", "item": {…}, …}, {"type": "slate"}, … */
gchar *vs_order_event (const VsOrderSource *source, GError **error);

/* The list "items" alone, each checked. */
gchar *vs_order_items (const VsOrderSource *source, GError **error);

/* Without a document: "remove", "skip". @id may be NULL. */
gchar *vs_order_plain (const gchar *op, const gchar *id, const gchar *if_match);

G_END_DECLS
