/* H6: small files that cost minutes or gigabytes, and one that takes the run down. Counted in looks
 * at the disk and in bytes of memory; where only time grew, the file is one on which the fault
 * took longer than a test may. */
#include <stdlib.h>
#include <string.h>

#include "cmocka_all.h"

#include "dfix/dfix.h"

enum { MIB = 1 << 20 };

/* n times the piece, in which %1$d is the number, between head and tail. */
static struct str repeated(struct arena *a, const char *head, const char *piece, unsigned n,
                           const char *tail)
{
    struct buf b = {.arena = a};

    buf_add(&b, str_of(head));
    for (unsigned i = 0; i < n; i++) {
        struct str rest = str_of(piece), part;
        for (bool first = true; str_cut(&rest, '#', &part); first = false)
            buf_fmt(&b, first ? "%.0u" STR_FMT : "%u" STR_FMT, i, STR_ARG(part));
    }
    buf_add(&b, str_of(tail));
    return buf_str(&b);
}

static struct result fix(struct arena *a, struct str text, size_t memory, const struct lookup *l)
{
    static struct settings s;

    s = (struct settings){.unsafe = true, .today = S("2026-01-01"), .folder = S("/a/b/c/d/e/f")};
    s.limits.memory = memory;
    return dfix_fix(a, text, &dfix_rules, &s, l);
}

/* 1,000 took 306 s; twice as many, twelve times as long. */
static void a_lines_around_many_calls(void **state)
{
    static const char *const piece[] = {
        "USER u#\nRUN apt-get install -y curl\nUSER root\n",
        "USER node\nRUN apt-get install -y curl\n",
        "RUN useradd u#\nUSER u#\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(piece) / sizeof(piece[0]); i++) {
        struct arena *a = arena_open();
        struct str text = repeated(a, i == 1 ? "FROM node:20\n" : "FROM debian:12\n", piece[i],
                                   3000, "CMD [\"x\"]\n");
        struct result r = fix(a, text, 0, NULL);
        assert_int_equal(r.over.n, 0);
        assert_false(r.broken);
        arena_close(a);
    }
}

static enum answer count_files(void *self, const struct question *q, struct reply *out)
{
    (void)out;
    if (q->kind != ASK_FILE)
        return ANSWER_UNAVAILABLE;
    ++*(unsigned *)self;
    return str_eq(q->name, S(".git")) && q->folder.n == 2 ? ANSWER_FOUND : ANSWER_ABSENT;
}

/* Looks at the disk for N words of COPY and N scripts. */
static unsigned looks(unsigned n)
{
    struct arena *a = arena_open();
    unsigned count = 0;
    const struct lookup l = {.self = &count, .ask = count_files};
    struct str words = repeated(a, "FROM node:20\nCOPY", " w#", n, " /x/\n");
    struct str text = repeated(a, str_cstr(a, words), "RUN /x/y/z/q/s#.sh\n", n, "");

    assert_int_equal(fix(a, text, 0, &l).over.n, 0);
    arena_close(a);
    return count;
}

static void b_words_times_scripts(void **state)
{
    (void)state;
    unsigned few = looks(100), many = looks(400);
    if (many > 4 * few + few / 4 || many > 20000)
        fail_msg("100: %u looks, 400: %u", few, many);
}

/* 131, 495, 1,933 MB for 500, 1,000 and 2,000 of the first. */
static void c_source_lists(void **state)
{
    static const struct {
        const char *from, *piece;
        unsigned n;
    } c[] = {
        {"FROM debian:12\n",
         "RUN echo \"deb http://x#.example/debian bookworm main\" >> "
         "/etc/apt/sources.list.d/x#.list\n",
         2000},
        {"FROM debian:12\n",
         "COPY <<E /etc/apt/sources.list.d/x#.list\ndeb http://x#.example/d bookworm main\nE\n",
         1000},
        {"FROM debian:12\n",
         "RUN echo \"deb [signed-by=/k#] http://x#.example/d bookworm main\" >> "
         "/etc/apt/sources.list && apt-get install -y p#\n",
         1000},
        {"FROM alpine:3.20\n",
         "RUN echo \"http://x#.example/alpine/v3.20/main\" >> /etc/apk/repositories && apk add "
         "p#\n",
         1000},
        {"FROM debian:12\n",
         "RUN echo \"deb http://x#.example/d bookworm main\" >> /etc/apt/sources.list && "
         "sed -i s/o/oo/g /etc/apt/sources.list\n",
         450},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
        struct arena *a = arena_open();
        struct result r = fix(a, repeated(a, c[i].from, c[i].piece, c[i].n, ""), 48 * MIB, NULL);
        if (r.over.n)
            fail_msg("%zu: " STR_FMT, i, STR_ARG(r.over));
        arena_close(a);
    }
}

/* Each command of one list was looked for among all of them; twice as many took four times as
 * long. */
static void a_list_of_many_commands(void **state)
{
    static const char *const piece[] = {
        " && a | a && apt-get install -y curl",
        " && V#=p && apt-get install -y $V# && apt-get purge -y $V#",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(piece) / sizeof(piece[0]); i++) {
        struct arena *a = arena_open();
        struct str text =
            repeated(a, "FROM debian:12\nRUN apt-get update", piece[i], 10000, "\nCMD [\"x\"]\n");
        struct result r = fix(a, text, 0, NULL);
        assert_int_equal(r.over.n, 0);
        assert_false(r.broken);
        arena_close(a);
    }
}

static void f_over_its_memory_a_file_is_left(void **state)
{
    struct arena *a = arena_open();
    struct str text = repeated(a, "FROM debian:12\nRUN a", ";a", 100000, "\n");
    struct result r = fix(a, text, 8 * MIB, NULL);
    (void)state;
    assert_true(str_eq(r.over, S("it needs more than 8 MiB of memory")));
    assert_true(str_eq(r.text, text) && !r.edits.n && !r.nfinding);
    dfix_guard_all(&r);
    r = fix(a, S("FROM debian:12\nRUN a\n"), 8 * MIB, NULL);
    assert_int_equal(r.over.n, 0);
    arena_close(a);
}

static uint64_t fast_clock(void)
{
    static uint64_t now;
    return now += 10;
}

static void f_over_other_limits_too(void **state)
{
    struct arena *a = arena_open();
    struct settings s = {.today = S("2026-01-01")};
    struct str text = repeated(a, "FROM debian:12\n", "RUN a\n", 1000, "");
    (void)state;
    s.limits.nodes = 1000;
    assert_true(
        str_eq(dfix_check(a, text, &dfix_rules, &s, NULL).over, S("it has more than 1000 parts")));
    s.limits = (struct limits){.text = 4096};
    assert_true(
        str_eq(dfix_check(a, text, &dfix_rules, &s, NULL).over, S("it is larger than 4 KiB")));
    s.limits = (struct limits){.clock = fast_clock, .time = 20};
    assert_true(
        str_eq(dfix_check(a, text, &dfix_rules, &s, NULL).over, S("it takes more than 0 seconds")));
    s.limits = (struct limits){.clock = fast_clock, .time = 1000000};
    assert_int_equal(dfix_check(a, text, &dfix_rules, &s, NULL).over.n, 0);
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lines_around_many_calls),
        cmocka_unit_test(a_list_of_many_commands),
        cmocka_unit_test(b_words_times_scripts),
        cmocka_unit_test(c_source_lists),
        cmocka_unit_test(f_over_its_memory_a_file_is_left),
        cmocka_unit_test(f_over_other_limits_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
