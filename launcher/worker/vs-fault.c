/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/vs-fault.h"

#include "worker/vs-guard.h"

#include <string.h>

static const gchar *
get_factory_name (GstObject *source)
{
  GstElementFactory *factory =
      GST_IS_ELEMENT (source) ? gst_element_get_factory (GST_ELEMENT (source))
                              : NULL;

  return factory ? GST_OBJECT_NAME (factory) : "";
}

/* Elements of ours say it themselves, in one sentence. */
static gboolean
is_own (const gchar *factory)
{
  return g_str_equal (factory, "abrladder") ||
         g_str_equal (factory, "abrsink") ||
         g_str_equal (factory, "livefeedsrc") ||
         g_str_equal (factory, "s3sink") || g_str_equal (factory, "s3src");
}

static gchar *
join_missing (const VsFaultContext *context)
{
  GString *list = g_string_new (NULL);

  for (guint i = 0; context->missing && i < context->missing->len; i++)
    g_string_append_printf (list, "%s%s", i ? ", " : "",
        (const gchar *) context->missing->pdata[i]);
  return g_string_free (list, FALSE);
}

static gboolean
has_missing (const VsFaultContext *context)
{
  return context->missing && context->missing->len > 0;
}

static GError *
new_missing (const VsFaultContext *context)
{
  g_autofree gchar *list = join_missing (context);

  return g_error_new (VS_ERROR, VS_ERROR_NO_PLUGIN,
      "“%s” cannot be decoded, since this is not installed: %s. Most decoders "
      "are in gstreamer1.0-libav, gstreamer1.0-plugins-good and "
      "gstreamer1.0-plugins-bad.",
      context->input, list);
}

static VsError
code_of_resource (gint code)
{
  switch (code) {
    case GST_RESOURCE_ERROR_NOT_FOUND:
    case GST_RESOURCE_ERROR_OPEN_READ:
      return VS_ERROR_NO_INPUT;
    case GST_RESOURCE_ERROR_READ:
    case GST_RESOURCE_ERROR_SEEK:
    case GST_RESOURCE_ERROR_BUSY:
      return VS_ERROR_UNAVAILABLE;
    case GST_RESOURCE_ERROR_OPEN_WRITE:
    case GST_RESOURCE_ERROR_OPEN_READ_WRITE:
    case GST_RESOURCE_ERROR_WRITE:
    case GST_RESOURCE_ERROR_CLOSE:
    case GST_RESOURCE_ERROR_SYNC:
      return VS_ERROR_NO_OUTPUT;
    case GST_RESOURCE_ERROR_NO_SPACE_LEFT:
      return VS_ERROR_NO_SPACE;
    case GST_RESOURCE_ERROR_NOT_AUTHORIZED:
      return VS_ERROR_NOT_PERMITTED;
    case GST_RESOURCE_ERROR_SETTINGS:
      return VS_ERROR_BAD_VALUE;
    default:
      return VS_ERROR_INTERNAL;
  }
}

static VsError
code_of_stream (gint code)
{
  switch (code) {
    case GST_STREAM_ERROR_TYPE_NOT_FOUND:
    case GST_STREAM_ERROR_WRONG_TYPE:
    case GST_STREAM_ERROR_DECODE:
    case GST_STREAM_ERROR_DEMUX:
    case GST_STREAM_ERROR_FORMAT:
    case GST_STREAM_ERROR_DECRYPT:
    case GST_STREAM_ERROR_DECRYPT_NOKEY:
      return VS_ERROR_BAD_DATA;
    case GST_STREAM_ERROR_CODEC_NOT_FOUND:
      return VS_ERROR_NO_PLUGIN;
    default: /* "Internal data stream error" says nothing of whose fault */
      return VS_ERROR_BAD_DATA;
  }
}

static VsError
code_of (const GError *error)
{
  if (error->domain == VS_ERROR)
    return (VsError) error->code;
  if (error->domain == GST_RESOURCE_ERROR)
    return code_of_resource (error->code);
  if (error->domain == GST_STREAM_ERROR)
    return code_of_stream (error->code);
  if (error->domain == GST_CORE_ERROR &&
      error->code == GST_CORE_ERROR_MISSING_PLUGIN)
    return VS_ERROR_NO_PLUGIN;
  return VS_ERROR_INTERNAL;
}

static gboolean
is_network (const VsFaultContext *context)
{
  return context->input && strstr (context->input, "://") != NULL;
}

/* A network source that could not connect has no word of its own for it:
 * souphttpsrc says "Internal data stream error" and no more. */
static gboolean
is_unreachable (
    GstMessage *message, const GError *error, const VsFaultContext *context)
{
  GstObject *source = GST_MESSAGE_SRC (message);

  if (!is_network (context) || !GST_IS_ELEMENT (source) ||
      !GST_OBJECT_FLAG_IS_SET (source, GST_ELEMENT_FLAG_SOURCE))
    return FALSE;
  return g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED) ||
         g_error_matches (
             error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ);
}

static gchar *
strip_stop (const gchar *text)
{
  gchar *copy = g_strstrip (g_strdup (text));
  gsize length = strlen (copy);

  if (length > 0 && copy[length - 1] == '.')
    copy[length - 1] = '\0';
  return copy;
}

/* In a pipeline that the user wrote out, the element knows its file. */
static gchar *
dup_location (GstObject *source)
{
  static const gchar *const names[] = { "location", "uri" };
  gchar *value = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names) && !value; i++) {
    GParamSpec *spec =
        g_object_class_find_property (G_OBJECT_GET_CLASS (source), names[i]);

    if (spec && spec->value_type == G_TYPE_STRING)
      g_object_get (source, names[i], &value, NULL);
  }
  return value;
}

static GError *
new_sentence (VsError code, const gchar *text, const gchar *factory,
    const VsFaultContext *context)
{
  const gchar *input = context->input ? context->input : "the input";

  switch (code) {
    case VS_ERROR_BAD_DATA:
      return g_error_new (VS_ERROR, code,
          "“%s” is no media file that can be read, or it is damaged: %s.",
          input, text);
    case VS_ERROR_NO_INPUT:
      return g_error_new (
          VS_ERROR, code, "The input “%s” cannot be read: %s.", input, text);
    case VS_ERROR_UNAVAILABLE:
      return g_error_new (VS_ERROR, code,
          "The input “%s” does not answer: %s. Try again later.", input, text);
    case VS_ERROR_NOT_PERMITTED:
      return g_error_new (VS_ERROR, code,
          "The input “%s” does not let us in: %s.", input, text);
    case VS_ERROR_NO_SPACE:
      return g_error_new (VS_ERROR, code,
          "The disk is full: “%s” is not complete. Make room and run again.",
          context->output ? context->output : "the output");
    case VS_ERROR_NO_OUTPUT:
      return g_error_new (VS_ERROR, code,
          "The output “%s” cannot be written: %s.",
          context->output ? context->output : "the output", text);
    case VS_ERROR_NO_PLUGIN:
    case VS_ERROR_BAD_VALUE:
    case VS_ERROR_NOT_FOUND:
    case VS_ERROR_INTERNAL:
    case VS_ERROR_CONFLICT:
    case VS_ERROR_STALE:
    default:
      return g_error_new (VS_ERROR, code, "%s: %s.", factory, text);
  }
}

GError *
vs_fault_from_message (
    GstMessage *message, const VsFaultContext *context, gchar **detail)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *text = NULL;
  g_autofree gchar *location = dup_location (GST_MESSAGE_SRC (message));
  VsFaultContext here = *context;
  const gchar *factory = get_factory_name (GST_MESSAGE_SRC (message));
  VsError code;

  gst_message_parse_error (message, &error, detail);
  code = code_of (error);
  if (error->domain == VS_ERROR)
    return g_steal_pointer (&error);
  if (has_missing (context) &&
      (code == VS_ERROR_NO_PLUGIN || code == VS_ERROR_BAD_DATA))
    return new_missing (context);
  if (g_str_equal (factory, "abrladder") && context->input)
    return g_error_new (
        VS_ERROR, code, "“%s”: %s", context->input, error->message);
  if (is_own (factory))
    return g_error_new_literal (VS_ERROR, code, error->message);
  if (is_network (context) && vs_guard_get_refused ())
    return g_error_new (VS_ERROR, VS_ERROR_NOT_PERMITTED,
        "“%s” leads to %s, which is no public address: [input] "
        "allow-addresses= would have to name it.",
        context->input, vs_guard_get_refused ());
  if (is_unreachable (message, error, context))
    code = VS_ERROR_UNAVAILABLE;
  text = g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED) &&
                 code == VS_ERROR_UNAVAILABLE
             ? g_strdup ("it cannot be reached, or it broke off")
             : strip_stop (error->message);
  if (!here.input)
    here.input = location;
  if (!here.output)
    here.output = location;
  return new_sentence (code, text, factory, &here);
}

GError *
vs_fault_nothing (const VsFaultContext *context)
{
  if (has_missing (context))
    return new_missing (context);
  return g_error_new (VS_ERROR, VS_ERROR_BAD_DATA,
      "“%s” holds nothing that can be decoded: no video and no audio came out "
      "of it.",
      context->input ? context->input : "the input");
}

GError *
vs_fault_stalled (const VsFaultContext *context, guint seconds)
{
  if (is_network (context))
    return g_error_new (VS_ERROR, VS_ERROR_UNAVAILABLE,
        "The input “%s” gives nothing any more: the job has not moved for %u "
        "s. Try again later.",
        context->input, seconds);
  return g_error_new (VS_ERROR, VS_ERROR_INTERNAL,
      "The job has not moved for %u s, and nothing says why: it was given up. "
      "GST_DEBUG=3 in the environment shows more.",
      seconds);
}

GError *
vs_fault_busy (const VsFaultContext *context, guint seconds)
{
  return g_error_new (VS_ERROR, VS_ERROR_BAD_DATA,
      "The job has worked on “%s” for %u s, and nothing has come of it: it was "
      "given up. The input is damaged, or made to keep its readers busy.",
      context->input, seconds);
}
