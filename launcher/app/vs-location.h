/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-location: what people write for an input or an output, made exact and
 * checked before anything starts. */
#pragma once

#include <glib.h>

#include "core/vs-preset.h"

G_BEGIN_DECLS

/* A URI stays as it is; a path (spaces, %, UTF-8, relative) becomes a file
 * URI. A path wins over a scheme where a file of that name exists. */
gchar *vs_location_input_uri (const gchar *text, GError **error);

/* A local input is there, is a readable file and is not empty. Other schemes
 * pass: their sources find out. */
gboolean vs_location_check_input (const gchar *uri, GError **error);

/* The absolute folder of a path or file: URI. */
gchar *vs_location_output_folder (const gchar *text, GError **error);

/* @folder is there or can be made, is writable, and its disk is not full.
 * Makes nothing. */
gboolean vs_location_check_output (const gchar *folder, GError **error);

/* For people: the path of a file URI, otherwise the URI without password. */
gchar *vs_location_display (const gchar *uri);

gboolean vs_location_is_s3 (const gchar *location);

/* An s3:// @uri with what [s3] of @preset says, as parameters; what the URI
 * says itself has the last word. No credentials: those are for the environment
 * and files. */
gchar *vs_location_add_s3 (const gchar *uri, const VsPreset *preset);

G_END_DECLS
