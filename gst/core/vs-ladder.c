/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The ladder as data: its short form, its checks, the default rungs and the
 * rates that go with a size. What a source makes of it is vs-ladder-fit.c. */
#include "core/vs-ladder.h"
#include "core/vs-error.h"
#include "core/vs-units.h"

#include <math.h>
#include <string.h>

#define RUNGS_MAX 16
#define SIZE_MIN 16
#define SIZE_MAX_PX 16384

VsRung *
vs_rung_new (const gchar *name)
{
  VsRung *rung = g_new0 (VsRung, 1);

  rung->name = g_strdup (name);
  rung->fps_d = 1;
  return rung;
}

VsRung *
vs_rung_copy (const VsRung *rung)
{
  VsRung *copy = g_new (VsRung, 1);

  *copy = *rung;
  copy->name = g_strdup (rung->name);
  copy->speed = g_strdup (rung->speed);
  return copy;
}

void
vs_rung_free (VsRung *rung)
{
  if (rung == NULL)
    return;
  g_free (rung->name);
  g_free (rung->speed);
  g_free (rung);
}

VsLadder *
vs_ladder_new (void)
{
  VsLadder *ladder = g_new0 (VsLadder, 1);

  ladder->rungs =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_rung_free);
  return ladder;
}

VsLadder *
vs_ladder_copy (const VsLadder *ladder)
{
  VsLadder *copy = vs_ladder_new ();

  for (guint i = 0; i < ladder->rungs->len; i++)
    g_ptr_array_add (
        copy->rungs, vs_rung_copy (g_ptr_array_index (ladder->rungs, i)));
  return copy;
}

void
vs_ladder_free (VsLadder *ladder)
{
  if (ladder == NULL)
    return;
  g_ptr_array_unref (ladder->rungs);
  g_free (ladder);
}

static gboolean
is_name_taken (const VsLadder *ladder, const gchar *name)
{
  for (guint i = 0; i < ladder->rungs->len; i++) {
    const VsRung *rung = g_ptr_array_index (ladder->rungs, i);

    if (g_strcmp0 (rung->name, name) == 0)
      return TRUE;
  }
  return FALSE;
}

/* "720p", and where two rungs would be called so, "720p_2". */
static gchar *
dup_free_name (const VsLadder *ladder, const gchar *name)
{
  gchar *free_name = g_strdup (name);

  for (guint i = 2; is_name_taken (ladder, free_name); i++) {
    g_free (free_name);
    free_name = g_strdup_printf ("%s_%u", name, i);
  }
  return free_name;
}

static gboolean
refuse_rung (GError **error, const gchar *text, const gchar *why)
{
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
      "rung “%s”: %s; a rung is written like 1080p@5000k, 720p60@4500k, "
      "1280x720@30fps@2800k, source or copy",
      text, why);
  return FALSE;
}

static gboolean
parse_size (const gchar *text, gsize length, guint *out)
{
  g_autofree gchar *digits = g_strndup (text, length);
  guint64 value;

  if (!g_ascii_string_to_unsigned (
          digits, 10, SIZE_MIN, SIZE_MAX_PX, &value, NULL))
    return FALSE;
  *out = (guint) value;
  return TRUE;
}

/* "source", "720p", "720p60", "1280x720" */
static gboolean
parse_picture (VsRung *rung, const gchar *text, GError **error)
{
  gsize digits = strspn (text, "0123456789");
  const gchar *rest = text + digits;

  if (g_str_equal (text, "source"))
    return TRUE;
  if (digits > 0 && *rest == 'x') {
    if (parse_size (text, digits, &rung->width) &&
        parse_size (rest + 1, strlen (rest + 1), &rung->height))
      return TRUE;
    return refuse_rung (error, text, "width and height are 16 to 16384");
  }
  if (digits > 0 && *rest == 'p') {
    if (!parse_size (text, digits, &rung->height))
      return refuse_rung (error, text, "a height is 16 to 16384");
    if (rest[1] == '\0')
      return TRUE;
    return vs_units_parse_framerate (
        rest + 1, &rung->fps_n, &rung->fps_d, error);
  }
  return refuse_rung (error, text, "this is no size");
}

static gboolean
parse_suffix (VsRung *rung, const gchar *text, GError **error)
{
  if (g_str_has_suffix (text, "fps")) {
    g_autofree gchar *rate = g_strndup (text, strlen (text) - strlen ("fps"));

    if (rung->fps_n != 0)
      return refuse_rung (error, text, "the frame rate is given twice");
    return vs_units_parse_framerate (rate, &rung->fps_n, &rung->fps_d, error);
  }
  if (rung->bitrate != 0)
    return refuse_rung (error, text, "the bit rate is given twice");
  if (!vs_units_parse_bitrate (text, &rung->bitrate, error))
    return FALSE;
  if (rung->bitrate == 0)
    return refuse_rung (error, text, "the bit rate is zero");
  return TRUE;
}

static gboolean
parse_rung (VsLadder *ladder, const gchar *text, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, "@", -1);
  g_autofree gchar *name = NULL;
  VsRung *rung;

  for (gchar **part = parts; *part != NULL; part++)
    g_strstrip (*part);
  if (parts[0] == NULL || *parts[0] == '\0')
    return refuse_rung (error, text, "it is empty");
  /* A name becomes part of file names: "59.94" and "30/1" stay out of it. */
  name = g_strdelimit (g_strdup (parts[0]), "./", '_');
  rung = vs_rung_new (NULL);
  rung->name = dup_free_name (ladder, name);
  g_ptr_array_add (ladder->rungs, rung);
  rung->copy = g_str_equal (parts[0], "copy");
  if (rung->copy)
    return parts[1] == NULL ||
           refuse_rung (error, text, "a copied stream keeps its rates");
  if (!parse_picture (rung, parts[0], error))
    return FALSE;
  for (gchar **part = parts + 1; *part != NULL; part++)
    if (!parse_suffix (rung, *part, error))
      return FALSE;
  return TRUE;
}

VsLadder *
vs_ladder_parse (const gchar *text, GError **error)
{
  g_autoptr (VsLadder) ladder = vs_ladder_new ();
  g_auto (GStrv) rungs = g_strsplit (text ? text : "", ",", RUNGS_MAX + 2);

  for (gchar **rung = rungs; *rung != NULL && ladder->rungs->len <= RUNGS_MAX;
       rung++)
    if (!parse_rung (ladder, g_strstrip (*rung), error))
      return NULL;
  if (!vs_ladder_validate (ladder, error))
    return NULL;
  return g_steal_pointer (&ladder);
}

static void
append_bitrate (GString *text, guint bitrate)
{
  if (bitrate % 1000 == 0)
    g_string_append_printf (text, "@%uk", bitrate / 1000);
  else
    g_string_append_printf (text, "@%u", bitrate);
}

gchar *
vs_ladder_to_string (const VsLadder *ladder)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < ladder->rungs->len; i++) {
    const VsRung *rung = g_ptr_array_index (ladder->rungs, i);

    if (i > 0)
      g_string_append_c (text, ',');
    if (rung->copy) {
      g_string_append (text, "copy");
      continue;
    }
    if (rung->width != 0)
      g_string_append_printf (text, "%ux%u", rung->width, rung->height);
    else if (rung->height != 0)
      g_string_append_printf (text, "%up", rung->height);
    else
      g_string_append (text, "source");
    if (rung->fps_n != 0 && rung->fps_d == 1)
      g_string_append_printf (text, "@%ufps", rung->fps_n);
    else if (rung->fps_n != 0)
      g_string_append_printf (text, "@%u/%ufps", rung->fps_n, rung->fps_d);
    if (rung->bitrate != 0)
      append_bitrate (text, rung->bitrate);
  }
  return g_string_free (text, FALSE);
}

static gboolean
is_size_valid (guint size)
{
  return size == 0 || (size >= SIZE_MIN && size <= SIZE_MAX_PX);
}

static const gchar *
find_rung_fault (const VsRung *rung)
{
  if (!is_size_valid (rung->width) || !is_size_valid (rung->height))
    return "width and height must be 16 to 16384";
  if (rung->width != 0 && rung->height == 0)
    return "a width needs a height; give both, or the height alone";
  if (rung->fps_n != 0 && rung->fps_d == 0)
    return "the frame rate has a zero denominator";
  if (MAX (rung->bitrate, rung->max_bitrate) > VS_BITRATE_MAX ||
      rung->buffer > VS_BITRATE_MAX)
    return "bit rates and buffer must not be above 1 Gbit/s";
  if (rung->max_bitrate != 0 && rung->max_bitrate < rung->bitrate)
    return "max-bitrate must not be below bitrate";
  return NULL;
}

gboolean
vs_ladder_validate (const VsLadder *ladder, GError **error)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  if (ladder->rungs->len < 1 || ladder->rungs->len > RUNGS_MAX) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "a ladder has 1 to %d rungs, not %s", RUNGS_MAX,
        ladder->rungs->len == 0 ? "none" : "more");
    return FALSE;
  }
  for (guint i = 0; i < ladder->rungs->len; i++) {
    const VsRung *rung = g_ptr_array_index (ladder->rungs, i);
    const gchar *fault = find_rung_fault (rung);

    if (fault == NULL && (rung->name == NULL || *rung->name == '\0'))
      fault = "it has no name";
    if (fault == NULL && !g_hash_table_add (names, rung->name))
      fault = "another rung has the same name";
    if (fault == NULL && rung->copy && ladder->rungs->len > 1)
      fault = "a copied rung stands alone, for the key frames of others would "
              "not fall on its own";
    if (fault != NULL) {
      g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE, "rung “%s”: %s",
          rung->name ? rung->name : "", fault);
      return FALSE;
    }
  }
  return TRUE;
}

typedef struct {
  guint height; /* 16:9, the shorter side */
  guint kbit;   /* H.264, 24 to 30 frames a second */
  guint width;
  gboolean h264; /* in the default ladder of H.264 */
  gboolean slow; /* at most 30 frames a second */
} StandardRung;

/* HLS Authoring Specification for Apple Devices, 1.24 ff. and the table of
 * target encodings there; where it gives a size twice, this takes the lower
 * rate. Its H.264 column ends at 1080p; the two sizes above
 * are its HEVC rates brought to H.264. */
static const StandardRung standard_rungs[] = {
  { 2160, 16000, 3840, FALSE, FALSE },
  { 1440, 10800, 2560, FALSE, FALSE },
  { 1080, 6000, 1920, TRUE, FALSE },
  { 720, 3000, 1280, TRUE, FALSE },
  { 540, 2000, 960, TRUE, FALSE },
  { 432, 730, 768, TRUE, TRUE },
  { 360, 365, 640, TRUE, TRUE },
  { 234, 145, 416, TRUE, TRUE },
};

/* What a codec needs of H.264's rate for the same picture. For H.265 it is
 * the ratio of the two columns of Apple's table at 720p and 1080p. */
static double
codec_factor (VsCodec codec)
{
  switch (codec) {
    case VS_CODEC_H265:
    case VS_CODEC_VP9:
      return 0.75;
    case VS_CODEC_AV1:
      return 0.6;
    case VS_CODEC_NONE:
    case VS_CODEC_H264:
    case VS_CODEC_AAC:
    case VS_CODEC_OPUS:
    default:
      return 1.0;
  }
}

/* Straight lines between the table's sizes, in logarithms of area and rate;
 * beyond its ends the nearest line goes on. */
static double
interpolate_kbit (double area)
{
  const StandardRung *upper = standard_rungs;
  const StandardRung *lower = standard_rungs + 1;
  const StandardRung *last = standard_rungs + G_N_ELEMENTS (standard_rungs) - 1;
  double from, to, part;

  while (lower < last && area < (double) lower->width * lower->height) {
    upper++;
    lower++;
  }
  from = log ((double) lower->width * lower->height);
  to = log ((double) upper->width * upper->height);
  part = (log (MAX (area, 1.0)) - from) / (to - from);
  return lower->kbit * pow ((double) upper->kbit / lower->kbit, part);
}

guint
vs_ladder_default_bitrate (
    guint width, guint height, guint fps_n, guint fps_d, VsCodec codec)
{
  double fps = fps_n != 0 && fps_d != 0 ? (double) fps_n / fps_d : 30;
  double kbit = interpolate_kbit ((double) width * height);

  /* The table holds for 24 to 30 frames a second. Frames nearer in time
   * differ less: twice as many cost some 1.4 times the bits. */
  if (fps > 30)
    kbit *= sqrt (fps / 30);
  else if (fps < 24)
    kbit *= sqrt (fps / 24);
  kbit *= codec_factor (codec);
  return (guint) (CLAMP (round (kbit), VS_BITRATE_MIN / 1000, 400000)) * 1000;
}

/* A source between two rungs gets one of its own size where that is a tenth
 * more picture than the rung below, and then that one where it is half more
 * again: neighbours nearer than this cost an encode that nobody can see. */
#define OWN_SIZE_MIN 1.1
#define NEXT_SIZE_MIN 1.5

static gboolean
is_in_table_of (const StandardRung *standard, VsCodec codec)
{
  return standard->h264 || (codec != VS_CODEC_H264 && codec != VS_CODEC_NONE);
}

static void
append_standard (VsLadder *ladder, const StandardRung *standard, gboolean fast)
{
  g_autofree gchar *name = g_strdup_printf ("%up", standard->height);
  VsRung *rung = vs_rung_new (name);

  rung->height = standard->height;
  if (standard->slow && fast && ladder->rungs->len > 0)
    rung->fps_n = 30;
  g_ptr_array_add (ladder->rungs, rung);
}

VsLadder *
vs_ladder_default (const VsSource *source, VsCodec codec)
{
  VsLadder *ladder = vs_ladder_new ();
  guint height = vs_source_get_nominal_height (source);
  gboolean fast = source->fps_d != 0 && source->fps_n > 30.06 * source->fps_d;
  gboolean below_top = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (standard_rungs); i++) {
    const StandardRung *standard = &standard_rungs[i];
    double more =
        pow (height, 2) / ((double) standard->height * standard->height);

    if (!is_in_table_of (standard, codec))
      continue;
    if (more < 1) {
      below_top = TRUE;
      continue;
    }
    if (ladder->rungs->len == 0 && below_top && more >= OWN_SIZE_MIN) {
      g_ptr_array_add (ladder->rungs, vs_rung_new ("source"));
      if (more < NEXT_SIZE_MIN)
        continue;
    }
    append_standard (ladder, standard, fast);
  }
  if (ladder->rungs->len == 0)
    g_ptr_array_add (ladder->rungs, vs_rung_new ("source"));
  return ladder;
}
