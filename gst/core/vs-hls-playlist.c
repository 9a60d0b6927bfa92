/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-hls.h"

static void
free_segment (gpointer data)
{
  VsHlsSegment *segment = data;

  g_free (segment->uri);
  g_clear_pointer (&segment->map_uri, g_ref_string_release);
  g_free (segment);
}

void
vs_hls_variant_free (VsHlsVariant *variant)
{
  if (variant == NULL)
    return;
  g_free (variant->uri);
  g_free (variant->codecs);
  g_free (variant->audio_group);
  g_free (variant->video_range);
  g_free (variant);
}

static void
free_rendition (gpointer data)
{
  VsHlsRendition *rendition = data;

  g_free (rendition->type);
  g_free (rendition->group);
  g_free (rendition->name);
  g_free (rendition->language);
  g_free (rendition->uri);
  g_free (rendition->channels);
  g_free (rendition);
}

VsHlsPlaylist *
vs_hls_playlist_new (void)
{
  VsHlsPlaylist *playlist = g_new0 (VsHlsPlaylist, 1);

  playlist->version = 1; /* 4.4.1.2 */
  playlist->segments = g_ptr_array_new_with_free_func (free_segment);
  playlist->variants =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_hls_variant_free);
  playlist->renditions = g_ptr_array_new_with_free_func (free_rendition);
  return playlist;
}

void
vs_hls_playlist_free (VsHlsPlaylist *playlist)
{
  if (playlist == NULL)
    return;
  g_free (playlist->type);
  g_ptr_array_unref (playlist->segments);
  g_ptr_array_unref (playlist->variants);
  g_ptr_array_unref (playlist->renditions);
  g_free (playlist);
}
