/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-store-s3-lease: who may write below a prefix.
 *
 * A small object names its owner; it is made with If-None-Match, renewed every
 * few seconds with If-Match, and removed at the end. Whoever finds one that has
 * not been renewed for as long as a lease lasts (by the server's own clock), or
 * whose owner was a process of this machine that is gone, or bears the name
 * that it was given itself (lease-owner), takes it over with If-Match. An owner
 * that finds its lease taken stops writing. Where the store does not honour
 * conditions, two that begin in the same moment may both believe to be alone;
 * the next renewal tells one of them.
 *
 * Threading: made and freed by one thread; `lost` runs on another, under no
 * lock, once at most. Taking a lease waits: a few requests, or for as long as
 * it takes to see whether the owner is alive. */
#pragma once

#include "store/vs-s3.h"

G_BEGIN_DECLS

#define VS_S3_LEASE_NAME ".vstream-lease"
#define VS_S3_PROBE_NAME ".vstream-probe"

typedef struct _VsS3Lease VsS3Lease;

/* VS_ERROR_NO_OUTPUT where somebody else is at work there. @now_us gets the
 * server's clock. */
VsS3Lease *vs_s3_lease_take (VsS3Client *client, const gchar *prefix,
    void (*lost) (gpointer user_data), gpointer user_data, gint64 *now_us,
    GError **error);

/* Gives it back, unless it is lost. */
void vs_s3_lease_free (VsS3Lease *lease);

G_END_DECLS
