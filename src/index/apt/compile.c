/* Compiles signed Packages files into stores: unpacked, hashed and read in one pass, in threads. */
#include "index/apt/compile.h"

#include "dfix/manager.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "index/store/packages.h"

enum { READ = 128 * 1024 };

struct work {
    struct compile_job *job;
    struct packages *packages;
    EVP_MD_CTX *sum;
    uint64_t packed, plain;
};

static bool take_plain(void *user, struct str block, struct err *e)
{
    struct work *w = user;
    w->plain += block.n;
    if (!w->job->sum_of_packed && !EVP_DigestUpdate(w->sum, block.p, block.n))
        return err_set(e, "cannot be hashed");
    return packages_feed(w->packages, block, e);
}

static bool read_through(struct work *w, struct unpacker *u, struct err *e)
{
    static _Thread_local char block[READ];
    int fd = open(w->job->file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(e, "cannot be read: %s", strerror(errno));
    bool ok = true;
    for (ssize_t n; ok && (n = read(fd, block, sizeof block)) != 0;) {
        if (n < 0) {
            ok = errno == EINTR || err_set(e, "cannot be read: %s", strerror(errno));
            continue;
        }
        struct str part = {block, (size_t)n};
        w->packed += part.n;
        if (w->job->sum_of_packed) /* longer than signed for: no need to read on */
            ok = (w->packed <= w->job->size || err_set(e, "it is larger than its signed size")) &&
                 (EVP_DigestUpdate(w->sum, part.p, part.n) || err_set(e, "cannot be hashed"));
        ok = ok && unpack_feed(u, part, e);
    }
    close(fd);
    return ok && unpack_finish(u, e);
}

static bool is_signed_for(struct work *w, struct err *e)
{
    const struct compile_job *j = w->job;
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    uint64_t size = j->sum_of_packed ? w->packed : w->plain;
    if (size != j->size)
        return err_set(e, "it has %llu bytes, but its signed size is %llu",
                       (unsigned long long)size, (unsigned long long)j->size);
    if (!EVP_DigestFinal_ex(w->sum, sum, &n) || n != sizeof j->sha256 ||
        memcmp(sum, j->sha256, n) != 0)
        return err_set(e, "its SHA-256 differs from the signed one; it was damaged or tampered "
                          "with, or the mirror is being updated");
    return true;
}

static struct store *compile(struct work *w, struct store_writer *writer)
{
    struct compile_job *j = w->job;
    struct unpacker *u = unpack_open(j->packing, j->most, take_plain, w);
    bool ok = read_through(w, u, &j->err) && is_signed_for(w, &j->err) &&
              packages_finish(w->packages, &j->err);
    unpack_close(u);
    return ok ? store_build(writer, &j->meta, &j->err) : NULL;
}

void compile_run(struct compile_job *j)
{
    struct work w = {.job = j, .sum = EVP_MD_CTX_new()};
    struct store_writer *writer = store_writer_open(&manager_apt);
    w.packages = packages_open(writer);
    j->store = NULL;
    j->saved = false;
    j->err.text[0] = 0;
    if (!w.sum || !EVP_DigestInit_ex(w.sum, EVP_sha256(), NULL))
        err_set(&j->err, "SHA-256 is not available");
    else
        j->store = compile(&w, writer);
    packages_close(w.packages);
    store_writer_close(writer);
    EVP_MD_CTX_free(w.sum);
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
    if (start && pthread_create(&thread, NULL, work_off, p) != 0)
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
