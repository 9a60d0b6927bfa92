/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Credentials of a role, from the container's endpoint (ECS, EKS pod
 * identity) or from the machine's metadata service, version 2 alone: version 1
 * gives keys to whoever can make this process fetch a URL. */
#include <string.h>

#include "core/vs-error.h"
#include "core/vs-s3-answer.h"
#include "store/vs-s3-credentials.h"
#include "store/vs-s3-curl.h"

#define CONTAINER_HOST "http://169.254.170.2"
#define INSTANCE_HOST "http://169.254.169.254"
#define ANSWER_MAX (64 * 1024)
#define CONNECT_MS 1000L /* where there is no such service, nobody answers */
#define TOTAL_MS 5000L
#define TOKEN_MAX 4096

typedef struct {
  GString *answer;
  const gint *cancelled;
} Fetch;

static size_t
on_write (char *bytes, size_t size, size_t n, void *data)
{
  Fetch *fetch = data;

  if (fetch->answer->len + size * n > ANSWER_MAX)
    return 0;
  g_string_append_len (fetch->answer, bytes, (gssize) (size * n));
  return size * n;
}

static int
on_progress (void *data, curl_off_t total_down, curl_off_t down,
    curl_off_t total_up, curl_off_t up)
{
  const Fetch *fetch = data;

  return g_atomic_int_get (fetch->cancelled);
}

static void
free_secret (GString *text)
{
  if (text == NULL)
    return;
  explicit_bzero (text->str, text->len);
  g_string_free (text, TRUE);
}

/* NULL: nobody there (status 0), or another status than 200. */
static GString *
fetch_text (const gchar *method, const gchar *url, const gchar *header,
    const gint *cancelled, long *status)
{
  Fetch fetch = { NULL, cancelled };
  struct curl_slist *lines;
  CURLcode code;
  CURL *easy;

  *status = 0;
  if (!vs_s3_curl_load (NULL)) /* the client has said so */
    return NULL;
  easy = vs_s3_curl.easy_init ();
  lines = header != NULL ? vs_s3_curl.slist_append (NULL, header) : NULL;
  fetch.answer = g_string_new (NULL);
  vs_s3_curl.easy_setopt (easy, CURLOPT_URL, url);
  vs_s3_curl.easy_setopt (easy, CURLOPT_CUSTOMREQUEST, method);
  vs_s3_curl.easy_setopt (easy, CURLOPT_HTTPHEADER, lines);
  vs_s3_curl.easy_setopt (easy, CURLOPT_PROTOCOLS_STR, "http,https");
  vs_s3_curl.easy_setopt (easy, CURLOPT_NOPROXY, "*");
  vs_s3_curl.easy_setopt (easy, CURLOPT_NOSIGNAL, 1L);
  vs_s3_curl.easy_setopt (easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
  vs_s3_curl.easy_setopt (easy, CURLOPT_TIMEOUT_MS, TOTAL_MS);
  vs_s3_curl.easy_setopt (easy, CURLOPT_WRITEFUNCTION, on_write);
  vs_s3_curl.easy_setopt (easy, CURLOPT_WRITEDATA, &fetch);
  vs_s3_curl.easy_setopt (easy, CURLOPT_NOPROGRESS, 0L);
  vs_s3_curl.easy_setopt (easy, CURLOPT_XFERINFOFUNCTION, on_progress);
  vs_s3_curl.easy_setopt (easy, CURLOPT_XFERINFODATA, &fetch);
  code = vs_s3_curl.easy_perform (easy);
  if (code == CURLE_OK)
    vs_s3_curl.easy_getinfo (easy, CURLINFO_RESPONSE_CODE, status);
  vs_s3_curl.slist_free_all (lines);
  vs_s3_curl.easy_cleanup (easy);
  if (*status == 200)
    return fetch.answer;
  free_secret (fetch.answer);
  return NULL;
}

/* The container ----------------------------------------------------------- */

/* AWS_CONTAINER_CREDENTIALS_FULL_URI may name TLS or this machine alone, and
 * the two addresses that ECS and EKS have. */
static gboolean
is_allowed (const gchar *url)
{
  static const gchar *const hosts[] = { "http://127.0.0.1", "http://localhost",
    "http://[::1]", "http://169.254.170.2", "http://169.254.170.23",
    "http://[fd00:ec2::23]" };

  if (g_str_has_prefix (url, "https://"))
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++) {
    gsize length = strlen (hosts[i]);

    if (strncmp (url, hosts[i], length) == 0 &&
        (url[length] == '\0' || url[length] == ':' || url[length] == '/'))
      return strchr (url, '@') == NULL;
  }
  return FALSE;
}

static gchar *
dup_container_url (GError **error)
{
  const gchar *relative = g_getenv ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  const gchar *full = g_getenv ("AWS_CONTAINER_CREDENTIALS_FULL_URI");

  if (relative != NULL && *relative == '/')
    return g_strconcat (CONTAINER_HOST, relative, NULL);
  if (full == NULL || *full == '\0')
    return NULL;
  if (is_allowed (full))
    return g_strdup (full);
  g_set_error (error, VS_ERROR, VS_ERROR_NOT_PERMITTED,
      "AWS_CONTAINER_CREDENTIALS_FULL_URI must begin with https:// or name "
      "this machine.");
  return NULL;
}

/* "Authorization: …" from the file or the variable; NULL: none. */
static gchar *
dup_authorization (void)
{
  const gchar *path = g_getenv ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  const gchar *value = g_getenv ("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  g_autofree gchar *text = NULL;

  if (path != NULL && *path != '\0')
    (void) g_file_get_contents (path, &text, NULL, NULL);
  else if (value != NULL && *value != '\0')
    text = g_strdup (value);
  if (text == NULL || strlen (text) > TOKEN_MAX)
    return NULL;
  g_strstrip (text);
  if (strpbrk (text, "\r\n") != NULL)
    return NULL;
  return g_strconcat ("Authorization: ", text, NULL);
}

VsS3Credentials *
vs_s3_credentials_from_container (const gint *cancelled, GError **error)
{
  g_autofree gchar *url = dup_container_url (error);
  g_autofree gchar *header = NULL;
  VsS3Credentials *found = NULL;
  GString *answer;
  long status;

  if (url == NULL)
    return NULL;
  header = dup_authorization ();
  answer = fetch_text ("GET", url, header, cancelled, &status);
  if (answer == NULL)
    g_set_error (error, VS_ERROR,
        status == 0 ? VS_ERROR_UNAVAILABLE : VS_ERROR_NOT_PERMITTED,
        "The container's credentials endpoint gave no credentials (HTTP "
        "%ld).",
        status);
  else
    found = vs_s3_credentials_parse (answer->str, answer->len, error);
  free_secret (answer);
  return found;
}

/* The machine ------------------------------------------------------------- */

/* Where the service is; NULL: it is not to be asked. */
static gchar *
dup_instance_host (void)
{
  const gchar *disabled = g_getenv ("AWS_EC2_METADATA_DISABLED");
  const gchar *other = g_getenv ("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  gchar *host;

  if (disabled != NULL && g_ascii_strcasecmp (disabled, "true") == 0)
    return NULL;
  if (other == NULL || *other == '\0')
    return g_strdup (INSTANCE_HOST);
  host = g_strdup (other);
  while (g_str_has_suffix (host, "/"))
    host[strlen (host) - 1] = '\0';
  return host;
}

/* A name that goes into a URL and a token that goes into a header. */
static gboolean
is_plain (const GString *text)
{
  if (text == NULL || text->len == 0 || text->len > TOKEN_MAX)
    return FALSE;
  for (gsize i = 0; i < text->len; i++)
    if (!g_ascii_isgraph (text->str[i]))
      return FALSE;
  return TRUE;
}

#define ROLES "/latest/meta-data/iam/security-credentials/"

VsS3Credentials *
vs_s3_credentials_from_instance (const gint *cancelled, GError **error)
{
  g_autofree gchar *host = dup_instance_host ();
  g_autofree gchar *token_url = NULL;
  g_autofree gchar *roles_url = NULL;
  g_autofree gchar *header = NULL;
  VsS3Credentials *found = NULL;
  GString *token, *role = NULL, *answer = NULL;
  long status;

  if (host == NULL)
    return NULL;
  token_url = g_strconcat (host, "/latest/api/token", NULL);
  token = fetch_text ("PUT", token_url,
      "X-aws-ec2-metadata-token-ttl-seconds: 300", cancelled, &status);
  if (is_plain (token)) {
    header = g_strconcat ("X-aws-ec2-metadata-token: ", token->str, NULL);
    roles_url = g_strconcat (host, ROLES, NULL);
    role = fetch_text ("GET", roles_url, header, cancelled, &status);
  }
  if (role != NULL)
    g_string_truncate (role, strcspn (role->str, "\r\n"));
  if (is_plain (role)) {
    g_autofree gchar *url = g_strconcat (roles_url, role->str, NULL);

    answer = fetch_text ("GET", url, header, cancelled, &status);
  }
  if (answer != NULL)
    found = vs_s3_credentials_parse (answer->str, answer->len, error);
  free_secret (token);
  free_secret (role);
  free_secret (answer);
  return found;
}
