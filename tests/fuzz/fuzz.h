/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A fuzz target reads untrusted bytes and must come back. The name is that of
 * libFuzzer, so a target links to it as well; here replay.c is the driver. */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);
