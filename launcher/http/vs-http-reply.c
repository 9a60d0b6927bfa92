/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-reply.h"
#include "vs-http-rules.h"
#include "vs-http-stream.h"

#include <string.h>

#define PRIVATE "vs-http-private" /* a mark on a message */
#define METHODS "GET, HEAD, OPTIONS"

/* What is sent of a file: one of its codings, all of it or a part. */
typedef struct {
  GBytes *body;
  const gchar *etag;
  const gchar *coding; /* NULL: as it is */
} Choice;

static const gchar *
get_header (SoupServerMessage *message, const gchar *name)
{
  return soup_message_headers_get_list (
      soup_server_message_get_request_headers (message), name);
}

static void
set_header (SoupServerMessage *message, const gchar *name, const gchar *value)
{
  soup_message_headers_replace (
      soup_server_message_get_response_headers (message), name, value);
}

/* NULL: nobody is there to hear the reply. */
static VsHttpHold *
find_hold (SoupServerMessage *message)
{
  VsHttpStream *stream =
      vs_http_stream_find (soup_server_message_get_remote_address (message));

  return stream != NULL ? vs_http_stream_get_reply (stream) : NULL;
}

/* For what is the same in many replies: libsoup does not see it, and so has not
 * to copy, print and free it each time. Nobody may set one of these fields as
 * well. */
static void
add_lines (SoupServerMessage *message, const gchar *lines, gsize size)
{
  VsHttpHold *hold = find_hold (message);

  if (hold != NULL)
    vs_http_hold_add_fields (hold, lines, size);
}

void
vs_http_reply_allow_origins (SoupServerMessage *message)
{
  /* Without the last two, players measure nothing from another origin, and
   * pages that are cross-origin isolated load nothing. */
  static const gchar LINES[] =
      "Access-Control-Allow-Origin: *\r\n"
      "Access-Control-Expose-Headers: Accept-Ranges, Content-Encoding, "
      "Content-Length, Content-Range, Date, ETag, Last-Modified\r\n"
      "Timing-Allow-Origin: *\r\n"
      "Cross-Origin-Resource-Policy: cross-origin\r\n";

  add_lines (message, LINES, strlen (LINES));
}

void
vs_http_reply_protect (SoupServerMessage *message, const gchar *policy)
{
  set_header (message, "Content-Security-Policy", policy);
  set_header (message, "Referrer-Policy", "no-referrer");
  set_header (message, "Cross-Origin-Opener-Policy", "same-origin");
}

void
vs_http_reply_status (SoupServerMessage *message, guint status)
{
  vs_http_reply_problem (message, status, NULL);
}

void
vs_http_reply_problem (
    SoupServerMessage *message, guint status, const gchar *sentence)
{
  g_autofree gchar *line =
      g_strdup_printf ("%u %s%s%s\n", status, soup_status_get_phrase (status),
          sentence != NULL ? ": " : "", sentence != NULL ? sentence : "");

  soup_server_message_set_status (message, status, NULL);
  set_header (message, "Cache-Control", "no-store");
  set_header (message, "X-Content-Type-Options", "nosniff");
  if (status == 503)
    set_header (message, "Retry-After", "1");
  soup_server_message_set_response (message, "text/plain; charset=utf-8",
      SOUP_MEMORY_COPY, line, strlen (line));
}

gboolean
vs_http_reply_method (SoupServerMessage *message)
{
  const gchar *method = soup_server_message_get_method (message);

  if (method == SOUP_METHOD_GET || method == SOUP_METHOD_HEAD)
    return FALSE;
  if (method != SOUP_METHOD_OPTIONS) {
    vs_http_reply_status (message, SOUP_STATUS_METHOD_NOT_ALLOWED);
    set_header (message, "Allow", METHODS);
    return TRUE;
  }
  soup_server_message_set_status (message, SOUP_STATUS_NO_CONTENT, NULL);
  set_header (message, "Allow", METHODS);
  set_header (message, "Access-Control-Allow-Methods", METHODS);
  set_header (message, "Access-Control-Allow-Headers",
      "Cache-Control, If-Match, If-Modified-Since, If-None-Match, If-Range, "
      "If-Unmodified-Since, Pragma, Range");
  set_header (message, "Access-Control-Max-Age", "86400");
  return TRUE;
}

static Choice
choose_coding (SoupServerMessage *message, VsHttpFile *file)
{
  Choice choice = { file->body, file->etag, NULL };

  if (file->gzip == NULL)
    return choice;
  /* A range is asked for by someone who counts the bytes of the file. */
  if (get_header (message, "Range") == NULL &&
      vs_http_accepts (get_header (message, "Accept-Encoding"), "gzip")) {
    choice.body = file->gzip;
    choice.etag = file->gzip_etag;
    choice.coding = "gzip";
  }
  return choice;
}

static guint
evaluate (SoupServerMessage *message, VsHttpFile *file, const Choice *choice)
{
  VsHttpConditions conditions = { get_header (message, "If-Match"),
    get_header (message, "If-None-Match"),
    get_header (message, "If-Modified-Since"),
    get_header (message, "If-Unmodified-Since") };

  return vs_http_evaluate (&conditions, choice->etag, file->modified);
}

static VsHttpRange
choose_range (SoupServerMessage *message, VsHttpFile *file)
{
  VsHttpRange none = { VS_HTTP_RANGE_NONE, 0, 0 };

  if (soup_server_message_get_method (message) != SOUP_METHOD_GET ||
      !vs_http_if_range (
          get_header (message, "If-Range"), file->etag, file->modified))
    return none;
  return vs_http_range_parse (
      get_header (message, "Range"), vs_http_file_get_size (file));
}

void
vs_http_reply_set_private (SoupServerMessage *message)
{
  g_object_set_data (G_OBJECT (message), PRIVATE, message);
}

static void
format_fields (VsHttpFields *fields, const VsHttpFile *file,
    const Choice *choice, gboolean is_private)
{
  static const gchar PUBLIC[] = "public, ";
  const gchar *rule = file->cache_control;
  GString *lines = g_string_new (NULL);

  if (is_private && g_str_has_prefix (rule, PUBLIC))
    rule += strlen (PUBLIC);
  g_string_printf (lines,
      "ETag: %s\r\nCache-Control: %s%s\r\nAccept-Ranges: bytes\r\n"
      "X-Content-Type-Options: nosniff\r\n",
      choice->etag, is_private ? "private, " : "", rule);
  if (file->last_modified != NULL)
    g_string_append_printf (
        lines, "Last-Modified: %s\r\n", file->last_modified);
  if (file->gzip != NULL)
    g_string_append (lines, "Vary: Accept-Encoding\r\n");
  fields->known = lines->len;
  g_string_append_printf (lines, "Content-Type: %s\r\n", file->content_type);
  if (choice->coding != NULL)
    g_string_append_printf (lines, "Content-Encoding: %s\r\n", choice->coding);
  fields->lines = g_string_free (lines, FALSE);
}

/* @known: to one who has this version, and is told no more than that. */
static void
describe (SoupServerMessage *message, VsHttpFile *file, const Choice *choice,
    gboolean known)
{
  gboolean is_private = g_object_get_data (G_OBJECT (message), PRIVATE) != NULL;
  VsHttpFields own = { NULL, 0 };
  VsHttpFields *fields = is_private               ? &own
                         : choice->coding != NULL ? &file->gzip_fields
                                                  : &file->fields;

  if (fields->lines == NULL)
    format_fields (fields, file, choice, is_private);
  add_lines (
      message, fields->lines, known ? fields->known : strlen (fields->lines));
  g_free (own.lines);
}

/* HEAD and 304 tell the size of what they do not send. TRUE: it is sent. */
static gboolean
announce (SoupServerMessage *message, guint status, guint64 size)
{
  soup_server_message_set_status (message, status, NULL);
  soup_message_headers_set_content_length (
      soup_server_message_get_response_headers (message), (goffset) size);
  if (status == SOUP_STATUS_NOT_MODIFIED ||
      soup_server_message_get_method (message) == SOUP_METHOD_HEAD)
    return FALSE;
  /* Sent once: neither copied nor kept; and no second look at Range. */
  soup_message_body_set_accumulate (
      soup_server_message_get_response_body (message), FALSE);
  return TRUE;
}

static void
refuse_range (SoupServerMessage *message, VsHttpFile *file)
{
  g_autofree gchar *size = g_strdup_printf (
      "bytes */%" G_GUINT64_FORMAT, vs_http_file_get_size (file));

  vs_http_reply_status (message, SOUP_STATUS_REQUESTED_RANGE_NOT_SATISFIABLE);
  set_header (message, "Content-Range", size);
}

/* Status and headers; TRUE: so many bytes of @choice are to follow. */
static gboolean
begin (SoupServerMessage *message, VsHttpFile *file, Choice *choice,
    guint64 *first, guint64 *length)
{
  guint status;
  VsHttpRange range;

  *choice = choose_coding (message, file);
  *first = 0;
  *length = choice->body != NULL ? g_bytes_get_size (choice->body)
                                 : vs_http_file_get_size (file);
  status = evaluate (message, file, choice);
  if (status == SOUP_STATUS_PRECONDITION_FAILED) {
    vs_http_reply_status (message, status);
    return FALSE;
  }
  if (status == SOUP_STATUS_NOT_MODIFIED) {
    describe (message, file, choice, TRUE);
    return announce (message, status, *length);
  }
  range = choose_range (message, file);
  if (range.kind == VS_HTTP_RANGE_UNSATISFIABLE) {
    refuse_range (message, file);
    return FALSE;
  }
  describe (message, file, choice, FALSE);
  if (range.kind != VS_HTTP_RANGE_ONE)
    return announce (message, SOUP_STATUS_OK, *length);
  *first = range.first;
  *length = range.last - range.first + 1;
  soup_message_headers_set_content_range (
      soup_server_message_get_response_headers (message), (goffset) range.first,
      (goffset) range.last, (goffset) vs_http_file_get_size (file));
  return announce (message, SOUP_STATUS_PARTIAL_CONTENT, *length);
}

gboolean
vs_http_reply_begin (SoupServerMessage *message, VsHttpFile *file,
    guint64 *first, guint64 *length)
{
  Choice choice;

  return begin (message, file, &choice, first, length);
}

void
vs_http_reply_file (SoupServerMessage *message, VsHttpFile *file)
{
  SoupMessageBody *body = soup_server_message_get_response_body (message);
  Choice choice;
  guint64 first, length;

  if (!begin (message, file, &choice, &first, &length))
    return;
  if (length > 0) {
    g_autoptr (GBytes) part =
        g_bytes_new_from_bytes (choice.body, (gsize) first, (gsize) length);
    VsHttpHold *hold = find_hold (message);

    if (hold != NULL)
      vs_http_hold_set_body (hold, choice.body);
    soup_message_body_append_bytes (body, part);
  }
  soup_message_body_complete (body);
}
