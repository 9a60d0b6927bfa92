/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-state: the lives of jobs, channels and assets, as tables. Whoever holds
 * such a thing asks vs_state_next () and does what it says; nothing else in
 * the project decides what may follow what. Pure.
 *
 * A VOD job:   queued → assigned → running → publishing → succeeded
 *              (failed and canceled from anywhere before that, and back to
 *              queued by a retry; a lost worker puts it back to queued)
 * A live job:  created → queued → running (no input yet) → streaming
 *              ⇄ paused, recovering when its worker is lost, stopping →
 *              stopped, failed
 * A channel:   idle → starting → running ⇄ recovering → stopping → idle
 * An asset:    preparing → ready or errored */
#pragma once

#include "core/vs-error.h"

G_BEGIN_DECLS

typedef enum {
  VS_LIFE_VOD,
  VS_LIFE_LIVE,
  VS_LIFE_CHANNEL,
  VS_LIFE_ASSET,
  VS_N_LIVES
} VsLife;

/* Zero is no state: a table's empty place. */
typedef enum {
  VS_STATE_ILLEGAL,
  VS_STATE_CREATED,
  VS_STATE_QUEUED,
  VS_STATE_ASSIGNED, /* claimed; its worker is being started */
  VS_STATE_RUNNING,
  VS_STATE_PUBLISHING, /* encoded; the last objects become durable */
  VS_STATE_SUCCEEDED,
  VS_STATE_FAILED,
  VS_STATE_CANCELED,
  VS_STATE_STREAMING,
  VS_STATE_PAUSED,     /* the slate is on air */
  VS_STATE_RECOVERING, /* its worker was lost, another takes over */
  VS_STATE_STOPPING,
  VS_STATE_STOPPED,
  VS_STATE_IDLE,
  VS_STATE_STARTING,
  VS_STATE_PREPARING,
  VS_STATE_READY,
  VS_STATE_ERRORED,
  VS_N_STATES
} VsState;

typedef enum {
  VS_EVENT_SUBMIT,
  VS_EVENT_CLAIM,   /* a worker takes it */
  VS_EVENT_START,   /* the pipeline runs */
  VS_EVENT_INPUT,   /* the feed is there */
  VS_EVENT_SILENCE, /* the feed is away */
  VS_EVENT_PUBLISH, /* all is encoded */
  VS_EVENT_FINISH,  /* all is published and durable */
  VS_EVENT_FAIL,
  VS_EVENT_LOSE, /* the worker has gone without a word */
  VS_EVENT_STOP,
  VS_EVENT_PAUSE,
  VS_EVENT_RESUME,
  VS_EVENT_CANCEL,
  VS_EVENT_RETRY,
  VS_EVENT_REMOVE, /* may the thing be forgotten? its state stays */
  VS_N_EVENTS
} VsEvent;

/* What follows @state after @event, or VS_STATE_ILLEGAL and @error (code
 * VS_ERROR_BAD_VALUE): a sentence that names the state. */
VsState vs_state_next (
    VsLife life, VsState state, VsEvent event, GError **error);

/* Does nothing of itself any more. */
gboolean vs_state_is_final (VsLife life, VsState state);

/* Where such a thing begins. */
VsState vs_state_first (VsLife life);

/* "queued"; NULL for what is none. */
const gchar *vs_state_name (VsState state);
VsState vs_state_from_name (const gchar *name); /* unknown: ILLEGAL */
const gchar *vs_event_name (VsEvent event);
const gchar *vs_life_name (VsLife life);

/* Can a thing of this life ever be in @state? */
gboolean vs_state_belongs (VsLife life, VsState state);

G_END_DECLS
