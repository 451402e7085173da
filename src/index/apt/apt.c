/* apt.c - the reader of apt's indexes. */
#include "index/apt/apt.h"

#include "dfix/manager.h"
#include "host/scratch.h"

static void *reader_open(struct index_run *run)
{
    struct apt *apt = arena_new(run->arena, struct apt, 1);
    *apt = (struct apt){.run = run, .folder = S("")};
    return apt;
}

static void reader_close(void *self)
{
    struct apt *apt = self;
    compile_pool_close(apt->pool);
    for (struct apt_archive *ar = apt->archives; ar; ar = ar->next)
        apt_close_parts(ar);
    scratch_remove(apt->folder);
}

static bool reader_places(void *self, const struct question *q, index_parts *out, struct str *why)
{
    return apt_places(self, q, out, why);
}

static void reader_gather(void *self, struct fetcher *f)
{
    struct apt *apt = self;
    apt->fetcher = f;
    apt->skipped.n = 0;
    for (struct apt_archive *ar = apt->archives; ar; ar = ar->next) {
        if (fetch_under_way(f, ar)) {
            vec_push(apt->run->arena, &apt->skipped, ar);
            continue;
        }
        fetch_group(f, ar);
        apt_gather(ar, f);
        fetch_group(f, NULL);
    }
    apt_gather_debs(apt, f);
}

static enum answer reader_fetch(void *self, struct index_part *p, struct str file,
                                struct package_file *out)
{
    return apt_fetch_deb(self, apt_part_of(p)->archive, file, out);
}

static void reader_settle_offline(void *self, struct index_part *p)
{
    (void)self;
    apt_gather(apt_part_of(p)->archive, NULL);
}

/* One that was asked while it could not be gathered has more to come. */
static bool is_complete(const struct apt *apt, const struct apt_archive *ar)
{
    for (size_t i = 0; i < apt->skipped.n; i++)
        if (apt->skipped.v[i] == ar)
            return false;
    return !fetch_under_way(apt->fetcher, ar);
}

static void reader_settle(void *self)
{
    struct apt *apt = self;
    if (apt->pool)
        compile_wait(apt->pool);
    for (struct apt_archive *ar = apt->archives; ar; ar = ar->next)
        if (is_complete(apt, ar))
            apt_harvest(ar);
}

extern const struct index_reader index_apt;
const struct index_reader index_apt = {
    .manager = &manager_apt,
    .open = reader_open,
    .close = reader_close,
    .places = reader_places,
    .gather = reader_gather,
    .settle_offline = reader_settle_offline,
    .settle = reader_settle,
    .fetch = reader_fetch,
};
