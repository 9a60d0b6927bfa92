/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-error.h"

G_DEFINE_QUARK (vs - error - quark, vs_error)
