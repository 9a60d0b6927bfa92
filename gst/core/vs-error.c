/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-error.h"

/* underscores: clang-format takes dashes for subtractions */
G_DEFINE_QUARK (vs_error_quark, vs_error)
