/* dfix verify: does the second Dockerfile mean the same as the first, but for what is allowed? */
#include "faces/verify/verify.h"

#include <time.h>

#include "host/files.h"

enum { CONTEXT_FILE_MAX = 64 << 10 };

/* ---- the build context, which tells what COPY and ADD take ---- */

static enum answer ask_context(void *self, const struct question *q, struct reply *out)
{
    struct arena *a = self;

    if (q->kind != ASK_FILE)
        return ANSWER_UNAVAILABLE;
    return file_below(a, q->folder, q->name, CONTEXT_FILE_MAX, &out->file.is_folder,
                      &out->file.text)
               ? ANSWER_FOUND
               : ANSWER_ABSENT;
}

/* ---- one file ---- */

static uint64_t thread_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static struct differences whole_file(struct arena *a, const struct verified *v)
{
    struct difference *d = arena_new(a, struct difference, 1);

    *d = (struct difference){.kind = DIFFERENCE_BEHAVIOUR,
                             .where = S(""),
                             .what = v->new ? S("the file is new") : S("the file is gone")};
    return (struct differences){d, 1};
}

static struct differences copy_of(struct arena *a, struct differences d)
{
    struct difference *v = arena_copy(a, d.v, d.n, sizeof(*v));

    for (size_t i = 0; i < d.n; i++) {
        v[i].where = str_dup(a, v[i].where);
        v[i].what = str_dup(a, v[i].what);
    }
    return (struct differences){v, d.n};
}

/* After the jump only `v` and `a` are read. */
static void compare(struct arena *a, struct verified *v)
{
    struct budget *b = arena_new(a, struct budget, 1);
    struct arena **own = arena_new(a, struct arena *, 1);

    *own = arena_open();
    *b = (struct budget){.memory = LIMIT_MEMORY, .clock = thread_clock};
    b->deadline = thread_clock() + LIMIT_TIME;
    if (setjmp(b->leave)) {
        v->why = str_fmt(a, "not compared: it needs too much %s", b->why);
        arena_close(*own);
        return;
    }
    arena_limit(*own, b);
    struct lookup context = {.self = a, .ask = ask_context};
    v->found = copy_of(a, verify_texts(*own, v->before, v->after, &context, v->folder));
    arena_close(*own);
}

/* ---- what is allowed, and how it is told ---- */

static bool read_allowed(const struct command_line *c, kind_set out, struct err *e)
{
    for (size_t i = 0; i < c->value[OPT_ALLOW].n; i++) {
        struct str rest = c->value[OPT_ALLOW].v[i], word;
        while (str_cut(&rest, ',', &word)) {
            int k = DIFFERENCE_NONE;
            word = str_trim(word);
            while (k < DIFFERENCE_KINDS &&
                   !str_eq(word, str_of(difference_name((enum difference_kind)k))))
                k++;
            if (k == DIFFERENCE_KINDS)
                return err_set(e,
                               "dfix: --allow: no kind of difference is called " STR_FMT
                               "; there are layout, comments, versions, caches, order and "
                               "behaviour",
                               STR_ARG(word));
            out[k] = true;
        }
    }
    return true;
}

static bool read_format(const struct command_line *c, enum verify_format *out, struct err *e)
{
    struct str name = options_value(c, OPT_FORMAT);

    *out = c->set[OPT_JSON] || str_eq(name, S("json")) ? VERIFY_JSON
           : str_eq(name, S("sarif"))                  ? VERIFY_SARIF
                                                       : VERIFY_TEXT;
    return !name.n || *out != VERIFY_TEXT || str_eq(name, S("text")) ||
           err_set(e, "dfix: verify prints text, json or sarif, not " STR_FMT, STR_ARG(name));
}

static int status_of(const verified_list *v, const kind_set allowed)
{
    int status = EXIT_CLEAN;

    for (size_t i = 0; i < v->n; i++) {
        if (v->v[i].why.n)
            return EXIT_FAILED;
        for (size_t k = 0; k < v->v[i].found.n; k++)
            if (!allowed[v->v[i].found.v[k].kind])
                status = EXIT_FINDINGS;
    }
    return status;
}

int command_verify(struct arena *a, const struct command_line *c)
{
    verified_list list = {0};
    kind_set allowed = {[DIFFERENCE_NONE] = true};
    enum verify_format format;
    struct err e;

    if (!read_allowed(c, allowed, &e) || !read_format(c, &format, &e) ||
        !verify_inputs(a, c, &list, &e)) {
        say_error(e.text);
        return EXIT_FAILED;
    }
    for (size_t i = 0; i < list.n; i++) {
        struct verified *v = &list.v[i];
        if (v->new || v->gone)
            v->found = whole_file(a, v);
        else
            compare(a, v);
    }
    verify_report(a, format, &list, allowed, c->set[OPT_QUIET]);
    return status_of(&list, allowed);
}
