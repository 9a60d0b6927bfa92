/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A second thread for a client: a client of its own that begins with what the
 * first has learned of the service, and shares where its credentials are from.
 */
#include "store/vs-s3-private.h"

static VsS3Client *
new_helper_locked (VsS3Client *client)
{
  VsS3Client *helper = g_new0 (VsS3Client, 1);

  helper->helped = client;
  helper->config = vs_s3_config_copy (client->config);
  helper->source = client->source;
  helper->tls = client->tls;
  helper->endpoint = vs_s3_endpoint_copy (client->endpoint);
  helper->region = g_strdup (client->region);
  helper->skew_s = client->skew_s;
  helper->conditions = client->conditions;
  if (client->credentials != NULL)
    helper->credentials = vs_s3_credentials_ref (client->credentials);
  helper->answered = TRUE;
  helper->heard_us = g_get_monotonic_time ();
  vs_s3_client_start (helper);
  return helper;
}

VsS3Client *
vs_s3_client_get_helper (VsS3Client *client)
{
  VsS3Client *helper;

  if (g_get_num_processors () < 2)
    return NULL;
  g_mutex_lock (&client->lock);
  if (client->helper == NULL && !client->closing)
    client->helper = new_helper_locked (client);
  helper = client->helper;
  g_mutex_unlock (&client->lock);
  return helper;
}

static void
rouse (VsS3Client *client)
{
  g_mutex_lock (&client->lock);
  client->roused = TRUE;
  g_mutex_unlock (&client->lock);
  vs_s3_curl.multi_wakeup (client->multi);
}

void
vs_s3_client_rouse_other (VsS3Client *client)
{
  if (client->helped != NULL)
    rouse (client->helped);
  g_mutex_lock (&client->lock); /* so that the helper is not freed meanwhile */
  if (client->helper != NULL)
    rouse (client->helper);
  g_mutex_unlock (&client->lock);
}

static void
add_stats (VsS3Client *client, VsS3Stats *sum)
{
  VsS3Stats stats;

  vs_s3_client_get_stats (client, &stats);
  sum->requests += stats.requests;
  sum->retries += stats.retries;
  sum->failures += stats.failures;
  sum->sent += stats.sent;
  sum->received += stats.received;
  sum->connections += stats.connections;
  sum->renewals += stats.renewals;
}

void
vs_s3_client_get_stats (VsS3Client *client, VsS3Stats *stats)
{
  g_mutex_lock (&client->lock);
  *stats = client->stats;
  if (client->helper != NULL)
    add_stats (client->helper, stats);
  g_mutex_unlock (&client->lock);
}
