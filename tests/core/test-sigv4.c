/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The signer against the vectors of the AWS suite: all of them where the
 * folder ../shared/vectors/sigv4 is, a handful compiled in anywhere. S3 does
 * not normalise paths, so vectors whose path would change by that do not
 * apply. */
#include <string.h>

#include <gio/gio.h>
#include <json-glib/json-glib.h>

#include "core/vs-s3-url.h"
#include "core/vs-sigv4.h"

#define ACCESS_KEY "AKIDEXAMPLE"
#define SECRET_KEY "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define TIME_S 1440938160 /* 2015-08-30T12:36:00Z */

typedef struct {
  const gchar *name, *method, *path;
  const gchar *query[8], *headers[8]; /* name, value, … */
  const gchar *in_header, *in_query;  /* signatures */
} Vector;

/* Signatures of the suite. */
static const Vector vectors[] = {
  { "get-vanilla", "GET", "/", { NULL }, { NULL },
      "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
      "e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d" },
  { "get-vanilla-query-order-key-case", "GET", "/",
      { "Param2", "value2", "Param1", "value1" }, { NULL },
      "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
      "86012e2c9ad4d77369f5d81c11f75158aae4f895a085212cc6d3f923d300bed5" },
  { "post-header-key-sort", "POST", "/", { NULL }, { "My-Header1", "value1" },
      "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
      "c09d07e0d55871f10f2a6d350d994acf6825a3cae70673d7def55616e6119dd7" },
  { "post-vanilla", "POST", "/", { NULL }, { NULL },
      "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
      "2ce6e6d2e0cf2f9d1b55fafec88cd20574c31dc2e7631979f71ba2310083e95b" },
};

typedef struct {
  gchar *method, *target, *body;
  GPtrArray *headers, *query;
} Parsed;

static void
parsed_clear (Parsed *parsed)
{
  g_free (parsed->method);
  g_free (parsed->target);
  g_free (parsed->body);
  g_ptr_array_unref (parsed->headers);
  g_ptr_array_unref (parsed->query);
}

static VsSigv4Identity
make_identity (const gchar *token)
{
  return (VsSigv4Identity){
    .access_key = ACCESS_KEY,
    .secret_key = SECRET_KEY,
    .session_token = token,
    .region = "us-east-1",
    .service = "service",
    .time_s = TIME_S,
  };
}

static void
test_compiled (gconstpointer data)
{
  const Vector *vector = data;
  VsSigv4Identity identity = make_identity (NULL);
  g_autoptr (GPtrArray) query = vs_pairs_new ();
  g_autoptr (GPtrArray) headers = vs_pairs_new ();
  VsSigv4Request request = { vector->method, vector->path, query, headers,
    VS_SIGV4_EMPTY_SHA256 };
  g_autofree gchar *answer = NULL;
  g_autofree gchar *signed_query = NULL;

  vs_pairs_add (headers, "Host", "example.amazonaws.com");
  for (guint i = 0; vector->query[i] != NULL; i += 2)
    vs_pairs_add (query, vector->query[i], vector->query[i + 1]);
  for (guint i = 0; vector->headers[i] != NULL; i += 2)
    vs_pairs_add (headers, vector->headers[i], vector->headers[i + 1]);
  signed_query = vs_sigv4_presign (&identity, &request, 3600);
  g_assert_true (g_str_has_suffix (signed_query, vector->in_query));
  vs_pairs_add (headers, "X-Amz-Date", "20150830T123600Z");
  answer = vs_sigv4_authorize (&identity, &request);
  g_assert_true (g_str_has_suffix (answer, vector->in_header));
}

/* The folder -------------------------------------------------------------- */

static gchar *
read_text (const gchar *folder, const gchar *name)
{
  g_autofree gchar *path = g_build_filename (folder, name, NULL);
  gchar *text = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

static void
add_query (GPtrArray *query, const gchar *text)
{
  g_auto (GStrv) pairs = g_strsplit (text, "&", -1);

  for (guint i = 0; pairs[i] != NULL; i++) {
    gchar *equals = strchr (pairs[i], '=');
    g_autofree gchar *name = NULL;
    g_autofree gchar *value = NULL;

    if (equals != NULL)
      *equals = '\0';
    name = g_uri_unescape_string (pairs[i], NULL);
    value = g_uri_unescape_string (equals != NULL ? equals + 1 : "", NULL);
    vs_pairs_add (query, name, value);
  }
}

/* A request as the suite writes it: lines that begin with a blank go on. */
static void
parse_request (const gchar *text, Parsed *parsed)
{
  const gchar *end = strstr (text, "\n\n");
  g_autofree gchar *head =
      g_strndup (text, end != NULL ? (gsize) (end - text) : strlen (text));
  g_auto (GStrv) lines = g_strsplit (head, "\n", -1);
  gchar *blank = strchr (lines[0], ' ');
  gchar *version = strrchr (lines[0], ' ');
  gchar *mark;

  parsed->headers = vs_pairs_new ();
  parsed->query = vs_pairs_new ();
  parsed->body = g_strdup (end != NULL ? end + 2 : "");
  parsed->method = g_strndup (lines[0], (gsize) (blank - lines[0]));
  parsed->target = g_strndup (blank + 1, (gsize) (version - blank - 1));
  mark = strchr (parsed->target, '?');
  if (mark != NULL) {
    *mark = '\0';
    add_query (parsed->query, mark + 1);
  }
  for (guint i = 1; lines[i] != NULL; i++) {
    gchar *colon = strchr (lines[i], ':');

    if (g_ascii_isspace (lines[i][0])) {
      VsPair *pair = parsed->headers->pdata[parsed->headers->len - 1];
      g_autofree gchar *before = pair->value;

      pair->value = g_strconcat (before, "\n", lines[i], NULL);
    } else if (colon != NULL) {
      *colon = '\0';
      vs_pairs_add (parsed->headers, lines[i], colon + 1);
    }
  }
}

static gboolean
is_normalised (const gchar *path)
{
  return strstr (path, "//") == NULL && strstr (path, "/.") == NULL;
}

typedef struct {
  gboolean normalize, sign_body, omit_token;
  gchar *token;
} Context;

static gboolean
get_flag (JsonObject *object, const gchar *name)
{
  return json_object_has_member (object, name) &&
         json_object_get_boolean_member (object, name);
}

static void
read_context (const gchar *folder, Context *context)
{
  g_autofree gchar *text = read_text (folder, "context.json");
  g_autoptr (JsonNode) node = json_from_string (text, NULL);
  JsonObject *root = json_node_get_object (node);
  JsonObject *credentials = json_object_get_object_member (root, "credentials");

  context->normalize = get_flag (root, "normalize");
  context->sign_body = get_flag (root, "sign_body");
  context->omit_token = get_flag (root, "omit_session_token");
  context->token =
      json_object_has_member (credentials, "token")
          ? g_strdup (json_object_get_string_member (credentials, "token"))
          : NULL;
}

static void
check_header_form (const gchar *folder, const Context *context,
    const Parsed *parsed, const gchar *path, const gchar *payload)
{
  const gchar *token = context->omit_token ? NULL : context->token;
  VsSigv4Identity identity = make_identity (token);
  VsSigv4Request request = { parsed->method, path, parsed->query,
    parsed->headers, payload };
  g_autofree gchar *expected = read_text (folder, "header-signature.txt");
  g_autofree gchar *canonical =
      read_text (folder, "header-canonical-request.txt");
  g_autofree gchar *ours = NULL;
  g_autofree gchar *answer = NULL;

  vs_pairs_add (parsed->headers, "X-Amz-Date", "20150830T123600Z");
  if (token != NULL)
    vs_pairs_add (parsed->headers, "X-Amz-Security-Token", token);
  if (context->sign_body)
    vs_pairs_add (parsed->headers, "x-amz-content-sha256", payload);
  ours = vs_sigv4_dup_canonical (&request);
  g_assert_cmpstr (ours, ==, canonical);
  answer = vs_sigv4_authorize (&identity, &request);
  g_assert_true (g_str_has_suffix (answer, g_strstrip (expected)));
}

static void
check_query_form (const gchar *folder, const Context *context,
    const Parsed *parsed, const gchar *path, const gchar *payload)
{
  VsSigv4Identity identity =
      make_identity (context->omit_token ? NULL : context->token);
  VsSigv4Request request = { parsed->method, path, parsed->query,
    parsed->headers, payload };
  g_autofree gchar *expected = read_text (folder, "query-signature.txt");
  g_autofree gchar *answer = vs_sigv4_presign (&identity, &request, 3600);

  g_assert_true (g_str_has_suffix (answer, g_strstrip (expected)));
}

/* FALSE: does not apply. */
static gboolean
check_folder (const gchar *folder)
{
  g_autofree gchar *text = read_text (folder, "request.txt");
  g_autoptr (GString) path = g_string_new (NULL);
  g_autofree gchar *payload = NULL;
  Parsed parsed = { 0 };
  Context context = { 0 };
  gboolean applies;

  read_context (folder, &context);
  parse_request (text, &parsed);
  applies = !context.normalize || is_normalised (parsed.target);
  if (applies) {
    vs_s3_append_encoded (path, parsed.target, TRUE);
    payload = g_compute_checksum_for_string (
        G_CHECKSUM_SHA256, context.sign_body ? parsed.body : "", -1);
    check_query_form (folder, &context, &parsed, path->str, payload);
    check_header_form (folder, &context, &parsed, path->str, payload);
  }
  parsed_clear (&parsed);
  g_free (context.token);
  return applies;
}

static void
test_folder (void)
{
  g_autofree gchar *root = g_build_filename (
      g_getenv ("VS_SOURCE_ROOT"), "..", "shared", "vectors", "sigv4", NULL);
  g_autoptr (GDir) dir = g_dir_open (root, 0, NULL);
  const gchar *name;
  guint n = 0;

  if (dir == NULL) {
    g_test_skip ("no ../shared/vectors/sigv4");
    return;
  }
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *folder = g_build_filename (root, name, NULL);

    if (g_file_test (folder, G_FILE_TEST_IS_DIR)) {
      g_test_message ("%s", name);
      n += check_folder (folder);
    }
  }
  g_assert_cmpuint (n, >=, 25);
}

/* S3 adds the payload's hash to the signed headers; the examples of the S3
 * User Guide, "Authenticating Requests: Using Query Parameters". */
static void
test_presign (void)
{
  VsSigv4Identity identity = {
    .access_key = "AKIAIOSFODNN7EXAMPLE",
    .secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    .region = "us-east-1",
    .service = "s3",
    .time_s = 1369353600,
  };
  g_autoptr (GPtrArray) headers = vs_pairs_new ();
  VsSigv4Request request = { "GET", "/test.txt", NULL, headers,
    VS_SIGV4_UNSIGNED };
  g_autofree gchar *query = NULL;

  vs_pairs_add (headers, "host", "examplebucket.s3.amazonaws.com");
  query = vs_sigv4_presign (&identity, &request, 86400);
  g_assert_true (g_str_has_suffix (query,
      "X-Amz-Signature="
      "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (vectors); i++) {
    g_autofree gchar *path =
        g_strconcat ("/sigv4/compiled/", vectors[i].name, NULL);

    g_test_add_data_func (path, &vectors[i], test_compiled);
  }
  g_test_add_func ("/sigv4/folder", test_folder);
  g_test_add_func ("/sigv4/presign", test_presign);
  return g_test_run ();
}
