/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The session where one track's push is not taken: what was cut for the others
 * goes with it, and they must hear of it, not run on without it. */
#include "publish/vs-session.h"
#include "store/vs-store.h"

#include "core/manifest-fixture.h"
#include "tree.h"

#define FRAME (40 * G_GINT64_CONSTANT (1000000)) /* ns */
#define GOP 25

static void
on_error (const GError *error, gpointer user_data)
{
  g_test_message ("%s", error->message);
}

static gint64
get_epoch (gpointer user_data)
{
  return FIXTURE_EPOCH;
}

static void
on_silent (const gchar *name, gboolean waiting, gpointer user_data)
{
}

static VsSession *
make_session (const gchar *folder)
{
  static const VsPublisherEvents events = { .on_error = on_error };
  const VsPublisherConfig config = { .type = VS_PRESENTATION_VOD,
    .container = VS_CONTAINER_CMAF,
    .segment_ms = 1000,
    .hls = TRUE,
    .hls_name = (gchar *) "multivariant.m3u8",
    .dash_name = (gchar *) "manifest.mpd" };
  g_autoptr (GError) error = NULL;
  VsStore *store = vs_store_open (folder, &error);
  VsPublisher *publisher;
  VsSession *session;

  g_assert_no_error (error);
  publisher =
      vs_publisher_new (store, &config, &events, NULL, FIXTURE_EPOCH, &error);
  g_assert_no_error (error);
  session = vs_session_new (publisher, &config, get_epoch, on_silent, NULL);
  for (guint i = 0; i < 2; i++) {
    g_autoptr (VsStream) stream = fixture_video (160, 90, 100000);

    g_assert_cmpuint (
        vs_session_add_track (session, VS_MEDIA_VIDEO, "v"), ==, i);
    vs_session_set_stream (session, i, stream, NULL);
  }
  return session;
}

static VsPush
push_frame (VsSession *session, guint track, guint n)
{
  static const guint8 data[8] = { 0 };
  g_autoptr (GError) error = NULL;
  VsPacket packet = { .pts = n * FRAME,
    .dts = G_MININT64,
    .duration = FRAME,
    .sync = n % GOP == 0,
    .data = g_bytes_new_static (data, sizeof (data)) };
  VsPush result = vs_session_push (session, track, &packet, &error);

  g_assert_null (packet.data);
  g_assert_no_error (error);
  return result;
}

/* Both tracks' first segments are cut by one push, which is not taken. */
static void
test_stopped (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *folder = g_dir_make_tmp ("vs-session-XXXXXX", &error);
  VsSession *session = make_session (folder);
  VsPush last = VS_PUSH_TAKEN;

  for (guint n = 0; n < GOP; n++)
    for (guint track = 0; track < 2; track++)
      g_assert_cmpint (push_frame (session, track, n), ==, VS_PUSH_TAKEN);
  vs_session_set_flushing (session, TRUE);
  for (guint n = GOP; n < 3 * GOP; n++)
    for (guint track = 0; track < 2; track++)
      last = push_frame (session, track, n);
  g_assert_cmpint (last, ==, VS_PUSH_STOPPED);
  for (guint track = 0; track < 2; track++)
    g_assert_false (vs_session_end (session, track, &error));
  g_assert_no_error (error);
  vs_session_free (session);
  remove_tree (folder);
}

/* The same where it is a track's end that cuts. */
static void
test_stopped_by_end (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *folder = g_dir_make_tmp ("vs-session-XXXXXX", &error);
  VsSession *session = make_session (folder);

  for (guint n = 0; n < 2 * GOP; n++)
    g_assert_cmpint (push_frame (session, 0, n), ==, VS_PUSH_TAKEN);
  for (guint n = 0; n < GOP; n++)
    g_assert_cmpint (push_frame (session, 1, n), ==, VS_PUSH_TAKEN);
  vs_session_set_flushing (session, TRUE);
  (void) vs_session_end (session, 1, &error);
  g_assert_no_error (error);
  vs_session_set_flushing (session, FALSE);
  g_assert_cmpint (push_frame (session, 0, 2 * GOP), ==, VS_PUSH_STOPPED);
  vs_session_free (session);
  remove_tree (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/session/stopped", test_stopped);
  g_test_add_func ("/session/stopped-by-end", test_stopped_by_end);
  return g_test_run ();
}
