/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http: the server behind --serve: what is published, what the job is
 * doing, and a page that shows both.
 *
 * Life: vs_http_new () binds and listens; from then on the thread-default
 * main context that was in force answers. vs_http_set_job () says what the
 * page shows. vs_http_free () closes the door and every connection.
 *
 * Routes: / is the page, /assets/ its parts, /media/ the output (GET and HEAD
 * with ETag, Range and gzip; docs/serve.md), /status the job as JSON, /events
 * the same as a stream of server-sent events, /v1/ the commands to a channel,
 * which only this machine may give unless that was opened.
 *
 * Threading: all functions belong to the thread that runs the main context
 * which was the thread's default when vs_http_new () was called. */
#pragma once

#include "vs-http-head.h"

#include "api/vs-api.h"

G_BEGIN_DECLS

typedef struct _VsHttp VsHttp;

/* What strangers may take. 0 is the default of each. */
typedef struct {
  guint max_connections;      /* 1000, less where descriptors are few */
  guint header_ms;            /* 10000: to send a request's head */
  guint idle_ms;              /* 30000: to keep an idle connection */
  guint send_ms;              /* 30000: without taking a byte of a reply */
  guint linger_ms;            /* 2000: to read a refusal while still sending */
  guint min_rate;             /* 4096: bytes a second that a reader takes */
  guint heartbeat_ms;         /* 15000: between two signs of life on /events */
  VsHttpBodyRules body_rules; /* NULL: no request has a body */
  gpointer body_data;
} VsHttpLimits;

typedef struct {
  VsHttpLimits limits;
  gboolean redirect; /* segments of a bucket: 302 to a presigned URL */
  VsApi *api;        /* what /v1/ answers, or NULL: nothing */
  gboolean open;     /* to other machines, too */
  guint processes;   /* that serve; 0 and 1: this one alone */
} VsHttpOptions;

/* @listen: "HOST:PORT", "[::1]:8080", ":8080" (every address) or a port alone;
 * port 0 takes a free one. A HOST that is a name is looked up, and every
 * address of it is bound.
 * @location: what /media/ shows: a folder, which need not be there yet, or
 * "s3://bucket/prefix?endpoint=…". NULL: nothing. @options may be NULL. */
VsHttp *vs_http_new (
    const gchar *listen, const gchar *location, GError **error);
VsHttp *vs_http_new_full (const gchar *listen, const gchar *location,
    const VsHttpOptions *options, GError **error);

/* Where the page is: "http://127.0.0.1:8080/", with the port in use. */
const gchar *vs_http_get_url (VsHttp *self);

/* @job_json: one JSON object, or NULL for no job. The page reads these, all
 * of them optional:
 *   "state"     "starting", "running", "finishing", "finished", "failed"
 *   "type"      "vod", "event", "live"
 *   "input", "output"  for a person to read
 *   "progress"  0 to 1, where the length is known
 *   "position", "duration"  seconds of media
 *   "speed"     media seconds a second
 *   "eta"       seconds left
 *   "message"   one sentence: what is being done, or why it failed
 *   "hls", "dash"  manifests relative to the folder; "multivariant.m3u8" and
 *               "manifest.mpd" where not said, null where not written
 * Cheap enough to be called at every progress report: readers that are slow
 * get the newest state, not all of them. */
void vs_http_set_job (VsHttp *self, const gchar *job_json);

/* An object has been published: for a bucket, which nobody watches; where a
 * folder is watched this does nothing. */
void vs_http_add_object (VsHttp *self, const gchar *key, gint64 size);

/* An event for who listens now. */
void vs_http_tell (VsHttp *self, const gchar *name, const gchar *json);

void vs_http_free (VsHttp *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsHttp, vs_http_free)

G_END_DECLS
