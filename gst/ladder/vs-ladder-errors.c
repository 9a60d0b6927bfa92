/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Errors that decodebin loses. It keeps back what an element says while it
 * tries that element, so that it can try another, and throws it away once
 * the element is in PAUSED. A demuxer that pulls has a thread of its own by
 * then: where that thread finds the file broken and stops before decodebin
 * has turned round, nobody hears of it, and nothing ever moves again.
 *
 * So each element gets a bus of ours, before the one it had. What it says in
 * the thread that tries it goes to decodebin, as ever; an error out of any
 * other thread is no part of the trial and goes past decodebin.
 *
 * Life and threads: a post box is made where the element is added, read only
 * from then on, and freed with the element's bus, when it leaves decodebin. */
#include "config.h"

#include "ladder/vs-ladder-bin.h"

typedef struct {
  GThread *trial;
  GstBus *below; /* decodebin's own */
  GWeakRef decode;
} PostBox;

static void
post_box_free (gpointer data)
{
  PostBox *box = data;

  gst_object_unref (box->below);
  g_weak_ref_clear (&box->decode);
  g_free (box);
}

static GstBusSyncReply
on_post (GstBus *bus, GstMessage *message, gpointer user_data)
{
  PostBox *box = user_data;
  g_autoptr (GstElement) decode = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR &&
      g_thread_self () != box->trial)
    decode = g_weak_ref_get (&box->decode);
  if (decode != NULL)
    (void) gst_element_post_message (decode, message);
  else
    (void) gst_bus_post (box->below, message);
  return GST_BUS_DROP;
}

static void
on_element_added (GstBin *decode, GstElement *element, gpointer user_data)
{
  g_autoptr (GstBus) below = gst_element_get_bus (element);
  g_autoptr (GstBus) bus = NULL;
  PostBox *box;

  if (below == NULL)
    return;
  box = g_new0 (PostBox, 1);
  box->trial = g_thread_self ();
  box->below = g_steal_pointer (&below);
  g_weak_ref_init (&box->decode, decode);
  bus = g_object_new (GST_TYPE_BUS, "enable-async", FALSE, NULL);
  gst_bus_set_sync_handler (bus, on_post, box, post_box_free);
  gst_element_set_bus (element, bus);
}

void
vs_ladder_errors_watch (GstElement *decode)
{
  g_signal_connect (
      decode, "element-added", G_CALLBACK (on_element_added), NULL);
}
