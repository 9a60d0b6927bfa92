/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * s3-fixture: pipelines into and out of the servers of tests/servers/
 * s3-fixture.h, of which a test program has one set. */
#pragma once

#include <gio/gio.h>
#include <gst/gst.h>

G_BEGIN_DECLS

#define MIB (1024 * 1024)
#define PART ((gsize) (5 * MIB))

/* FALSE: not installed; all that is left to do is to return 0, for the reason
 * has been told as TAP. */
gboolean s3_start (void);
void s3_stop (void);

/* "endpoint", "proxy", "tls", "ca", "other-ca", "access-key", "secret-key". */
const gchar *s3_fact (const gchar *name);

/* One command of s3_servers.py; the JSON it answers with, "" for none. */
gchar *s3_ask (const gchar *format, ...) G_GNUC_PRINTF (1, 2);

/* A number of what "counts" answers, such as "requests". */
gint64 s3_count (const gchar *name);

/* How many entries the object or array has that @command answers with. */
guint s3_length (const gchar *command);

/* What the bucket holds under @key, fetched without the proxy; fails the test
 * where it is not exactly @bytes. */
void s3_assert_object (const gchar *bucket, const gchar *key, GBytes *bytes);
void s3_assert_absent (const gchar *bucket, const gchar *key);

/* A folder for what the test makes, removed by s3_stop (). */
gchar *s3_make_folder (void);

/* @size bytes that no compression helps with. */
GBytes *s3_make_bytes (gsize size);

/* @launch with an element named "s3", which goes through the proxy into
 * @bucket, with credentials and patience for tests. */
GstElement *s3_make_pipeline (const gchar *launch, const gchar *bucket);
void s3_set (GstElement *pipeline, const gchar *property, ...);

/* "filesrc ! s3sink" of @bytes to @key. */
GstElement *s3_make_upload (
    const gchar *bucket, const gchar *key, GBytes *bytes);

/* Until EOS (NULL) or an error, whose text it is; NULL state then. @code may
 * be NULL. Fails the test after a minute. */
gchar *s3_run (GstElement *pipeline, gint *code);

/* Runs, and it is to end well. */
void s3_run_well (GstElement *pipeline);

/* Waits until the sink has told that a part's worth of bytes came in. */
void s3_wait_for_part (GstElement *pipeline);

G_END_DECLS
