/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-intake: the body of one request that sends a file, on its way to the
 * disk; without knowing how it comes.
 *
 * Life: made by the handler of the request, which has checked all that its head
 * says; given the body piece by piece, each when the one before has been dealt
 * with; ended, when all has come or the sender has gone; then the answer is
 * there. It may be there earlier, when something is wrong. What has been
 * answered with success is on the disk.
 *
 * Threading: one thread; `step` is called in its default main context. */
#pragma once

#include "api/vs-api.h"
#include "core/vs-tus.h"

G_BEGIN_DECLS

typedef enum {
  VS_INTAKE_MORE,    /* the next piece, or the end */
  VS_INTAKE_WAIT,    /* the listener hears of it */
  VS_INTAKE_ANSWERED /* nothing is taken any more */
} VsIntakeStep;

typedef void (*VsIntakeListener) (VsIntakeStep step, gpointer user_data);

/* How the bytes come. */
typedef enum {
  VS_INTAKE_CREATE, /* with the request that makes the upload */
  VS_INTAKE_PATCH,  /* to an upload that is there */
  VS_INTAKE_FORM    /* as the first file of a form */
} VsIntakeKind;

/* Takes @upload. NULL: its file cannot be written. @content_type: of a form.
 * @checksum: or NULL. */
VsIntake *vs_intake_new (VsApi *api, VsIntakeKind kind, VsUpload *upload,
    const gchar *content_type, const VsTusChecksum *checksum, GError **error);
void vs_intake_free (VsIntake *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsIntake, vs_intake_free)

void vs_intake_set_listener (
    VsIntake *self, VsIntakeListener listener, gpointer user_data);

VsIntakeStep vs_intake_give (VsIntake *self, GBytes *piece);
VsIntakeStep vs_intake_end (VsIntake *self, gboolean whole);

/* After VS_INTAKE_ANSWERED; to be counted under @route. */
VsApiReply *vs_intake_get_reply (VsIntake *self);

G_END_DECLS
