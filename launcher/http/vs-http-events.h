/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-events: the job and the objects that appear, told to every page
 * that listens (text/event-stream).
 *
 * Life: a listener is added with its request and stays until it hangs up. It
 * is given what is new when it has taken what it was given before, so a slow
 * one misses states in between, and its memory is one chunk. A comment now
 * and then shows who is gone.
 *
 *   event: job      data: the job, as vs_http_set_job () was given it
 *   event: object   data: as vs-http-watch.h has it; with an id, so that a
 *                   listener that connects again misses none and hears none
 *                   twice
 *
 * Threading: one thread. */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

typedef struct _VsHttpEvents VsHttpEvents;

VsHttpEvents *vs_http_events_new (guint heartbeat_ms);

/* For the service: numbers go on after @last, which was the last one given
 * before; who listens without a Last-Event-ID hears what comes from now on. */
void vs_http_events_continue (VsHttpEvents *self, guint64 last);

/* Takes the next number, which it returns. @owner: whose matter it is, NULL
 * for everybody's. */
guint64 vs_http_events_post (VsHttpEvents *self, const gchar *name,
    const gchar *owner, const gchar *json);

/* The same without a number: who is not there now never hears it, and who
 * takes nothing for long misses some. */
void vs_http_events_tell (VsHttpEvents *self, const gchar *name,
    const gchar *owner, const gchar *json);

/* As vs_http_events_add (), of one owner's events only (NULL: of all). */
gboolean vs_http_events_add_for (
    VsHttpEvents *self, SoupServerMessage *message, const gchar *owner);
void vs_http_events_free (VsHttpEvents *self);

/* Answers @message, which stays open; FALSE where there are too many. */
gboolean vs_http_events_add (VsHttpEvents *self, SoupServerMessage *message);

/* @json: replaces what was there before. */
void vs_http_events_set_job (VsHttpEvents *self, const gchar *json);

/* @json: one of the last few dozen. */
void vs_http_events_add_object (VsHttpEvents *self, const gchar *json);

G_END_DECLS
