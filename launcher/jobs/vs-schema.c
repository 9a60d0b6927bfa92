/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs/vs-schema.h"

/* Times are microseconds since 1970; 0: not yet. */
static const gchar *const steps[] = {
  "CREATE TABLE jobs ("
  "  seq INTEGER PRIMARY KEY," /* the order of arrival */
  "  id TEXT NOT NULL UNIQUE,"
  "  life INTEGER NOT NULL," /* 0 vod, 1 live */
  "  state TEXT NOT NULL,"
  "  owner TEXT NOT NULL,"
  "  priority INTEGER NOT NULL," /* 0 to 100 */
  "  preset TEXT NOT NULL,"
  "  input TEXT NOT NULL,"       /* as it was given */
  "  spec TEXT NOT NULL,"        /* what the worker is given */
  "  asset TEXT,"                /* whose job it is */
  "  attempts INTEGER NOT NULL," /* since it was queued last */
  "  token INTEGER NOT NULL,"    /* fencing: one more at each claim */
  "  lease INTEGER NOT NULL,"    /* the claim holds until */
  "  ready INTEGER NOT NULL,"    /* not to be claimed before */
  "  created INTEGER NOT NULL,"
  "  started INTEGER NOT NULL,"
  "  finished INTEGER NOT NULL,"
  "  error_code TEXT,"
  "  error TEXT,"
  "  result TEXT" /* JSON: what was published */
  ");"
  "CREATE INDEX jobs_by_state ON jobs (state, priority, owner, seq);"
  "CREATE TABLE assets ("
  "  id TEXT PRIMARY KEY,"
  "  state TEXT NOT NULL,"
  "  owner TEXT NOT NULL,"
  "  preset TEXT NOT NULL,"
  "  input TEXT NOT NULL,"
  "  job TEXT NOT NULL,"
  "  created INTEGER NOT NULL,"
  "  error_code TEXT,"
  "  error TEXT"
  ") WITHOUT ROWID;"
  "CREATE INDEX assets_by_job ON assets (job);"
  "CREATE TABLE tokens ("
  "  id TEXT PRIMARY KEY,"
  "  name TEXT NOT NULL,"
  "  hash TEXT NOT NULL UNIQUE," /* SHA-256, hexadecimal */
  "  scopes TEXT NOT NULL,"      /* read write admin, blanks between */
  "  created INTEGER NOT NULL,"
  "  expires INTEGER NOT NULL" /* 0: never */
  ") WITHOUT ROWID;"
  "CREATE TABLE replies (" /* to requests with an Idempotency-Key */
  "  owner TEXT NOT NULL,"
  "  key TEXT NOT NULL,"
  "  digest TEXT NOT NULL," /* of the request */
  "  subject TEXT NOT NULL,"
  "  created INTEGER NOT NULL,"
  "  PRIMARY KEY (owner, key)"
  ") WITHOUT ROWID;"
  "CREATE TABLE costs (" /* what jobs of a preset have taken */
  "  preset TEXT PRIMARY KEY,"
  "  cores REAL NOT NULL,"
  "  memory INTEGER NOT NULL,"
  "  jobs INTEGER NOT NULL"
  ") WITHOUT ROWID;"
  "CREATE TABLE events ("
  "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
  "  time INTEGER NOT NULL,"
  "  type TEXT NOT NULL,"
  "  owner TEXT NOT NULL,"
  "  data TEXT NOT NULL"
  ");",
  "CREATE TABLE webhooks ("
  "  id TEXT PRIMARY KEY,"
  "  url TEXT NOT NULL,"
  "  events TEXT NOT NULL," /* patterns, blanks between */
  "  secret TEXT NOT NULL,"
  "  owner TEXT NOT NULL,"
  "  everyone INTEGER NOT NULL,"   /* 1: events of all owners */
  "  configured INTEGER NOT NULL," /* 1: of the configuration */
  "  enabled INTEGER NOT NULL,"
  "  reason TEXT,"               /* why it is not */
  "  failures INTEGER NOT NULL," /* since one was taken last */
  "  failing_since INTEGER NOT NULL,"
  "  ready INTEGER NOT NULL," /* nothing is sent before */
  "  created INTEGER NOT NULL"
  ") WITHOUT ROWID;"
  "CREATE TABLE deliveries ("
  "  seq INTEGER PRIMARY KEY," /* the order of what is told */
  "  id TEXT NOT NULL UNIQUE,"
  "  webhook TEXT NOT NULL,"
  "  event TEXT NOT NULL," /* the id that receivers see */
  "  type TEXT NOT NULL,"
  "  body TEXT NOT NULL,"
  "  state TEXT NOT NULL,"   /* pending delivered failed dropped */
  "  done INTEGER NOT NULL," /* 0: pending */
  "  attempts INTEGER NOT NULL,"
  "  status INTEGER NOT NULL," /* HTTP's; 0: no answer */
  "  duration INTEGER NOT NULL,"
  "  error TEXT,"
  "  created INTEGER NOT NULL,"
  "  attempted INTEGER NOT NULL"
  ");"
  "CREATE INDEX deliveries_by_webhook ON deliveries (webhook, done, seq);",

  "CREATE TABLE uploads ("
  "  id TEXT PRIMARY KEY,"
  "  owner TEXT NOT NULL,"
  "  length INTEGER NOT NULL," /* -1: known when it is whole */
  "  offset INTEGER NOT NULL," /* so much is on the disk for certain */
  "  title TEXT NOT NULL,"
  "  metadata TEXT," /* as the client sent it */
  "  type TEXT,"     /* what its first bytes look like */
  "  job TEXT,"      /* that reads it, or has read it */
  "  archived INTEGER NOT NULL,"
  "  created INTEGER NOT NULL,"
  "  expires INTEGER NOT NULL" /* 0: never */
  ") WITHOUT ROWID;"
  "CREATE INDEX uploads_by_owner ON uploads (owner, job);"
  "CREATE INDEX uploads_by_job ON uploads (job);"
  "CREATE INDEX uploads_by_expiry ON uploads (expires);"
  "ALTER TABLE assets ADD COLUMN title TEXT;",

  "CREATE TABLE outputs ("     /* places in the object store */
  "  place TEXT PRIMARY KEY,"  /* JOB/N; JOB: all of it */
  "  due INTEGER NOT NULL,"    /* to be removed from then on; 0: in use */
  "  rounds INTEGER NOT NULL," /* how often it has been */
  "  failures INTEGER NOT NULL"
  ") WITHOUT ROWID;",
  "CREATE TABLE channels ("
  "  id TEXT PRIMARY KEY,"
  "  name TEXT NOT NULL,"
  "  owner TEXT NOT NULL,"
  "  preset TEXT NOT NULL,"
  "  spec TEXT NOT NULL," /* what the worker is given, but for its queue */
  "  filler TEXT,"        /* in place of the preset's */
  "  state TEXT NOT NULL,"
  "  wanted INTEGER NOT NULL,"  /* 1: is to be on air */
  "  version INTEGER NOT NULL," /* one more at each change of name or filler */
  "  created INTEGER NOT NULL,"
  "  error_code TEXT,"
  "  error TEXT"
  ") WITHOUT ROWID;",
  "ALTER TABLE jobs ADD COLUMN held INTEGER NOT NULL DEFAULT 0;", /* paused */
};

guint
vs_schema_count_steps (void)
{
  return G_N_ELEMENTS (steps);
}

const gchar *
vs_schema_get_step (guint from)
{
  return steps[from];
}
