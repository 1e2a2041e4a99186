/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * proto/http_body.h: a body ends at the same place, whatever the pieces. proto/http_pass.h: what is passed on is a head that says
 * nothing of what is between neighbours, and no more than there is room for.
 */
#include "proto/http_pass.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/http.h"
#include "proto/http_body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* Returns the length of the body; -1: it is none; -2: it is not over. */
static ssize_t measure(struct http_body b, const uint8_t *data, size_t n, size_t piece)
{
    size_t at = 0;

    while (at < n && !http_body_is_over(&b)) {
        const size_t part = n - at < piece ? n - at : piece;
        const ssize_t passed = http_body_pass(&b, data + at, part);

        if (passed < 0)
            return -1;
        require((size_t)passed <= part && ((size_t)passed == part || http_body_is_over(&b)));
        at += (size_t)passed;
    }
    return http_body_is_over(&b) ? (ssize_t)at : -2;
}

static void check_passed(const char *out, size_t n)
{
    struct http_text value;

    require(http_head(out, n) == n);
    require(http_field(out, n, "Connection", 0, &value) && http_is(&value, "close"));
    require(!http_field(out, n, "Connection", 1, &value));
    require(!http_field(out, n, "Proxy-Connection", 0, &value) && !http_field(out, n, "Upgrade", 0, &value));
    require(http_field(out, n, "Via", 0, &value));
}

static void pass(const uint8_t *data, size_t n)
{
    char *head = malloc(n), *out = malloc(HTTP_PASSED(n));
    int status;
    struct http_text reason;
    ssize_t passed;

    require(head != NULL && out != NULL);
    memcpy(head, data, n);
    if (http_unfold(head, n) && http_status(head, n, &status, &reason) == 0) {
        passed = http_pass_answer(head, n, true, out);
        require(passed <= (ssize_t)HTTP_PASSED(n));
        if (passed >= 0)
            check_passed(out, (size_t)passed);
    }
    free(head);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t n = size > 0 ? http_head(data, size) : 0;
    struct http_body b;

    if (n == 0)
        return 0;
    pass(data, n);
    if (http_body_begin(&b, data, n) == 0)
        require(measure(b, data + n, size - n, 1) == measure(b, data + n, size - n, size));
    return 0;
}
