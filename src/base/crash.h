/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * crash: what is put right where the program ends without coming back to who would: it crashes, or memory is out.
 */
#ifndef BASE_CRASH_H
#define BASE_CRASH_H

#include <stdbool.h>

#include "base/list.h"

/* Embedded in its user's struct, zeroed. */
struct crash_care {
    struct list place;
    /* In a signal's handler (`handler`), where only what is safe there may be called, or in exit(3). */
    void (*run)(struct crash_care *, bool handler);
};

/* `run`, which is set, is called at such an end from now on; no more. Either may be so already. */
void crash_care(struct crash_care *);
void crash_forget(struct crash_care *);

#endif
