/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-ahead: what nearly every job decodes with, loaded while the job is read.
 *
 * libav's plugin brings more than a hundred libraries along. The dynamic linker
 * does one thing at a time, and a new thread waits for it, too (glibc's
 * dl_open_worker () holds the lock that pthread_create () takes). So the
 * libraries are loaded one by one, those that others need first: whoever else
 * wants the linker waits for one of them, not for all; and less is searched for
 * each symbol. Their names are those of the machine that built this. What is
 * not there any more is passed over, and is loaded, or missed, when it is
 * needed.
 * Threading: the main thread; the work is done by threads of its own. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Begins with the libraries, which needs no GStreamer. Once. */
void vs_ahead_start (void);

/* After gst_init (): loads the plugins that come before any decoder, and has
 * libav's loaded as soon as its libraries are there, and then those that a
 * ladder is built of. After vs_ahead_start (). */
void vs_ahead_load_plugins (void);

/* Before the process ends: what is being loaded is waited for, no more is. */
void vs_ahead_stop (void);

G_END_DECLS
