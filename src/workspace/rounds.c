/* Jobs in rounds: each is run until all that it asked for is known. */
#include <stdatomic.h>

#include "host/thread.h"
#include "workspace/workspace.h"

enum { ROUNDS = 8, THREADS_MAX = 64, PAUSE_MS = 50, KEPT = 2048 /* bytes of a result, at first */ };

struct round {
    const struct rounds *of;
    atomic_size_t next;
};

static void work_on(const struct rounds *r, struct job *j)
{
    const struct lookup *l = world_lookup(r->world);
    struct arena *scratch = arena_open();
    struct result x =
        (r->check ? dfix_check : dfix_fix)(scratch, j->text, &dfix_rules, j->settings, l);

    /* What is counted as fixable is what the guard lets pass. */
    if (r->guarded)
        dfix_guard_all(&x);
    if (j->arena)
        arena_close(j->arena);
    j->arena = arena_open_small(KEPT);
    j->result = dfix_keep(j->arena, &x);
    j->settled = !x.pending;
    arena_close(scratch);
}

static void *worker(void *p)
{
    struct round *now = p;
    const struct rounds *r = now->of;

    for (size_t i; (i = atomic_fetch_add(&now->next, 1)) < r->n;)
        if (!r->job[i].settled)
            work_on(r, &r->job[i]);
    return NULL;
}

static size_t count_unsettled(const struct rounds *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++)
        n += !r->job[i].settled;
    return n;
}

/* One round over all that are not settled. */
static void round_of_work(struct rounds *r)
{
    struct round now = {.of = r};
    pthread_t thread[THREADS_MAX];
    size_t left = count_unsettled(r), n = (size_t)r->threads - 1, started = 0;

    if (n > left / 4)
        n = left / 4; /* a thread is not worth it for a few files */
    while (started < n && started < THREADS_MAX && thread_start(&thread[started], worker, &now))
        started++;
    worker(&now);
    while (started)
        pthread_join(thread[--started], NULL);
    for (size_t i = 0; i < r->n; i++)
        if (r->job[i].settled)
            r->settled(r->user, &r->job[i]);
}

/* Jobs go on as soon as there is news for some; but most of the time is for the news. */
void rounds_run(struct rounds *r)
{
    for (int rounds = 0; rounds < ROUNDS;) {
        bool more = true, news = false;
        int64_t began = clock_ms();
        round_of_work(r);
        if (!count_unsettled(r))
            break;
        int64_t pause = PAUSE_MS + 4 * (clock_ms() - began);
        while (more && !news)
            news = world_step(r->world, pause, &more);
        if (!news)
            break;
        rounds += !more;
    }
}
