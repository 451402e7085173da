/* random.h - repeatable pseudo-random cases for property tests. */
#ifndef DFIX_TEST_RANDOM_H
#define DFIX_TEST_RANDOM_H

#include "dfix/edit.h"

/* xorshift64*, seeded by the case's number, so that a failing case can be named. */
struct random {
    uint64_t state;
};

static inline struct random random_of(uint64_t seed)
{
    return (struct random){(seed + 1) * 0x9E3779B97F4A7C15u};
}

static inline uint32_t random_below(struct random *r, size_t n)
{
    r->state ^= r->state >> 12;
    r->state ^= r->state << 25;
    r->state ^= r->state >> 27;
    return n ? (uint32_t)((r->state * 0x2545F4914F6CDD1Du >> 32) % n) : 0;
}

/* At most `max` bytes, drawn from `alphabet`. */
static inline struct str random_text(struct random *r, struct arena *a, size_t max,
                                     struct str alphabet)
{
    size_t n = random_below(r, max + 1);
    char *p = arena_new(a, char, n + 1);
    for (size_t i = 0; i < n; i++)
        p[i] = alphabet.p[random_below(r, alphabet.n)];
    return (struct str){p, n};
}

/* Sorted, non-touching edits of a text of `len` bytes; none is empty on both sides. */
static inline struct edits random_edits(struct random *r, struct arena *a, size_t len, size_t most,
                                        struct str alphabet)
{
    struct edits e = {.v = arena_new(a, struct edit, most + 1)};
    size_t at = 0, wanted = 1 + random_below(r, most);
    for (size_t i = 0; i < wanted && at <= len; i++) {
        size_t start = at + random_below(r, (len - at) / 2 + 1);
        size_t end = start + random_below(r, 6);
        end = end < len ? end : len;
        struct str text = random_text(r, a, 6, alphabet);
        if (start < end || text.n)
            e.v[e.n++] = (struct edit){{(uint32_t)start, (uint32_t)end}, text};
        at = end + 1;
    }
    return e;
}

#endif
