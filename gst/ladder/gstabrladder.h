/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * abrladder: one input in, a ladder of encoded renditions out.
 *
 * Life: a pad is linked, and with it, by autolink, its siblings. READY to
 * PAUSED takes a snapshot of the settings and makes the decoder. When every
 * stream of the input is known, before any data has moved, the branches are
 * built for those source pads that are linked; then data flows until EOS.
 * PAUSED to READY takes all of it down again, and the element is as new.
 *
 * Threads: the settings are under the object lock. Everything else is built
 * in the one streaming thread that found the last stream, and taken down in
 * the thread that changes the state, when no streaming thread runs. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_ABR_LADDER (gst_abr_ladder_get_type ())
G_DECLARE_FINAL_TYPE (GstAbrLadder, gst_abr_ladder, GST, ABR_LADDER, GstBin)

GST_ELEMENT_REGISTER_DECLARE (abrladder)

G_END_DECLS
