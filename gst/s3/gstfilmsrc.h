/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * filmsrc: reads what a service has published into its bucket. */
#pragma once

#include "s3/gsts3src.h"

G_BEGIN_DECLS

#define GST_TYPE_FILM_SRC (gst_film_src_get_type ())
G_DECLARE_FINAL_TYPE (GstFilmSrc, gst_film_src, GST, FILM_SRC, GstS3Src)

GST_ELEMENT_REGISTER_DECLARE (filmsrc);

G_END_DECLS
