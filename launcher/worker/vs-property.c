/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/vs-property.h"

#include "core/vs-error.h"
#include "core/vs-units.h"

static gchar *
find_nearest (GObjectClass *klass, const gchar *name)
{
  guint n_specs;
  g_autofree GParamSpec **specs =
      g_object_class_list_properties (klass, &n_specs);
  g_autofree const gchar **names = g_new0 (const gchar *, n_specs + 1);

  for (guint i = 0; i < n_specs; i++)
    names[i] = specs[i]->name;
  return g_strdup (vs_units_nearest (name, names));
}

static GParamSpec *
find_spec (GObjectClass *klass, const gchar *factory, const gchar *name,
    GError **error)
{
  GParamSpec *spec = g_object_class_find_property (klass, name);
  g_autofree gchar *nearest = NULL;

  if (spec && (spec->flags & G_PARAM_WRITABLE))
    return spec;
  if (spec) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "the property “%s” of %s can only be read", name, factory);
    return NULL;
  }
  nearest = find_nearest (klass, name);
  if (nearest)
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "%s has no property “%s”: the nearest is “%s”", factory, name, nearest);
  else
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "%s has no property “%s”: gst-inspect-1.0 %s lists them", factory, name,
        factory);
  return NULL;
}

static gchar *
list_enum (const GEnumClass *klass)
{
  GString *list = g_string_new ("one of ");

  for (guint i = 0; i < klass->n_values; i++)
    g_string_append_printf (
        list, "%s%s", i ? ", " : "", klass->values[i].value_nick);
  return g_string_free (list, FALSE);
}

static gchar *
list_flags (const GFlagsClass *klass)
{
  GString *list = g_string_new ("any of ");

  for (guint i = 0; i < klass->n_values; i++)
    g_string_append_printf (
        list, "%s%s", i ? ", " : "", klass->values[i].value_nick);
  g_string_append (list, ", joined by “+”");
  return g_string_free (list, FALSE);
}

/* "one of a, b, c", "a number from 1 to 9", or the name of the type. */
static gchar *
describe_wanted (GParamSpec *spec)
{
  if (G_IS_PARAM_SPEC_ENUM (spec))
    return list_enum (G_PARAM_SPEC_ENUM (spec)->enum_class);
  if (G_IS_PARAM_SPEC_FLAGS (spec))
    return list_flags (G_PARAM_SPEC_FLAGS (spec)->flags_class);
  if (G_IS_PARAM_SPEC_INT (spec))
    return g_strdup_printf ("a number from %d to %d",
        G_PARAM_SPEC_INT (spec)->minimum, G_PARAM_SPEC_INT (spec)->maximum);
  if (G_IS_PARAM_SPEC_UINT (spec))
    return g_strdup_printf ("a number from %u to %u",
        G_PARAM_SPEC_UINT (spec)->minimum, G_PARAM_SPEC_UINT (spec)->maximum);
  if (G_IS_PARAM_SPEC_INT64 (spec))
    return g_strdup_printf ("a number from %" G_GINT64_FORMAT
                            " to %" G_GINT64_FORMAT,
        G_PARAM_SPEC_INT64 (spec)->minimum, G_PARAM_SPEC_INT64 (spec)->maximum);
  if (G_IS_PARAM_SPEC_UINT64 (spec))
    return g_strdup_printf ("a number from %" G_GUINT64_FORMAT
                            " to %" G_GUINT64_FORMAT,
        G_PARAM_SPEC_UINT64 (spec)->minimum,
        G_PARAM_SPEC_UINT64 (spec)->maximum);
  if (G_IS_PARAM_SPEC_FLOAT (spec))
    return g_strdup_printf ("a number from %g to %g",
        (gdouble) G_PARAM_SPEC_FLOAT (spec)->minimum,
        (gdouble) G_PARAM_SPEC_FLOAT (spec)->maximum);
  if (G_IS_PARAM_SPEC_DOUBLE (spec))
    return g_strdup_printf ("a number from %g to %g",
        G_PARAM_SPEC_DOUBLE (spec)->minimum,
        G_PARAM_SPEC_DOUBLE (spec)->maximum);
  if (G_IS_PARAM_SPEC_BOOLEAN (spec))
    return g_strdup ("true or false");
  return g_strdup_printf ("a %s", g_type_name (spec->value_type));
}

static gboolean
is_number (GParamSpec *spec)
{
  return G_IS_PARAM_SPEC_INT (spec) || G_IS_PARAM_SPEC_UINT (spec) ||
         G_IS_PARAM_SPEC_INT64 (spec) || G_IS_PARAM_SPEC_UINT64 (spec) ||
         G_IS_PARAM_SPEC_FLOAT (spec) || G_IS_PARAM_SPEC_DOUBLE (spec);
}

/* gst_value_deserialize () takes "60x" for 60 and wraps what is too large. */
static gboolean
is_plain_number (const gchar *text)
{
  gchar *end = NULL;
  gdouble value = g_ascii_strtod (text, &end);

  return *text && *end == '\0' && value == value;
}

static gboolean
is_in_range (GParamSpec *spec, const gchar *text, const GValue *value)
{
  g_auto (GValue) copy = G_VALUE_INIT;
  g_auto (GValue) as_double = G_VALUE_INIT;
  gdouble wanted = g_ascii_strtod (text, NULL);

  g_value_init (&as_double, G_TYPE_DOUBLE);
  if (g_value_transform (value, &as_double)) {
    gdouble got = g_value_get_double (&as_double);

    if (ABS (got - wanted) > 1e-5 * MAX (1.0, ABS (wanted)))
      return FALSE;
  }
  g_value_init (&copy, spec->value_type);
  g_value_copy (value, &copy);
  return !g_param_value_validate (spec, &copy);
}

static gboolean
parse_value (GParamSpec *spec, const gchar *text, GValue *value)
{
  gboolean number = is_number (spec);

  g_value_init (value, spec->value_type);
  if (spec->value_type == G_TYPE_STRING) {
    g_value_set_string (value, text);
    return TRUE;
  }
  /* Some numbers have names ("-1", "max"), so only the rest is checked. */
  if (!gst_value_deserialize_with_pspec (value, text, spec))
    return FALSE;
  if (G_IS_PARAM_SPEC_BOOLEAN (spec))
    return g_ascii_strcasecmp (text, "true") == 0 ||
           g_ascii_strcasecmp (text, "false") == 0 ||
           g_ascii_strcasecmp (text, "yes") == 0 ||
           g_ascii_strcasecmp (text, "no") == 0 || g_str_equal (text, "1") ||
           g_str_equal (text, "0");
  if (!number || !is_plain_number (text))
    return !number || g_ascii_isalpha (*text);
  return is_in_range (spec, text, value);
}

static GParamSpec *
parse (GObjectClass *klass, const gchar *factory, const gchar *name,
    const gchar *text, GValue *value, GError **error)
{
  GParamSpec *spec = find_spec (klass, factory, name, error);
  g_autofree gchar *wanted = NULL;

  if (!spec || parse_value (spec, text, value))
    return spec;
  wanted = describe_wanted (spec);
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
      "%s: “%s” is no value for “%s”: it takes %s", factory, text, name,
      wanted);
  return NULL;
}

gboolean
vs_property_check (GstElementFactory *factory, const gchar *name,
    const gchar *text, GError **error)
{
  g_autoptr (GstPluginFeature) loaded =
      gst_plugin_feature_load (GST_PLUGIN_FEATURE (factory));
  g_auto (GValue) value = G_VALUE_INIT;
  gpointer klass;
  gboolean ok;

  if (!loaded)
    return TRUE; /* making an element of it will tell */
  klass = g_type_class_ref (
      gst_element_factory_get_element_type (GST_ELEMENT_FACTORY (loaded)));
  ok = parse (klass, GST_OBJECT_NAME (factory), name, text, &value, error) !=
       NULL;
  g_type_class_unref (klass);
  return ok;
}

gboolean
vs_property_set (
    GstElement *element, const gchar *name, const gchar *text, GError **error)
{
  GstElementFactory *factory = gst_element_get_factory (element);
  g_auto (GValue) value = G_VALUE_INIT;
  GParamSpec *spec = parse (G_OBJECT_GET_CLASS (element),
      factory ? GST_OBJECT_NAME (factory) : GST_OBJECT_NAME (element), name,
      text, &value, error);

  if (!spec)
    return FALSE;
  g_object_set_property (G_OBJECT (element), spec->name, &value);
  return TRUE;
}
