/* parity.c - how well rules find what hadolint finds: precision and recall by DL code over the
 * public corpus, a code counted once an instruction. All rules with such codes are on, and nothing
 * is asked of the world. Differences that parity.tsv explains count for neither. With -v, prints
 * the others; with the codes given, of those alone.
 *
 * Left out: files that hadolint cannot parse (DL1000), and what it is silent on by default (DL1001,
 * DL3057) or has no more (DL3005, DL3017, DL3031, DL3039). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dfix/dfix.h"
#include "host/files.h"

enum { FILES = 1500, CODES = 128, LINE_MAX_BYTES = 4096, FILE_MAX_BYTES = 1 << 20 };

/* An instruction that a code is found in: its line. */
struct place {
    unsigned line;
    struct str code;
    bool theirs, ours, explained;
};
struct file {
    VEC(struct place) place;
    bool unread; /* by hadolint */
};
struct score {
    struct str code;
    unsigned both, theirs, ours, explained;
};

static struct file file[FILES + 1];
static struct score score[CODES];
static size_t ncode;
static const char *shared;
static bool verbose;
static char **only; /* codes, ends with NULL */
static unsigned stale;

static bool is_ignored(struct str code)
{
    return !str_starts(code, S("DL")) ||
           word_is_one_of(code, "DL1000 DL1001 DL3005 DL3017 DL3031 DL3039 DL3057");
}

static bool is_asked(struct str code)
{
    bool asked = !only[0];

    for (char **p = only; *p; p++)
        asked |= str_eq(str_of(*p), code);
    return asked;
}

static struct score *score_of(struct str code)
{
    for (size_t i = 0; i < ncode; i++)
        if (str_eq(score[i].code, code))
            return &score[i];
    if (ncode == CODES)
        abort();
    score[ncode].code = code;
    return &score[ncode++];
}

static struct place *place_of(struct arena *a, unsigned number, unsigned line, struct str code)
{
    struct file *f = &file[number];

    for (size_t i = 0; i < f->place.n; i++)
        if (f->place.v[i].line == line && str_eq(f->place.v[i].code, code))
            return &f->place.v[i];
    vec_push(a, &f->place, (struct place){.line = line, .code = code});
    return &f->place.v[f->place.n - 1];
}

/* ---- hadolint's findings, and the differences that are explained ---- */

struct row {
    unsigned number, line;
    struct str code;
};

/* Calls back for each line "0001.Dockerfile TAB 7 TAB DL3008 TAB ..." of a file. */
static bool each_row(struct arena *a, const char *path, void (*row)(struct arena *, struct row))
{
    static char line[LINE_MAX_BYTES];
    char code[32];
    struct row r;
    FILE *f = fopen(path, "r");

    if (!f)
        return false;
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "%u.Dockerfile\t%u\t%31[^\t\n]", &r.number, &r.line, code) == 3 &&
            r.number <= FILES) {
            r.code = str_dup(a, str_of(code));
            row(a, r);
        }
    fclose(f);
    return true;
}

static void add_theirs(struct arena *a, struct row r)
{
    if (str_eq(r.code, S("DL1000")))
        file[r.number].unread = true;
    if (!is_ignored(r.code))
        place_of(a, r.number, r.line, r.code)->theirs = true;
}

static void explain(struct arena *a, struct row r)
{
    place_of(a, r.number, r.line, r.code)->explained = true;
}

/* ---- our own ---- */

/* Every code of hadolint's that a rule has. */
static void select_codes(struct arena *a, struct settings *s)
{
    VEC(struct str) list = {0};

    for (size_t i = 0; i < dfix_rules.n; i++) {
        struct str codes = str_of(dfix_rules.v[i]->aliases), code;
        while (word_next(&codes, &code))
            if (!is_ignored(code))
                vec_push(a, &list, code);
    }
    s->select = list.v;
    s->nselect = list.n;
}

static void add_ours(struct arena *a, unsigned number, struct str text, const struct result *r)
{
    for (size_t i = 0; i < r->nfinding; i++) {
        const struct finding *x = &r->finding[i];
        struct str codes = x->codes, code;
        while (x->found && word_next(&codes, &code))
            if (!is_ignored(code))
                place_of(a, number, text_place(text, x->instruction).line, str_dup(a, code))->ours =
                    true;
    }
}

static void check_file(struct arena *keep, unsigned number, const struct settings *s)
{
    struct arena *a = arena_open();
    struct str path = str_fmt(a, "%s/corpus/public/%04u.Dockerfile", shared, number), text;
    struct err e;

    if (!file[number].unread && file_read(a, path.p, FILE_MAX_BYTES, &text, &e)) {
        struct result r = dfix_check(a, text, &dfix_rules, s, NULL);
        add_ours(keep, number, text, &r);
    }
    arena_close(a);
}

/* ---- the comparison ---- */

static void compare(unsigned number, const struct place *p)
{
    struct score *s = score_of(p->code);

    if (p->explained) {
        s->explained++;
        if (p->ours == p->theirs && !file[number].unread) {
            stale++;
            printf("%04u.Dockerfile\t%u\t" STR_FMT "\tis no difference; take it off parity.tsv\n",
                   number, p->line, STR_ARG(p->code));
        }
        return;
    }
    s->both += p->ours && p->theirs;
    s->ours += p->ours;
    s->theirs += p->theirs;
    if (verbose && p->ours != p->theirs && is_asked(p->code))
        printf("%04u.Dockerfile\t%u\t" STR_FMT "\t%s\n", number, p->line, STR_ARG(p->code),
               p->ours ? "dfix only" : "hadolint only");
}

static double percent(unsigned part, unsigned whole)
{
    return whole ? 100.0 * part / whole : 100.0;
}

static int by_code(const void *x, const void *y)
{
    const struct score *a = x, *b = y;
    return str_cmp(a->code, b->code);
}

static bool print_scores(void)
{
    bool good = true;

    qsort(score, ncode, sizeof *score, by_code);
    printf("%-7s %8s %8s %10s %8s %10s\n", "code", "hadolint", "dfix", "precision", "recall",
           "explained");
    for (size_t i = 0; i < ncode; i++) {
        const struct score *s = &score[i];
        double precision = percent(s->both, s->ours), recall = percent(s->both, s->theirs);
        if (!is_asked(s->code))
            continue;
        printf(STR_FMT "  %8u %8u %9.1f%% %7.1f%% %10u%s\n", STR_ARG(s->code), s->theirs, s->ours,
               precision, recall, s->explained, dfix_fixer(s->code) ? "" : "  no such rule yet");
        good &= precision >= 99 && recall >= 99;
    }
    return good;
}

int main(int argc, char **argv)
{
    struct arena *a = arena_open();
    struct settings s = {.offline = true, .today = S("2026-11-24")};
    char path[4096];

    (void)argc;
    verbose = argv[1] && strcmp(argv[1], "-v") == 0;
    only = argv + 1 + verbose;
    shared = getenv("DFIX_SHARED") ? getenv("DFIX_SHARED") : DFIX_SHARED;
    snprintf(path, sizeof path, "%s/corpus/hadolint-findings.tsv", shared);
    if (!each_row(a, path, add_theirs)) {
        printf("skipped: no shared corpus\n");
        return 0;
    }
    if (!each_row(a, DFIX_ROOT "/tests/bench/parity.tsv", explain))
        return 1;
    select_codes(a, &s);
    for (unsigned i = 1; i <= FILES; i++)
        check_file(a, i, &s);
    for (unsigned i = 1; i <= FILES; i++)
        for (size_t k = 0; k < file[i].place.n; k++)
            compare(i, &file[i].place.v[k]);
    bool good = print_scores();
    printf("%s\n", good && !stale ? "each code: 99 % precision and recall, or more"
                                  : "not every code has 99 % precision and recall");
    arena_close(a);
    return stale ? 1 : 0;
}
