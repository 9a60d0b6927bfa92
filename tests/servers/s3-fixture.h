/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * s3-fixture: radosgw and the misbehaving proxy before it, for tests in C.
 * s3_servers.py runs them; they end with this process, however it ends. */
#pragma once

#include <glib.h>

#include "store/vs-s3.h"

typedef struct _S3Fixture S3Fixture;

/* NULL where there is no radosgw. */
S3Fixture *s3_fixture_start (void);
/* What main () returns then: says that all is skipped. */
int s3_fixture_skip (void);
void s3_fixture_stop (S3Fixture *fixture);

/* "endpoint", "proxy", "tls", "ca", "access-key", …: see s3_servers.py. */
const gchar *s3_fixture_get (S3Fixture *fixture, const gchar *name);

/* A command of s3_servers.py; what it answers after "ok", owned. A command
 * that fails ends the test. */
gchar *s3_fixture_command (S3Fixture *fixture, const gchar *format, ...)
    G_GNUC_PRINTF (2, 3);
/* The whole answer, "ok …" or "failed …". */
gchar *s3_fixture_try (S3Fixture *fixture, const gchar *command);
/* The same, when its answer does not matter. */
void s3_fixture_do (S3Fixture *fixture, const gchar *format, ...)
    G_GNUC_PRINTF (2, 3);

/* Settings for @bucket behind the proxy, with the fixture's keys; few and
 * short pauses. */
VsS3Config *s3_fixture_new_config (S3Fixture *fixture, const gchar *bucket);
