/* What a run comes to: its counts, its exit status, its last line. */
#include "faces/faces.h"

#include <stdlib.h>

bool outcome_level(const struct command_line *c, enum fail_level *out, struct err *e)
{
    struct str level = options_value(c, OPT_FAIL_ON);
    struct err why;

    *out = FAIL_UNSET;
    if (c->set[OPT_FAILURE_THRESHOLD] &&
        !config_fail_level(options_value(c, OPT_FAILURE_THRESHOLD), out, &why))
        return err_set(e, "dfix: --failure-threshold: %s", why.text);
    if (!c->set[OPT_FAIL_ON])
        return true;
    for (enum severity s = SEVERITY_INFO; s <= SEVERITY_ERROR; s++)
        if (str_eq(level, str_of(severity_name(s)))) {
            *out = (enum fail_level)(FAIL_INFO + (int)s);
            return true;
        }
    return err_set(e, "dfix: --fail-on: no level " STR_FMT " (info, warning, error)",
                   STR_ARG(level));
}

/* What the command line says, else hadolint's settings of the file, else warnings. */
static bool is_severe(const struct outcome *o, const struct job *j, enum severity s)
{
    enum fail_level level = o->fail_on ? o->fail_on : j->settings->hadolint.fail_on;

    switch (level) {
    case FAIL_NEVER:
        return false;
    case FAIL_INFO:
        return true;
    case FAIL_ERROR:
        return s >= SEVERITY_ERROR;
    case FAIL_UNSET:
    case FAIL_WARNING:
        return s >= SEVERITY_WARNING;
    }
    return true;
}

static void count_finding(struct outcome *o, const struct job *j, const struct finding *f)
{
    if (f->skip)
        return;
    o->findings++;
    if (f->applied && !j->unwritten) {
        o->fixed++;
        return;
    }
    o->by_fix += f->remedy == REMEDY_FIX || f->applied;
    o->by_unsafe += f->remedy == REMEDY_UNSAFE && !f->applied;
    bool hint = f->severity == SEVERITY_INFO && f->safety == HINT; /* never fails a run */
    o->found |= is_severe(o, j, f->severity) && !hint;
}

static bool is_named(const struct str *v, size_t n, const struct fixer *f)
{
    for (size_t i = 0; i < n; i++)
        if (fixer_has_name(f, v[i]))
            return true;
    return false;
}

/* Without the network a fact is missing as was to be expected, unless its rule was called for. */
static bool is_failure(const struct settings *s, const struct unchecked *u)
{
    return !s->offline || is_named(s->select, s->nselect, u->fixer) ||
           is_named(s->also, s->nalso, u->fixer);
}

static void add_reason(struct outcome *o, struct arena *a, struct str why)
{
    for (size_t i = 0; i < o->reason.n; i++)
        if (str_eq(o->reason.v[i], why))
            return;
    vec_push(a, &o->reason, str_dup(a, why));
}

void outcome_add(struct outcome *o, struct arena *a, const struct report *to, const struct job *j)
{
    const struct result *r = &j->result;
    bool writes = to->mode == MODE_FIX && !to->filter;

    for (size_t i = 0; i < r->nfinding; i++)
        count_finding(o, j, &r->finding[i]);
    if (r->spent && !o->spent)
        o->spent = arena_new(a, uint64_t, dfix_rules.n);
    for (size_t i = 0; r->spent && i < dfix_rules.n; i++)
        o->spent[i] += r->spent[i];
    o->patched |= r->edits.n > 0;
    o->written += writes && r->edits.n > 0 && !j->unwritten;
    o->unchecked += r->nunchecked > 0 || !j->settled;
    o->lacking |= !j->settled;
    if (!j->settled)
        add_reason(o, a, S("answers were still pending"));
    for (size_t i = 0; i < r->nunchecked; i++) {
        o->lacking = o->lacking || is_failure(j->settings, &r->unchecked[i]);
        add_reason(o, a, r->unchecked[i].why);
    }
}

int outcome_status(const struct outcome *o, const struct report *r)
{
    if (o->failed || (o->lacking && !r->filter))
        return EXIT_FAILED;
    if (r->filter || r->no_fail)
        return EXIT_CLEAN;
    return o->found || (r->mode == MODE_DIFF && o->patched) ? EXIT_FINDINGS : EXIT_CLEAN;
}

static void add_number(struct buf *b, size_t n, const char *noun)
{
    buf_fmt(b, "%zu %s%s", n, noun, n == 1 ? "" : "s");
}

/* Who can mend what is left: ": 2 fixable by --fix, 1 not fixable" */
static void add_remedies(struct buf *b, const struct outcome *o, const char *before)
{
    size_t by_hand = o->findings - o->fixed - o->by_fix - o->by_unsafe;
    const char *by = o->by_fix ? " more" : " fixable";

    if (o->by_fix)
        buf_fmt(b, "%s%zu fixable with --fix", before, o->by_fix);
    if (o->by_unsafe)
        buf_fmt(b, "%s%zu%s with --fix --unsafe", o->by_fix ? ", " : before, o->by_unsafe, by);
    if (by_hand)
        buf_fmt(b, "%s%zu not fixable", o->by_fix || o->by_unsafe ? ", " : before, by_hand);
}

static void add_findings(struct buf *b, const struct outcome *o, enum mode mode)
{
    size_t left = o->findings - o->fixed;

    if (mode == MODE_FIX && o->written)
        buf_fmt(b, ", %zu written", o->written);
    if (!o->findings)
        return;
    buf_add(b, S(", "));
    add_number(b, o->findings, "finding");
    if (!o->fixed) {
        add_remedies(b, o, ": ");
        return;
    }
    buf_fmt(b, ": %zu %s", o->fixed, mode == MODE_DIFF ? "in the patch" : "fixed");
    if (left)
        add_remedies(b, o, ", ");
}

struct str outcome_line(const struct outcome *o, struct arena *a, enum mode mode)
{
    struct buf b = {.arena = a};

    add_number(&b, o->files, "file");
    add_findings(&b, o, mode);
    if (o->unchecked) {
        buf_add(&b, S("; "));
        add_number(&b, o->unchecked, "file");
        buf_fmt(&b, " not fully checked: " STR_FMT, STR_ARG(o->reason.v[0]));
        if (o->reason.n > 1) {
            buf_add(&b, S(" (and "));
            add_number(&b, o->reason.n - 1, "other reason");
            buf_add(&b, S(": see -v)"));
        }
    }
    if (o->failed) {
        buf_fmt(&b, "; %zu could not be read, judged or written", o->failed);
    }
    return buf_str(&b);
}

bool outcome_silent(const struct outcome *o)
{
    return !o->findings && !o->written && !o->unchecked && !o->failed;
}

struct timed {
    const char *rule;
    uint64_t spent;
};

static int by_time(const void *x, const void *y)
{
    const struct timed *a = x, *b = y;

    if (a->spent != b->spent)
        return a->spent < b->spent ? 1 : -1;
    return strcmp(a->rule, b->rule);
}

struct str outcome_timing(const struct outcome *o, struct arena *a)
{
    struct timed *v = arena_new(a, struct timed, dfix_rules.n);
    struct buf b = {.arena = a};

    for (size_t i = 0; i < dfix_rules.n; i++)
        v[i] = (struct timed){dfix_rules.v[i]->id, o->spent ? o->spent[i] : 0};
    qsort(v, dfix_rules.n, sizeof *v, by_time);
    for (size_t i = 0; i < dfix_rules.n && v[i].spent; i++)
        buf_fmt(&b, "%10.3f ms  %s\n", (double)v[i].spent / 1e6, v[i].rule);
    return buf_str(&b);
}
