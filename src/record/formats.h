/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * formats: the formats of records: one row each.
 */
#ifndef RECORD_FORMATS_H
#define RECORD_FORMATS_H

#include "record/record.h"

/* What arrives, as it is. */
extern const struct record_format record_bytes;

/* Both directions, as they are, in the order they are read. */
extern const struct record_format record_output;

/* Both directions as hex dumps, a block for what was read at once. Lines that begin with # tell whose each is; the second has
 * none, and shows blanks as dots: it is Ncat's, byte by byte. */
extern const struct record_format record_hex, record_hex_plain;

/* Both directions, readable: a line of it, whose peer's number is left out where there is none:
 *   2026-01-31 13:05:09.042 < [1] 192.0.2.7 port 80: text made safe
 * with `>` for what was sent and `#` for events; a line that went on is shown in parts, with a backslash at the end of
 * each but the last. */
extern const struct record_format record_transcript;

#endif
