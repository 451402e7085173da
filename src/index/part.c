/* part.c - what holds of any part of an index: what the cache has of it, what it becomes. */
#include "host/fetched.h"
#include "index/index.h"

void index_become(struct index_part *p, enum part_state state)
{
    p->state = state;
    p->run->news = true;
}

void index_fail(struct index_part *p, struct str why)
{
    p->why = str_dup(p->run->arena, why);
    index_become(p, PART_FAILED);
}

void index_refuse(struct index_part *p, struct str why)
{
    world_fail(p->run->world, STR_FMT, STR_ARG(why));
    index_fail(p, why);
}

void index_look_up(struct index_part *p, const struct store_meta *meta)
{
    struct err e;
    bool missing;
    p->path = store_path(p->run->arena, world_cache_dir(p->run->world), meta);
    store_close(p->store);
    p->store = p->path.n && meta->signer.n ? store_open(p->path, &missing, &e) : NULL;
    if (p->store && !str_eq(store_meta(p->store).signer, meta->signer)) {
        store_close(p->store);
        p->store = NULL;
    }
}

void index_take(struct index_part *p, struct store *s, const char *unsaved)
{
    store_close(p->store);
    p->store = s;
    if (p->path.n && unsaved)
        index_not_cached(p->run, unsaved);
    index_become(p, PART_READY);
}

void index_touch(struct index_part *p, int64_t fetched, int64_t valid_until)
{
    struct err e;
    if (!store_touch(p->path, fetched, valid_until, &e))
        index_not_cached(p->run, e.text);
    store_renew(p->store, fetched, valid_until);
    index_become(p, PART_READY);
}

bool index_use_old(struct index_part *p, struct str of, struct str why)
{
    struct index_run *run = p->run;
    if (!p->store)
        return false;
    world_warn(run->world, "using an index of " STR_FMT " from " STR_FMT " ago: " STR_FMT,
               STR_ARG(of), STR_ARG(index_age(run->arena, run->now, store_meta(p->store).fetched)),
               STR_ARG(why));
    index_become(p, PART_READY);
    return true;
}

void index_not_cached(struct index_run *run, const char *why)
{
    if (!run->cache_refused)
        world_warn(run->world, "the index was used but could not be cached: %s", why);
    run->cache_refused = true;
}
