/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-link: questions to a worker that runs, and what it tells of its channel.
 *
 * Life: made with a way to send a line; a question gets a number, and its
 * `done` is called once: when the worker's answer with that number comes, when
 * the worker has gone (vs_link_break ()), or when its time is over. What is
 * on air is remembered as the worker told it last.
 *
 * Threading: one thread, that of the default main context. `done` may ask
 * again, and may not free the link. */
#pragma once

#include "core/vs-error.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct _VsLink VsLink;

/* @result or @error is NULL. */
typedef void (*VsLinkDone) (
    JsonObject *result, const GError *error, gpointer user_data);

/* FALSE: the worker takes nothing. */
typedef gboolean (*VsLinkSend) (const gchar *line, gpointer user_data);

/* What is on air has changed; @air: {"on_air", "next", "queue_length",
 * "playback_counter"} as docs/api.md has them, without secrets. */
typedef void (*VsLinkTold) (VsLink *self, gpointer user_data);

VsLink *vs_link_new (VsLinkSend send, VsLinkTold told, gpointer user_data);
void vs_link_free (VsLink *self); /* questions are answered as broken */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsLink, vs_link_free)

/* @order: of core/vs-queue-order.h. */
void vs_link_order (
    VsLink *self, const gchar *order, VsLinkDone done, gpointer user_data);

/* "pause", "resume". */
void vs_link_command (
    VsLink *self, const gchar *command, VsLinkDone done, gpointer user_data);

/* An event of the worker: "answer" or "on_air"; others are not looked at. */
void vs_link_take (VsLink *self, JsonObject *event);

/* The worker has gone. */
void vs_link_break (VsLink *self, const gchar *reason);

/* What is on air, or NULL while that is not known. */
JsonObject *vs_link_get_air (VsLink *self);

/* {"item", "kind", "position", "duration"} out of the answer of a worker; or
 * NULL where it says nothing of it. */
JsonObject *vs_link_build_air (JsonObject *answer);

/* As its owner may see it: where a film of the library is kept is left out. */
JsonObject *vs_link_show_item (JsonObject *item);

/* Addresses as strangers may see them: passwords are left out, too. */
JsonObject *vs_link_mask_item (JsonObject *item);

G_END_DECLS
