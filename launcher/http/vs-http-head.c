/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-head.h"

#include <string.h>

typedef struct {
  const gchar *data;
  gsize length;
} Span;

typedef struct {
  guint minor; /* HTTP/1.minor */
  guint hosts, lengths, codings;
  guint64 length; /* of the body */
  const gchar *length_at;
  Span method, target;
} Head;

static gboolean
is_token_char (gchar c)
{
  return g_ascii_isalnum (c) || (c != '\0' && strchr ("!#$%&'*+-.^_`|~", c));
}

static gboolean
is_token (Span span)
{
  for (gsize i = 0; i < span.length; i++) {
    if (!is_token_char (span.data[i]))
      return FALSE;
  }
  return span.length > 0;
}

static gboolean
span_is (Span span, const gchar *text)
{
  return span.length == strlen (text) &&
         g_ascii_strncasecmp (span.data, text, span.length) == 0;
}

static gboolean
span_starts (Span span, const gchar *text)
{
  gsize length = strlen (text);

  return span.length >= length &&
         g_ascii_strncasecmp (span.data, text, length) == 0;
}

/* The part of @span before @end (a byte that occurs in it), and moves past. */
static gboolean
take_until (Span *span, gchar end, Span *part)
{
  const gchar *at = memchr (span->data, end, span->length);

  if (at == NULL)
    return FALSE;
  part->data = span->data;
  part->length = (gsize) (at - span->data);
  span->data = at + 1;
  span->length -= part->length + 1;
  return TRUE;
}

static Span
strip (Span span)
{
  while (span.length > 0 && strchr (" \t", span.data[0]) != NULL) {
    span.data++;
    span.length--;
  }
  while (span.length > 0 && strchr (" \t", span.data[span.length - 1]) != NULL)
    span.length--;
  return span;
}

gsize
vs_http_head_find_end (const gchar *data, gsize length, gsize *scanned)
{
  gsize from = *scanned > 3 ? *scanned - 3 : 0;
  const gchar *end = memmem (data + from, length - from, "\r\n\r\n", 4);

  *scanned = length;
  return end == NULL ? 0 : (gsize) (end - data) + 4;
}

guint
vs_http_head_check_start (const gchar *data, gsize length)
{
  for (gsize i = 0; i < length; i++) {
    guchar c = (guchar) data[i];

    /* Section 2.2: a bare LF or CR, as HTTP/0.9 and smugglers send; and what
     * is no HTTP at all, a TLS greeting for one. */
    if (c == '\n' && (i == 0 || data[i - 1] != '\r'))
      return 400;
    if (c == '\r' && i + 1 < length && data[i + 1] != '\n')
      return 400;
    if ((c < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7f)
      return 400;
  }
  if (length > 0 && !is_token_char (data[0]))
    return 400;
  if (memchr (data, '\r', length) == NULL && length > VS_HTTP_TARGET_MAX)
    return 414;
  return length >= VS_HTTP_HEAD_MAX ? 431 : 0;
}

/* Section 3.2: origin-form, absolute-form or asterisk-form. */
static guint
check_target (Span method, Span target)
{
  for (gsize i = 0; i < target.length; i++) {
    guchar c = (guchar) target.data[i];

    if (c <= 0x20 || c >= 0x7f || c == '#')
      return 400;
  }
  if (target.length > VS_HTTP_TARGET_MAX)
    return 414;
  if (span_is (target, "*"))
    return span_is (method, "OPTIONS") ? 200 : 400;
  if (target.length > 0 && target.data[0] == '/')
    return 200;
  return span_starts (target, "http://") ? 200 : 400;
}

static guint
check_method (Span method)
{
  static const gchar *const KNOWN[] = { "GET", "HEAD", "OPTIONS", "POST", "PUT",
    "PATCH", "DELETE", "TRACE" };

  if (!is_token (method))
    return 400;
  for (guint i = 0; i < G_N_ELEMENTS (KNOWN); i++) {
    if (method.length == strlen (KNOWN[i]) &&
        memcmp (method.data, KNOWN[i], method.length) == 0)
      return 200;
  }
  return 501;
}

static guint
check_request_line (Head *head, Span line)
{
  guint status;

  if (!take_until (&line, ' ', &head->method) ||
      !take_until (&line, ' ', &head->target))
    return 400;
  if (line.length != strlen ("HTTP/1.1") || memcmp (line.data, "HTTP/", 5))
    return 400;
  if (line.data[5] != '1' || line.data[6] != '.' ||
      !g_ascii_isdigit (line.data[7]))
    return 505;
  head->minor = (guint) (line.data[7] - '0');
  status = check_method (head->method);
  return status == 200 ? check_target (head->method, head->target) : status;
}

static gboolean
is_host (Span value)
{
  for (gsize i = 0; i < value.length; i++) {
    if (!g_ascii_isalnum (value.data[i]) &&
        strchr (".-_:[]", value.data[i]) == NULL)
      return FALSE;
  }
  return value.length > 0;
}

static guint
check_length (Head *head, Span value)
{
  head->lengths++;
  for (gsize i = 0; i < value.length; i++) {
    if (!g_ascii_isdigit (value.data[i]))
      return 400;
    if (head->length > (G_MAXINT64 - 9) / 10)
      return 413;
    head->length = head->length * 10 + (guint64) (value.data[i] - '0');
  }
  return value.length > 0 ? 200 : 400;
}

static guint
check_coding (Head *head, Span value)
{
  head->codings++;
  return span_is (value, "chunked") ? 200 : 501;
}

static guint
check_value (Head *head, Span name, Span value)
{
  if (span_is (name, "Host")) {
    head->hosts++;
    return is_host (value) ? 200 : 400;
  }
  if (span_is (name, "Content-Length")) {
    head->length_at = name.data;
    return check_length (head, value);
  }
  if (span_is (name, "Transfer-Encoding"))
    return check_coding (head, value);
  if (span_is (name, "Expect"))
    return span_is (value, "100-continue") ? 200 : 417;
  return 200;
}

static guint
check_field (Head *head, Span line)
{
  Span name;

  /* Section 5.1 and 5.2: no blank before the colon, no folded lines. */
  if (!take_until (&line, ':', &name) || !is_token (name))
    return 400;
  return check_value (head, name, strip (line));
}

static VsHttpBodyRule
get_rule (const Head *head, const VsHttpBody *body)
{
  VsHttpBodyRule none = { 0, FALSE };

  return body && body->get_rule
             ? body->get_rule (head->method.data, head->method.length,
                   head->target.data, head->target.length, body->user_data)
             : none;
}

/* Section 6.3 and 3.2: one Host, one way to tell where the body ends. */
static guint
check_framing (const Head *head, const gchar *data, VsHttpBody *body)
{
  VsHttpBodyRule rule = get_rule (head, body);

  if (head->hosts > 1 || (head->minor > 0 && head->hosts == 0))
    return 400;
  if (head->lengths > 1 || head->codings > 1)
    return 400;
  if (head->codings > 0 && (head->lengths > 0 || head->minor == 0))
    return 400;
  if (head->codings > 0)
    return rule.max > 0 ? 411 : 413;
  if (head->length > rule.max)
    return 413;
  if (body) {
    body->length = head->length;
    body->streamed = rule.streamed && head->length > 0;
    body->name_at = head->length_at ? (gsize) (head->length_at - data) : 0;
  }
  return 200;
}

static gboolean
take_line (Span *rest, Span *line)
{
  if (!take_until (rest, '\r', line) || rest->length == 0)
    return FALSE;
  rest->data++; /* the LF: there is no bare CR any more */
  rest->length--;
  return TRUE;
}

guint
vs_http_head_check (const gchar *data, gsize length, VsHttpBody *body)
{
  Head head = { 0 };
  Span rest = { data, length };
  Span line;
  guint status = vs_http_head_check_start (data, length);
  guint fields = 0;

  if (status != 0)
    return status;
  if (!take_line (&rest, &line))
    return 400;
  status = check_request_line (&head, line);
  while (status == 200 && take_line (&rest, &line) && line.length > 0) {
    if (++fields > VS_HTTP_HEAD_FIELDS_MAX)
      return 431;
    status = check_field (&head, line);
  }
  return status == 200 ? check_framing (&head, data, body) : status;
}
