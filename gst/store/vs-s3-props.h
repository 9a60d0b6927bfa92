/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-s3-props: the properties of every element that speaks to a store: where
 * it is, as whom, how patiently. They have the same names everywhere, and go
 * into a VsS3Config. Credentials go in, and never come out.
 *
 * An element gives them numbers from `first` on, VS_S3_N_PROPS of them, behind
 * its own.
 *
 * Threading: the VsS3Config is guarded by its owner. */
#pragma once

#include <glib-object.h>

#include "store/vs-s3.h"

G_BEGIN_DECLS

#define VS_S3_N_PROPS 12

/* @more: when they may change, in the element's own flags. */
void vs_s3_props_install (GObjectClass *klass, guint first, GParamFlags more);

/* What the properties' defaults say. */
void vs_s3_props_init (VsS3Config *config);

/* @prop: the property's number less `first`. FALSE: it is none of these, or,
 * in get, a secret. */
gboolean vs_s3_props_set (VsS3Config *config, guint prop, const GValue *value);
gboolean vs_s3_props_get (const VsS3Config *config, guint prop, GValue *value);

G_END_DECLS
