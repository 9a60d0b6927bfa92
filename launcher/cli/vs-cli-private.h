/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the commands share. Private to launcher/cli. */
#pragma once

#include "http/vs-http-client.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* What all of the commands take. */
typedef struct {
  gchar *server, *preset, *state, *config, *scopes;
  gchar *filler, *cut, *resume, *at; /* of a channel; or NULL */
  gint priority, index;              /* -1: not given */
  gboolean json, watch;
  gchar **words; /* after the command */
  VsHttpClient *client;
} VsCli;

/* Says @error; the exit code. */
gint vs_cli_fail (const GError *error);

/* Says what is wrong with the words; the exit code. */
gint vs_cli_misuse (const gchar *format, ...) G_GNUC_PRINTF (1, 2);

/* Asks; prints the answer's JSON where that is wanted, or why it was refused.
 * An answer without a body is an empty object. NULL: @code is how to end. */
JsonObject *vs_cli_ask (VsCli *self, const gchar *method, const gchar *path,
    const gchar *json, gint *code);

/* A text of @object, "" where it has none. */
const gchar *vs_cli_get_text (JsonObject *object, const gchar *name);

/* The same as one line that does nothing to a terminal: strangers may have
 * named it. */
gchar *vs_cli_dup_plain (JsonObject *object, const gchar *name);

/* The command "channel", and its words as --help lists them. */
gint vs_cli_channel (VsCli *self);
gchar *vs_cli_channel_dup_help (void);

G_END_DECLS
