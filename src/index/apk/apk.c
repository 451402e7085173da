/* apk.c - the reader of Alpine's indexes. */
#include "index/apk/apk.h"

#include "dfix/manager.h"

static void *reader_open(struct index_run *run)
{
    struct apk *apk = arena_new(run->arena, struct apk, 1);
    apk->run = run;
    return apk;
}

static void reader_close(void *self)
{
    struct apk *apk = self;
    for (struct apk_part *p = apk->parts; p; p = p->next)
        apk_part_close(p);
}

static bool reader_places(void *self, const struct question *q, index_parts *out, struct str *why)
{
    return apk_places(self, q, out, why);
}

static void reader_gather(void *self, struct fetcher *f)
{
    struct apk *apk = self;
    for (struct apk_part *p = apk->parts; p; p = p->next)
        apk_gather(p, f);
    apk_secdb_gather(apk, f);
}

static void reader_settle_offline(void *self, struct index_part *p)
{
    (void)self;
    apk_gather(apk_part_of(p), NULL);
}

static enum answer reader_advisories(void *self, const struct question *q,
                                     struct advisory_list *out)
{
    struct apk *apk = self;
    enum answer answer = apk_advisories(apk, q->release, q->name, out);
    if (answer != ANSWER_PENDING || !apk->run->settings->offline)
        return answer;
    apk_secdb_gather(apk, NULL);
    return apk_advisories(apk, q->release, q->name, out);
}

extern const struct index_reader index_apk;
const struct index_reader index_apk = {
    .manager = &manager_apk,
    .open = reader_open,
    .close = reader_close,
    .places = reader_places,
    .gather = reader_gather,
    .settle_offline = reader_settle_offline,
    .advisories = reader_advisories,
};
