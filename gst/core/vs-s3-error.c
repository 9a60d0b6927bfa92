/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-s3-error.h"

#include <string.h>

#include "core/vs-s3-url.h"

#define MESSAGE_MAX 300

typedef struct {
  const gchar *code;
  VsS3Class klass;
  VsError error;
  const gchar *advice; /* or NULL */
} CodeRule;

/* Amazon S3 API Reference, "Error responses", and what radosgw adds. */
static const CodeRule code_rules[] = {
  { "AccessDenied", VS_S3_CLASS_PERMANENT, VS_ERROR_NOT_PERMITTED,
      "The credentials do not allow this; look at the policies of user and "
      "bucket." },
  { "AccountProblem", VS_S3_CLASS_PERMANENT, VS_ERROR_NOT_PERMITTED, NULL },
  { "AllAccessDisabled", VS_S3_CLASS_PERMANENT, VS_ERROR_NOT_PERMITTED, NULL },
  { "AuthorizationHeaderMalformed", VS_S3_CLASS_REGION, VS_ERROR_BAD_VALUE,
      "Set the bucket's region." },
  { "BadDigest", VS_S3_CLASS_RETRY, VS_ERROR_BAD_DATA,
      "The bytes were damaged on their way." },
  { "BucketAlreadyExists", VS_S3_CLASS_PERMANENT, VS_ERROR_NO_OUTPUT, NULL },
  { "ConditionalRequestConflict", VS_S3_CLASS_RETRY, VS_ERROR_UNAVAILABLE,
      NULL },
  { "EntityTooLarge", VS_S3_CLASS_PERMANENT, VS_ERROR_BAD_VALUE, NULL },
  { "EntityTooSmall", VS_S3_CLASS_PERMANENT, VS_ERROR_BAD_VALUE,
      "The store wants larger parts; set part-size." },
  { "ExpiredToken", VS_S3_CLASS_CREDENTIALS, VS_ERROR_NOT_PERMITTED,
      "The session token has expired; get new credentials." },
  { "ExpiredTokenException", VS_S3_CLASS_CREDENTIALS, VS_ERROR_NOT_PERMITTED,
      "The session token has expired; get new credentials." },
  { "IllegalLocationConstraintException", VS_S3_CLASS_REGION,
      VS_ERROR_BAD_VALUE, "Set the bucket's region." },
  { "IncompleteBody", VS_S3_CLASS_RETRY, VS_ERROR_UNAVAILABLE, NULL },
  { "InternalError", VS_S3_CLASS_RETRY, VS_ERROR_UNAVAILABLE, NULL },
  { "InvalidAccessKeyId", VS_S3_CLASS_CREDENTIALS, VS_ERROR_NOT_PERMITTED,
      "The access key is not known there." },
  { "InvalidObjectState", VS_S3_CLASS_PERMANENT, VS_ERROR_NO_INPUT,
      "The object is archived; restore it first." },
  { "InvalidRegionName", VS_S3_CLASS_PERMANENT, VS_ERROR_BAD_VALUE,
      "Set the bucket's region." },
  { "InvalidRange", VS_S3_CLASS_PERMANENT, VS_ERROR_BAD_VALUE, NULL },
  { "InvalidToken", VS_S3_CLASS_CREDENTIALS, VS_ERROR_NOT_PERMITTED,
      "The session token is not good; get new credentials." },
  { "KeyTooLongError", VS_S3_CLASS_PERMANENT, VS_ERROR_BAD_VALUE, NULL },
  { "MalformedXML", VS_S3_CLASS_PERMANENT, VS_ERROR_INTERNAL, NULL },
  { "NoSuchBucket", VS_S3_CLASS_PERMANENT, VS_ERROR_NOT_FOUND,
      "Make the bucket, or mend its name." },
  { "NoSuchKey", VS_S3_CLASS_PERMANENT, VS_ERROR_NOT_FOUND, NULL },
  { "NoSuchUpload", VS_S3_CLASS_PERMANENT, VS_ERROR_NO_OUTPUT,
      "The upload is gone: something aborted it, perhaps a lifecycle rule." },
  { "OperationAborted", VS_S3_CLASS_RETRY, VS_ERROR_UNAVAILABLE, NULL },
  { "PermanentRedirect", VS_S3_CLASS_REGION, VS_ERROR_BAD_VALUE,
      "Set the bucket's region and endpoint." },
  { "PreconditionFailed", VS_S3_CLASS_PERMANENT, VS_ERROR_NO_OUTPUT,
      "Somebody else has written this object." },
  { "QuotaExceeded", VS_S3_CLASS_PERMANENT, VS_ERROR_NO_SPACE,
      "Make room in the store, or raise its quota." },
  { "Redirect", VS_S3_CLASS_REGION, VS_ERROR_BAD_VALUE, NULL },
  { "RequestTimeTooSkewed", VS_S3_CLASS_CLOCK, VS_ERROR_NOT_PERMITTED,
      "Set this machine's clock." },
  { "RequestTimeout", VS_S3_CLASS_RETRY, VS_ERROR_UNAVAILABLE, NULL },
  { "ServiceUnavailable", VS_S3_CLASS_RETRY, VS_ERROR_UNAVAILABLE, NULL },
  { "SignatureDoesNotMatch", VS_S3_CLASS_PERMANENT, VS_ERROR_NOT_PERMITTED,
      "The secret key is not the one of this access key." },
  { "SlowDown", VS_S3_CLASS_RETRY, VS_ERROR_UNAVAILABLE,
      "The store asks for fewer requests." },
  { "TemporaryRedirect", VS_S3_CLASS_REGION, VS_ERROR_UNAVAILABLE, NULL },
  { "ThrottlingException", VS_S3_CLASS_RETRY, VS_ERROR_UNAVAILABLE, NULL },
  { "TokenRefreshRequired", VS_S3_CLASS_CREDENTIALS, VS_ERROR_NOT_PERMITTED,
      NULL },
  { "TooManyRequests", VS_S3_CLASS_RETRY, VS_ERROR_UNAVAILABLE, NULL },
  { "UserSuspended", VS_S3_CLASS_PERMANENT, VS_ERROR_NOT_PERMITTED, NULL },
  { "XAmzContentChecksumMismatch", VS_S3_CLASS_RETRY, VS_ERROR_BAD_DATA,
      "The bytes were damaged on their way." },
  { "XAmzContentSHA256Mismatch", VS_S3_CLASS_RETRY, VS_ERROR_BAD_DATA,
      "The bytes were damaged on their way." },
};

/* RFC 9110 15; a HEAD has no body, so no code. */
static const struct {
  guint status;
  VsS3Class klass;
  VsError error;
  const gchar *advice;
} status_rules[] = {
  { 301, VS_S3_CLASS_REGION, VS_ERROR_BAD_VALUE,
      "Set the bucket's region and endpoint." },
  { 302, VS_S3_CLASS_REGION, VS_ERROR_UNAVAILABLE, NULL },
  { 307, VS_S3_CLASS_REGION, VS_ERROR_UNAVAILABLE, NULL },
  { 308, VS_S3_CLASS_REGION, VS_ERROR_UNAVAILABLE, NULL },
  { 400, VS_S3_CLASS_PERMANENT, VS_ERROR_BAD_VALUE, NULL },
  { 401, VS_S3_CLASS_PERMANENT, VS_ERROR_NOT_PERMITTED,
      "Look at the credentials." },
  { 403, VS_S3_CLASS_PERMANENT, VS_ERROR_NOT_PERMITTED,
      "Look at the credentials and at the policies of user and bucket." },
  { 404, VS_S3_CLASS_PERMANENT, VS_ERROR_NOT_FOUND, NULL },
  { 408, VS_S3_CLASS_RETRY, VS_ERROR_UNAVAILABLE, NULL },
  { 409, VS_S3_CLASS_PERMANENT, VS_ERROR_NO_OUTPUT, NULL },
  { 412, VS_S3_CLASS_PERMANENT, VS_ERROR_NO_OUTPUT,
      "Somebody else has written this object." },
  { 413, VS_S3_CLASS_PERMANENT, VS_ERROR_BAD_VALUE, NULL },
  { 416, VS_S3_CLASS_PERMANENT, VS_ERROR_BAD_VALUE, NULL },
  { 429, VS_S3_CLASS_RETRY, VS_ERROR_UNAVAILABLE,
      "The store asks for fewer requests." },
  { 501, VS_S3_CLASS_PERMANENT, VS_ERROR_BAD_VALUE,
      "The store does not know this operation." },
  { 507, VS_S3_CLASS_PERMANENT, VS_ERROR_NO_SPACE, "Make room in the store." },
};

static const CodeRule *
find_code (const gchar *code)
{
  for (guint i = 0; code != NULL && i < G_N_ELEMENTS (code_rules); i++)
    if (strcmp (code_rules[i].code, code) == 0)
      return &code_rules[i];
  return NULL;
}

static void
find_rule (guint status, const gchar *code, VsS3Class *klass, VsError *kind,
    const gchar **advice)
{
  const CodeRule *rule = find_code (code);

  *klass = status >= 500 ? VS_S3_CLASS_RETRY : VS_S3_CLASS_PERMANENT;
  *kind = status >= 500 ? VS_ERROR_UNAVAILABLE : VS_ERROR_NO_OUTPUT;
  *advice = NULL;
  if (rule != NULL) {
    *klass = rule->klass;
    *kind = rule->error;
    *advice = rule->advice;
    return;
  }
  for (guint i = 0; i < G_N_ELEMENTS (status_rules); i++)
    if (status_rules[i].status == status) {
      *klass = status_rules[i].klass;
      *kind = status_rules[i].error;
      *advice = status_rules[i].advice;
    }
}

VsS3Class
vs_s3_classify (guint status, const gchar *code)
{
  VsS3Class klass;
  VsError kind;
  const gchar *advice;

  if (code == NULL && status >= 200 && status < 300)
    return VS_S3_CLASS_OK;
  if (status == 200) /* an error inside of an answer that had begun well */
    status = 500;
  find_rule (status, code, &klass, &kind, &advice);
  return klass;
}

/* One line, cut, without control characters, whatever a server sent. */
static gchar *
dup_clean (const gchar *text)
{
  g_autofree gchar *valid = g_utf8_make_valid (text, -1);
  GString *out = g_string_new (NULL);

  for (const gchar *c = valid; *c != '\0' && out->len < MESSAGE_MAX;
       c = g_utf8_next_char (c)) {
    gunichar letter = g_utf8_get_char (c);

    g_string_append_unichar (out, g_unichar_iscntrl (letter) ? ' ' : letter);
  }
  return g_string_free (out, FALSE);
}

void
vs_s3_set_error (GError **error, const gchar *what, const gchar *bucket,
    const gchar *key, guint status, const gchar *code, const gchar *message,
    const gchar *request_id)
{
  g_autofree gchar *where = vs_s3_uri_format (bucket, key != NULL ? key : "");
  g_autoptr (GString) text = g_string_new (NULL);
  VsS3Class klass;
  VsError kind;
  const gchar *advice;

  find_rule (status == 200 ? 500 : status, code, &klass, &kind, &advice);
  g_string_append_printf (text, "Could not %s “%s”: ", what, where);
  if (code != NULL) {
    g_autofree gchar *clean = dup_clean (code);

    g_string_append (text, clean);
    g_string_append_printf (text, " (HTTP %u", status);
  } else {
    g_string_append_printf (text, "HTTP %u", status);
  }
  if (request_id != NULL) {
    g_autofree gchar *clean = dup_clean (request_id);

    g_string_append_printf (
        text, "%srequest %s", code != NULL ? ", " : " (", clean);
  }
  if (code != NULL || request_id != NULL)
    g_string_append_c (text, ')');
  if (message != NULL && *message != '\0') {
    g_autofree gchar *clean = dup_clean (message);

    g_string_append_printf (text, ": %s", clean);
  }
  if (text->str[text->len - 1] != '.')
    g_string_append_c (text, '.');
  if (advice != NULL)
    g_string_append_printf (text, " %s", advice);
  g_set_error_literal (error, VS_ERROR, (gint) kind, text->str);
}
