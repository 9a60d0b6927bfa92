/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-hls: HLS playlists (RFC 8216bis, draft-pantos-hls-rfc8216bis) written
 * from a VsPresentation and read from text. Pure. */
#pragma once

#include "vs-presentation.h"

G_BEGIN_DECLS

/* The multivariant playlist of all tracks that have a stream and a segment.
 * NULL where there is none yet. All three writers take what is there: write
 * them after the objects they name. */
gchar *vs_hls_write_multivariant (const VsPresentation *self);

/* The media playlist of @track, NULL where it has no segment yet. URIs are
 * relative to the playlist. */
gchar *vs_hls_write_media (const VsPresentation *self, const VsTrack *track);

/* The I-frame playlist of @track, or NULL where it has no I-frames. */
gchar *vs_hls_write_iframes (const VsPresentation *self, const VsTrack *track);

/* Reading: what a player would know, with the line in every error. */
typedef struct {
  gchar *uri;
  gdouble duration; /* seconds */
  guint64 sequence;
  guint64 discontinuity; /* discontinuity sequence number */
  gboolean gap;
  gint64 date_us;                   /* as the playlist says it; 0: none */
  gchar *map_uri;                   /* a GRefString; NULL: none */
  guint64 map_offset, map_size;     /* size 0: the whole resource */
  guint64 range_offset, range_size; /* size 0: the whole resource */
} VsHlsSegment;

typedef struct {
  gchar *uri;
  guint bandwidth, average_bandwidth;
  gchar *codecs;
  guint width, height;
  gdouble frame_rate;
  gchar *audio_group; /* NULL: none */
  gchar *video_range;
  gboolean iframes; /* of EXT-X-I-FRAME-STREAM-INF */
} VsHlsVariant;

typedef struct {
  gchar *type, *group, *name, *language, *uri; /* may be NULL but type */
  gboolean is_default, autoselect;
  gchar *channels;
} VsHlsRendition;

typedef struct {
  guint version;
  gboolean multivariant;
  /* media */
  guint target_duration;
  guint64 media_sequence, discontinuity_sequence;
  gboolean ended, independent_segments, iframes_only;
  gchar *type;         /* "VOD", "EVENT" or NULL */
  GPtrArray *segments; /* VsHlsSegment */
  /* multivariant */
  GPtrArray *variants;   /* VsHlsVariant */
  GPtrArray *renditions; /* VsHlsRendition */
} VsHlsPlaylist;

/* @text need not be NUL-terminated; at most 16 MiB and 1,000,000 lines. What
 * breaks the structure (RFC 8216bis 4.1, 4.2) is refused; tags and attributes
 * that are not known are passed over (6.3.1). Variables (EXT-X-DEFINE) and
 * delta updates (EXT-X-SKIP) are refused, since a reader that passed over
 * them would name the wrong segments. */
VsHlsPlaylist *vs_hls_read (const gchar *text, gsize length, GError **error);
VsHlsPlaylist *vs_hls_playlist_new (void);
void vs_hls_playlist_free (VsHlsPlaylist *playlist);
void vs_hls_variant_free (VsHlsVariant *variant);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsHlsPlaylist, vs_hls_playlist_free)

G_END_DECLS
