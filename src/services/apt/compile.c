#include "services/apt/compile.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "services/index/packages.h"

enum { READ = 128 * 1024, THREADS_MAX = 4 };

/* ---- one file ---- */

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
        return err_set(e, "it has %llu bytes where %llu are signed for", (unsigned long long)size,
                       (unsigned long long)j->size);
    if (!EVP_DigestFinal_ex(w->sum, sum, &n) || n != sizeof j->sha256 ||
        memcmp(sum, j->sha256, n) != 0)
        return err_set(e, "its SHA-256 is not the one that is signed for: it was damaged or "
                          "tampered with, or the mirror is being updated");
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
    struct store_writer *writer = store_writer_open(MANAGER_APT);
    w.packages = packages_open(writer);
    j->store = NULL;
    j->saved = false;
    j->err.text[0] = 0;
    if (!w.sum || !EVP_DigestInit_ex(w.sum, EVP_sha256(), NULL))
        err_set(&j->err, "SHA-256 is not to be had");
    else
        j->store = compile(&w, writer);
    packages_close(w.packages);
    store_writer_close(writer);
    EVP_MD_CTX_free(w.sum);
    if (j->store && j->path.n)
        j->saved = store_save(j->store, j->path, &j->err);
}

/* ---- several at once ---- */

struct compile_pool {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct compile_job *first, **last;
    size_t unfinished;
    bool ends;
    pthread_t thread[THREADS_MAX];
    size_t nthread, most;
};

static struct compile_job *next_job(struct compile_pool *p)
{
    pthread_mutex_lock(&p->lock);
    while (!p->first && !p->ends)
        pthread_cond_wait(&p->changed, &p->lock);
    struct compile_job *j = p->first;
    if (j) {
        p->first = j->next;
        if (!p->first)
            p->last = &p->first;
    }
    pthread_mutex_unlock(&p->lock);
    return j;
}

static void *work(void *arg)
{
    struct compile_pool *p = arg;
    for (struct compile_job *j; (j = next_job(p)) != NULL;) {
        compile_run(j);
        pthread_mutex_lock(&p->lock);
        p->unfinished--;
        pthread_cond_broadcast(&p->changed);
        pthread_mutex_unlock(&p->lock);
    }
    return NULL;
}

void compile_add(struct compile_pool *p, struct compile_job *j)
{
    pthread_mutex_lock(&p->lock);
    j->next = NULL;
    *p->last = j;
    p->last = &j->next;
    p->unfinished++;
    bool more = p->nthread < p->most && p->nthread < p->unfinished;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    if (more && pthread_create(&p->thread[p->nthread], NULL, work, p) == 0)
        p->nthread++;
}

void compile_wait(struct compile_pool *p)
{
    if (p->nthread == 0) { /* no thread was to be had: the work is done here */
        for (struct compile_job *j; p->first && (j = next_job(p)) != NULL; p->unfinished--)
            compile_run(j);
        return;
    }
    pthread_mutex_lock(&p->lock);
    while (p->unfinished)
        pthread_cond_wait(&p->changed, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

struct compile_pool *compile_open(void)
{
    struct compile_pool *p = calloc(1, sizeof *p);
    if (!p) {
        fputs("dfix: out of memory\n", stderr);
        abort();
    }
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    p->most = cpus < 1 ? 1 : cpus > THREADS_MAX ? THREADS_MAX : (size_t)cpus;
    p->last = &p->first;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->changed, NULL);
    return p;
}

void compile_close(struct compile_pool *p)
{
    compile_wait(p);
    pthread_mutex_lock(&p->lock);
    p->ends = true;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; i < p->nthread; i++)
        pthread_join(p->thread[i], NULL);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
    free(p);
}
