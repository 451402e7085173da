/* dfix verify over the public corpus. What dfix's own safe fixes do is layout, comments, versions
 * or caches. Whatever is taken away from a file or changed in it is named, and as what it is. And
 * blanks between words are layout alone.
 *
 * `./dev test all` takes all files instead of a fixed tenth. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmocka_all.h"
#include "dfix/dfix.h"
#include "dfix/verify.h"
#include "host/files.h"
#include "known_world.h"
#include "random.h"
#include "sandbox.h"

#define CORPUS DFIX_SHARED "/corpus/public"

static struct {
    unsigned files, changed, mutated, failures;
} seen;

static void complain(struct str path, const char *what, struct differences d)
{
    if (++seen.failures > 20)
        return;
    print_error("%.*s: %s\n", STR_ARG(path), what);
    for (size_t i = 0; i < d.n; i++)
        if (d.v[i].kind == differences_worst(d))
            print_error("    %s: %.*s: %.*s\n", difference_name(d.v[i].kind), STR_ARG(d.v[i].where),
                        STR_ARG(d.v[i].what));
}

typedef void check(struct arena *a, struct str path, struct str in, unsigned number);

static void each_file(check *one)
{
    const char *tier = getenv("DFIX_TEST_TIER");
    bool all = tier && strcmp(tier, "all") == 0;
    struct dirent **entry;
    int n = scandir(CORPUS, &entry, NULL, alphasort);

    if (n < 0) {
        print_message("skipped: no %s\n", CORPUS);
        skip();
    }
    memset(&seen, 0, sizeof(seen));
    for (int i = 0; i < n; i++) {
        struct arena *a = arena_open();
        struct str text, path = str_fmt(a, "%s/%s", CORPUS, entry[i]->d_name);
        struct err e;
        bool wanted = entry[i]->d_name[0] != '.' && (all || i % 10 == 3);
        if (wanted && file_read(a, path.p, 1 << 20, &text, &e)) {
            seen.files++;
            one(a, str_of(entry[i]->d_name), text, (unsigned)i);
        }
        arena_close(a);
        free(entry[i]);
    }
    free(entry);
    print_message("%u files, %u changed, %u mutations\n", seen.files, seen.changed, seen.mutated);
    if (seen.failures)
        fail_msg("%u failures", seen.failures);
    assert_true(seen.files > 100);
}

static struct differences compared(struct arena *a, struct str x, struct str y)
{
    return verify_texts(a, x, y, NULL, S(""));
}

/* ---- dfix's own fixes ---- */

static bool is_safe(enum difference_kind k)
{
    return k == DIFFERENCE_LAYOUT || k == DIFFERENCE_COMMENTS || k == DIFFERENCE_VERSIONS ||
           k == DIFFERENCE_CACHES;
}

static void check_fixes(struct arena *a, struct str path, struct str in, unsigned number)
{
    static struct str everything;
    everything = S("all");
    struct settings s = {
        .max_age = -1, .today = S("2026-01-01"), .select = &everything, .nselect = 1};
    (void)number;
    struct result r = dfix_fix(a, in, &dfix_rules, &s, &world);
    if (!r.edits.n)
        return;
    seen.changed++;
    struct differences d = compared(a, in, r.text);
    bool safe = d.n > 0;
    for (size_t i = 0; i < d.n; i++)
        safe &= is_safe(d.v[i].kind);
    if (!safe)
        complain(path, "a safe fix does more:", d);
}

static void safe_fixes_are_safe(void **state)
{
    (void)state;
    each_file(check_fixes);
    assert_true(seen.changed > seen.files / 2);
}

/* ---- mutations ---- */

struct place {
    struct span at;
    struct str text;          /* to stand there */
    enum difference_kind min; /* that it is named as, at least */
    enum difference_kind max;
    const char *what;
};
typedef VEC(struct place) place_list;

/* Of CMD and the like only the last one counts. */
static bool may_be_dead(const struct tree *t, node_id n)
{
    node_id up = node_kind(t, n) == NODE_INSTRUCTION ? n : node_up(t, n, NODE_INSTRUCTION);

    for (; up; up = node_up(t, up, NODE_INSTRUCTION)) {
        enum instruction i = node_instruction(t, up);
        if (i == INST_CMD || i == INST_ENTRYPOINT || i == INST_HEALTHCHECK)
            return true;
    }
    return false;
}

static void add(struct arena *a, place_list *l, struct span at, struct str text,
                enum difference_kind min, enum difference_kind max, const char *what)
{
    vec_push(a, l, (struct place){at, text, min, max, what});
}

static void word_places(struct arena *a, const struct tree *t, node_id n, place_list *l)
{
    node_id up = t->node[n].parent;
    enum node_kind around = node_kind(t, up);
    struct str text = node_text(t, n);

    if (around == NODE_COMMAND && n != node_next(t, up, 0, NODE_WORD)) {
        add(a, l, node_span(t, n), S(""), DIFFERENCE_CACHES, DIFFERENCE_BEHAVIOUR, "a word less");
        add(a, l, node_span(t, n), str_fmt(a, STR_FMT "x", STR_ARG(text)), DIFFERENCE_VERSIONS,
            DIFFERENCE_BEHAVIOUR, str_starts(text, S("-")) ? "another flag" : "another word");
    } else if (around == NODE_PAIR && node_instruction(t, t->node[up].parent) == INST_ENV) {
        add(a, l, node_span(t, n), S("changed"), DIFFERENCE_VERSIONS, DIFFERENCE_BEHAVIOUR,
            "another value");
    } else if (around == NODE_INSTRUCTION && node_instruction(t, up) == INST_USER) {
        add(a, l, node_span(t, n), S("mallory"), DIFFERENCE_BEHAVIOUR, DIFFERENCE_BEHAVIOUR,
            "another user");
    } else if (around == NODE_INSTRUCTION && node_instruction(t, up) == INST_COPY) {
        add(a, l, node_span(t, n), S("/etc/shadow"), DIFFERENCE_BEHAVIOUR, DIFFERENCE_BEHAVIOUR,
            "another source");
    }
}

static void node_places(struct arena *a, const struct tree *t, node_id n, place_list *l)
{
    struct span s = node_span(t, n);

    if (may_be_dead(t, n))
        return;
    switch (node_kind(t, n)) {
    case NODE_WORD:
        word_places(a, t, n, l);
        break;
    case NODE_IMAGE:
        add(a, l, s, S("attacker/image:1"), DIFFERENCE_BEHAVIOUR, DIFFERENCE_BEHAVIOUR,
            "another image");
        break;
    case NODE_REDIRECT:
        if (node_kind(t, t->node[n].parent) == NODE_COMMAND && t->node[n].op < REDIR_HEREDOC)
            add(a, l, s, S(""), DIFFERENCE_BEHAVIOUR, DIFFERENCE_BEHAVIOUR, "no redirection");
        break;
    case NODE_DATA:
        for (uint32_t i = s.start; i < s.end; i++)
            if (node_kind(t, t->node[n].parent) == NODE_HEREDOC && t->text.p[i] >= 'a' &&
                t->text.p[i] <= 'y')
                add(a, l, (struct span){i, i + 1}, S("z"), DIFFERENCE_BEHAVIOUR,
                    DIFFERENCE_BEHAVIOUR, "another byte of a heredoc");
        break;
    case NODE_INSTRUCTION:
        if (node_instruction(t, n) == INST_RUN || node_instruction(t, n) == INST_WORKDIR)
            add(a, l, s, S(""), DIFFERENCE_BEHAVIOUR, DIFFERENCE_BEHAVIOUR, "no instruction");
        break;
    default:
        break;
    }
}

static void token_places(struct arena *a, const struct tree *t, uint32_t tok, place_list *l)
{
    struct span s = token_span(t, tok);
    struct str text = str_sub(t->text, s.start, s.end);

    if (t->tok[tok].kind == TOK_COMMENT && !str_starts(text, S("#!")) && text.n > 2)
        add(a, l, s, S("#"), DIFFERENCE_COMMENTS, DIFFERENCE_COMMENTS, "no comment");
    if (t->tok[tok].kind == TOK_OPERATOR && str_eq(text, S("&&")))
        add(a, l, s, S(";"), DIFFERENCE_BEHAVIOUR, DIFFERENCE_BEHAVIOUR, "another operator");
}

/* Two instructions that stand next to each other change places. */
static void swap_places(struct arena *a, const struct tree *t, place_list *l)
{
    for (node_id n = node_first(t, 0), next; n && (next = node_sibling(t, n)); n = next) {
        struct span x = node_span(t, n), y = node_span(t, next);
        bool both = node_kind(t, n) == NODE_INSTRUCTION && node_kind(t, next) == NODE_INSTRUCTION;
        bool dead = both && (may_be_dead(t, n) || may_be_dead(t, next));
        if (!both || dead || node_instruction(t, n) == INST_FROM ||
            node_instruction(t, next) == INST_FROM || node_next(t, n, 0, NODE_HEREDOC) ||
            node_next(t, next, 0, NODE_HEREDOC) || str_eq(node_text(t, n), node_text(t, next)))
            continue;
        add(a, l, (struct span){x.start, y.end},
            str_fmt(a, STR_FMT STR_FMT STR_FMT, STR_ARG(node_text(t, next)),
                    STR_ARG(str_sub(t->text, x.end, y.start)), STR_ARG(node_text(t, n))),
            DIFFERENCE_ORDER, DIFFERENCE_BEHAVIOUR, "another order");
    }
}

static struct str with(struct arena *a, struct str in, const struct place *p)
{
    return str_fmt(a, STR_FMT STR_FMT STR_FMT, STR_ARG(str_sub(in, 0, p->at.start)),
                   STR_ARG(p->text), STR_ARG(str_from(in, p->at.end)));
}

static void check_mutations(struct arena *a, struct str path, struct str in, unsigned number)
{
    enum { TRIES = 25 };
    struct random random = random_of(number);
    const struct tree *t = tree_parse(a, in);
    place_list l = {0};

    if (t->nerror)
        return;
    for (node_id n = 1; n < t->nnode; n++)
        node_places(a, t, n, &l);
    for (uint32_t i = 0; i < t->ntok; i++)
        token_places(a, t, i, &l);
    swap_places(a, t, &l);
    for (unsigned i = 0; i < TRIES && l.n; i++, seen.mutated++) {
        const struct place *p = &l.v[random_below(&random, l.n)];
        struct str text = with(a, in, p);
        struct differences d = compared(a, in, text);
        enum difference_kind worst = differences_worst(d);
        if (!str_eq(text, in) && (worst < p->min || worst > p->max))
            complain(str_fmt(a, STR_FMT ":%u", STR_ARG(path), text_place(in, p->at.start).line),
                     p->what, d);
    }
}

static void mutations_are_named(void **state)
{
    (void)state;
    each_file(check_mutations);
    assert_true(seen.mutated > 2000);
}

/* ---- layout ---- */

/* Another line between two words of a command, and blanks at the ends of instructions. */
static void check_layout(struct arena *a, struct str path, struct str in, unsigned number)
{
    const struct tree *t = tree_parse(a, in);
    struct buf b = {.arena = a};
    uint32_t at = 0;

    (void)number;
    if (t->nerror)
        return;
    for (node_id n = 1; n < t->nnode; n++) {
        node_id next = node_sibling(t, n);
        if (node_kind(t, n) != NODE_WORD || node_kind(t, t->node[n].parent) != NODE_COMMAND ||
            !next || node_kind(t, next) != NODE_WORD || node_up(t, n, NODE_HEREDOC) ||
            node_up(t, n, NODE_SUBST) || node_up(t, n, NODE_PROCESS))
            continue;
        uint32_t end = node_span(t, n).end;
        buf_add(&b, str_sub(in, at, end));
        buf_fmt(&b, " %c\n", t->escape);
        at = end;
    }
    buf_add(&b, str_from(in, at));
    struct differences d = compared(a, in, buf_str(&b));
    seen.changed += at > 0;
    if (differences_worst(d) > DIFFERENCE_LAYOUT || (at && !d.n))
        complain(path, "lines between words:", d);
}

static void lines_between_words_are_layout(void **state)
{
    (void)state;
    each_file(check_layout);
    assert_true(seen.changed > seen.files / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(safe_fixes_are_safe),
        cmocka_unit_test(mutations_are_named),
        cmocka_unit_test(lines_between_words_are_layout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
