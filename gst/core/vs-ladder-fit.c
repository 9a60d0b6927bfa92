/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a source makes of a ladder. A rung is a box: "720p" is 1280×720, or
 * 720×1280 for an upright picture, so that the figure names the shorter side
 * as viewers know it from streaming services, and a wide film in "720p" is
 * 1280×534 and no larger than the level of 720p allows. The source is put
 * into the box whole, and is never enlarged. */
#include "core/vs-ladder.h"

#include <math.h>
#include <string.h>

#define SIZE_MIN 16
#define SIZE_MAX_PX 16384

/* A width that is a multiple of eight spares everyone strides of odd size;
 * it is taken where it bends the aspect ratio by less than this. */
#define ASPECT_SLACK 0.005

/* A rung cut to the source is left out where the next one below has nearly
 * its area. */
#define NEARLY_ALIKE 1.1

/* A thousand frames a second become 50; beyond this it is a false figure. */
#define DIVISOR_MAX 20

/* What rates follow from a bit rate where they are not given. */
#define PEAK 1.07
#define BUFFER 1.5

/* What veryfast x264 spends on a pixel, in decodings of H.264: five and more,
 * and less with faster presets. */
#define ENCODE_COST 3

typedef struct {
  double width, height; /* of the source with square pixels */
  guint fps_n, fps_d;   /* constant */
} Shown;

typedef struct {
  VsRung *rung;
  gboolean cut; /* the source is smaller than the rung asks */
} Fitted;

typedef struct {
  guint n, d;
} Rate;

static const Rate standard_rates[] = {
  { 12000, 1001 },
  { 12, 1 },
  { 25, 2 },
  { 15000, 1001 },
  { 15, 1 },
  { 24000, 1001 },
  { 24, 1 },
  { 25, 1 },
  { 30000, 1001 },
  { 30, 1 },
  { 48000, 1001 },
  { 48, 1 },
  { 50, 1 },
  { 60000, 1001 },
  { 60, 1 },
};

static double
rate_of (guint n, guint d)
{
  return (double) n / d;
}

/* The standard rate within 0.2 % of @fps, the nearest of them. (23.976 and
 * 24 are 0.1 % apart, so the nearest is the one that is meant.) */
static const Rate *
find_standard_near (double fps)
{
  const Rate *best = NULL;
  double best_off = 0.002;

  for (guint i = 0; i < G_N_ELEMENTS (standard_rates); i++) {
    const Rate *rate = &standard_rates[i];
    double off = fabs (rate_of (rate->n, rate->d) / fps - 1);

    if (off <= best_off) {
      best = rate;
      best_off = off;
    }
  }
  return best;
}

/* 100 becomes 50, 119.88 becomes 59.94: every second or third frame is
 * dropped rather than an uneven pattern of them. */
static const Rate *
find_divided_standard (double fps)
{
  for (guint divisor = 2; divisor <= DIVISOR_MAX && fps / divisor >= 47.9;
       divisor++) {
    const Rate *rate = find_standard_near (fps / divisor);

    if (rate != NULL)
      return rate;
  }
  return NULL;
}

void
vs_ladder_choose_framerate (
    guint fps_n, guint fps_d, guint *out_n, guint *out_d)
{
  static const Rate sixty = { 60, 1 };
  const Rate *rate;
  double fps = fps_n != 0 && fps_d != 0 ? rate_of (fps_n, fps_d) : 30;

  rate = find_standard_near (fps);
  if (rate == NULL && fps > 60)
    rate = find_divided_standard (fps);
  /* In between, a whole rate (or 12.5): segments of whole seconds. */
  for (guint i = 0; rate == NULL && i < G_N_ELEMENTS (standard_rates); i++)
    if (standard_rates[i].d != 1001 &&
        rate_of (standard_rates[i].n, standard_rates[i].d) >= fps)
      rate = &standard_rates[i];
  if (rate == NULL)
    rate = &sixty;
  *out_n = rate->n;
  *out_d = rate->d;
}

static double
square_width (const VsSource *source)
{
  double width = MAX (source->width, 1);

  /* The lines are kept and the width follows: 720×576 at 64:45 is 1024×576. */
  if (source->par_n != 0 && source->par_d != 0)
    width *= (double) source->par_n / source->par_d;
  return CLAMP (width, 1, 10.0 * SIZE_MAX_PX);
}

guint
vs_source_get_nominal_height (const VsSource *source)
{
  double width = square_width (source);
  double height = MAX (source->height, 1);

  return (guint) round (
      MAX (MIN (width, height), MAX (width, height) * 9 / 16));
}

static guint
round_to (double value, guint multiple)
{
  return (guint) (round (value / multiple) * multiple);
}

static guint
floor_to (double value, guint multiple)
{
  return (guint) (floor (value / multiple + 1e-9) * multiple);
}

static guint
clamp_size (guint size)
{
  return CLAMP (size, SIZE_MIN, SIZE_MAX_PX);
}

static gboolean
is_even (double value)
{
  return value == floor (value) && (guint) value % 2 == 0;
}

/* @width is what the aspect ratio asks, @limit what the box allows. */
static guint
choose_width (double width, double limit)
{
  guint wide = round_to (width, 8);

  if (wide > limit && wide >= 8)
    wide -= 8;
  if (wide != 0 && fabs (wide / width - 1) < ASPECT_SLACK)
    return wide;
  return MIN (round_to (width, 2), floor_to (limit, 2));
}

/* The even size of @shown in a box; neither larger than the picture. */
static void
fit_box (const Shown *shown, double box_width, double box_height, guint *width,
    guint *height)
{
  double aspect = shown->width / shown->height;
  double limit_width = MIN (box_width, shown->width);
  double limit_height = MIN (box_height, shown->height);

  if (shown->width <= box_width && shown->height <= box_height &&
      is_even (shown->width) && is_even (shown->height)) {
    /* Not scaled at all: a better width is not worth a softer picture. */
    *width = (guint) shown->width;
    *height = (guint) shown->height;
  } else if (limit_width / shown->width < limit_height / shown->height) {
    *width = floor_to (limit_width, 2);
    *height = MIN (round_to (*width / aspect, 2), floor_to (limit_height, 2));
  } else {
    *height = floor_to (limit_height, 2);
    *width = choose_width (*height * aspect, limit_width);
  }
  /* Encoders take no less than 16, so this alone may enlarge. */
  *width = clamp_size (*width);
  *height = clamp_size (*height);
}

/* The box of @rung, turned upright where @upright is set. */
static void
get_box (const VsRung *rung, gboolean upright, double *width, double *height)
{
  double swapped;

  if (rung->height == 0 || rung->copy) {
    *width = *height = SIZE_MAX_PX;
    return;
  }
  *height = rung->height;
  /* 480 lines of 16:9 are 853⅓ wide: the box has room for 856. */
  *width = rung->width ? rung->width : ceil (rung->height * 2.0 / 9) * 8;
  if (upright && *width > *height) {
    swapped = *width;
    *width = *height;
    *height = swapped;
  }
}

/* The box itself with borders; where the source lies inside it, the smallest
 * box of its shape around the source. */
static void
fit_letterbox (
    const VsRung *rung, const Shown *shown, guint *width, guint *height)
{
  double scale = MAX (shown->width / rung->width, shown->height / rung->height);

  scale = MIN (scale, 1);
  *width = clamp_size (round_to (rung->width * scale, 2));
  *height = clamp_size (round_to (rung->height * scale, 2));
}

/* A rung's rate is the source's divided by a whole number, the largest that
 * is not above what is asked, so that its frames, and with them the key
 * frames, are frames of every other rendition; but not below 1 a second, which
 * no ladder is written with. */
static void
fit_rate (VsRung *rung, const Shown *shown)
{
  guint divisor = 1;

  if (rung->fps_n != 0 && rung->fps_d != 0) {
    double asked = rate_of (rung->fps_n, rung->fps_d) * 1.002;
    double source = rate_of (shown->fps_n, shown->fps_d);

    if (asked < source)
      divisor = (guint) MAX (1, MIN (ceil (source / asked), floor (source)));
  }
  rung->fps_n = shown->fps_n;
  rung->fps_d = shown->fps_d * divisor;
  /* The source's rate is in lowest terms; what the divisor shares goes. */
  for (guint k = 2; k <= divisor; k++)
    while (rung->fps_n % k == 0 && rung->fps_d % k == 0) {
      rung->fps_n /= k;
      rung->fps_d /= k;
    }
}

/* Round figures, unless they are too small for that. */
static guint
scale_bits (guint bits, double factor)
{
  double scaled = MIN (bits * factor, VS_BITRATE_MAX);

  return scaled < 100000 ? MAX ((guint) round (scaled), 1)
                         : (guint) round (scaled / 1000) * 1000;
}

static guint
scale_like (guint bits, guint now, guint before)
{
  return now == before ? bits : scale_bits (bits, (double) now / before);
}

/* A rung cut to a smaller source needs less: bits grow with the three-quarter
 * power of the area, the common rule. */
static void
fit_bitrates (VsRung *rung, double asked_area)
{
  double factor = pow ((double) rung->width * rung->height / asked_area, 0.75);
  guint asked = rung->bitrate;

  if (rung->bitrate != 0 && factor < 1)
    rung->bitrate = MAX (scale_bits (rung->bitrate, factor),
        MIN (rung->bitrate, VS_BITRATE_MIN));
  if (rung->bitrate == 0)
    rung->bitrate = vs_ladder_default_bitrate (
        rung->width, rung->height, rung->fps_n, rung->fps_d, rung->codec);
  if (rung->max_bitrate == 0)
    rung->max_bitrate = scale_bits (rung->bitrate, PEAK);
  else if (asked == 0)
    rung->bitrate = MIN (rung->bitrate, rung->max_bitrate);
  else
    rung->max_bitrate = scale_like (rung->max_bitrate, rung->bitrate, asked);
  /* Each was rounded by itself. */
  rung->max_bitrate = MAX (rung->max_bitrate, rung->bitrate);
  if (rung->buffer == 0)
    rung->buffer = scale_bits (rung->bitrate, BUFFER);
  else if (asked != 0)
    rung->buffer = scale_like (rung->buffer, rung->bitrate, asked);
}

static Fitted *
fit_rung (
    const VsRung *asked, const Shown *shown, VsCodec codec, gboolean letterbox)
{
  Fitted *fitted = g_new0 (Fitted, 1);
  VsRung *rung = vs_rung_copy (asked);
  gboolean has_box = rung->height != 0 && !rung->copy;
  gboolean borders = letterbox && rung->width != 0 && has_box;
  double box_width = 0, box_height = 0;

  get_box (
      rung, !borders && shown->height > shown->width, &box_width, &box_height);
  fitted->rung = rung;
  fitted->cut =
      has_box && shown->width < box_width - 1 && shown->height < box_height - 1;
  if (rung->codec == VS_CODEC_NONE)
    rung->codec = codec;
  if (borders)
    fit_letterbox (rung, shown, &rung->width, &rung->height);
  else
    fit_box (shown, box_width, box_height, &rung->width, &rung->height);
  if (rung->copy)
    rung->fps_n = rung->fps_d = 0;
  fit_rate (rung, shown);
  /* A copied stream has the rates it has. */
  if (!rung->copy)
    fit_bitrates (rung, fitted->cut ? box_width * box_height
                                    : (double) rung->width * rung->height);
  return fitted;
}

static void
fitted_free (gpointer data)
{
  Fitted *fitted = data;

  vs_rung_free (fitted->rung);
  g_free (fitted);
}

static guint64
area_of (const VsRung *rung)
{
  return (guint64) rung->width * rung->height;
}

static gint
compare_fitted (gconstpointer a, gconstpointer b)
{
  const VsRung *one = (*(Fitted *const *) a)->rung;
  const VsRung *two = (*(Fitted *const *) b)->rung;
  guint64 one_rate = (guint64) one->fps_n * two->fps_d;
  guint64 two_rate = (guint64) two->fps_n * one->fps_d;

  if (one->copy != two->copy)
    return one->copy ? -1 : 1;
  if (area_of (one) != area_of (two))
    return area_of (one) > area_of (two) ? -1 : 1;
  if (one_rate != two_rate)
    return one_rate > two_rate ? -1 : 1;
  if (one->bitrate != two->bitrate)
    return one->bitrate > two->bitrate ? -1 : 1;
  return 0;
}

static gboolean
is_alike (const VsRung *one, const VsRung *two)
{
  double a = (double) area_of (one), b = (double) area_of (two);

  return one->copy == two->copy && one->codec == two->codec &&
         (guint64) one->fps_n * two->fps_d ==
             (guint64) two->fps_n * one->fps_d &&
         MAX (a, b) < NEARLY_ALIKE * MIN (a, b);
}

/* Whether a rung that was cut adds nothing to another: one that was not cut,
 * or one after it, of nearly its size. Two rungs that an operator gave one
 * size and two rates both stay. */
static gboolean
is_superfluous (const GPtrArray *all, guint index)
{
  const Fitted *fitted = g_ptr_array_index (all, index);

  for (guint i = 0; fitted->cut && i < all->len; i++) {
    const Fitted *other = g_ptr_array_index (all, i);

    if (i != index && (i > index || !other->cut) &&
        is_alike (fitted->rung, other->rung))
      return TRUE;
  }
  return FALSE;
}

static const VsRung *
find_rung (const VsLadder *ladder, const gchar *name)
{
  for (guint i = 0; i < ladder->rungs->len; i++) {
    const VsRung *rung = g_ptr_array_index (ladder->rungs, i);

    if (g_strcmp0 (rung->name, name) == 0)
      return rung;
  }
  return NULL;
}

/* As the short form names a rung: "720p" or "1280x720". */
static gchar *
dup_size_name (const VsRung *rung, gboolean by_height)
{
  if (!by_height)
    return g_strdup_printf ("%ux%u", rung->width, rung->height);
  return g_strdup_printf (
      "%up", rung->width ? MIN (rung->width, rung->height) : rung->height);
}

/* "1080p" that became 640×360 would lie to everyone who reads a manifest.
 * "main" is a name of the operator's own, and stays. */
static void
rename_cut_rung (const VsLadder *asked, const VsLadder *result, VsRung *rung)
{
  const VsRung *origin = find_rung (asked, rung->name);
  gboolean by_height = strchr (rung->name, 'x') == NULL;
  g_autofree gchar *before = dup_size_name (origin, by_height);
  g_autofree gchar *size = dup_size_name (rung, by_height);
  g_autofree gchar *name = g_strdup (size);

  if (!g_str_has_prefix (rung->name, before))
    return;
  for (guint i = 2; find_rung (asked, name) || find_rung (result, name); i++) {
    g_free (name);
    name = g_strdup_printf ("%s_%u", size, i);
  }
  g_free (rung->name);
  rung->name = g_steal_pointer (&name);
}

static void
measure_source (Shown *shown, const VsSource *source, const VsLadder *ladder)
{
  guint fps_n = source->fps_n, fps_d = source->fps_d;

  shown->width = square_width (source);
  shown->height = MAX (source->height, 1);
  /* A source of unknown rate is shown at the highest rate that is asked. */
  if (fps_n == 0 || fps_d == 0) {
    fps_n = 0;
    fps_d = 1;
    for (guint i = 0; i < ladder->rungs->len; i++) {
      const VsRung *rung = g_ptr_array_index (ladder->rungs, i);

      if (rung->fps_d != 0 &&
          (guint64) rung->fps_n * fps_d > (guint64) fps_n * rung->fps_d) {
        fps_n = rung->fps_n;
        fps_d = rung->fps_d;
      }
    }
  }
  vs_ladder_choose_framerate (fps_n, fps_d, &shown->fps_n, &shown->fps_d);
}

VsLadder *
vs_ladder_fit (const VsLadder *ladder, const VsSource *source, VsCodec codec,
    gboolean letterbox)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (fitted_free);
  VsLadder *result = vs_ladder_new ();
  Shown shown;

  measure_source (&shown, source, ladder);
  for (guint i = 0; i < ladder->rungs->len; i++)
    g_ptr_array_add (all, fit_rung (g_ptr_array_index (ladder->rungs, i),
                              &shown, codec, letterbox));
  g_ptr_array_sort (all, compare_fitted);
  for (guint i = 0; i < all->len; i++) {
    Fitted *fitted = g_ptr_array_index (all, i);

    if (is_superfluous (all, i))
      continue;
    if (fitted->cut)
      rename_cut_rung (ladder, result, fitted->rung);
    g_ptr_array_add (result->rungs, vs_rung_copy (fitted->rung));
  }
  return result;
}

guint
vs_ladder_decoder_threads (
    const VsLadder *ladder, const VsSource *source, VsCodec codec, guint cores)
{
  guint64 decode = (guint64) source->width * source->height *
                   (codec == VS_CODEC_H264 ? 1 : 2);
  guint64 all = decode;
  guint64 threads;

  for (guint i = 0; i < ladder->rungs->len; i++) {
    const VsRung *rung = g_ptr_array_index (ladder->rungs, i);

    all += (guint64) rung->width * rung->height * ENCODE_COST;
  }
  threads = (cores * decode + all - 1) / MAX (all, 1);
  return threads < cores ? (guint) MAX (threads, 1) : 0;
}
