/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * asking: a layer that asks the other side for something (proto/ask.h). It is a handshake alone, and leaves after it.
 */
#ifndef LAYER_ASKING_H
#define LAYER_ASKING_H

#include "base/err.h"
#include "proto/ask.h"

struct layer;

/* Asks as `ask` says, which is copied with its host; user, password and `title` (who is asked, for messages) outlive the
 * layer. NULL with `e`: this cannot be asked for. */
struct layer *asking_layer(const struct ask *ask, const char *title, struct err *e);

#endif
