/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * container: from a struct that is embedded in another to the one that holds it.
 */
#ifndef BASE_CONTAINER_H
#define BASE_CONTAINER_H

#include <stddef.h>

/* The `type` whose `member` is at `pointer`. A pointer to anything but that member's type does not compile. */
#define container_of(pointer, type, member) \
    ((type *)(void *)((char *)(1 ? (pointer) : &((type *)0)->member) - offsetof(type, member)))

#endif
