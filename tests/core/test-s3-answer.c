/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "core/vs-error.h"
#include "core/vs-s3-answer.h"

#define NS " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""
#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

static VsS3Answer *
parse (const gchar *text)
{
  g_autoptr (GError) error = NULL;
  VsS3Answer *answer = vs_s3_answer_parse (text, strlen (text), &error);

  g_assert_no_error (error);
  return answer;
}

static void
test_error (void)
{
  g_autoptr (VsS3Answer) answer = parse (
      HEAD "<Error><Code>AuthorizationHeaderMalformed</Code><Message>the "
           "region 'a' is wrong; expecting &apos;b&apos;</Message>"
           "<Region>b</Region><Endpoint>b.s3</Endpoint>"
           "<Details><Code>deep</Code></Details>"
           "<RequestId>tx1</RequestId></Error>");

  g_assert_cmpstr (answer->root, ==, "Error");
  g_assert_cmpstr (answer->code, ==, "AuthorizationHeaderMalformed");
  g_assert_cmpstr (answer->region, ==, "b");
  g_assert_cmpstr (answer->endpoint, ==, "b.s3");
  g_assert_cmpstr (answer->request_id, ==, "tx1");
  g_assert_true (g_str_has_suffix (answer->message, "'b'"));
}

static void
test_multipart (void)
{
  g_autoptr (VsS3Answer) made =
      parse (HEAD "<InitiateMultipartUploadResult" NS "><Bucket>b</Bucket>"
                  "<Key>k</Key><UploadId>2~abc</UploadId>"
                  "</InitiateMultipartUploadResult>");
  g_autoptr (VsS3Answer) done =
      parse (HEAD "<CompleteMultipartUploadResult" NS ">"
                  "<ETag>&quot;d41d8-2&quot;</ETag>"
                  "</CompleteMultipartUploadResult>");
  g_autoptr (VsS3Answer) empty =
      parse ("\n  \n<CompleteMultipartUploadResult><ETag></ETag>"
             "</CompleteMultipartUploadResult>\n");
  g_autoptr (VsS3Answer) parts = parse (
      "<ListPartsResult><IsTruncated>true</IsTruncated>"
      "<NextPartNumberMarker>7</NextPartNumberMarker>"
      "<Part><PartNumber>6</PartNumber><ETag>\"a\"</ETag><Size>5242880</Size>"
      "</Part><Part><PartNumber>7</PartNumber><Size>1</Size></Part>"
      "<Part><ETag>no number</ETag></Part></ListPartsResult>");
  const VsS3Part *part = parts->parts->pdata[0];

  g_assert_cmpstr (made->upload_id, ==, "2~abc");
  g_assert_cmpstr (done->etag, ==, "d41d8-2");
  g_assert_cmpstr (empty->etag, ==, "");
  g_assert_true (parts->truncated);
  g_assert_cmpuint (parts->next_part, ==, 7);
  g_assert_cmpuint (parts->parts->len, ==, 2);
  g_assert_cmpuint (part->number, ==, 6);
  g_assert_cmpuint (part->size, ==, 5242880);
  g_assert_cmpstr (part->etag, ==, "a");
}

static void
test_lists (void)
{
  g_autoptr (VsS3Answer) keys =
      parse ("<s3:ListBucketResult xmlns:s3='x'><Prefix>p</Prefix>"
             "<IsTruncated>true</IsTruncated><Contents><Key>a+b%2Bc%01</Key>"
             "<LastModified>2026-11-20T21:00:00.250Z</LastModified>"
             "<ETag><![CDATA[\"x\"]]></ETag><Size>18446744073709551615</Size>"
             "<Owner><ID>o</ID><Key>deep</Key></Owner></Contents>"
             "<CommonPrefixes><Prefix>f%2F</Prefix></CommonPrefixes>"
             "<NextContinuationToken>t+k</NextContinuationToken>"
             "<EncodingType>url</EncodingType></s3:ListBucketResult>");
  g_autoptr (VsS3Answer) uploads =
      parse ("<ListMultipartUploadsResult><Upload><Key>a+b</Key>"
             "<UploadId>1</UploadId>"
             "<Initiated>1970-01-01T00:00:01.000Z</Initiated></Upload>"
             "<Upload><Key>no id</Key></Upload>"
             "<NextKeyMarker>k</NextKeyMarker>"
             "<NextUploadIdMarker>i</NextUploadIdMarker>"
             "</ListMultipartUploadsResult>");
  const VsS3Object *object = keys->objects->pdata[0];
  const VsS3PendingUpload *upload = uploads->uploads->pdata[0];

  g_assert_cmpuint (keys->objects->len, ==, 1);
  g_assert_cmpstr (object->key, ==, "a b+c\x01");
  g_assert_cmpstr (object->etag, ==, "x");
  g_assert_cmpuint (object->size, ==, 0);
  g_assert_cmpint (object->modified_us % G_USEC_PER_SEC, ==, 250000);
  g_assert_cmpstr (keys->prefixes->pdata[0], ==, "f/");
  g_assert_cmpstr (keys->next_token, ==, "t+k");
  g_assert_cmpuint (uploads->uploads->len, ==, 1);
  g_assert_cmpstr (upload->key, ==, "a+b");
  g_assert_cmpint (upload->initiated_us, ==, G_USEC_PER_SEC);
  g_assert_cmpstr (uploads->next_key, ==, "k");
  g_assert_cmpstr (uploads->next_upload_id, ==, "i");
}

static void
test_delete (void)
{
  g_autoptr (VsS3Answer) answer = parse (
      "<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>b</Key>"
      "<Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>");
  const VsS3DeleteFault *fault = answer->faults->pdata[0];

  g_assert_null (answer->code);
  g_assert_cmpuint (answer->faults->len, ==, 1);
  g_assert_cmpstr (fault->key, ==, "b");
  g_assert_cmpstr (fault->code, ==, "AccessDenied");
}

static void
refuse (const gchar *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (vs_s3_answer_parse (text, strlen (text), &error));
  g_assert_error (error, VS_ERROR, VS_ERROR_BAD_DATA);
}

static void
test_bounds (void)
{
  g_autoptr (GString) deep = g_string_new (NULL);
  g_autoptr (GString) many = g_string_new ("<ListBucketResult>");
  g_autoptr (GString) big = g_string_new ("<Error><Code>");

  for (guint i = 0; i <= VS_S3_ANSWER_DEPTH_MAX; i++)
    g_string_append (deep, "<a>");
  for (guint i = 0; i <= VS_S3_ANSWER_DEPTH_MAX; i++)
    g_string_append (deep, "</a>");
  for (guint i = 0; i <= VS_S3_ANSWER_ENTRIES_MAX; i++)
    g_string_append (many, "<Contents/>");
  g_string_append (many, "</ListBucketResult>");
  for (guint i = 0; i < 10000; i++)
    g_string_append (big, "x");
  g_string_append (big, "</Code></Error>");
  refuse (deep->str);
  refuse (many->str);
  refuse (big->str);
  refuse ("");
  refuse ("garbage");
  refuse ("<Error><Code>x</Error>");
  refuse ("<Error>");
  refuse ("<html><body>proxy<br></body></html>");
  refuse ("<Error>&bomb;</Error>");
}

static void
test_bodies (void)
{
  static const gchar *const keys[] = { "a", "b&<c>", NULL };
  g_autoptr (GPtrArray) parts =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_s3_part_free);
  g_autofree gchar *complete = NULL;
  g_autofree gchar *delete = vs_s3_write_delete (keys);
  g_autoptr (VsS3Answer) back = NULL;

  g_ptr_array_add (parts, vs_s3_part_new (1, "aa", 5));
  g_ptr_array_add (parts, vs_s3_part_new (2, "bb", 6));
  ((VsS3Part *) parts->pdata[1])->crc32c = g_strdup ("AAAAAA==");
  complete = vs_s3_write_complete (parts);
  back = parse (complete);
  g_assert_cmpuint (back->parts->len, ==, 2);
  g_assert_cmpstr (((VsS3Part *) back->parts->pdata[1])->etag, ==, "bb");
  g_assert_cmpstr (
      ((VsS3Part *) back->parts->pdata[1])->crc32c, ==, "AAAAAA==");
  g_assert_nonnull (strstr (delete, "<Key>b&amp;&lt;c&gt;</Key>"));
  g_assert_nonnull (strstr (delete, "<Quiet>true</Quiet>"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/s3-answer/error", test_error);
  g_test_add_func ("/s3-answer/multipart", test_multipart);
  g_test_add_func ("/s3-answer/lists", test_lists);
  g_test_add_func ("/s3-answer/delete", test_delete);
  g_test_add_func ("/s3-answer/bounds", test_bounds);
  g_test_add_func ("/s3-answer/bodies", test_bodies);
  return g_test_run ();
}
