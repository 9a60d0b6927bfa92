/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/vs-plan.h"

#include "core/vs-error.h"
#include "worker/vs-package.h"
#include "worker/vs-property.h"

static void
property_free (gpointer data)
{
  VsPlanProperty *property = data;

  g_free (property->name);
  g_free (property->value);
  g_free (property);
}

static void
node_free (gpointer data)
{
  VsPlanNode *node = data;

  g_free (node->factory);
  g_free (node->name);
  g_ptr_array_unref (node->properties);
  g_free (node);
}

static void
link_free (gpointer data)
{
  VsPlanLink *link = data;

  g_free (link->from_pad);
  g_free (link->to_pad);
  g_free (link);
}

VsPlan *
vs_plan_new (void)
{
  VsPlan *plan = g_new0 (VsPlan, 1);

  plan->nodes = g_ptr_array_new_with_free_func (node_free);
  plan->links = g_ptr_array_new_with_free_func (link_free);
  return plan;
}

void
vs_plan_free (VsPlan *plan)
{
  if (!plan)
    return;
  g_ptr_array_unref (plan->nodes);
  g_ptr_array_unref (plan->links);
  g_free (plan->launch);
  g_free (plan);
}

VsPlanNode *
vs_plan_add (VsPlan *plan, const gchar *factory, const gchar *name)
{
  VsPlanNode *node = g_new0 (VsPlanNode, 1);

  node->factory = g_strdup (factory);
  node->name = g_strdup (name);
  node->properties = g_ptr_array_new_with_free_func (property_free);
  g_ptr_array_add (plan->nodes, node);
  return node;
}

void
vs_plan_set (VsPlanNode *node, const gchar *name, const gchar *value)
{
  VsPlanProperty *property = g_new0 (VsPlanProperty, 1);

  property->name = g_strdup (name);
  property->value = g_strdup (value);
  g_ptr_array_add (node->properties, property);
}

void
vs_plan_set_bool (VsPlanNode *node, const gchar *name, gboolean value)
{
  vs_plan_set (node, name, value ? "true" : "false");
}

void
vs_plan_set_number (VsPlanNode *node, const gchar *name, guint64 value)
{
  g_autofree gchar *text = g_strdup_printf ("%" G_GUINT64_FORMAT, value);

  vs_plan_set (node, name, text);
}

void
vs_plan_link (VsPlan *plan, const VsPlanNode *from, const gchar *from_pad,
    const VsPlanNode *to, const gchar *to_pad)
{
  VsPlanLink *link = g_new0 (VsPlanLink, 1);

  link->from = from;
  link->to = to;
  link->from_pad = g_strdup (from_pad);
  link->to_pad = g_strdup (to_pad);
  g_ptr_array_add (plan->links, link);
}

static GstElement *
make_element (const VsPlanNode *node, GError **error)
{
  GstElement *element;

  if (!vs_package_check_element (node->factory, error))
    return NULL;
  element = gst_element_factory_make (node->factory, node->name);
  if (!element) {
    g_set_error (error, VS_ERROR, VS_ERROR_NO_PLUGIN,
        "The element “%s” is installed and cannot be made: its plugin does "
        "not load.",
        node->factory);
    return NULL;
  }
  for (guint i = 0; i < node->properties->len; i++) {
    const VsPlanProperty *property = node->properties->pdata[i];

    if (!vs_property_set (element, property->name, property->value, error)) {
      gst_object_unref (gst_object_ref_sink (element));
      return NULL;
    }
  }
  return element;
}

static gboolean
make_link (GstBin *bin, const VsPlanLink *link, GError **error)
{
  g_autoptr (GstElement) from = gst_bin_get_by_name (bin, link->from->name);
  g_autoptr (GstElement) to = gst_bin_get_by_name (bin, link->to->name);

  if (gst_element_link_pads (from, link->from_pad, to, link->to_pad))
    return TRUE;
  g_set_error (error, VS_ERROR, VS_ERROR_INTERNAL,
      "“%s” (%s) cannot be linked to “%s” (%s).", link->from->factory,
      link->from_pad ? link->from_pad : "any pad", link->to->factory,
      link->to_pad ? link->to_pad : "any pad");
  return FALSE;
}

/* The launch text of a preset's [pipeline]. */
static GstElement *
parse_launch (const gchar *text, GError **error)
{
  g_autoptr (GstParseContext) context = gst_parse_context_new ();
  g_autoptr (GError) reason = NULL;
  g_auto (GStrv) missing = NULL;
  GstElement *pipeline = gst_parse_launch_full (text, context,
      GST_PARSE_FLAG_FATAL_ERRORS | GST_PARSE_FLAG_PLACE_IN_BIN, &reason);
  GstElement *outer;

  if (g_error_matches (
          reason, GST_PARSE_ERROR, GST_PARSE_ERROR_NO_SUCH_ELEMENT)) {
    missing = gst_parse_context_get_missing_elements (context);
    if (vs_package_check_element (missing ? missing[0] : "?", error))
      g_set_error_literal (
          error, VS_ERROR, VS_ERROR_NO_PLUGIN, reason->message);
    g_prefix_error (error, "The preset's [pipeline] launch: ");
    return NULL;
  }
  if (!pipeline) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "The preset's [pipeline] launch: %s.", reason->message);
    return NULL;
  }
  if (GST_IS_PIPELINE (pipeline))
    return gst_object_ref_sink (pipeline);
  outer = gst_pipeline_new ("job");
  (void) gst_bin_add (GST_BIN (outer), pipeline);
  return gst_object_ref_sink (outer);
}

GstElement *
vs_plan_build (const VsPlan *plan, GError **error)
{
  g_autoptr (GstElement) pipeline = NULL;

  if (plan->launch)
    return parse_launch (plan->launch, error);
  pipeline = gst_object_ref_sink (gst_pipeline_new ("job"));
  for (guint i = 0; i < plan->nodes->len; i++) {
    GstElement *element = make_element (plan->nodes->pdata[i], error);

    if (!element || !gst_bin_add (GST_BIN (pipeline), element))
      return NULL;
  }
  for (guint i = 0; i < plan->links->len; i++)
    if (!make_link (GST_BIN (pipeline), plan->links->pdata[i], error))
      return NULL;
  return g_steal_pointer (&pipeline);
}
