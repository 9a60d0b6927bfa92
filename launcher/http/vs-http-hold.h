/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-hold: sends a reply, its head together with its body where the body
 * is so small that both go into a packet or two: half the system calls, and
 * half the packets. And it puts fields into the head that libsoup would copy
 * and print one by one.
 *
 * Life: one for each socket. What looks like the head of a small reply is kept
 * until the body comes; let_go () sends it alone where none does. Before each
 * head it may be given fields, which that head gets.
 *
 * Threading: one thread, that of the socket. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _VsHttpHold VsHttpHold;

VsHttpHold *vs_http_hold_new (GSocket *socket);

/* HEAD: no body comes, whatever the head of the reply says. */
void vs_http_hold_set_bodiless (VsHttpHold *self, gboolean bodiless);

/* Whole lines, for the head that is sent next. */
void vs_http_hold_add_fields (VsHttpHold *self, const gchar *lines, gsize size);

/* What is sent next is a head, and then what lies in @body, which is not looked
 * at: it may show a file that is cut short meanwhile. */
void vs_http_hold_set_body (VsHttpHold *self, GBytes *body);

/* How much of @data has been sent, or is held; -1: @error. */
gssize vs_http_hold_send (
    VsHttpHold *self, gconstpointer data, gsize size, GError **error);

void vs_http_hold_let_go (VsHttpHold *self);
void vs_http_hold_free (VsHttpHold *self);

G_END_DECLS
