/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-api: what the service answers, without knowing HTTP's wire: a request
 * comes as a structure, and the reply goes as one. docs/api.md has the routes.
 *
 * Life of a request: its route is found, who asks is found out, the scope is
 * compared, the handler reads and checks all of it, does it, and answers.
 * What was acknowledged (2xx) is durable. Errors are problem documents (RFC
 * 9457); their status is chosen from the error in vs-reply.c alone.
 *
 * Threading: one thread. */
#pragma once

#include "channel/vs-channels.h"
#include "jobs/vs-scheduler.h"
#include "jobs/vs-signer.h"
#include "jobs/vs-token-store.h"
#include "jobs/vs-uploads.h"

G_BEGIN_DECLS

typedef struct _VsApi VsApi;
typedef struct _VsIntake VsIntake;
typedef struct _VsLater VsLater;

typedef struct {
  const gchar *method, *path; /* as sent, without the query */
  GHashTable *query;          /* decoded, or NULL */
  const gchar *body;
  gsize body_size;
  guint64 body_length; /* of one that is streamed, and is not in @body */
  const gchar *content_type, *authorization, *idempotency_key, *host;
  /* Any other header, or NULL. */
  const gchar *(*get_header) (gpointer wire, const gchar *name);
  gpointer wire;
} VsApiRequest;

/* All strings are owned; those that are NULL are not sent. */
typedef struct {
  guint status;
  const gchar *content_type; /* lives for ever */
  gchar *body;
  gchar *location, *allow;
  guint retry_after;  /* s */
  const gchar *route; /* its pattern, for the metrics */
  GPtrArray *headers; /* a name, its value, a name, …; or NULL */
  VsIntake *intake;   /* takes the body, and answers then: vs-intake.h */
  VsLater *later;     /* has the reply, when it is there: vs-later.h */
} VsApiReply;

void vs_api_reply_clear (VsApiReply *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VsApiReply, vs_api_reply_clear)

VsApi *vs_api_new (VsJobStore *jobs, VsScheduler *scheduler, VsFolders *folders,
    VsOutputs *outputs, VsChannels *channels, const VsSigner *signer,
    VsUploads *uploads, const VsConfig *config);
/* Of one job: the channel alone. @open: whatever name we are called by. */
VsApi *vs_api_new_alone (VsChannels *channels, gboolean open);
void vs_api_free (VsApi *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsApi, vs_api_free)

/* No status and an intake: the body is to be given to that. */
void vs_api_handle (
    VsApi *self, const VsApiRequest *request, VsApiReply *reply);

/* May this one listen to events, or whatever else has no handler here? 200, or
 * the status of the refusal, which is in @reply. */
guint vs_api_authorize (VsApi *self, const VsApiRequest *request, guint scope,
    VsPrincipal *principal, VsApiReply *reply);

/* The service ends: what would begin something is told to come back. */
void vs_api_set_draining (VsApi *self);

/* Called when there may be something to deliver to a webhook. */
void vs_api_set_hook_listener (
    VsApi *self, void (*changed) (gpointer), gpointer user_data);

/* For the metrics. */
void vs_api_count (VsApi *self, const gchar *route, guint status);

/* Where what @id (a job's, or an asset's) has published is, below the media
 * folder, and its manifests in it (or NULL); NULL where there is none. */
gchar *vs_api_find_media (
    VsApi *self, const gchar *id, gchar **hls, gchar **dash);

/* May @id be played with @token (or NULL)? */
VsPlaybackVerdict vs_api_check_playback (
    VsApi *self, const gchar *id, const gchar *token);
gboolean vs_api_is_signing (VsApi *self);

/* What is on air, as listeners are told. */
gchar *vs_api_describe_air (VsChannel *channel);

/* {"id": …, "state": …, "progress": …} of a running job. */
gchar *vs_api_describe_progress (VsAttempt *attempt);

G_END_DECLS
