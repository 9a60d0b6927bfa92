/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every (state, event) of every life: a transcript that is kept by hand. One
 * line a state, one word an event in the order of VsEvent; "-" is refused. */
#include "core/vs-state.h"

#include <string.h>

static const struct {
  VsLife life;
  const gchar *state, *next;
} cases[] = {
  /* submit claim start input silence publish finish fail lose stop pause
   * resume cancel retry remove */
  { VS_LIFE_VOD, "queued", "- assigned - - - - - failed - - - - canceled - -" },
  { VS_LIFE_VOD, "assigned",
      "- - running - - - - failed queued - - - canceled - -" },
  { VS_LIFE_VOD, "running",
      "- - - - - publishing succeeded failed queued - - - canceled - -" },
  { VS_LIFE_VOD, "publishing",
      "- - - - - - succeeded failed queued - - - canceled - -" },
  { VS_LIFE_VOD, "succeeded", "- - - - - - - - - - - - - - succeeded" },
  { VS_LIFE_VOD, "failed", "- - - - - - - - - - - - - queued failed" },
  { VS_LIFE_VOD, "canceled",
      "- - - - - - - - - - - - canceled queued canceled" },

  { VS_LIFE_LIVE, "created",
      "queued - - - - - - - - stopped - - stopped - created" },
  { VS_LIFE_LIVE, "queued",
      "- running - - - - - failed - stopped - - stopped - -" },
  { VS_LIFE_LIVE, "running",
      "- - running streaming running stopping stopped failed recovering "
      "stopping paused - stopped - -" },
  { VS_LIFE_LIVE, "streaming",
      "- - - streaming running stopping stopped failed recovering stopping "
      "paused - stopped - -" },
  { VS_LIFE_LIVE, "paused",
      "- - - paused paused stopping stopped failed recovering stopping paused "
      "streaming stopped - -" },
  { VS_LIFE_LIVE, "recovering",
      "- running - - - - - failed - stopped - recovering stopped - -" },
  { VS_LIFE_LIVE, "stopping",
      "- - stopping stopping stopping stopping stopped failed stopped stopping "
      "- - stopped - -" },
  { VS_LIFE_LIVE, "stopped",
      "- - - - - - - - - stopped - - stopped queued stopped" },
  { VS_LIFE_LIVE, "failed", "- - - - - - - - - - - - - queued failed" },

  { VS_LIFE_CHANNEL, "idle", "- - starting - - - - - - idle - - - - idle" },
  { VS_LIFE_CHANNEL, "starting",
      "- - starting running - - - failed recovering stopping - - - - -" },
  { VS_LIFE_CHANNEL, "running",
      "- - running running - - - failed recovering stopping - - - - -" },
  { VS_LIFE_CHANNEL, "recovering",
      "- - recovering running - - - failed recovering stopping - - - - -" },
  { VS_LIFE_CHANNEL, "stopping",
      "- - - stopping - - idle failed idle stopping - - - - -" },
  { VS_LIFE_CHANNEL, "failed",
      "- - starting - - - - - - failed - - - - failed" },

  { VS_LIFE_ASSET, "preparing", "- - - - - - ready errored - - - - - - -" },
  { VS_LIFE_ASSET, "ready", "- - - - - - - - - - - - - - ready" },
  { VS_LIFE_ASSET, "errored", "- - - - - - - - - - - - - preparing errored" },
};

/* The line of a state in the transcript; NULL: the life does not have it. */
static const gchar *
find_line (VsLife life, const gchar *state)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    if (cases[i].life == life && g_strcmp0 (cases[i].state, state) == 0)
      return cases[i].next;
  return NULL;
}

static void
check_step (VsLife life, VsState state, VsEvent event, const gchar *wanted)
{
  g_autoptr (GError) error = NULL;
  VsState next = vs_state_next (life, state, event, &error);

  g_test_message ("%s %s %s", vs_life_name (life), vs_state_name (state),
      vs_event_name (event));
  if (g_str_equal (wanted, "-")) {
    g_assert_cmpint (next, ==, VS_STATE_ILLEGAL);
    g_assert_error (error, VS_ERROR, VS_ERROR_BAD_VALUE);
    if (vs_state_name (state))
      g_assert_nonnull (strstr (error->message, vs_state_name (state)));
    g_assert_nonnull (strstr (error->message, vs_life_name (life)));
    return;
  }
  g_assert_no_error (error);
  g_assert_cmpstr (vs_state_name (next), ==, wanted);
  g_assert_true (vs_state_belongs (life, next));
}

static void
test_every_step (void)
{
  for (guint life = 0; life < VS_N_LIVES; life++) {
    for (guint state = 0; state < VS_N_STATES; state++) {
      const gchar *line = find_line (life, vs_state_name (state));
      g_auto (GStrv) words =
          g_strsplit (line ? line : "- - - - - - - - - - - - - - -", " ", -1);

      g_assert_cmpuint (g_strv_length (words), ==, VS_N_EVENTS);
      g_assert_cmpint (vs_state_belongs (life, state), ==, line != NULL);
      for (guint event = 0; event < VS_N_EVENTS; event++)
        check_step (life, state, event, words[event]);
    }
  }
}

static void
mark_reached (VsLife life, VsState state, gboolean reached[VS_N_STATES])
{
  if (reached[state])
    return;
  reached[state] = TRUE;
  for (guint event = 0; event < VS_N_EVENTS; event++) {
    VsState next = vs_state_next (life, state, event, NULL);

    if (next != VS_STATE_ILLEGAL)
      mark_reached (life, next, reached);
  }
}

/* Every state can be come to, and from every one an end can be come to. */
static void
test_reach (void)
{
  for (guint life = 0; life < VS_N_LIVES; life++) {
    gboolean from_first[VS_N_STATES] = { FALSE };

    mark_reached (life, vs_state_first (life), from_first);
    for (guint state = 1; state < VS_N_STATES; state++) {
      gboolean onward[VS_N_STATES] = { FALSE };
      gboolean ends = FALSE;

      g_assert_cmpint (from_first[state], ==, vs_state_belongs (life, state));
      if (!from_first[state])
        continue;
      mark_reached (life, state, onward);
      for (guint i = 1; i < VS_N_STATES; i++)
        ends = ends || (onward[i] && vs_state_is_final (life, i));
      g_assert_true (ends);
      /* Only what does nothing any more may be forgotten. */
      if (vs_state_next (life, state, VS_EVENT_REMOVE, NULL))
        g_assert_true (
            vs_state_is_final (life, state) || state == VS_STATE_CREATED);
    }
  }
}

static void
test_names (void)
{
  for (guint state = 1; state < VS_N_STATES; state++)
    g_assert_cmpint (vs_state_from_name (vs_state_name (state)), ==, state);
  g_assert_cmpint (vs_state_from_name ("asleep"), ==, VS_STATE_ILLEGAL);
  g_assert_cmpint (vs_state_from_name (NULL), ==, VS_STATE_ILLEGAL);
  g_assert_null (vs_state_name (VS_STATE_ILLEGAL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/state/every-step", test_every_step);
  g_test_add_func ("/state/reach", test_reach);
  g_test_add_func ("/state/names", test_names);
  return g_test_run ();
}
