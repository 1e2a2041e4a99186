/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * io/link.h against a model: what comes out is what went in, in its order, whatever sizes, pauses, taps and ends there
 * are, on each way that bytes can take. $POLLCAT_MODEL_SEED repeats a failure, $POLLCAT_MODEL_STEPS says how long.
 */
#include "io/link.h"

#include "io/tap.h"
#include "test_io_rig.h"

enum {
    STEPS = 1000000 / 4, /* in each of the four groups */
    SLOW_STEPS = 20000,
    PIECE = 300000, /* bytes at most in one step */
};

struct model {
    struct rig *rig;
    uint32_t seed, random;
    int in, out; /* our ends; -1: closed */
    struct port *src, *dst;
    struct link *link;
    struct tap tap;
    bool tapped, ended;
    uint64_t sent, received, seen; /* `seen` is the place in the stream where the tap is */
};

static unsigned char data[PIECE];

static uint32_t draw(struct model *m, uint32_t below)
{
    m->random = m->random * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)m->random * below >> 32);
}

/* The byte at a place of the stream; no two thousand in a row are the same as any others. */
static unsigned char byte_at(uint64_t place)
{
    return (unsigned char)(place * 2654435761u >> 13);
}

static void require(const struct model *m, bool holds, const char *what)
{
    if (!holds)
        fail_msg("%s: POLLCAT_MODEL_SEED=%u, sent %llu, received %llu", what, m->seed,
                 (unsigned long long)m->sent, (unsigned long long)m->received);
}

/* What the link has read. */
static uint64_t taken(const struct model *m)
{
    return m->link->bytes + link_held(m->link);
}

/* The tap sees each byte that is read, before the destination has it, and none twice. */
static void model_see(struct tap *t, const void *bytes, size_t n, const struct meta *meta)
{
    struct model *m = container_of(t, struct model, tap);
    const unsigned char *p = bytes;

    (void)meta;
    require(m, m->seen == taken(m), "the tap misses bytes, or sees them late");
    for (size_t i = 0; i < n; i++)
        require(m, p[i] == byte_at(m->seen + i), "the tap sees what was not sent");
    m->seen += n;
}

static void untap(struct model *m)
{
    if (m->tapped) {
        require(m, m->seen == taken(m), "the tap has not seen all that was read");
        link_tap_del(m->link, &m->tap);
    }
    m->tapped = false;
}

static void begin(struct model *m)
{
    bool pipes = backend.splice && draw(m, 2) == 0;
    int s[2], d[2];

    if (pipes)
        rig_pipe(s);
    else
        rig_pair(s, SOCK_STREAM);
    rig_narrow_pair(d);
    m->in = pipes ? s[1] : s[0];
    m->out = d[0];
    m->src = pipes ? rig_file(m->rig, s[0]) : rig_shaken(fd_socket(m->rig->loop, s[1]));
    m->dst = rig_shaken(fd_socket(m->rig->loop, d[1]));
    m->link = link_new(m->src, m->dst, &m->rig->pool, NULL);
    m->tapped = m->ended = false;
    m->tap.see = model_see;
    m->sent = m->received = 0;
}

static void finish(struct model *m)
{
    if (m->link->state != LINK_DST_FAILED)
        untap(m);
    link_free(m->link);
    port_free(m->src);
    port_free(m->dst);
    if (m->in >= 0)
        close(m->in);
    if (m->out >= 0)
        close(m->out);
}

static void turn(struct model *m)
{
    loop_timer_set(m->rig->loop, &m->rig->rest, 0);
    rig_run(m->rig);
}

static void step_write(struct model *m)
{
    size_t n = draw(m, 12) == 0 ? 1 + draw(m, PIECE) : 1 + draw(m, 2000);
    ssize_t put;

    if (m->in < 0)
        return;
    for (size_t i = 0; i < n; i++)
        data[i] = byte_at(m->sent + i);
    put = write(m->in, data, n);
    m->sent += put > 0 ? (uint64_t)put : 0;
}

static void step_read(struct model *m)
{
    ssize_t n = read(m->out, data, 1 + draw(m, PIECE - 1));

    for (ssize_t i = 0; i < n; i++)
        require(m, data[i] == byte_at(m->received + (uint64_t)i), "another byte comes out");
    if (n == 0) {
        require(m, m->in < 0 && m->received == m->sent, "the end comes too early");
        m->ended = true;
    }
    m->received += n > 0 ? (uint64_t)n : 0;
    require(m, m->received <= m->sent, "more comes out than went in");
}

static void step_tap(struct model *m)
{
    if (m->tapped) {
        untap(m);
        return;
    }
    link_tap_add(m->link, &m->tap);
    m->tapped = true;
    m->seen = taken(m);
}

/* The reader goes away, with bytes under way or without. */
static void step_break(struct model *m)
{
    uint64_t missing = m->sent - m->received;

    close(m->out);
    m->out = -1;
    link_pause(m->link, false);
    step_write(m);
    for (int i = 0; i < 50 && m->link->state == LINK_RUNNING; i++)
        turn(m);
    require(m, m->link->state != LINK_SRC_FAILED, "the wrong end failed");
    require(m, m->link->lost <= missing + PIECE, "more is lost than was there");
    finish(m);
    begin(m);
}

/* The source ends: all comes out, then the end. */
static void step_end(struct model *m)
{
    if (m->in >= 0)
        close(m->in);
    m->in = -1;
    link_pause(m->link, false);
    for (int i = 0; i < 20000 && !m->ended; i++) {
        turn(m);
        step_read(m);
    }
    require(m, m->ended && m->link->state == LINK_DONE, "the end does not come");
    finish(m);
    begin(m);
}

static void step(struct model *m)
{
    uint32_t what = draw(m, 1000);

    if (what < 2)
        step_break(m);
    else if (what < 12)
        step_end(m);
    else if (what < 40)
        step_tap(m);
    else if (what < 60)
        link_pause(m->link, draw(m, 3) == 0);
    else if (what < 450)
        step_write(m);
    else
        step_read(m);
    if (what % 2 == 0)
        turn(m);
}

static uint32_t number(const char *name, uint32_t otherwise)
{
    const char *text = getenv(name);

    return text != NULL ? (uint32_t)strtoul(text, NULL, 10) : otherwise;
}

static void test_model(void **state)
{
    struct model m = {.rig = rig_new(), .seed = number("POLLCAT_MODEL_SEED", 1)};
    bool slow = getenv("POLLCAT_SLOW") != NULL || getenv("POLLCAT_TEST_WRAP") != NULL;
    uint32_t steps = number("POLLCAT_MODEL_STEPS", slow ? SLOW_STEPS : STEPS);

    (void)state;
    m.random = m.seed;
    begin(&m);
    for (uint32_t i = 0; i < steps; i++)
        step(&m);
    step_end(&m);
    finish(&m);
    rig_free(m.rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_model)};
    int failed = 0;

    failed += cmocka_run_group_tests_name("model, poll", tests, rig_poll, NULL);
    failed += cmocka_run_group_tests_name("model, crowd", tests, rig_crowd, NULL);
    failed += cmocka_run_group_tests_name("model, splice", tests, rig_splice, NULL);
    failed += cmocka_run_group_tests_name("model, shaky", tests, rig_shaky, NULL);
    return failed;
}
