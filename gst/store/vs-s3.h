/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-s3: a client of one bucket of an S3 service, on libcurl.
 *
 * A call arrives on any thread … is checked, its body hashed (where its
 * checksum asks for that) on that thread … queued … taken by the client's one
 * thread, which owns the curl multi handle and is woken by curl_multi_wakeup …
 * signed for this attempt … sent … answered; an answer that a retry can help
 * is tried again after a jittered, growing pause … and its callback runs.
 *
 * Threading: every function may be called from any thread, also from a
 * callback, except vs_s3_client_free () and the ..._wait functions, which no
 * callback may call. A callback runs exactly once for each call, on the
 * client's thread, under no lock, possibly before the function that asked
 * returns; it must not block, and may ask for more. The result belongs to the
 * client unless vs_s3_result_ref () keeps it. Calls may finish in any order.
 *
 * A call owns all it needs (its chunks by reference) until its callback has
 * run. Nothing here logs, or shows in an error, a secret key, a token, or a
 * signature. */
#pragma once

#include "core/vs-s3-answer.h"
#include "core/vs-s3-url.h"

G_BEGIN_DECLS

/* Settings ---------------------------------------------------------------- */

typedef enum {
  VS_S3_CHECKSUM_AUTO,   /* over TLS none (TLS guards the bytes), else SHA256 */
  VS_S3_CHECKSUM_NONE,   /* over plain HTTP, damage may go unnoticed */
  VS_S3_CHECKSUM_SHA256, /* the signed x-amz-content-sha256 */
  VS_S3_CHECKSUM_MD5,    /* Content-MD5 */
  VS_S3_CHECKSUM_CRC32C  /* x-amz-checksum-crc32c; AWS knows it */
} VsS3Checksum;

/* Time and chance, for tests: NULL is the real ones. */
typedef struct {
  gint64 (*wall_us) (gpointer user_data); /* since 1970 */
  gdouble (*jitter) (gpointer user_data); /* 0 ≤ x < 1 */
  gpointer user_data;
} VsS3Chance;

/* Strings are owned, and may be NULL. */
typedef struct {
  gchar *endpoint;           /* "https://host:port"; NULL: AWS of the region */
  gchar *region;             /* NULL: environment, profile, then us-east-1 */
  gchar *bucket;             /* needed */
  VsS3Addressing addressing; /* path or virtual-host style */

  /* Credentials: these, or NULL for the chain: AWS_* in the environment, the
   * shared credentials and config files, container, instance metadata. */
  gchar *access_key, *secret_key, *session_token;
  gchar *profile;     /* NULL: AWS_PROFILE, then "default" */
  gboolean anonymous; /* requests are not signed */
  gchar *ca_file;     /* PEM; NULL: the system's */
  gchar *lease_owner; /* whose leases are ours too; NULL: nobody's */
  gboolean insecure;  /* certificates are not checked: for a person to ask */
  guint connect_ms;   /* 0: 10,000 */
  guint stall_ms;     /* no more than min_rate for so long; 0: 30,000 */
  guint request_ms;   /* one attempt, besides size / min_rate; 0: 60,000 */
  guint min_rate;     /* bytes a second; 0: 4 KiB */
  guint attempts;     /* of one request, the first included; 0: 12 */
  guint64 part_size;  /* of a multipart upload; 0: 8 MiB; at least 5 MiB */
  guint parallel;     /* requests of one upload at a time; 0: 4; up to 64 */
  VsS3Checksum checksum;
  VsS3Chance chance;
} VsS3Config;

#define VS_S3_PART_SIZE_MIN (5 * 1024 * 1024)
#define VS_S3_PART_SIZE_DEFAULT (8 * 1024 * 1024)
#define VS_S3_PARALLEL_DEFAULT 4
#define VS_S3_PARALLEL_MAX 64
#define VS_S3_ATTEMPTS_DEFAULT 12
#define VS_S3_ATTEMPTS_MAX 100

VsS3Config *vs_s3_config_new (void);
VsS3Config *vs_s3_config_copy (const VsS3Config *config);
void vs_s3_config_free (VsS3Config *config); /* wipes the secrets */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsS3Config, vs_s3_config_free)

/* One setting by its name, as URI parameters, presets and properties write
 * them: endpoint, region, addressing (auto, path, virtual), profile,
 * anonymous, ca-file, insecure, connect-timeout, stall-timeout,
 * request-timeout (durations: "10s"), min-rate, retry-attempts, part-size
 * (bytes, or 8MiB, 64M), parallel, checksum (auto, none, sha256, md5,
 * crc32c); of a URI alone lease-owner. Not the credentials. VS_ERROR_BAD_VALUE
 * names value and range; an unknown name gives the nearest known one. */
gboolean vs_s3_config_set (
    VsS3Config *config, const gchar *name, const gchar *value, GError **error);

/* Bucket and parameters of @uri go into @config; @key gets the rest. */
gboolean vs_s3_config_set_uri (
    VsS3Config *config, const gchar *uri, gchar **key, GError **error);

/* The client -------------------------------------------------------------- */

typedef struct _VsS3Client VsS3Client;

typedef struct {
  guint64 requests;       /* sent, every attempt counted */
  guint64 retries;        /* of these, attempts after the first */
  guint64 failures;       /* calls that ended in an error */
  guint64 sent, received; /* bytes of bodies */
  guint64 connections;    /* made; keep-alive keeps this low */
  guint64 renewals;       /* of credentials */
} VsS3Stats;

/* Checks the settings and starts the thread; nothing is sent yet. */
VsS3Client *vs_s3_client_new (const VsS3Config *config, GError **error);

/* Cancels what is under way, runs those callbacks, ends the thread. */
void vs_s3_client_free (VsS3Client *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsS3Client, vs_s3_client_free)

/* The settings with all defaults filled in; no credentials in it. */
const VsS3Config *vs_s3_client_get_config (VsS3Client *client);
/* Are bodies sent without a checksum of ours? */
gboolean vs_s3_client_sends_unchecked (VsS3Client *client);
void vs_s3_client_get_stats (VsS3Client *client, VsS3Stats *stats);

/* Another thread that sends to the same service with the same credentials, so
 * that two processors can; made when it is first asked for, once the service
 * has answered, and freed with @client. NULL where there is but one processor.
 * Its calls are cancelled with it, not with @client; what it has done counts as
 * @client's. */
VsS3Client *vs_s3_client_get_helper (VsS3Client *client);

/* Of all clients that this process (or this plugin) has had: attempts, and
 * those of them that were retries. */
void vs_s3_get_totals (guint64 *requests, guint64 *retries);

/* Calls ------------------------------------------------------------------- */

/* What a call has come to. Strings may be NULL. */
typedef struct {
  /* NULL on success. In domain VS_ERROR, one sentence with the S3 code and the
   * request id; or G_IO_ERROR_CANCELLED. */
  const GError *error;
  guint status;      /* HTTP's; 0 where no answer came */
  const gchar *code; /* S3's, "NoSuchUpload" */
  const gchar *request_id;
  const gchar *etag;   /* without its quotes */
  const gchar *crc32c; /* of the body that was sent, where it was told */
  const gchar *upload_id;
  const gchar *content_type;
  guint64 size;             /* of the whole object (head, get) */
  gint64 modified_us;       /* Last-Modified, since 1970; 0: not said */
  gint64 server_us;         /* the server's clock (Date); 0: not said */
  GBytes *body;             /* get */
  const VsS3Answer *answer; /* lists, delete many */
  guint attempts;
} VsS3Result;

VsS3Result *vs_s3_result_ref (const VsS3Result *result);
void vs_s3_result_unref (VsS3Result *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsS3Result, vs_s3_result_unref)

/* May this be tried again later with some hope (a peer that is away, slow or
 * overloaded)? */
gboolean vs_s3_result_is_transient (const VsS3Result *result);

typedef void (*VsS3Done) (const VsS3Result *result, gpointer user_data);

/* A call's handle: a number that is never used again; 0 is none. */
typedef guint64 VsS3Call;

/* The callback runs soon, with G_IO_ERROR_CANCELLED, unless it has run or is
 * running. A call that has ended is no error. What the server has done by then
 * stays done. */
void vs_s3_cancel (VsS3Client *client, VsS3Call call);
/* It is not tried again: an attempt under way runs to its end, a pause before
 * the next ends now. */
void vs_s3_cancel_retries (VsS3Client *client, VsS3Call call);

typedef struct {
  const gchar *content_type;  /* NULL: by vs_store_content_type () */
  const gchar *cache_control; /* NULL: none */
  const gchar *acl;           /* "public-read", …; NULL: none */
  const gchar *storage_class;
  const gchar *const *metadata; /* name, value, …, NULL: x-amz-meta-NAME */
  const gchar *if_match;        /* an etag, of what is to be replaced */
  gboolean if_none_match;       /* only where there is no such object yet */
} VsS3PutOptions;

/* A body that is not held, but read while it is sent, and again for every
 * attempt. `read` fills @buffer with up to @size bytes from @offset on, in the
 * client's thread, which does nothing else meanwhile. It returns how many they
 * are, 0 where there is no more to be had (the call then stands still until it
 * is cancelled), or -1 with @error, which ends the call. */
typedef struct {
  gssize (*read) (gpointer user_data, guint64 offset, guint8 *buffer,
      gsize size, GError **error);
  gpointer user_data;
} VsS3Source;

VsS3Call vs_s3_put (VsS3Client *client, const gchar *key, GBytes *const *chunks,
    guint n_chunks, const VsS3PutOptions *options, VsS3Done done,
    gpointer user_data);

/* The same of @size bytes of @source, which is copied. They have no checksum:
 * `checksum` must come to none. */
VsS3Call vs_s3_put_source (VsS3Client *client, const gchar *key,
    const VsS3Source *source, guint64 size, const VsS3PutOptions *options,
    VsS3Done done, gpointer user_data);

/* Bytes @offset to @offset + @length − 1; @length 0: to the end. An answer of
 * more than @max_size bytes is an error. A range that begins at or after the
 * end is VS_ERROR_BAD_VALUE with status 416. */
VsS3Call vs_s3_get (VsS3Client *client, const gchar *key, guint64 offset,
    guint64 length, gsize max_size, const gchar *if_match, VsS3Done done,
    gpointer user_data);
VsS3Call vs_s3_head (
    VsS3Client *client, const gchar *key, VsS3Done done, gpointer user_data);

/* What is not there is no error. */
VsS3Call vs_s3_delete (VsS3Client *client, const gchar *key,
    const gchar *if_match, VsS3Done done, gpointer user_data);
/* Up to 1,000 keys in one request; result->answer->faults has what failed,
 * and is an error. */
VsS3Call vs_s3_delete_many (VsS3Client *client, const gchar *const *keys,
    VsS3Done done, gpointer user_data);

/* One page of up to 1,000; @token is the answer's next_token of the page
 * before, or NULL. @delimiter "/" gives folders in `prefixes`. */
VsS3Call vs_s3_list (VsS3Client *client, const gchar *prefix,
    const gchar *delimiter, const gchar *token, VsS3Done done,
    gpointer user_data);

VsS3Call vs_s3_create_multipart (VsS3Client *client, const gchar *key,
    const VsS3PutOptions *options, VsS3Done done, gpointer user_data);
VsS3Call vs_s3_upload_part (VsS3Client *client, const gchar *key,
    const gchar *upload_id, guint number, GBytes *const *chunks, guint n_chunks,
    VsS3Done done, gpointer user_data);
VsS3Call vs_s3_upload_part_source (VsS3Client *client, const gchar *key,
    const gchar *upload_id, guint number, const VsS3Source *source,
    guint64 size, VsS3Done done, gpointer user_data);
/* @parts: VsS3Part in the order of their numbers. A retry that finds the
 * upload gone looks whether the object is there and complete. An empty etag
 * (radosgw) is asked for with HEAD. */
VsS3Call vs_s3_complete_multipart (VsS3Client *client, const gchar *key,
    const gchar *upload_id, const GPtrArray *parts,
    const VsS3PutOptions *options, VsS3Done done, gpointer user_data);
VsS3Call vs_s3_abort_multipart (VsS3Client *client, const gchar *key,
    const gchar *upload_id, VsS3Done done, gpointer user_data);
VsS3Call vs_s3_list_parts (VsS3Client *client, const gchar *key,
    const gchar *upload_id, guint after, VsS3Done done, gpointer user_data);
/* One page; @key_marker and @id_marker of the answer before, or NULL. */
VsS3Call vs_s3_list_uploads (VsS3Client *client, const gchar *prefix,
    const gchar *key_marker, const gchar *id_marker, VsS3Done done,
    gpointer user_data);

/* A URL that whoever has it may use with @method for @seconds (1 to 604,800).
 * Waits where credentials must first be fetched. It is a secret: not to be
 * logged. */
gchar *vs_s3_presign (VsS3Client *client, const gchar *method, const gchar *key,
    guint seconds, GError **error);

/* Waiting ----------------------------------------------------------------- */

/* Lets a thread wait for one call:
 *   VsS3Waiter *waiter = vs_s3_waiter_new (client);
 *   call = vs_s3_head (client, key, vs_s3_waiter_done, waiter);
 *   result = vs_s3_waiter_wait (waiter, call);
 * vs_s3_waiter_cancel () from any other thread ends the wait at once. Freed
 * after vs_s3_waiter_wait () has returned. */
typedef struct _VsS3Waiter VsS3Waiter;

VsS3Waiter *vs_s3_waiter_new (VsS3Client *client);
void vs_s3_waiter_done (const VsS3Result *result, gpointer waiter);
VsS3Result *vs_s3_waiter_wait (VsS3Waiter *waiter, VsS3Call call);
void vs_s3_waiter_cancel (VsS3Waiter *waiter);
void vs_s3_waiter_free (VsS3Waiter *waiter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsS3Waiter, vs_s3_waiter_free)

/* Probes ------------------------------------------------------------------ */

typedef enum {
  VS_S3_CONDITION_NONE_MATCH = 1 << 0, /* put with If-None-Match: * */
  VS_S3_CONDITION_MATCH = 1 << 1       /* put with If-Match: ETAG */
} VsS3Conditions;

/* Which conditions the store honours, shown by doing: puts, puts again and
 * removes the small object @key. Waits; the answer is remembered. FALSE: the
 * store could not be asked (and the sentence says why). */
gboolean vs_s3_probe_conditions (VsS3Client *client, const gchar *key,
    VsS3Conditions *honoured, GError **error);

/* Aborts multipart uploads below @prefix that were begun before @before_us
 * (since 1970): what a killed run left. Waits. @n_aborted may be NULL. */
gboolean vs_s3_clean_uploads (VsS3Client *client, const gchar *prefix,
    gint64 before_us, guint *n_aborted, GError **error);

G_END_DECLS
