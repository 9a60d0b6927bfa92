/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-package: which Debian package brings an element, and whether there is
 * an encoder at all. */
#pragma once

#include "core/vs-media.h"

#include <gst/gst.h>

G_BEGIN_DECLS

/* NULL: not known. */
const gchar *vs_package_of_element (const gchar *factory);

/* Whether @factory is there; the error names its package. */
gboolean vs_package_check_element (const gchar *factory, GError **error);

/* Whether any encoder makes @codec; the error names one and its package. */
gboolean vs_package_check_encoder (VsCodec codec, GError **error);

G_END_DECLS
