/* plain.c - a git remote that has branches alone: each of dfix's is as good as an open pull
 * request, and whoever deletes it has said no. */
#include "faces/bot/host.h"

static void place(struct hosted *h)
{
    h->api = h->project = S("");
}

static bool open_repository(struct hosted *h, struct err *e)
{
    (void)h;
    (void)e;
    return true;
}

/* What dfix knows of it stands in its commits. */
static bool pulls(struct hosted *h, struct str branch, struct err *e)
{
    struct str none = S("");
    struct judgement j = {.branch = branch};

    for (size_t i = 0; i < h->repo->at.branches.n; i++) {
        const struct branch *b = &h->repo->at.branches.v[i];
        if (!str_eq(b->name, branch))
            continue;
        if (!branch_judge(h->repo, b->commit, NULL, &j, e))
            return false;
        vec_push(h->arena, &h->pull,
                 (struct pull){.branch = b->name,
                               .head = b->commit,
                               .title = none,
                               .body = none,
                               .url = none,
                               .id = none,
                               .base = h->repo->at.branch,
                               .trusted = true,
                               .open = true,
                               .marked = true,
                               .marker = {.group = none,
                                          .content = none,
                                          .sum = j.sum,
                                          .head = b->commit,
                                          .base = j.base,
                                          .closed = none,
                                          .dressed = true}});
    }
    return true;
}

static bool create(struct hosted *h, const struct proposal *p, struct str body, struct pull *out,
                   struct err *e)
{
    struct str none = S("");

    (void)h;
    (void)body;
    (void)e;
    *out = (struct pull){.branch = p->branch, .url = none, .open = true};
    return true;
}

static bool change(struct hosted *h, const struct pull *p, struct str title, struct str body,
                   bool close, struct err *e)
{
    (void)h;
    (void)p;
    (void)title;
    (void)body;
    (void)close;
    (void)e;
    return true;
}

const struct host host_git = {.name = "git",
                              .user = "git",
                              .place = place,
                              .open = open_repository,
                              .pulls = pulls,
                              .put = host_push,
                              .drop = host_push_gone,
                              .create = create,
                              .change = change};
