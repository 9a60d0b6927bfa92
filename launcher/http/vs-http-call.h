/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-call: one request to the object store, told of on the main context.
 *
 * Life: a call is made … the S3 client answers on its thread … the answer is
 * handed to the main context … `done` runs there, once, and the call is gone.
 * After its time is up `done` runs without a result. A call that is cancelled
 * is gone at once, and `done` does not run.
 *
 * Threading: all functions and `done` belong to one thread, whose default main
 * context was in force when the call was made. */
#pragma once

#include "store/vs-s3.h"

G_BEGIN_DECLS

typedef struct _VsHttpCall VsHttpCall;

/* @result is NULL where the time is up. */
typedef void (*VsHttpCallDone) (const VsS3Result *result, gpointer user_data);

/* @length bytes from @offset, of the version @if_match where that is given. */
VsHttpCall *vs_http_call_get (VsS3Client *client, const gchar *key,
    guint64 offset, guint64 length, const gchar *if_match, VsHttpCallDone done,
    gpointer user_data);
VsHttpCall *vs_http_call_head (VsS3Client *client, const gchar *key,
    VsHttpCallDone done, gpointer user_data);
void vs_http_call_cancel (VsHttpCall *self);

G_END_DECLS
