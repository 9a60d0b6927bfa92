/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-reply: puts a version of a file, or a refusal, into a message. The
 * one place where headers and status of a reply are chosen.
 *
 * Threading: the thread of the server. */
#pragma once

#include "vs-http-file.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Answers GET and HEAD from @file by the conditions, range and codings that
 * the request names. */
void vs_http_reply_file (SoupServerMessage *message, VsHttpFile *file);

/* The same without the body, for a file that is not here: TRUE where @length
 * bytes from @first of it are to follow. */
gboolean vs_http_reply_begin (SoupServerMessage *message, VsHttpFile *file,
    guint64 *first, guint64 *length);

/* A refusal, as one line of text; @sentence may be NULL. */
void vs_http_reply_status (SoupServerMessage *message, guint status);
void vs_http_reply_problem (
    SoupServerMessage *message, guint status, const gchar *sentence);

/* 204 for OPTIONS, 405 for what is neither that nor GET nor HEAD: TRUE when
 * the message has been answered. */
gboolean vs_http_reply_method (SoupServerMessage *message);

/* The headers of a document of our own: @policy is its content security
 * policy. */
void vs_http_reply_protect (SoupServerMessage *message, const gchar *policy);

/* What is answered from a file is for this one alone: caches that serve others
 * do not keep it. Called first. */
void vs_http_reply_set_private (SoupServerMessage *message);

/* Any page of any origin may read this (no credentials are ever asked for). */
void vs_http_reply_allow_origins (SoupServerMessage *message);

G_END_DECLS
