/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-form.h"

#include <string.h>

#define FORM_TYPE "multipart/form-data"
#define BOUNDARY_MAX 70 /* RFC 2046 section 5.1.1 */
#define HEAD_MAX (16 * 1024)
#define PADDING_MAX 256
#define PARTS_MAX 100

typedef enum { SKIP, DELIMITER, HEAD, DATA, CLOSED } Place;

struct _VsForm {
  const VsFormHandlers *handlers;
  gpointer user_data;
  gchar *delimiter; /* CRLF, two hyphens, the boundary */
  gsize length;
  GByteArray *held; /* what has come and is not dealt with */
  Place place;
  guint parts;
};

/* The value of a parameter: of @name in "; a=b; name=\"value\"". */
static gchar *
find_parameter (const gchar *text, const gchar *name)
{
  gsize length = strlen (name);

  while ((text = strchr (text, ';')) != NULL) {
    GString *value;
    gboolean quoted;

    text += 1 + strspn (text + 1, " \t");
    if (g_ascii_strncasecmp (text, name, length) != 0 || text[length] != '=')
      continue;
    text += length + 1;
    quoted = *text == '"';
    text += quoted ? 1 : 0;
    value = g_string_new (NULL);
    while (*text && (quoted ? *text != '"' : !strchr ("; \t", *text))) {
      /* Browsers escape nothing with a backslash, and old ones send paths. */
      if (quoted && text[0] == '\\' && text[1] == '"')
        text++;
      g_string_append_c (value, *text++);
    }
    return g_string_free (value, FALSE);
  }
  return NULL;
}

static gboolean
is_form (const gchar *type)
{
  gsize length = strlen (FORM_TYPE);

  return type && g_ascii_strncasecmp (type, FORM_TYPE, length) == 0 &&
         type[length] != '\0' && strchr ("; \t", type[length]) != NULL;
}

static gboolean
is_boundary (const gchar *text)
{
  if (!text || *text == '\0' || strlen (text) > BOUNDARY_MAX)
    return FALSE;
  for (; *text; text++)
    if (!g_ascii_isalnum (*text) && !strchr ("'()+_,-./:=? ", *text))
      return FALSE;
  return TRUE;
}

VsForm *
vs_form_new (const gchar *content_type, const VsFormHandlers *handlers,
    gpointer user_data)
{
  g_autofree gchar *boundary =
      is_form (content_type) ? find_parameter (content_type, "boundary") : NULL;
  VsForm *self;

  if (!is_boundary (boundary))
    return NULL;
  self = g_new0 (VsForm, 1);
  self->handlers = handlers;
  self->user_data = user_data;
  self->delimiter = g_strconcat ("\r\n--", boundary, NULL);
  self->length = strlen (self->delimiter);
  self->held = g_byte_array_new ();
  /* The first delimiter may be the first line. */
  g_byte_array_append (self->held, (const guint8 *) "\r\n", 2);
  return self;
}

void
vs_form_free (VsForm *self)
{
  if (!self)
    return;
  g_free (self->delimiter);
  g_byte_array_unref (self->held);
  g_free (self);
}

static gboolean
refuse (GError **error, const gchar *reason)
{
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA,
      "The form cannot be read: %s.", reason);
  return FALSE;
}

static const guint8 *
find (const VsForm *self, const gchar *mark, gsize length)
{
  return memmem (self->held->data, self->held->len, mark, length);
}

static void
drop (VsForm *self, gsize size)
{
  g_byte_array_remove_range (self->held, 0, (guint) size);
}

/* Browsers write these three in names of files so (WHATWG HTML, "multipart
 * form data"), and no other. */
static gchar *
unescape (gchar *text)
{
  static const struct {
    const gchar *code;
    gchar c;
  } codes[] = { { "%22", '"' }, { "%0D", '\r' }, { "%0A", '\n' } };
  gchar *to = text;

  for (const gchar *from = text; from && *from; to++) {
    gchar c = *from;
    gsize taken = 1;

    for (guint i = 0; c == '%' && i < G_N_ELEMENTS (codes); i++)
      if (g_ascii_strncasecmp (from, codes[i].code, 3) == 0) {
        c = codes[i].c;
        taken = 3;
      }
    *to = c;
    from += taken;
  }
  if (text)
    *to = '\0';
  return text;
}

static void
begin_part (VsForm *self, const gchar *head)
{
  g_auto (GStrv) lines = g_strsplit (head, "\r\n", -1);
  g_autofree gchar *name = NULL;
  g_autofree gchar *filename = NULL;

  for (guint i = 0; lines[i]; i++)
    if (g_ascii_strncasecmp (lines[i],
            "Content-Disposition:", strlen ("Content-Disposition:")) == 0) {
      name = unescape (find_parameter (lines[i], "name"));
      filename = unescape (find_parameter (lines[i], "filename"));
      break; /* what comes twice is the first */
    }
  self->handlers->begin (name ? name : "", filename, self->user_data);
}

/* Each of these deals with the front of what is held: FALSE and no @error
 * where more must come first. */
static gboolean
take_data (VsForm *self)
{
  const guint8 *end = find (self, self->delimiter, self->length);
  gsize size = end ? (gsize) (end - self->held->data)
               : self->held->len >= self->length
                   ? self->held->len - (self->length - 1)
                   : 0;

  if (size > 0 && self->place == DATA)
    self->handlers->data (self->held->data, size, self->user_data);
  drop (self, size);
  if (!end)
    return FALSE;
  if (self->place == DATA)
    self->handlers->end (self->user_data);
  drop (self, self->length);
  self->place = DELIMITER;
  return TRUE;
}

static gboolean
take_delimiter (VsForm *self, GError **error)
{
  const guint8 *end;

  if (self->held->len < 2)
    return FALSE;
  if (memcmp (self->held->data, "--", 2) == 0) {
    self->place = CLOSED;
    drop (self, self->held->len);
    return FALSE;
  }
  end = find (self, "\r\n", 2);
  if (!end)
    return self->held->len > PADDING_MAX
               ? refuse (error, "a delimiter does not end")
               : FALSE;
  for (const guint8 *p = self->held->data; p < end; p++)
    if (*p != ' ' && *p != '\t')
      return refuse (error, "its boundary stands in a part");
  if (++self->parts > PARTS_MAX)
    return refuse (error, "it has more than 100 parts");
  /* The line's end stays: a head without fields is an empty line. */
  drop (self, (gsize) (end - self->held->data));
  self->place = HEAD;
  return TRUE;
}

static gboolean
take_head (VsForm *self, GError **error)
{
  const guint8 *end = find (self, "\r\n\r\n", 4);
  g_autofree gchar *head = NULL;
  gsize size;

  if (!end)
    return self->held->len > HEAD_MAX
               ? refuse (error, "the head of a part is too large")
               : FALSE;
  size = (gsize) (end - self->held->data);
  if (memchr (self->held->data, '\0', size))
    return refuse (error, "the head of a part has a NUL");
  head = g_strndup ((const gchar *) self->held->data, size);
  begin_part (self, head);
  drop (self, size + 4);
  self->place = DATA;
  return TRUE;
}

gboolean
vs_form_give (VsForm *self, const guint8 *data, gsize size, GError **error)
{
  GError *reason = NULL;
  gboolean more = self->place != CLOSED;

  if (more)
    g_byte_array_append (self->held, data, (guint) size);
  while (more && !reason) {
    if (self->place == DELIMITER)
      more = take_delimiter (self, &reason);
    else if (self->place == HEAD)
      more = take_head (self, &reason);
    else
      more = take_data (self);
  }
  if (!reason)
    return TRUE;
  g_propagate_error (error, reason);
  return FALSE;
}

gboolean
vs_form_is_whole (const VsForm *self)
{
  return self->place == CLOSED;
}
