/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-s3-private: what the files of the S3 client share.
 *
 * vs-s3-client.c   the thread, its queues, cancelling
 * vs-s3-request.c  one attempt: signed, handed to curl, its answer collected
 * vs-s3-outcome.c  what an attempt has come to: again, elsewhere, or done
 * vs-s3-calls.c    the operations
 * vs-s3-wait.c     waiting, presigning, probing, cleaning */
#pragma once

#include "core/vs-s3-error.h"
#include "core/vs-sigv4.h"
#include "store/vs-s3-credentials.h"
#include "store/vs-s3-curl.h"
#include "store/vs-s3.h"

G_BEGIN_DECLS

#define VS_S3_CONDITIONS_ALL                                                   \
  (VS_S3_CONDITION_NONE_MATCH | VS_S3_CONDITION_MATCH)
#define VS_S3_CRC32C_HEADER "x-amz-checksum-crc32c"
#define VS_S3_PROBED (1 << 8)
#define VS_S3_BARE_ETAGS (1 << 9) /* If-Match of a put without quotes */

/* What an operation is. */
typedef struct {
  const gchar *method;   /* NULL: only waits for credentials */
  const gchar *what;     /* "put", for sentences */
  gboolean xml;          /* a good answer is XML */
  gboolean etag;         /* a good answer has an ETag */
  gboolean gone_is_good; /* 404 is what was wanted */
  gboolean slow;         /* the server may think for long */
  gboolean check;        /* the HEAD that follows a Complete */
} VsS3Verb;

/* The answer's headers that matter. */
typedef struct {
  gchar *etag, *request_id, *content_type, *region, *location;
  guint64 length, whole; /* Content-Length; the size in Content-Range */
  gint64 modified_us, date_s, retry_after_us;
} VsS3Headers;

typedef struct _VsS3Request VsS3Request;

/* Owned by the caller until it is submitted, then by the client's thread. */
struct _VsS3Request {
  VsS3Client *client;
  VsS3Call id;
  const VsS3Verb *verb;
  gchar *key;         /* NULL: of the bucket */
  GPtrArray *query;   /* VsPair */
  GPtrArray *headers; /* VsPair: x-amz-…, content-type, … */
  VsS3Done done;
  gpointer user_data;
  GError *refused; /* found wrong before it was submitted */

  GBytes **chunks; /* the body */
  guint n_chunks;
  guint64 body_size;
  VsS3Source source; /* of the body, instead of chunks; or `read` is NULL */
  gchar *payload;    /* for SigV4 */
  gsize max_answer;

  /* Complete alone */
  guint64 object_size;
  guint n_parts;
  guint completes; /* attempts of it, when what follows is the check */
  GError *doubt;   /* what is said if the object is not there after all */

  /* of the attempt under way */
  CURL *easy;
  struct curl_slist *lines;
  guint chunk;    /* where reading the body is */
  gsize offset;   /* in that chunk */
  guint64 taken;  /* of the source */
  GError *unread; /* what the source said */
  GByteArray *answer;
  gsize room; /* for more of it */
  gboolean too_long;
  VsS3Headers got;
  VsS3Credentials *signed_with;
  gchar trouble[CURL_ERROR_SIZE];

  guint attempt; /* from 1 */
  gint64 ready_us;
  gboolean renewed, reset_clock;
  gboolean is_last; /* attempt, even if it fails */
  gboolean unheard; /* the last attempt had no answer */
  guint redirects;
  VsS3Endpoint *elsewhere; /* a temporary redirect, or NULL */
};

struct _VsS3Client {
  /* constant after vs_s3_client_new () */
  VsS3Config *config;
  gboolean tls;
  VsS3CredentialSource *source; /* a helper's is its client's */
  VsS3Client *helped;           /* whose helper it is; or NULL */
  GThread *thread;
  CURLM *multi;

  GMutex lock;
  GQueue incoming;    /* VsS3Request */
  GArray *cancels;    /* Cancel, of vs-s3-client.c */
  VsS3Client *helper; /* or NULL */
  gboolean closing;   /* it gets none any more */
  gboolean roused;    /* the other one has heard from the service again */
  gboolean quit;
  VsS3Call last_id;
  VsS3Stats stats;
  VsS3Credentials *credentials; /* or NULL; set by the thread */
  gboolean renewal_over;        /* the renewing thread has something to say */
  VsS3Credentials *renewed;
  GError *renewal_error;
  guint conditions;       /* VsS3Conditions, VS_S3_PROBED, … */
  VsS3Endpoint *endpoint; /* set by the thread alone */
  gchar *region;          /* what is signed for; learned from redirects */
  gint64 skew_s;          /* the server's clock − ours */

  /* of the thread alone */
  GQueue ready;        /* to be sent as soon as there is room */
  GQueue delayed;      /* to be sent at their ready_us */
  GQueue unsigned_yet; /* wait for credentials */
  GArray *due_cancels; /* Cancel */
  GHashTable *active;  /* VsS3Request, in curl's hands */
  GThread *renewal;
  gint64 renew_after_us; /* monotonic: not again before that */
  gboolean answered;     /* the endpoint has ever answered */
  gint64 heard_us;       /* monotonic: when it last answered well */
};

/* vs-s3-config.c */
void vs_s3_config_wipe (VsS3Config *config); /* the credentials */

/* vs-s3-client.c */
/* Makes what is still missing, and starts the thread. */
void vs_s3_client_start (VsS3Client *client);
VsS3Call vs_s3_submit (VsS3Request *request);
gint64 vs_s3_wall_us (const VsS3Client *client);
void vs_s3_client_queue (VsS3Client *client, VsS3Request *request);
void vs_s3_client_renew (VsS3Client *client);

/* vs-s3-helper.c */
/* A helper's client, or a client's helper, need not wait any more either. */
void vs_s3_client_rouse_other (VsS3Client *client);

/* vs-s3-request.c */
VsS3Request *vs_s3_request_new (VsS3Client *client, const VsS3Verb *verb,
    const gchar *key, VsS3Done done, gpointer user_data);
void vs_s3_request_free (VsS3Request *request);
/* Takes the chunks by reference and makes their checksum. */
void vs_s3_request_set_body (VsS3Request *request, GBytes *const *chunks,
    guint n_chunks, VsS3Checksum checksum);
void vs_s3_request_set_source (
    VsS3Request *request, const VsS3Source *source, guint64 size);
/* Makes request->easy for the next attempt. */
gboolean vs_s3_request_begin (VsS3Request *request, GError **error);
void vs_s3_request_end (VsS3Request *request);
void vs_s3_headers_clear (VsS3Headers *headers);
/* Where the request goes, signed with nothing: for presigning. */
gchar *vs_s3_presign_with (VsS3Client *client,
    const VsS3Credentials *credentials, const gchar *method, const gchar *key,
    guint seconds);

/* vs-s3-outcome.c */
/* Those who wait because they heard nothing are sent soon. */
void vs_s3_hasten (VsS3Client *client);
/* The attempt is over: queues the request again, or calls back and frees. */
void vs_s3_outcome (VsS3Request *request, CURLcode result);
/* Calls back with @error (taken) and frees. */
void vs_s3_fail (VsS3Request *request, GError *error);
/* Calls back with success and nothing else. */
void vs_s3_succeed (VsS3Request *request);

extern const VsS3Verb vs_s3_verb_check;
extern const VsS3Verb vs_s3_verb_credentials;

G_END_DECLS
