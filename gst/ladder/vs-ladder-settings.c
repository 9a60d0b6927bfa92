/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/vs-error.h"
#include "ladder/vs-ladder-bin.h"

static void
audio_free (gpointer data)
{
  VsLadderAudio *audio = data;

  g_free (audio->name);
  g_free (audio->language);
  g_free (audio);
}

static void
text_free (gpointer data)
{
  VsLadderText *text = data;

  g_free (text->name);
  g_free (text->language);
  g_free (text);
}

void
vs_ladder_settings_init (VsLadderSettings *settings)
{
  settings->ladder = vs_ladder_new ();
  settings->audio = g_ptr_array_new_with_free_func (audio_free);
  settings->text = g_ptr_array_new_with_free_func (text_free);
}

void
vs_ladder_settings_clear (VsLadderSettings *settings)
{
  g_clear_pointer (&settings->ladder, vs_ladder_free);
  g_clear_pointer (&settings->audio, g_ptr_array_unref);
  g_clear_pointer (&settings->text, g_ptr_array_unref);
  g_clear_pointer (&settings->encoder, g_free);
  g_clear_pointer (&settings->speed, g_free);
}

void
vs_ladder_settings_take (
    const VsLadderSettings *from, VsLadderSettings *to, GMutex *lock)
{
  vs_ladder_settings_clear (to);
  g_mutex_lock (lock);
  *to = *from;
  to->ladder = vs_ladder_copy (from->ladder);
  to->encoder =
      from->encoder != NULL && *from->encoder ? g_strdup (from->encoder) : NULL;
  to->speed = g_strdup (from->speed);
  to->audio = g_ptr_array_new_with_free_func (audio_free);
  for (guint i = 0; i < from->audio->len; i++) {
    VsLadderAudio *audio =
        g_memdup2 (g_ptr_array_index (from->audio, i), sizeof *audio);

    audio->name = g_strdup (audio->name);
    audio->language = g_strdup (audio->language);
    g_ptr_array_add (to->audio, audio);
  }
  to->text = g_ptr_array_new_with_free_func (text_free);
  for (guint i = 0; i < from->text->len; i++) {
    VsLadderText *text =
        g_memdup2 (g_ptr_array_index (from->text, i), sizeof *text);

    text->name = g_strdup (text->name);
    text->language = g_strdup (text->language);
    g_ptr_array_add (to->text, text);
  }
  g_mutex_unlock (lock);
}

static gboolean
set_ladder (VsLadderSettings *settings, VsLadder *ladder, GError **error)
{
  if (ladder->rungs->len > 0 && !vs_ladder_validate (ladder, error)) {
    vs_ladder_free (ladder);
    return FALSE;
  }
  vs_ladder_free (settings->ladder);
  settings->ladder = ladder;
  return TRUE;
}

gboolean
vs_ladder_settings_set_text (
    VsLadderSettings *settings, const gchar *text, GError **error)
{
  VsLadder *ladder =
      text != NULL && *text ? vs_ladder_parse (text, error) : vs_ladder_new ();

  return ladder != NULL && set_ladder (settings, ladder, error);
}

static guint
get_uint (const GstStructure *s, const gchar *field)
{
  gint as_int = 0;
  guint value = 0;

  if (gst_structure_get_uint (s, field, &value))
    return value;
  return gst_structure_get_int (s, field, &as_int) && as_int > 0
             ? (guint) as_int
             : 0;
}

static gboolean
get_codec (
    const GstStructure *s, VsCodec *codec, gboolean *copy, GError **error)
{
  const gchar *name = gst_structure_get_string (s, "codec");

  *codec = VS_CODEC_NONE;
  *copy = g_strcmp0 (name, "copy") == 0;
  if (*copy)
    return TRUE;
  *codec = name != NULL ? vs_codec_from_name (name) : VS_CODEC_NONE;
  if (name == NULL || *codec != VS_CODEC_NONE)
    return TRUE;
  g_set_error (
      error, VS_ERROR, VS_ERROR_BAD_VALUE, "“%s” is not a codec.", name);
  return FALSE;
}

static VsRung *
rung_from_structure (const GstStructure *s, GError **error)
{
  VsRung *rung = vs_rung_new (gst_structure_get_string (s, "name"));
  gint n = 0, d = 1;

  rung->width = get_uint (s, "width");
  rung->height = get_uint (s, "height");
  rung->bitrate = get_uint (s, "bitrate");
  rung->max_bitrate = get_uint (s, "max-bitrate");
  rung->buffer = get_uint (s, "buffer");
  rung->speed = g_strdup (gst_structure_get_string (s, "speed"));
  if (gst_structure_get_fraction (s, "framerate", &n, &d)) {
    rung->fps_n = (guint) n;
    rung->fps_d = (guint) d;
  }
  if (rung->name == NULL)
    rung->name = g_strdup_printf ("%up", rung->height);
  if (!get_codec (s, &rung->codec, &rung->copy, error))
    g_clear_pointer (&rung, vs_rung_free);
  return rung;
}

gboolean
vs_ladder_settings_set_ladder (
    VsLadderSettings *settings, const GValue *value, GError **error)
{
  VsLadder *ladder = vs_ladder_new ();

  for (guint i = 0; i < gst_value_array_get_size (value); i++) {
    const GValue *item = gst_value_array_get_value (value, i);
    VsRung *rung = rung_from_structure (gst_value_get_structure (item), error);

    if (rung == NULL) {
      vs_ladder_free (ladder);
      return FALSE;
    }
    g_ptr_array_add (ladder->rungs, rung);
  }
  return set_ladder (settings, ladder, error);
}

static void
put_codec (GstStructure *s, VsCodec codec, gboolean copy)
{
  if (copy)
    gst_structure_set (s, "codec", G_TYPE_STRING, "copy", NULL);
  else if (codec != VS_CODEC_NONE)
    gst_structure_set (s, "codec", G_TYPE_STRING, vs_codec_name (codec), NULL);
}

static void
append_structure (GValue *array, GstStructure *s)
{
  GValue item = G_VALUE_INIT;

  g_value_init (&item, GST_TYPE_STRUCTURE);
  g_value_take_boxed (&item, s);
  gst_value_array_append_and_take_value (array, &item);
}

void
vs_ladder_settings_get_ladder (const VsLadderSettings *settings, GValue *value)
{
  for (guint i = 0; i < settings->ladder->rungs->len; i++) {
    const VsRung *rung = g_ptr_array_index (settings->ladder->rungs, i);
    GstStructure *s = gst_structure_new ("rendition", "name", G_TYPE_STRING,
        rung->name, "width", G_TYPE_UINT, rung->width, "height", G_TYPE_UINT,
        rung->height, "framerate", GST_TYPE_FRACTION, (gint) rung->fps_n,
        (gint) MAX (rung->fps_d, 1), "bitrate", G_TYPE_UINT, rung->bitrate,
        "max-bitrate", G_TYPE_UINT, rung->max_bitrate, "buffer", G_TYPE_UINT,
        rung->buffer, NULL);

    put_codec (s, rung->codec, rung->copy);
    if (rung->speed != NULL)
      gst_structure_set (s, "speed", G_TYPE_STRING, rung->speed, NULL);
    append_structure (value, s);
  }
}

gboolean
vs_ladder_settings_set_audio (
    VsLadderSettings *settings, const GValue *value, GError **error)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func (audio_free);

  for (guint i = 0; i < gst_value_array_get_size (value); i++) {
    const GstStructure *s =
        gst_value_get_structure (gst_value_array_get_value (value, i));
    VsLadderAudio *audio = g_new0 (VsLadderAudio, 1);

    g_ptr_array_add (list, audio);
    audio->name = g_strdup (gst_structure_get_string (s, "name"));
    audio->language = g_strdup (gst_structure_get_string (s, "language"));
    audio->bitrate = get_uint (s, "bitrate");
    audio->channels = get_uint (s, "channels");
    audio->rate = get_uint (s, "rate");
    if (!get_codec (s, &audio->codec, &audio->copy, error))
      return FALSE;
    if (audio->copy != ((VsLadderAudio *) list->pdata[0])->copy) {
      g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
          "copied and encoded audio renditions do not go together.");
      return FALSE;
    }
  }
  g_ptr_array_unref (settings->audio);
  settings->audio = g_steal_pointer (&list);
  return TRUE;
}

void
vs_ladder_settings_get_audio (const VsLadderSettings *settings, GValue *value)
{
  for (guint i = 0; i < settings->audio->len; i++) {
    const VsLadderAudio *audio = g_ptr_array_index (settings->audio, i);
    GstStructure *s = gst_structure_new ("audio", "bitrate", G_TYPE_UINT,
        audio->bitrate, "channels", G_TYPE_UINT, audio->channels, "rate",
        G_TYPE_UINT, audio->rate, NULL);

    if (audio->name != NULL)
      gst_structure_set (s, "name", G_TYPE_STRING, audio->name, NULL);
    if (audio->language != NULL)
      gst_structure_set (s, "language", G_TYPE_STRING, audio->language, NULL);
    put_codec (s, audio->codec, audio->copy);
    append_structure (value, s);
  }
}

void
vs_ladder_settings_set_subtitles (
    VsLadderSettings *settings, const GValue *value)
{
  g_ptr_array_set_size (settings->text, 0);
  for (guint i = 0; i < gst_value_array_get_size (value); i++) {
    const GstStructure *s =
        gst_value_get_structure (gst_value_array_get_value (value, i));
    VsLadderText *text = g_new0 (VsLadderText, 1);

    text->name = g_strdup (gst_structure_get_string (s, "name"));
    text->language = g_strdup (gst_structure_get_string (s, "language"));
    gst_structure_get_boolean (s, "default", &text->is_default);
    gst_structure_get_boolean (s, "forced", &text->is_forced);
    g_ptr_array_add (settings->text, text);
  }
}

void
vs_ladder_settings_get_subtitles (
    const VsLadderSettings *settings, GValue *value)
{
  for (guint i = 0; i < settings->text->len; i++) {
    const VsLadderText *text = g_ptr_array_index (settings->text, i);
    GstStructure *s = gst_structure_new ("text", "default", G_TYPE_BOOLEAN,
        text->is_default, "forced", G_TYPE_BOOLEAN, text->is_forced, NULL);

    if (text->name != NULL)
      gst_structure_set (s, "name", G_TYPE_STRING, text->name, NULL);
    if (text->language != NULL)
      gst_structure_set (s, "language", G_TYPE_STRING, text->language, NULL);
    append_structure (value, s);
  }
}

GType
gst_abr_ladder_codec_get_type (void)
{
  static const GEnumValue values[] = {
    { VS_CODEC_H264, "H.264 / AVC", "h264" },
    { VS_CODEC_H265, "H.265 / HEVC", "h265" },
    { VS_CODEC_AV1, "AV1", "av1" },
    { VS_CODEC_VP9, "VP9", "vp9" },
    { 0, NULL, NULL },
  };
  static gsize type;

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstAbrLadderCodec", values));
  return type;
}

GType
gst_abr_ladder_audio_codec_get_type (void)
{
  static const GEnumValue values[] = {
    { VS_CODEC_AAC, "AAC-LC", "aac" },
    { VS_CODEC_OPUS, "Opus", "opus" },
    { 0, NULL, NULL },
  };
  static gsize type;

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstAbrLadderAudioCodec", values));
  return type;
}
