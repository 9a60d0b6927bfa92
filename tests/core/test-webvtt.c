/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-webvtt.h"

#include <string.h>

typedef struct {
  const gchar *text, *payload;
} Row;

static const Row plain[] = {
  { "Hello", "Hello" },
  { "a < b && c > d", "a &lt; b &amp;&amp; c &gt; d" },
  { "00:01 --> 00:02", "00:01 --&gt; 00:02" },
  { "one\r\ntwo\rthree\n", "one\ntwo\nthree" },
  { "one\n\n \ntwo", "one\ntwo" },
  { "\n\r\n ", "" },
  { "", "" },
  { "gr\303\274n \377", "gr\303\274n \357\277\275" },
  { "<i>no markup</i>", "&lt;i&gt;no markup&lt;/i&gt;" },
};

static const Row markup[] = {
  { "<i>x</i> &amp; <b>y</b>", "<i>x</i> &amp; <b>y</b>" },
  { "<span foreground=\"red\">x</span>", "x" },
  { "<font color=\"#fff\"><U>x</U></font>", "<u>x</u>" },
  { "<i>left open", "<i>left open</i>" },
  { "<b><i>x</b>y</i>", "<b><i>x</i></b>y" },
  { "</i>x", "x" },
  { "<i/>x", "x" },
  { "<big>x</big><blink>", "x" },
  { "one<br/>two", "one\ntwo" },
  { "1 < 2 <3 <", "1 &lt; 2 &lt;3 &lt;" },
  { "a <b", "a &lt;b" },
  { "&lt;b&gt; &quot;&apos;", "&lt;b&gt; \"'" },
  { "&#65;&#x42;&#0;&#xd800;", "AB&amp;#0;&amp;#xd800;" },
  { "&unknown; & &amp", "&amp;unknown; &amp; &amp;amp" },
  { "&thisnameistoolong;", "&amp;thisnameistoolong;" },
  { "&#10;&#10;x", "x" },
};

static void
check (const Row *row, gchar *payload)
{
  g_assert_cmpstr (payload, ==, row->payload);
  g_assert_null (strstr (payload, "-->"));
  g_assert_null (strstr (payload, "\n\n"));
  g_free (payload);
}

static void
test_payload (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (plain); i++)
    check (&plain[i], vs_webvtt_from_plain (plain[i].text, -1));
  for (guint i = 0; i < G_N_ELEMENTS (markup); i++)
    check (&markup[i], vs_webvtt_from_markup (markup[i].text, -1));
}

/* Nests deeper than is kept: still closed, still one cue. */
static void
test_deep (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree gchar *payload = NULL;
  guint opened = 0, closed = 0;

  for (guint i = 0; i < 1000; i++)
    g_string_append (text, "<i>");
  payload = vs_webvtt_from_markup (text->str, (gssize) text->len);
  for (const gchar *p = payload; (p = strchr (p, '<')) != NULL; p++)
    *(p[1] == '/' ? &closed : &opened) += 1;
  g_assert_cmpuint (opened, ==, closed);
}

static void
add (GPtrArray *cues, gint64 start_ms, gint64 end_ms, const gchar *text)
{
  g_ptr_array_add (
      cues, vs_cue_new (start_ms * 1000, end_ms * 1000, g_strdup (text)));
}

static void
test_segments (void)
{
  g_autoptr (GPtrArray) cues =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_cue_free);
  g_autofree gchar *first = NULL, *second = NULL, *empty = NULL, *late = NULL;

  add (cues, 3500, 4500, "over the boundary");
  add (cues, 1000, 2000, "first");
  add (cues, 4000, 4000, "no time at all");
  first = vs_webvtt_write_segment (cues, 0, 4000000);
  second = vs_webvtt_write_segment (cues, 4000000, 8000000);
  empty = vs_webvtt_write_segment (cues, 8000000, 12000000);
  g_assert_cmpstr (first, ==,
      "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n"
      "\n00:00:01.000 --> 00:00:02.000\nfirst\n"
      "\n00:00:03.500 --> 00:00:04.500\nover the boundary\n");
  g_assert_cmpstr (second, ==,
      "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n"
      "\n00:00:03.500 --> 00:00:04.500\nover the boundary\n"
      "\n00:00:04.000 --> 00:00:04.001\nno time at all\n");
  g_assert_cmpstr (
      empty, ==, "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n");
  /* 120 h: more than 33 bits of 90 kHz, which wrap */
  g_ptr_array_set_size (cues, 0);
  add (cues, 432001000, 432002000, "x");
  late = vs_webvtt_write_segment (
      cues, G_GINT64_CONSTANT (432000000000), G_GINT64_CONSTANT (432004000000));
  g_assert_cmpstr (late, ==,
      "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:4520261632,LOCAL:120:00:00.000\n"
      "\n120:00:01.000 --> 120:00:02.000\nx\n");
  g_assert_null (vs_cue_new (0, 1, g_strdup ("")));
  g_assert_null (vs_cue_new (0, 1, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/webvtt/payload", test_payload);
  g_test_add_func ("/webvtt/deep", test_deep);
  g_test_add_func ("/webvtt/segments", test_segments);
  return g_test_run ();
}
