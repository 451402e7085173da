/* shellcheck.c - the service that asks ShellCheck about scripts: those that a round has missed go
 * to one process together. A script that keeps it too long is given up, and the others are asked
 * about without it. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "host/host.h"
#include "host/json.h"
#include "host/process.h"
#include "host/scratch.h"
#include "world/scripts.h"

enum {
    CHAINS = 1 << 8,
    BATCH = 200,                    /* scripts of one process */
    ALONE_MS = 10000,               /* for one script */
    TOGETHER_MS = 30000,            /* for a batch */
    LATE_MOST = 4,                  /* scripts that may be given up */
    PRINTED_MAX = 64 * 1024 * 1024, /* bytes */
};

struct script {
    struct script *next;
    struct str text;
    bool answered;
    VEC(struct remark) remark;
    struct str why; /* it has no answer; "" it has */
};
struct checker {
    struct world *world;
    struct arena *arena, *scripts; /* scripts: with what was said of them */
    pthread_mutex_t lock;
    struct script *chain[CHAINS];
    VEC(struct script *) missed;
    struct str why; /* nothing can be asked; "" it can */
    unsigned late;  /* scripts that were given up */
};

static void *checker_open(struct world *w)
{
    struct arena *a = arena_open();
    struct checker *c = arena_new(a, struct checker, 1);

    c->world = w;
    c->arena = a;
    c->scripts = arena_open();
    c->why = S("");
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

static void checker_close(void *self)
{
    struct checker *c = self;

    pthread_mutex_destroy(&c->lock);
    arena_close(c->scripts);
    arena_close(c->arena);
}

static void checker_forget(void *self)
{
    struct checker *c = self;

    if (arena_held(c->scripts) < ANSWERS_KEPT)
        return;
    arena_close(c->scripts);
    c->scripts = arena_open();
    memset(c->chain, 0, sizeof c->chain);
    c->missed.v = NULL;
    c->missed.n = c->missed.cap = 0;
}

/* ---- questions ---- */

static struct script *script_of(struct checker *c, struct str text)
{
    struct script **chain = &c->chain[str_hash(text) % CHAINS], *s = *chain;

    while (s && !str_eq(s->text, text))
        s = s->next;
    if (!s) {
        s = arena_new(c->scripts, struct script, 1);
        *s = (struct script){.next = *chain, .text = str_dup(c->scripts, text), .why = S("")};
        *chain = s;
        vec_push(c->scripts, &c->missed, s);
    }
    return s;
}

static enum answer checker_ask(void *self, const struct question *q, struct reply *out)
{
    struct checker *c = self;

    pthread_mutex_lock(&c->lock);
    const struct script *s = script_of(c, q->name);
    bool answered = s->answered;
    out->remarks = (struct remark_list){.v = s->remark.v, .n = s->remark.n, .why = s->why};
    pthread_mutex_unlock(&c->lock);
    if (!answered)
        return ANSWER_PENDING;
    return out->remarks.why.n ? ANSWER_UNAVAILABLE : ANSWER_FOUND;
}

/* ---- the program ---- */

static void give_up(struct script *s, struct str why)
{
    s->answered = true;
    s->why = why;
}

/* Scripts of one process, in a folder of theirs. */
struct batch {
    struct checker *checker;
    struct arena *arena; /* of the batch alone */
    struct script *const *v;
    size_t n;
    struct str folder;
    struct process_run run;
};

static const char *file_of(struct batch *b, size_t i)
{
    return str_fmt(b->arena, STR_FMT "/%zu", STR_ARG(b->folder), i).p;
}

static bool write_scripts(struct batch *b, struct err *e)
{
    b->folder = scratch_folder(b->arena, scratch_temporary(), SCRATCH_PREFIX, e);
    bool written = b->folder.n > 0;

    for (size_t i = 0; i < b->n && written; i++)
        written = script_write(file_of(b, i), b->v[i]->text, e);
    return written;
}

/* What ShellCheck cannot know in a build is not asked: files that are sourced are in the image
 * alone, and ash is read as dash on purpose. */
static void run_program(struct batch *b)
{
    static const char *const words[] = {"shellcheck", "--norc", "--format=json1",
                                        "--severity=style", "--exclude=SC1090,SC1091,SC2187"};
    enum { WORDS = sizeof words / sizeof words[0] };
    const char **argv = arena_new(b->arena, const char *, WORDS + b->n + 1);

    memcpy(argv, words, sizeof words);
    for (size_t i = 0; i < b->n; i++)
        argv[WORDS + i] = file_of(b, i);
    b->run = (struct process_run){.argv = argv,
                                  .input = S(""),
                                  .max = PRINTED_MAX,
                                  .limit = b->n > 1 ? TOGETHER_MS : ALONE_MS};
    process_run(b->arena, &b->run);
}

/* 0: nothing was found; 1: something was. */
static bool has_answered(const struct batch *b)
{
    int status = b->run.status;

    return status != -1 && !b->run.late && WIFEXITED(status) && WEXITSTATUS(status) <= 1;
}

static struct str why_not(const struct batch *b)
{
    struct str said = str_trim(b->run.said), line = said;

    if (b->run.status == -1)
        return S("the program shellcheck is not installed");
    str_cut(&said, '\n', &line);
    if (!line.n)
        return S("shellcheck did not do its work");
    return str_fmt(b->checker->arena, "shellcheck: " STR_FMT, STR_ARG(line));
}

static bool take_answers(struct batch *b)
{
    struct arena *a = b->checker->scripts;
    json_t *all = json_object_of(b->run.out), *list = json_object_get(all, "comments"), *one;
    bool good = json_is_array(list);
    size_t i;

    for (i = 0; good && i < b->n; i++)
        b->v[i]->answered = true;
    json_array_foreach(list, i, one)
    {
        const char *file = json_string_value(json_object_get(one, "file"));
        const char *name = file ? strrchr(file, '/') : NULL;
        size_t which = name ? strtoul(name + 1, NULL, 10) : b->n;
        struct remark r;
        if (good && which < b->n && remark_read(a, b->v[which]->text, one, &r))
            vec_push(a, &b->v[which]->remark, r);
    }
    json_decref(all);
    return good;
}

static void ask_about(struct checker *c, struct script *const *v, size_t n);

/* One of them keeps it: each alone, then. */
static void ask_each(struct batch *b)
{
    struct checker *c = b->checker;

    for (size_t i = 0; i < b->n; i++) {
        if (c->late < LATE_MOST)
            ask_about(c, b->v + i, 1);
        else
            give_up(b->v[i], S("shellcheck took too long"));
    }
}

static void settle_batch(struct batch *b)
{
    struct checker *c = b->checker;

    if (has_answered(b) && take_answers(b))
        return;
    if (b->run.late && b->n > 1) {
        ask_each(b);
        return;
    }
    c->late += b->run.late;
    struct str why = b->run.late ? S("shellcheck took too long") : why_not(b);
    if (!b->run.late)
        c->why = why;
    for (size_t i = 0; i < b->n; i++)
        give_up(b->v[i], why);
}

static void ask_about(struct checker *c, struct script *const *v, size_t n)
{
    struct batch b = {.checker = c, .arena = arena_open(), .v = v, .n = n};
    struct err e;

    if (write_scripts(&b, &e)) {
        run_program(&b);
        settle_batch(&b);
    } else {
        c->why = str_dup(c->arena, str_of(e.text));
        for (size_t i = 0; i < n; i++)
            give_up(v[i], c->why);
    }
    scratch_remove(b.folder);
    arena_close(b.arena);
}

static bool checker_settle(void *self)
{
    struct checker *c = self;
    size_t n = c->missed.n;

    for (size_t i = 0; i < n; i += BATCH) {
        size_t left = n - i, most = left < BATCH ? left : BATCH;
        if (!c->why.n)
            ask_about(c, c->missed.v + i, most);
        for (size_t k = i; c->why.n && k < i + most; k++)
            if (!c->missed.v[k]->answered)
                give_up(c->missed.v[k], c->why);
    }
    c->missed.n = 0;
    return n > 0;
}

const struct world_service service_shellcheck = {
    .name = "shellcheck",
    .open = checker_open,
    .close = checker_close,
    .settle = checker_settle,
    .forget = checker_forget,
    .kinds = 1u << ASK_REMARKS,
    .ask = checker_ask,
};
