/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-session: one run of abrsink in CMAF: packets in, objects published.
 *
 * Joins the packager (where segments begin and end) and the publisher (what is
 * stored and named). Threading: every function may be called from any
 * streaming thread. One lock orders packets and the delivery of what they
 * bring about; the publisher is called under it and never calls back. */
#pragma once

#include "publish/vs-packager.h"
#include "publish/vs-publisher.h"

G_BEGIN_DECLS

typedef struct _VsSession VsSession;

/* Wall clock of running time 0, µs since 1970. */
typedef gint64 (*VsSessionEpoch) (gpointer user_data);

/* The track @name sends nothing while the others have come far ahead. @waiting:
 * they wait for it. Called under no lock. */
typedef void (*VsSessionSilent) (
    const gchar *name, gboolean waiting, gpointer user_data);

/* Takes @publisher. */
VsSession *vs_session_new (VsPublisher *publisher,
    const VsPublisherConfig *config, VsSessionEpoch get_epoch,
    VsSessionSilent on_silent, gpointer user_data);
void vs_session_free (VsSession *self);

guint vs_session_add_track (VsSession *self, VsMedia media, const gchar *name);

/* The track will have nothing; before the session is started. */
void vs_session_remove_track (VsSession *self, guint track);

/* TRUE once a packet or an end has come: no track can be added any more. */
gboolean vs_session_is_started (VsSession *self);

void vs_session_set_stream (
    VsSession *self, guint track, const VsStream *stream, const gchar *label);

/* The input comes at the pace of a clock: a track that sends nothing for two
 * segments, and at least four seconds, is not waited for any longer. Without
 * effect on VOD. */
void vs_session_set_live (VsSession *self);

typedef enum {
  VS_PUSH_TAKEN,
  VS_PUSH_DROPPED, /* its time goes backwards, or no key frame yet */
  VS_PUSH_STOPPED, /* flushing, or the publisher has failed */
  VS_PUSH_ERROR    /* error is set */
} VsPush;

/* Takes @packet's data. */
VsPush vs_session_push (
    VsSession *self, guint track, VsPacket *packet, GError **error);

/* The packet that comes next on @track, of video, is a key frame with these
 * times, so its segment need not wait for it. What cannot be published now is
 * refused with that packet. */
void vs_session_expect_key (
    VsSession *self, guint track, gint64 pts, gint64 dts, GError **error);

typedef enum {
  VS_SESSION_JOIN, /* one thing has ended, another begins */
  VS_SESSION_CUT   /* something is interrupted, or comes back */
} VsSessionMark;

/* The programme is cut at running time @ns, and from there on there is @ad (or
 * NULL). Told by every track before its data from there on come; what is known
 * already is passed over. A segment begins there where there is something to
 * say of it. */
void vs_session_mark (
    VsSession *self, gint64 ns, VsSessionMark kind, const VsAd *ad);

/* Text: what the track is; before its first cue, and where it is known before
 * the first segment of the media. */
void vs_session_set_text (VsSession *self, guint track, const gchar *language,
    const gchar *label, gboolean is_default, gboolean is_forced);

/* Takes @payload, WebVTT's; @end_ns below @start_ns: not known. */
VsPush vs_session_push_cue (VsSession *self, guint track, gint64 start_ns,
    gint64 end_ns, gchar *payload);

/* No cue that begins before @ns comes any more. FALSE: stopped. */
gboolean vs_session_advance_text (VsSession *self, guint track, gint64 ns);

/* The track has ended. The last one waits until all is published and durable;
 * FALSE and @error where that fails; FALSE alone where a push was not taken
 * before. */
gboolean vs_session_end (VsSession *self, guint track, GError **error);

void vs_session_set_flushing (VsSession *self, gboolean flushing);
void vs_session_get_stats (VsSession *self, VsPublisherStats *stats);

G_END_DECLS
