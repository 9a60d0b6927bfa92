/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A presentation as text and back: GVariant's text form of one dictionary.
 * What is a plain field stands in the tables below, which writer and reader
 * share; the arrays have a function each way.
 *
 * The reader trusts nothing: a state that another version, another program or
 * a broken disk has written is refused as a whole, and the caller starts
 * anew. */
#include "core/vs-presentation.h"

#include "core/vs-ad-break.h"
#include "core/vs-error.h"
#include "core/vs-presentation-private.h"
#include "core/vs-text.h"

#include <string.h>

#define STATE_VERSION 1
#define MAX_BYTES (64 * 1024 * 1024)
#define MAX_TICKS (G_GUINT64_CONSTANT (1) << 62)

#define INIT_FORMAT "(ts@a{sv})"
#define INIT_TYPE "(tsa{sv})"
#define SEGMENT_FORMAT "(ttttustbxtt)"
#define RETIRED_FORMAT "(sutx)"

typedef struct {
  const gchar *key;
  gchar type; /* of GVariant; 's' may be NULL and is left out then */
  gsize offset;
} Field;

#define FIELD(type_name, member, letter)                                       \
  {                                                                            \
#member, letter, G_STRUCT_OFFSET(type_name, member)                        \
  }

static const Field presentation_fields[] = {
  FIELD (VsPresentation, type, 'u'),
  FIELD (VsPresentation, container, 'u'),
  FIELD (VsPresentation, target_duration_ms, 'u'),
  FIELD (VsPresentation, target_duration_s, 'u'),
  FIELD (VsPresentation, window_us, 't'),
  FIELD (VsPresentation, keep_us, 't'),
  FIELD (VsPresentation, ended, 'b'),
  FIELD (VsPresentation, epoch_us, 'x'),
  FIELD (VsPresentation, changed_us, 'x'),
  FIELD (VsPresentation, timing_url, 's'),
  FIELD (VsPresentation, next_sequence, 't'),
  FIELD (VsPresentation, period, 't'),
  FIELD (VsPresentation, begun, 'b'),
  FIELD (VsPresentation, longest_us, 't'),
};

static const Field track_fields[] = {
  FIELD (VsTrack, media, 'u'),
  FIELD (VsTrack, name, 's'),
  FIELD (VsTrack, label, 's'),
  FIELD (VsTrack, is_default, 'b'),
  FIELD (VsTrack, playlist, 's'),
  FIELD (VsTrack, iframe_playlist, 's'),
  FIELD (VsTrack, peak_bandwidth, 't'),
  FIELD (VsTrack, total_bytes, 't'),
  FIELD (VsTrack, total_us, 't'),
  FIELD (VsTrack, peak_iframe_bandwidth, 't'),
  FIELD (VsTrack, total_iframe_bytes, 't'),
};

static const Field stream_fields[] = {
  FIELD (VsStream, media, 'u'),
  FIELD (VsStream, codec, 'u'),
  FIELD (VsStream, timescale, 'u'),
  FIELD (VsStream, width, 'u'),
  FIELD (VsStream, height, 'u'),
  FIELD (VsStream, par_n, 'u'),
  FIELD (VsStream, par_d, 'u'),
  FIELD (VsStream, fps_n, 'u'),
  FIELD (VsStream, fps_d, 'u'),
  FIELD (VsStream, colour.primaries, 'y'),
  FIELD (VsStream, colour.transfer, 'y'),
  FIELD (VsStream, colour.matrix, 'y'),
  FIELD (VsStream, colour.full_range, 'b'),
  FIELD (VsStream, rate, 'u'),
  FIELD (VsStream, channels, 'u'),
  FIELD (VsStream, priming, 'u'),
  FIELD (VsStream, language, 's'),
  FIELD (VsStream, bitrate, 'u'),
  FIELD (VsStream, max_bitrate, 'u'),
};

static gboolean
refuse (GError **error, const gchar *what)
{
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA,
      "The saved state cannot be used: %s.", what);
  return FALSE;
}

/* ---- fields ---- */

static GVariant *
get_field (gconstpointer object, const Field *field)
{
  gconstpointer at = G_STRUCT_MEMBER_P (object, field->offset);

  switch (field->type) {
    case 'b':
      return g_variant_new_boolean (*(const gboolean *) at);
    case 'y':
      return g_variant_new_byte (*(const guint8 *) at);
    case 'u':
      return g_variant_new_uint32 (*(const guint *) at);
    case 't':
      return g_variant_new_uint64 (*(const guint64 *) at);
    case 'x':
      return g_variant_new_int64 (*(const gint64 *) at);
    default:
      if (*(gchar *const *) at == NULL)
        return NULL;
      return g_variant_new_take_string (
          g_utf8_make_valid (*(gchar *const *) at, -1));
  }
}

static void
save_fields (GVariantBuilder *builder, gconstpointer object,
    const Field *fields, guint n)
{
  for (guint i = 0; i < n; i++) {
    GVariant *value = get_field (object, &fields[i]);

    if (value != NULL)
      g_variant_builder_add (builder, "{sv}", fields[i].key, value);
  }
}

static void
set_field (gpointer object, const Field *field, GVariant *value)
{
  gpointer at = G_STRUCT_MEMBER_P (object, field->offset);

  switch (field->type) {
    case 'b':
      *(gboolean *) at = g_variant_get_boolean (value);
      break;
    case 'y':
      *(guint8 *) at = g_variant_get_byte (value);
      break;
    case 'u':
      *(guint *) at = g_variant_get_uint32 (value);
      break;
    case 't':
      *(guint64 *) at = g_variant_get_uint64 (value);
      break;
    case 'x':
      *(gint64 *) at = g_variant_get_int64 (value);
      break;
    default:
      g_free (*(gchar **) at);
      *(gchar **) at = g_variant_dup_string (value, NULL);
      break;
  }
}

static gboolean
load_fields (GVariant *dict, gpointer object, const Field *fields, guint n,
    GError **error)
{
  for (guint i = 0; i < n; i++) {
    const gchar type[] = { fields[i].type, '\0' };
    g_autoptr (GVariant) value =
        g_variant_lookup_value (dict, fields[i].key, G_VARIANT_TYPE (type));

    if (value != NULL)
      set_field (object, &fields[i], value);
    else if (fields[i].type == 's')
      g_clear_pointer (
          (gchar **) G_STRUCT_MEMBER_P (object, fields[i].offset), g_free);
    else {
      g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA,
          "The saved state cannot be used: “%s” is missing or of the wrong "
          "type.",
          fields[i].key);
      return FALSE;
    }
  }
  return TRUE;
}

/* ---- saving ---- */

static GVariant *
save_stream (const VsStream *stream)
{
  g_auto (GVariantBuilder) builder =
      G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);

  save_fields (&builder, stream, stream_fields, G_N_ELEMENTS (stream_fields));
  if (stream->codec_data != NULL)
    g_variant_builder_add (&builder, "{sv}", "codec_data",
        g_variant_new_from_bytes (
            G_VARIANT_TYPE_BYTESTRING, stream->codec_data, TRUE));
  return g_variant_builder_end (&builder);
}

static GVariant *
save_nothing (void)
{
  return g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0);
}

/* In GVariant's text form; what is plain needs no escapes. */
static void
print_string (GString *out, const gchar *text)
{
  const gchar *at = text;

  while (g_ascii_isgraph (*at) && *at != '\'' && *at != '"' && *at != '\\')
    at++;
  if (*at == '\0') {
    g_string_append_c (out, '\'');
    g_string_append (out, text);
    g_string_append_c (out, '\'');
  } else {
    g_autoptr (GVariant) value =
        g_variant_new_take_string (g_utf8_make_valid (text, -1));

    g_variant_print_string (value, out, FALSE);
  }
}

static void
print_segment (GString *out, const VsSegment *segment)
{
  const guint64 first[] = { segment->sequence, segment->period, segment->start,
    segment->duration, segment->timescale };
  const guint64 last[] = { segment->iframe.offset, segment->iframe.size };

  for (guint i = 0; i < G_N_ELEMENTS (first); i++) {
    g_string_append (out, i == 0 ? "(" : ", ");
    vs_text_append_uint (out, first[i]);
  }
  g_string_append (out, ", ");
  print_string (out, segment->key);
  g_string_append (out, ", ");
  vs_text_append_uint (out, segment->size);
  g_string_append (out, segment->gap ? ", true, " : ", false, ");
  vs_text_append_int (out, segment->date_us);
  for (guint i = 0; i < G_N_ELEMENTS (last); i++) {
    g_string_append (out, ", ");
    vs_text_append_uint (out, last[i]);
  }
  g_string_append_c (out, ')');
}

/* By hand, ten times as fast as GVariant: an event of a day has 60,000. */
static void
print_segments (GString *out, const VsTrack *track)
{
  g_string_append (out, "@a" SEGMENT_FORMAT " [");
  for (guint i = 0; i < track->segments->len; i++) {
    g_string_append (out, i > 0 ? ", " : "");
    print_segment (out, g_ptr_array_index (track->segments, i));
  }
  g_string_append_c (out, ']');
}

static GVariant *
save_inits (const VsTrack *track)
{
  g_auto (GVariantBuilder) builder =
      G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a" INIT_TYPE));

  for (guint i = 0; i < track->inits->len; i++) {
    const VsInit *init = g_ptr_array_index (track->inits, i);

    g_variant_builder_add (&builder, INIT_FORMAT, init->period, init->key,
        init->stream != NULL ? save_stream (init->stream) : save_nothing ());
  }
  return g_variant_builder_end (&builder);
}

/* Takes the dictionary @dict and leaves it open for another entry. */
static void
print_open_dict (GString *out, GVariant *dict)
{
  g_autoptr (GVariant) value = g_variant_ref_sink (dict);

  g_variant_print_string (value, out, TRUE);
  g_string_truncate (out, out->len - 1);
}

static void
print_track (GString *out, const VsTrack *track)
{
  g_auto (GVariantBuilder) builder =
      G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);

  save_fields (&builder, track, track_fields, G_N_ELEMENTS (track_fields));
  if (track->stream != NULL)
    g_variant_builder_add (
        &builder, "{sv}", "stream", save_stream (track->stream));
  if (track->muxed_audio != NULL)
    g_variant_builder_add (
        &builder, "{sv}", "muxed_audio", save_stream (track->muxed_audio));
  g_variant_builder_add (&builder, "{sv}", "inits", save_inits (track));
  print_open_dict (out, g_variant_builder_end (&builder));
  g_string_append (out, ", 'segments': <");
  print_segments (out, track);
  g_string_append (out, ">}");
}

static GVariant *
save_retired (const VsPresentation *self)
{
  g_auto (GVariantBuilder) builder =
      G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a" RETIRED_FORMAT));

  for (guint i = 0; i < self->retired->len; i++) {
    const VsRetired *retired = g_ptr_array_index (self->retired, i);

    g_variant_builder_add (&builder, RETIRED_FORMAT, retired->key,
        retired->track, retired->period, retired->until_us);
  }
  return g_variant_builder_end (&builder);
}

gchar *
vs_presentation_save (const VsPresentation *self)
{
  GString *text = g_string_new (NULL);
  g_auto (GVariantBuilder) builder =
      G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);

  g_variant_builder_add (
      &builder, "{sv}", "version", g_variant_new_uint32 (STATE_VERSION));
  save_fields (
      &builder, self, presentation_fields, G_N_ELEMENTS (presentation_fields));
  g_variant_builder_add (&builder, "{sv}", "periods", vs_periods_save (self));
  if (self->breaks->len > 0)
    g_variant_builder_add (
        &builder, "{sv}", "breaks", vs_ad_breaks_save (self->breaks));
  g_variant_builder_add (&builder, "{sv}", "retired", save_retired (self));
  print_open_dict (text, g_variant_builder_end (&builder));
  g_string_append (text, ", 'tracks': <@aa{sv} [");
  for (guint i = 0; i < self->tracks->len; i++) {
    g_string_append (text, i > 0 ? ", " : "");
    print_track (text, g_ptr_array_index (self->tracks, i));
  }
  g_string_append (text, "]>}\n");
  return g_string_free (text, FALSE);
}

/* ---- loading ---- */

static VsStream *
load_stream (GVariant *dict, GError **error)
{
  g_autoptr (VsStream) stream = vs_stream_new (VS_MEDIA_VIDEO, VS_CODEC_NONE);
  g_autoptr (GVariant) codec_data =
      g_variant_lookup_value (dict, "codec_data", G_VARIANT_TYPE_BYTESTRING);

  if (!load_fields (
          dict, stream, stream_fields, G_N_ELEMENTS (stream_fields), error))
    return NULL;
  if (stream->timescale == 0 || stream->media > VS_MEDIA_TEXT ||
      stream->codec > VS_CODEC_OPUS) {
    refuse (error, "a stream makes no sense");
    return NULL;
  }
  if (codec_data != NULL)
    stream->codec_data = g_variant_get_data_as_bytes (codec_data);
  return g_steal_pointer (&stream);
}

/* TRUE and *@stream as it is: there is none. */
static gboolean
load_stream_of (
    VsStream **stream, GVariant *track, const gchar *key, GError **error)
{
  g_autoptr (GVariant) dict =
      g_variant_lookup_value (track, key, G_VARIANT_TYPE_VARDICT);

  if (dict == NULL)
    return TRUE;
  *stream = load_stream (dict, error);
  return *stream != NULL;
}

static gboolean
is_next (const VsTrack *track, const VsSegment *segment)
{
  const VsSegment *last;

  if (*segment->key == '\0' || segment->timescale == 0 ||
      segment->start > MAX_TICKS || segment->duration > MAX_TICKS ||
      segment->sequence >= track->presentation->next_sequence ||
      segment->period > track->presentation->period)
    return FALSE;
  if (track->segments->len == 0)
    return TRUE;
  last = g_ptr_array_index (track->segments, track->segments->len - 1);
  return segment->sequence == last->sequence + 1 &&
         segment->period >= last->period;
}

static gboolean
load_segments (VsTrack *track, GVariant *dict, GError **error)
{
  g_autoptr (GVariant) list = g_variant_lookup_value (
      dict, "segments", G_VARIANT_TYPE ("a" SEGMENT_FORMAT));
  gsize n = list != NULL ? g_variant_n_children (list) : 0;

  if (list == NULL || (n > 0 && track->stream == NULL))
    return refuse (error, "a track has no segments or no stream");
  for (gsize i = 0; i < n; i++) {
    VsSegment *segment = g_new0 (VsSegment, 1);

    g_variant_get_child (list, i, SEGMENT_FORMAT, &segment->sequence,
        &segment->period, &segment->start, &segment->duration,
        &segment->timescale, &segment->key, &segment->size, &segment->gap,
        &segment->date_us, &segment->iframe.offset, &segment->iframe.size);
    if (!is_next (track, segment)) {
      vs_segment_free (segment);
      return refuse (error, "its segments are not in order");
    }
    g_ptr_array_add (track->segments, segment);
  }
  return TRUE;
}

static gboolean
load_inits (VsTrack *track, GVariant *dict, GError **error)
{
  g_autoptr (GVariant) list =
      g_variant_lookup_value (dict, "inits", G_VARIANT_TYPE ("a" INIT_TYPE));
  gsize n = list != NULL ? g_variant_n_children (list) : 0;
  guint64 next = 0;

  if (list == NULL)
    return refuse (error, "a track has no init segments");
  for (gsize i = 0; i < n; i++) {
    g_autoptr (GVariant) stream = NULL;
    VsInit *init = g_new0 (VsInit, 1);

    g_ptr_array_add (track->inits, init);
    g_variant_get_child (
        list, i, INIT_FORMAT, &init->period, &init->key, &stream);
    if (init->period < next || init->period == G_MAXUINT64 ||
        *init->key == '\0')
      return refuse (error, "its init segments are not in order");
    next = init->period + 1;
    if (g_variant_n_children (stream) == 0)
      continue;
    init->stream = load_stream (stream, error);
    if (init->stream == NULL)
      return FALSE;
  }
  return TRUE;
}

static gboolean
load_track (VsPresentation *self, GVariant *dict, GError **error)
{
  VsTrack *track =
      vs_presentation_add_track (self, VS_MEDIA_VIDEO, "loading", NULL);

  if (!load_fields (
          dict, track, track_fields, G_N_ELEMENTS (track_fields), error))
    return FALSE;
  if (track->media > VS_MEDIA_TEXT || track->name == NULL ||
      *track->name == '\0' || track->playlist == NULL)
    return refuse (error, "a track makes no sense");
  return load_stream_of (&track->stream, dict, "stream", error) &&
         load_stream_of (&track->muxed_audio, dict, "muxed_audio", error) &&
         load_inits (track, dict, error) && load_segments (track, dict, error);
}

static gboolean
load_tracks (VsPresentation *self, GVariant *dict, GError **error)
{
  g_autoptr (GVariant) list =
      g_variant_lookup_value (dict, "tracks", G_VARIANT_TYPE ("aa{sv}"));
  gsize n = list != NULL ? g_variant_n_children (list) : 0;

  if (list == NULL)
    return refuse (error, "it has no tracks");
  for (gsize i = 0; i < n; i++) {
    g_autoptr (GVariant) track = g_variant_get_child_value (list, i);

    if (!load_track (self, track, error))
      return FALSE;
  }
  return TRUE;
}

/* Where there are none the state is of a version that knew of none. */
static gboolean
load_breaks (VsPresentation *self, GVariant *dict, GError **error)
{
  g_autoptr (GVariant) list = g_variant_lookup_value (
      dict, "breaks", G_VARIANT_TYPE (VS_AD_BREAKS_FORMAT));

  return list == NULL || vs_ad_breaks_load (self->breaks, list) ||
         refuse (error, "its breaks are not in order");
}

static gboolean
load_periods (VsPresentation *self, GVariant *dict, GError **error)
{
  g_autoptr (GVariant) list = g_variant_lookup_value (
      dict, "periods", G_VARIANT_TYPE (VS_PERIODS_TYPE));

  if (list == NULL)
    return refuse (error, "it has no periods");
  return vs_periods_load (self, list, MAX_TICKS) ||
         refuse (error, "its periods are not in order");
}

static gboolean
load_retired (VsPresentation *self, GVariant *dict, GError **error)
{
  g_autoptr (GVariant) list = g_variant_lookup_value (
      dict, "retired", G_VARIANT_TYPE ("a" RETIRED_FORMAT));
  gsize n = list != NULL ? g_variant_n_children (list) : 0;

  if (list == NULL)
    return refuse (error, "it does not say what is kept");
  for (gsize i = 0; i < n; i++) {
    VsRetired *retired = g_new0 (VsRetired, 1);

    g_ptr_array_add (self->retired, retired);
    g_variant_get_child (list, i, RETIRED_FORMAT, &retired->key,
        &retired->track, &retired->period, &retired->until_us);
    if (*retired->key == '\0' || retired->track >= self->tracks->len)
      return refuse (error, "what it keeps belongs to no track");
  }
  return TRUE;
}

static gboolean
load_state (VsPresentation *self, GVariant *dict, GError **error)
{
  guint32 version;

  if (!g_variant_lookup (dict, "version", "u", &version))
    return refuse (error, "it does not say its version");
  if (version != STATE_VERSION)
    return refuse (error, "it is of another version of this program");
  if (!load_fields (dict, self, presentation_fields,
          G_N_ELEMENTS (presentation_fields), error))
    return FALSE;
  if (self->type > VS_PRESENTATION_LIVE || self->container > VS_CONTAINER_TS ||
      self->target_duration_s == 0)
    return refuse (error, "its type or target duration makes no sense");
  if (MAX (MAX (self->window_us, self->keep_us), self->longest_us) > MAX_TICKS)
    return refuse (error, "its window is too long");
  return load_tracks (self, dict, error) && load_periods (self, dict, error) &&
         load_retired (self, dict, error) && load_breaks (self, dict, error);
}

VsPresentation *
vs_presentation_load (const gchar *text, GError **error)
{
  g_autoptr (VsPresentation) self = NULL;
  g_autoptr (GVariant) dict = NULL;
  g_autoptr (GError) reason = NULL;

  if (strlen (text) > MAX_BYTES) {
    refuse (error, "it is larger than 64 MiB");
    return NULL;
  }
  if (!g_utf8_validate (text, -1, NULL)) {
    refuse (error, "it is not UTF-8 text");
    return NULL;
  }
  dict = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &reason);
  if (dict == NULL) {
    refuse (error, reason->message);
    return NULL;
  }

  self = vs_presentation_new (VS_PRESENTATION_VOD, VS_CONTAINER_CMAF, 1000);
  if (!load_state (self, dict, error))
    return NULL;
  return g_steal_pointer (&self);
}
