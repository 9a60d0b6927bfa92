/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A playlist is read line by line: tags by the table below, then the URI that
 * they belong to. Sections are those of RFC 8216bis. */
#include "core/vs-hls.h"

#include "core/vs-error.h"
#include "core/vs-hls-attributes.h"

#include <string.h>

#define MAX_BYTES (16 * 1024 * 1024)
#define MAX_LINES 1000000

typedef struct {
  VsHlsPlaylist *playlist;
  guint line;
  guint seen; /* bits of tags that may be there once */
  gboolean has_target;
  gboolean is_media, is_multivariant;

  /* of the next media segment */
  gboolean has_duration;
  gdouble duration;
  gboolean gap;
  gint64 date_us;
  gboolean has_range, has_offset;
  guint64 range_offset, range_size;

  /* of all that follow */
  guint64 discontinuity;
  gchar *map_uri; /* a GRefString */
  guint64 map_offset, map_size;

  VsHlsVariant *variant; /* waits for its URI */
} Reader;

typedef gboolean (*ReadTag) (Reader *self, gchar *value, GError **error);

static gboolean
refuse (GError **error, const gchar *message)
{
  g_set_error_literal (error, VS_ERROR, VS_ERROR_BAD_DATA, message);
  return FALSE;
}

/* ---- tags of media playlists ---- */

static gboolean
read_number (const gchar *value, guint64 *number, GError **error)
{
  return vs_hls_parse_uint (value, number) ||
         refuse (error, "a whole number is expected");
}

static gboolean
read_version (Reader *self, gchar *value, GError **error)
{
  guint64 number;

  if (!read_number (value, &number, error))
    return FALSE;
  if (number == 0 || number > G_MAXUINT)
    return refuse (error, "there is no such version");
  self->playlist->version = (guint) number;
  return TRUE;
}

static gboolean
read_target_duration (Reader *self, gchar *value, GError **error)
{
  guint64 number;

  if (!read_number (value, &number, error))
    return FALSE;
  if (number > G_MAXINT)
    return refuse (error, "no segment is that long");
  self->playlist->target_duration = (guint) number;
  self->has_target = TRUE;
  return TRUE;
}

/* 4.4.3.2 */
static gboolean
read_media_sequence (Reader *self, gchar *value, GError **error)
{
  guint64 *number = &self->playlist->media_sequence;

  if (self->playlist->segments->len > 0)
    return refuse (error, "it has to stand before the first segment");
  return read_number (value, number, error) &&
         (*number <= G_MAXINT64 || refuse (error, "the number is too large"));
}

/* 4.4.3.3 */
static gboolean
read_discontinuity_sequence (Reader *self, gchar *value, GError **error)
{
  guint64 *number = &self->playlist->discontinuity_sequence;

  if (self->playlist->segments->len > 0 || self->discontinuity > 0)
    return refuse (
        error, "it has to stand before the first segment and discontinuity");
  if (!read_number (value, number, error))
    return FALSE;
  self->discontinuity = *number;
  return *number <= G_MAXINT64 || refuse (error, "the number is too large");
}

static gboolean
read_type (Reader *self, gchar *value, GError **error)
{
  if (strcmp (value, "VOD") != 0 && strcmp (value, "EVENT") != 0)
    return refuse (error, "VOD or EVENT is expected");
  self->playlist->type = g_strdup (value);
  return TRUE;
}

static gboolean
read_iframes_only (Reader *self, gchar *value, GError **error)
{
  self->playlist->iframes_only = TRUE;
  return TRUE;
}

static gboolean
read_independent (Reader *self, gchar *value, GError **error)
{
  self->playlist->independent_segments = TRUE;
  return TRUE;
}

static gboolean
read_end (Reader *self, gchar *value, GError **error)
{
  self->playlist->ended = TRUE;
  return TRUE;
}

/* 4.4.4.1: the title after the comma is for people. The comma is missing in
 * many hand-written playlists. */
static gboolean
read_duration (Reader *self, gchar *value, GError **error)
{
  if (self->has_duration)
    return refuse (error, "the segment before has no URI");
  value[strcspn (value, ",")] = '\0';
  g_strchomp (value);
  if (!vs_hls_parse_float (value, &self->duration))
    return refuse (error, "a number of seconds is expected");
  self->has_duration = TRUE;
  return TRUE;
}

static gboolean
read_range (Reader *self, gchar *value, GError **error)
{
  self->has_range = vs_hls_parse_range (
      value, &self->range_size, &self->range_offset, &self->has_offset);
  return self->has_range || refuse (error, "SIZE or SIZE@OFFSET is expected");
}

static gboolean
read_discontinuity (Reader *self, gchar *value, GError **error)
{
  self->discontinuity++;
  return TRUE;
}

static gboolean
read_gap (Reader *self, gchar *value, GError **error)
{
  self->gap = TRUE;
  return TRUE;
}

static gboolean
read_date (Reader *self, gchar *value, GError **error)
{
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  g_autoptr (GDateTime) date = g_date_time_new_from_iso8601 (value, utc);

  if (date == NULL)
    return refuse (error, "a date like 2026-11-20T18:00:00.000Z is expected");
  self->date_us = g_date_time_to_unix (date) * G_USEC_PER_SEC +
                  g_date_time_get_microsecond (date);
  return TRUE;
}

static gboolean
read_map (Reader *self, gchar *value, GError **error)
{
  VsHlsAttributes attributes;
  const gchar *uri, *range;
  gboolean has_offset;

  if (!vs_hls_attributes_parse (&attributes, value, error) ||
      (uri = vs_hls_attributes_need (&attributes, "URI", error)) == NULL)
    return FALSE;
  self->map_size = self->map_offset = 0;
  range = vs_hls_attributes_get (&attributes, "BYTERANGE");
  if (range != NULL && !vs_hls_parse_range (range, &self->map_size,
                           &self->map_offset, &has_offset))
    return refuse (error, "BYTERANGE=\"SIZE@OFFSET\" is expected");
  g_clear_pointer (&self->map_uri, g_ref_string_release);
  self->map_uri = g_ref_string_new (uri);
  return TRUE;
}

static gboolean
read_unsupported (Reader *self, gchar *value, GError **error)
{
  return refuse (error, "this tag is not supported");
}

/* ---- tags of multivariant playlists ---- */

/* "1920x1080" */
static gboolean
read_resolution (VsHlsVariant *variant, const gchar *text, GError **error)
{
  g_auto (GStrv) parts = NULL;
  guint64 width, height;

  if (text == NULL)
    return TRUE;
  parts = g_strsplit (text, "x", 3);
  if (g_strv_length (parts) != 2 || !vs_hls_parse_uint (parts[0], &width) ||
      !vs_hls_parse_uint (parts[1], &height) || width > G_MAXINT ||
      height > G_MAXINT)
    return refuse (error, "RESOLUTION=WIDTHxHEIGHT is expected");
  variant->width = (guint) width;
  variant->height = (guint) height;
  return TRUE;
}

static VsHlsVariant *
read_variant (gchar *value, VsHlsAttributes *attributes, GError **error)
{
  VsHlsVariant *variant;
  const gchar *rate;

  if (!vs_hls_attributes_parse (attributes, value, error) ||
      vs_hls_attributes_need (attributes, "BANDWIDTH", error) == NULL)
    return NULL;
  variant = g_new0 (VsHlsVariant, 1);
  rate = vs_hls_attributes_get (attributes, "FRAME-RATE");
  if (!vs_hls_attributes_get_uint (
          attributes, "BANDWIDTH", &variant->bandwidth, error) ||
      !vs_hls_attributes_get_uint (attributes, "AVERAGE-BANDWIDTH",
          &variant->average_bandwidth, error) ||
      !read_resolution (
          variant, vs_hls_attributes_get (attributes, "RESOLUTION"), error) ||
      (rate != NULL && !vs_hls_parse_float (rate, &variant->frame_rate) &&
          !refuse (error, "FRAME-RATE is not a number"))) {
    vs_hls_variant_free (variant);
    return NULL;
  }
  variant->codecs = g_strdup (vs_hls_attributes_get (attributes, "CODECS"));
  variant->audio_group = g_strdup (vs_hls_attributes_get (attributes, "AUDIO"));
  variant->video_range =
      g_strdup (vs_hls_attributes_get (attributes, "VIDEO-RANGE"));
  return variant;
}

static gboolean
read_stream_inf (Reader *self, gchar *value, GError **error)
{
  VsHlsAttributes attributes;

  self->variant = read_variant (value, &attributes, error);
  return self->variant != NULL;
}

static gboolean
read_iframe_stream_inf (Reader *self, gchar *value, GError **error)
{
  VsHlsAttributes attributes;
  VsHlsVariant *variant = read_variant (value, &attributes, error);
  const gchar *uri;

  if (variant == NULL)
    return FALSE;
  uri = vs_hls_attributes_need (&attributes, "URI", error);
  variant->uri = g_strdup (uri);
  variant->iframes = TRUE;
  g_ptr_array_add (self->playlist->variants, variant);
  return uri != NULL;
}

static gboolean
read_media (Reader *self, gchar *value, GError **error)
{
  VsHlsAttributes attributes;
  VsHlsRendition *rendition;
  const gchar *type, *group, *name;

  if (!vs_hls_attributes_parse (&attributes, value, error) ||
      !(type = vs_hls_attributes_need (&attributes, "TYPE", error)) ||
      !(group = vs_hls_attributes_need (&attributes, "GROUP-ID", error)) ||
      !(name = vs_hls_attributes_need (&attributes, "NAME", error)))
    return FALSE;

  rendition = g_new0 (VsHlsRendition, 1);
  g_ptr_array_add (self->playlist->renditions, rendition);
  rendition->type = g_strdup (type);
  rendition->group = g_strdup (group);
  rendition->name = g_strdup (name);
  rendition->language =
      g_strdup (vs_hls_attributes_get (&attributes, "LANGUAGE"));
  rendition->uri = g_strdup (vs_hls_attributes_get (&attributes, "URI"));
  rendition->channels =
      g_strdup (vs_hls_attributes_get (&attributes, "CHANNELS"));
  return vs_hls_attributes_get_yes (
             &attributes, "DEFAULT", &rendition->is_default, error) &&
         vs_hls_attributes_get_yes (
             &attributes, "AUTOSELECT", &rendition->autoselect, error);
}

/* ---- lines ---- */

typedef enum { EITHER, MEDIA, MULTIVARIANT } TagKind;

static const struct {
  const gchar *name;
  TagKind kind;
  gboolean once, has_value;
  ReadTag read;
} tags[] = {
  { "EXTINF", MEDIA, FALSE, TRUE, read_duration },
  { "EXT-X-PROGRAM-DATE-TIME", MEDIA, FALSE, TRUE, read_date },
  { "EXT-X-BYTERANGE", MEDIA, FALSE, TRUE, read_range },
  { "EXT-X-DISCONTINUITY", MEDIA, FALSE, FALSE, read_discontinuity },
  { "EXT-X-GAP", MEDIA, FALSE, FALSE, read_gap },
  { "EXT-X-MAP", MEDIA, FALSE, TRUE, read_map },
  { "EXT-X-VERSION", EITHER, TRUE, TRUE, read_version },
  { "EXT-X-TARGETDURATION", MEDIA, TRUE, TRUE, read_target_duration },
  { "EXT-X-MEDIA-SEQUENCE", MEDIA, TRUE, TRUE, read_media_sequence },
  { "EXT-X-DISCONTINUITY-SEQUENCE", MEDIA, TRUE, TRUE,
      read_discontinuity_sequence },
  { "EXT-X-PLAYLIST-TYPE", MEDIA, TRUE, TRUE, read_type },
  { "EXT-X-I-FRAMES-ONLY", MEDIA, TRUE, FALSE, read_iframes_only },
  { "EXT-X-ENDLIST", MEDIA, TRUE, FALSE, read_end },
  { "EXT-X-INDEPENDENT-SEGMENTS", EITHER, TRUE, FALSE, read_independent },
  { "EXT-X-STREAM-INF", MULTIVARIANT, FALSE, TRUE, read_stream_inf },
  { "EXT-X-I-FRAME-STREAM-INF", MULTIVARIANT, FALSE, TRUE,
      read_iframe_stream_inf },
  { "EXT-X-MEDIA", MULTIVARIANT, FALSE, TRUE, read_media },
  { "EXT-X-DEFINE", EITHER, FALSE, FALSE, read_unsupported },
  { "EXT-X-SKIP", MEDIA, FALSE, FALSE, read_unsupported },
};

/* 4.1: a playlist with tags of both kinds is refused. */
static gboolean
check_kind (Reader *self, TagKind kind, GError **error)
{
  self->is_media |= kind == MEDIA;
  self->is_multivariant |= kind == MULTIVARIANT;
  return !(self->is_media && self->is_multivariant) ||
         refuse (error, "media and multivariant tags are mixed");
}

static gboolean
check_once (Reader *self, guint tag, GError **error)
{
  guint bit = 1u << tag;

  if (tags[tag].once && (self->seen & bit) != 0)
    return refuse (error, "it is there twice");
  self->seen |= bit;
  return TRUE;
}

G_STATIC_ASSERT (G_N_ELEMENTS (tags) <= 32);

static gboolean
read_tag (Reader *self, gchar *line, GError **error)
{
  gchar *value = line + strcspn (line, ":");
  gsize length = (gsize) (value - line);

  if (*value == ':')
    value++;
  for (guint i = 0; i < G_N_ELEMENTS (tags); i++) {
    if (strlen (tags[i].name) != length ||
        strncmp (tags[i].name, line, length) != 0)
      continue;
    if ((tags[i].has_value && *value == '\0' &&
            !refuse (error, "it has no value")) ||
        (self->variant != NULL &&
            !refuse (error, "the URI of the variant before is missing")) ||
        !check_kind (self, tags[i].kind, error) ||
        !check_once (self, i, error) || !tags[i].read (self, value, error)) {
      g_prefix_error (error, "line %u, %s: ", self->line, tags[i].name);
      return FALSE;
    }
    return TRUE;
  }
  return TRUE; /* 6.3.1 */
}

/* 4.4.4.2: without an offset the range follows that of the segment before,
 * which has to be of the same resource. */
static gboolean
place_range (Reader *self, VsHlsSegment *segment, GError **error)
{
  const GPtrArray *segments = self->playlist->segments;
  const VsHlsSegment *last =
      segments->len > 0 ? g_ptr_array_index (segments, segments->len - 1)
                        : NULL;

  if (!self->has_range)
    return TRUE;
  segment->range_size = self->range_size;
  if (self->has_offset)
    segment->range_offset = self->range_offset;
  else if (last != NULL && last->range_size > 0 &&
           strcmp (last->uri, segment->uri) == 0)
    segment->range_offset = last->range_offset + last->range_size;
  else
    return refuse (error, "the byte range has no offset and nothing to follow");
  return segment->range_offset <= G_MAXUINT64 - segment->range_size ||
         refuse (error, "the byte range is too large");
}

static gboolean
read_segment_uri (Reader *self, const gchar *uri, GError **error)
{
  VsHlsPlaylist *playlist = self->playlist;
  VsHlsSegment *segment;
  gboolean placed;

  if (!self->has_duration)
    return refuse (error, "a URI without EXTINF or EXT-X-STREAM-INF before it");
  segment = g_new0 (VsHlsSegment, 1);
  segment->uri = g_strdup (uri);
  segment->duration = self->duration;
  segment->sequence = playlist->media_sequence + playlist->segments->len;
  segment->discontinuity = self->discontinuity;
  segment->gap = self->gap;
  segment->date_us = self->date_us;
  if (self->map_uri != NULL) {
    segment->map_uri = g_ref_string_acquire (self->map_uri);
    segment->map_offset = self->map_offset;
    segment->map_size = self->map_size;
  }
  placed = place_range (self, segment, error);
  g_ptr_array_add (playlist->segments, segment);

  self->has_duration = self->has_range = self->gap = FALSE;
  self->date_us = 0;
  return placed;
}

static gboolean
read_uri (Reader *self, const gchar *uri, GError **error)
{
  if (self->variant != NULL) {
    self->variant->uri = g_strdup (uri);
    g_ptr_array_add (
        self->playlist->variants, g_steal_pointer (&self->variant));
    return TRUE;
  }
  if (read_segment_uri (self, uri, error))
    return TRUE;
  g_prefix_error (error, "line %u: ", self->line);
  return FALSE;
}

/* 4.1: no control characters but the ends of lines. A tab is let through. */
static gboolean
check_text (const gchar *text, gsize length, GError **error)
{
  if (length > MAX_BYTES)
    return refuse (error, "it is larger than 16 MiB");
  if (length >= 3 && memcmp (text, "\xef\xbb\xbf", 3) == 0)
    return refuse (error, "line 1: a byte order mark is not allowed");
  if (!g_utf8_validate_len (text, length, NULL))
    return refuse (error, "it is not UTF-8 text");
  return TRUE;
}

static gboolean
has_control_character (const gchar *line)
{
  for (; *line != '\0'; line++) {
    if (((guchar) *line < ' ' && *line != '\t') || *line == 0x7f)
      return TRUE;
  }
  return FALSE;
}

static gboolean
read_line (Reader *self, gchar *line, GError **error)
{
  if (++self->line > MAX_LINES)
    return refuse (error, "it has more than 1000000 lines");
  if (g_str_has_suffix (line, "\r"))
    line[strlen (line) - 1] = '\0';
  if (has_control_character (line)) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA,
        "line %u: a control character", self->line);
    return FALSE;
  }
  g_strchomp (line);

  if (self->line == 1)
    return strcmp (line, "#EXTM3U") == 0 ||
           refuse (error, "line 1: #EXTM3U is expected"); /* 4.4.1.1 */
  if (*line == '\0' || (*line == '#' && !g_str_has_prefix (line, "#EXT")))
    return TRUE;
  return *line == '#' ? read_tag (self, line + 1, error)
                      : read_uri (self, line, error);
}

static gboolean
check_end (const Reader *self, GError **error)
{
  if (self->has_duration || self->variant != NULL) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA,
        "line %u: it ends where a URI is expected", self->line);
    return FALSE;
  }
  if (self->is_multivariant)
    return TRUE;
  if (!self->is_media)
    return refuse (error, "it has neither segments nor variants");
  if (!self->has_target) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA,
        "line %u: it ends without EXT-X-TARGETDURATION", self->line);
    return FALSE;
  }
  return TRUE;
}

static gboolean
read_lines (Reader *self, gchar *text, GError **error)
{
  while (text != NULL) {
    gchar *end = strchr (text, '\n');

    if (end != NULL)
      *end++ = '\0';
    else if (*text == '\0')
      break;
    if (!read_line (self, text, error))
      return FALSE;
    text = end;
  }
  if (self->line == 0)
    return refuse (error, "it is empty");
  return check_end (self, error);
}

/* One sentence out of what and where. */
static void
finish_error (GError *reason, GError **error)
{
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA,
      "The playlist cannot be read: %s.", reason->message);
  g_error_free (reason);
}

VsHlsPlaylist *
vs_hls_read (const gchar *text, gsize length, GError **error)
{
  g_autoptr (VsHlsPlaylist) playlist = vs_hls_playlist_new ();
  g_autofree gchar *copy = NULL;
  Reader reader = { .playlist = playlist };
  GError *reason = NULL;

  if (check_text (text, length, &reason)) {
    copy = g_strndup (text, length);
    read_lines (&reader, copy, &reason);
  }
  playlist->multivariant = reader.is_multivariant;
  g_clear_pointer (&reader.map_uri, g_ref_string_release);
  vs_hls_variant_free (reader.variant);

  if (reason != NULL) {
    finish_error (reason, error);
    return NULL;
  }
  return g_steal_pointer (&playlist);
}
