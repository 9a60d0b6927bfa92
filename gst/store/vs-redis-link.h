/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-redis-link: a connection to Redis for one thread, and a second one that
 * hears what others change. Every wait has a limit. After any failure the
 * connections are closed, so that no half of a transaction stays behind; the
 * next call connects anew. */
#pragma once

#include <glib.h>
#include <hiredis/hiredis.h>

G_BEGIN_DECLS

typedef struct _VsRedisLink VsRedisLink;

/* redis://[[user]:password@]host[:port][/db]?key=name or
 * redis+unix:///path?key=name[&db=n]. *@key: the name. */
VsRedisLink *vs_redis_link_new (
    const gchar *location, gchar **key, GError **error);
void vs_redis_link_free (VsRedisLink *link);

/* Connects where it is not connected; keys that begin with @prefix are
 * listened to. */
gboolean vs_redis_link_ensure (
    VsRedisLink *link, const gchar *prefix, GError **error);
void vs_redis_link_drop (VsRedisLink *link);

/* What others change is heard; else it has to be looked for. */
gboolean vs_redis_link_is_listening (VsRedisLink *link);
gint vs_redis_link_get_fd (VsRedisLink *link);
/* Reads what was heard. TRUE: something was changed. */
gboolean vs_redis_link_hear (VsRedisLink *link);

/* One command, NULL-terminated. NULL: an error, also one that Redis told. */
redisReply *vs_redis_link_run (
    VsRedisLink *link, GError **error, ...) G_GNUC_NULL_TERMINATED;

/* A command more of a transaction; vs_redis_link_exec () sends them between
 * MULTI and EXEC. FALSE and no error: a watched key was changed. */
void vs_redis_link_add (VsRedisLink *link, GPtrArray *words);
void vs_redis_link_add_words (
    VsRedisLink *link, const gchar *first, ...) G_GNUC_NULL_TERMINATED;
gboolean vs_redis_link_exec (VsRedisLink *link, GError **error);

typedef redisReply VsRedisReply;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsRedisReply, freeReplyObject)

G_END_DECLS
