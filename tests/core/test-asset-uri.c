/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-asset-uri.h"

#include <string.h>

static void
test_id (void)
{
  static const struct {
    const gchar *uri, *id;
  } cases[] = {
    { "asset:a_1", "a_1" },
    { "ASSET:a_1", "a_1" },
    { "asset:a_1#job_2/1/m.m3u8", "a_1" },
    { "asset:", "" },
    { "assets:a", NULL },
    { "file:///asset:a", NULL },
    { NULL, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *id = vs_asset_uri_dup_id (cases[i].uri);

    g_assert_cmpstr (id, ==, cases[i].id);
  }
}

static void
test_address (void)
{
  static const struct {
    const gchar *place, *path; /* NULL: refused */
  } cases[] = {
    { "job_2/1/multivariant.m3u8", "job_2/1/multivariant.m3u8" },
    { "a.b-c", "a.b-c" },
    { "", NULL },
    { "/etc/passwd", NULL },
    { "../vstream.db", NULL },
    { "job_2/../../vstream.db", NULL },
    { "job_2/.hidden", NULL },
    { "job_2//1", NULL },
    { "job_2/", NULL },
    { "job_2/%2e%2e/x", NULL },
    { "job 2", NULL },
    { "job_2?endpoint=x", NULL },
  };
  static const gchar *const before[] = { "file:///media/", "film:///" };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (cases); i++) {
    gboolean stored = i % 2;
    g_autofree gchar *uri =
        vs_asset_uri_make ("a_1", cases[i / 2].place, stored);
    g_autoptr (GError) error = NULL;
    g_autofree gchar *address =
        vs_asset_uri_dup_address (uri, "/media", &error);
    g_autofree gchar *expected =
        cases[i / 2].path
            ? g_strconcat (before[stored], cases[i / 2].path, NULL)
            : NULL;

    g_assert_cmpstr (address, ==, expected);
    g_assert_true ((address == NULL) ==
                   g_error_matches (error, VS_ERROR, VS_ERROR_NO_INPUT));
  }
}

/* Playlists lead to nothing but what is below the location. */
static void
test_location (void)
{
  static const gchar *const cases[][3] = {
    { "film:///job/1/m.m3u8", "s3://b/films?endpoint=http://h&x=y",
        "s3://b/films/job/1/m.m3u8?endpoint=http://h&x=y" },
    { "FILM:/job/1/a.m4s", "s3://b/films/", "s3://b/films/job/1/a.m4s" },
    { "film:job", "s3://b", "s3://b/job" },
    { "film:///job", NULL, NULL },
    { "film:///job", "", NULL },
    { "film:///../job", "s3://b/films", NULL },
    { "film:///job/../../x", "s3://b/films", NULL },
    { "film:///job?endpoint=http://other", "s3://b/films", NULL },
    { "film:///job#x", "s3://b/films", NULL },
    { "film:///", "s3://b/films", NULL },
    { "film:", "s3://b/films", NULL },
    { "film", "s3://b/films", NULL },
    { "", "s3://b/films", NULL },
    { "s3://other/x", "s3://b/films", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree gchar *location =
        vs_film_uri_dup_location (cases[i][0], cases[i][1], &error);

    g_assert_cmpstr (location, ==, cases[i][2]);
    g_assert_true ((location == NULL) == (error != NULL));
  }
}

static void
test_shown (void)
{
  static const gchar *const cases[][2] = {
    { "asset:a_1#job_2/1/m.m3u8", "asset:a_1" },
    { "asset:a_1#store:job_2/1/m.m3u8", "asset:a_1" },
    { "ASSET:a_1", "asset:a_1" },
    { "http://host/x#y", "http://host/x#y" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *shown = vs_asset_uri_dup_shown (cases[i][0]);

    g_assert_cmpstr (shown, ==, cases[i][1]);
  }
}

static void
test_nowhere (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) bare = NULL;

  g_assert_null (vs_asset_uri_dup_address ("asset:a#b", NULL, &error));
  g_assert_nonnull (strstr (error->message, "“asset:a”"));
  g_assert_null (vs_asset_uri_dup_address ("asset:a", "/media", &bare));
  g_assert_nonnull (bare);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/asset-uri/id", test_id);
  g_test_add_func ("/asset-uri/address", test_address);
  g_test_add_func ("/asset-uri/location", test_location);
  g_test_add_func ("/asset-uri/shown", test_shown);
  g_test_add_func ("/asset-uri/nowhere", test_nowhere);
  return g_test_run ();
}
