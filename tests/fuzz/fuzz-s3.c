/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a store answers, and the URIs that people write: read, or refused with
 * a reason; a URI that was read comes back the same from its own format. */
#include <glib.h>

#include "core/vs-s3-answer.h"
#include "core/vs-s3-url.h"
#include "fuzz.h"

static void
read_answer (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VsS3Answer) answer =
      vs_s3_answer_parse ((const gchar *) data, size, &error);

  g_assert_true ((answer == NULL) == (error != NULL));
  if (answer == NULL)
    return;
  g_assert_cmpuint (answer->objects->len, <=, VS_S3_ANSWER_ENTRIES_MAX);
  for (guint i = 0; i < answer->objects->len; i++)
    g_assert_nonnull (((VsS3Object *) answer->objects->pdata[i])->key);
  for (guint i = 0; i < answer->uploads->len; i++)
    g_assert_nonnull (
        ((VsS3PendingUpload *) answer->uploads->pdata[i])->upload_id);
}

static void
read_uri (const gchar *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VsS3Uri) uri = vs_s3_uri_parse (text, &error);
  g_autoptr (VsS3Uri) again = NULL;
  g_autofree gchar *formatted = NULL;

  g_assert_true ((uri == NULL) == (error != NULL));
  if (uri == NULL)
    return;
  formatted = vs_s3_uri_format (uri->bucket, uri->key);
  again = vs_s3_uri_parse (formatted, NULL);
  g_assert_nonnull (again);
  g_assert_cmpstr (again->bucket, ==, uri->bucket);
  g_assert_cmpstr (again->key, ==, uri->key);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree gchar *text =
      size > 0 ? g_strndup ((const gchar *) data, size) : g_strdup ("");
  g_autofree gchar *uri = g_strconcat ("s3://", text, NULL);
  g_autoptr (VsS3Endpoint) endpoint =
      vs_s3_endpoint_parse (text, "us-east-1", NULL);

  read_answer (data, size);
  read_uri (text);
  read_uri (uri);
  return 0;
}
