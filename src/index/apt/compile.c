/* compile.c - has dfix-read make stores of Packages files, several at once. */
#include "index/apt/compile.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/reading.h"
#include "host/thread.h"
#include "index/store/receive.h"

static void put_job(const struct compile_job *j, struct buf *request)
{
    wire_number(request, READ_PACKING, j->packing);
    wire_number(request, READ_PACKED, j->sum_of_packed);
    wire_text(request, READ_SHA256, (struct str){(const char *)j->sha256, sizeof j->sha256});
    wire_number(request, READ_SIZE, j->size);
    wire_number(request, READ_MOST, j->most);
    store_meta_put(request, &j->meta);
}

void compile_run(struct compile_job *j)
{
    struct arena *a = arena_open();
    struct reading r;
    j->store = NULL;
    j->saved = false;
    j->err.text[0] = 0;
    reading_begin(&r, a, READ_PACKAGES);
    put_job(j, &r.request);
    if (reading_file(&r, str_of(j->file), &j->err) && reading_run(&r, &j->err))
        j->store = store_receive(r.data, &j->meta, &j->err);
    reading_end(&r);
    arena_close(a);
    if (j->store && j->path.n)
        j->saved = store_save(j->store, j->path, &j->err);
}

/* ---- the pool: a thread lives while there are jobs ---- */

struct compile_pool {
    pthread_mutex_t lock;
    pthread_cond_t ended; /* a thread has */
    struct compile_job *first, **last;
    unsigned running, most;
};

struct compile_pool *compile_pool_open(unsigned threads)
{
    struct compile_pool *p = calloc(1, sizeof *p);
    if (!p) {
        fputs("dfix: out of memory\n", stderr);
        abort();
    }
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->ended, NULL);
    p->last = &p->first;
    p->most = threads;
    return p;
}

static void *work_off(void *arg)
{
    struct compile_pool *p = arg;
    pthread_mutex_lock(&p->lock);
    for (struct compile_job *j; (j = p->first);) {
        p->first = j->next;
        if (!p->first)
            p->last = &p->first;
        pthread_mutex_unlock(&p->lock);
        compile_run(j);
        pthread_mutex_lock(&p->lock);
    }
    p->running--;
    pthread_cond_signal(&p->ended);
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

void compile_add(struct compile_pool *p, struct compile_job *j)
{
    pthread_t thread;
    j->next = NULL;
    pthread_mutex_lock(&p->lock);
    *p->last = j;
    p->last = &j->next;
    bool start = p->running < p->most;
    p->running += start;
    pthread_mutex_unlock(&p->lock);
    if (start && !thread_start(&thread, work_off, p))
        work_off(p); /* no thread to be had: then here */
    else if (start)
        pthread_detach(thread);
}

void compile_wait(struct compile_pool *p)
{
    pthread_mutex_lock(&p->lock);
    while (p->running)
        pthread_cond_wait(&p->ended, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

void compile_pool_close(struct compile_pool *p)
{
    if (!p)
        return;
    compile_wait(p);
    pthread_cond_destroy(&p->ended);
    pthread_mutex_destroy(&p->lock);
    free(p);
}
