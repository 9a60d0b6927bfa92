/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-plan: a pipeline as data, so that what is built and what --dry-run
 * prints are the same thing.
 *
 * A plan is nodes (a factory and properties as text) and links, or the user's
 * own launch text. Nothing of a job ever goes through the text of a launch
 * line but that text of the user's. Main thread only. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct {
  gchar *name, *value;
} VsPlanProperty;

typedef struct {
  gchar *factory;
  gchar *name;           /* unique in the plan */
  GPtrArray *properties; /* VsPlanProperty */
} VsPlanNode;

typedef struct {
  const VsPlanNode *from, *to;
  gchar *from_pad, *to_pad; /* NULL: whichever fits */
} VsPlanLink;

typedef struct {
  GPtrArray *nodes;   /* VsPlanNode */
  GPtrArray *links;   /* VsPlanLink */
  gchar *launch;      /* the user's own text; then there are no nodes */
  gint64 duration_us; /* of what is generated; 0: the source knows */
} VsPlan;

/* The name of the node that publishes. */
#define VS_PLAN_PUBLISHER "publisher"
/* And of the one that a channel's commands go to. */
#define VS_PLAN_QUEUE "queue"
#define VS_PLAN_FEED "feed"

VsPlan *vs_plan_new (void);
void vs_plan_free (VsPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsPlan, vs_plan_free)

VsPlanNode *vs_plan_add (VsPlan *plan, const gchar *factory, const gchar *name);
void vs_plan_set (VsPlanNode *node, const gchar *name, const gchar *value);
void vs_plan_set_bool (VsPlanNode *node, const gchar *name, gboolean value);
void vs_plan_set_number (VsPlanNode *node, const gchar *name, guint64 value);
void vs_plan_link (VsPlan *plan, const VsPlanNode *from, const gchar *from_pad,
    const VsPlanNode *to, const gchar *to_pad);

/* A new pipeline, not started. */
GstElement *vs_plan_build (const VsPlan *plan, GError **error);

/* A gst-launch-1.0 command line that a shell takes as it is. */
gchar *vs_plan_to_launch (const VsPlan *plan);

G_END_DECLS
