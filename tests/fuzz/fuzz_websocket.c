/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * proto/websocket.h: any head as a request and as an answer; what is said of it is bounded and safe, and what a server
 * agrees to a client does.
 */
#include "proto/websocket.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/http.h"

static void require(bool fact)
{
    if (!fact)
        abort();
}

static void is_plain(const char *text)
{
    for (; *text != '\0'; text++)
        require((unsigned char)*text >= ' ' && *text != 127);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct websocket_terms terms = {.protocol = "a, b", .origin = "http://o"};
    static const char key[] = "dGhlIHNhbXBsZSBub25jZQ==";
    const size_t head = http_head(data, size),
                 n = head > 0 ? head : size; /* what can be none is judged as it is */
    struct websocket_deal deal, other;
    char *answer;

    if (!websocket_agrees(&terms, key, data, n, &deal))
        require(deal.why[0] != '\0');
    is_plain(deal.why);
    answer = websocket_answer(&terms, data, n, &deal);
    is_plain(deal.why);
    require(http_head(answer, strlen(answer)) > 0);
    if (deal.status == WEBSOCKET_UPGRADED && strstr(answer, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != NULL) {
        require(websocket_agrees(&terms, key, answer, http_head(answer, strlen(answer)), &other));
        require(strcmp(other.protocol, deal.protocol) == 0);
    }
    free(answer);
    return 0;
}
