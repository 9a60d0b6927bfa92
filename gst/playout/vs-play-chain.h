/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-play-chain: the pieces an item's pipeline is made of. Each function
 * builds a bin; nothing is kept. Errors name the missing element. */
#pragma once

#include "playout/vs-play-format.h"
#include "playout/vs-play-uri.h"

G_BEGIN_DECLS

/* A bin with one sink pad that brings raw video (audio) to the format and
 * ends in an appsink named "sink". The engine works on audio in floats, so
 * that is what it gets; the format's own sample type is made at the output. */
GstElement *vs_play_chain_new_sink (
    const VsPlayFormat *format, VsPlayStream stream, GError **error);

/* The test picture: colour bars, the time of day (UTC) and a frame number, a
 * white square and a louder tone in the first tenth of each second. Raw, on
 * pads "video" and "audio". */
GstElement *vs_play_chain_new_test (const VsPlayFormat *format, GError **error);

/* MPEG-TS over RTP: RTP has no header that says what it carries, so it is
 * taken to be that. Its pads come as uridecodebin's do. */
GstElement *vs_play_chain_new_rtp (const gchar *uri, GError **error);

/* Which kind the stream of these caps is; VS_PLAY_N_STREAMS where they are not
 * those of one picture or sound stream, as those of a container. */
VsPlayStream vs_play_chain_get_stream (GstCaps *caps);

/* A pipe or a device is no file: to open it may take for ever, and cannot be
 * broken off. Looks at the disk. */
gboolean vs_play_chain_check_file (const gchar *uri, GError **error);

/* What is not played is swallowed, undecoded. */
void vs_play_chain_swallow (GstBin *bin, GstPad *pad);

/* What a source of uridecodebin's own choice is told. */
void vs_play_chain_set_up_source (GstElement *source, GstClockTime timeout);

/* What @uri, of @source, a uridecodebin, leads to: what comes from a network
 * to no file of this machine, and to nothing that only we have the keys of; a
 * film of the library to nothing but itself. A playlist that names more is an
 * error of @source. Files, and our own lists of segments (data:), may lead
 * anywhere. */
void vs_play_chain_limit_reach (GstElement *source, const gchar *uri);

/* libav's decoders in @pipeline get buffers of their own where they cannot do
 * with others'; before anything is in it. */
void vs_play_chain_set_up_decoders (GstElement *pipeline);

/* Adds a new element to @bin; @name may be NULL. */
GstElement *vs_play_chain_make (
    GstBin *bin, const gchar *factory, const gchar *name, GError **error);

G_END_DECLS
