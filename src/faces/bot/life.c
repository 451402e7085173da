/* life.c - what becomes of each group at its host: opened, updated in place, made anew when the
 * base moved, left to whoever pushed, closed when it is moot, not opened again once a person closed
 * it.
 *
 * Every step asks first what is there, and each request that changes something leaves a state from
 * which the next run goes on, however it ended: a branch without a pull request, a body that is
 * behind its branch, a pull request that nobody has labelled yet. */
#include "faces/bot/host.h"

#include <stdlib.h>

/* One group, and what there is of it. */
struct group {
    struct hosted *h;
    struct str branch, name;
    struct proposal *proposal; /* NULL: nothing is to be changed any more */
    struct str head;           /* of the branch; "" there is none */
    struct judgement made;
    struct pull *open;
    const struct pull *refused; /* closed by a person, with the same content */
    bool strangers;             /* an open one that is not this run's */
};

/* ---- what there is ---- */

static struct str head_of(const struct repo *r, struct str branch)
{
    for (size_t i = 0; i < r->at.branches.n; i++)
        if (str_eq(r->at.branches.v[i].name, branch))
            return r->at.branches.v[i].commit;
    return S("");
}

static void find_pulls(struct group *g)
{
    struct hosted *h = g->h;

    for (size_t i = 0; i < h->pull.n; i++) {
        struct pull *p = &h->pull.v[i];
        if (!str_eq(p->branch, g->branch))
            continue;
        bool here = !h->repo->at.branch.n || str_eq(p->base, h->repo->at.branch);
        if (p->open && p->marked && here)
            g->open = p;
        else if (p->open)
            g->strangers = true;
        else if (p->marked && !p->merged && !p->marker.closed.n && g->proposal &&
                 str_eq(p->marker.content, g->proposal->content))
            g->refused = p;
    }
}

/* Commits of dfix's alone, and those that the pull request speaks of, unless dfix was stopped
 * between the two. */
static bool judge(struct group *g, struct err *e)
{
    const struct marker *m = g->open ? &g->open->marker : NULL;

    g->made.branch = g->branch;
    if (!g->head.n)
        return true;
    if (!branch_judge(g->h->repo, g->head, g->proposal, &g->made, e))
        return false;
    if (m && m->head.n && !str_eq(m->head, g->head) && str_eq(m->sum, g->made.sum) &&
        str_eq(m->base, g->made.base))
        g->made.ours = false; /* the same files by other commits: somebody wrote them anew */
    return true;
}

/* ---- telling ---- */

static void tell(struct group *g, const char *state, struct str why)
{
    const struct pull *p = g->open ? g->open : g->refused;
    struct told_group t = {.proposal = g->proposal,
                           .group = g->name,
                           .branch = g->branch,
                           .state = state,
                           .why = why,
                           .url = p ? p->url : S("")};

    t.number = p ? p->number : 0;
    if (!t.url.n && !g->h->host->has_pulls)
        t.url = g->h->link;
    board_note(g->h, &t);
    bot_tell(g->h->repo, &t);
}

/* What the host puts off is no failure; anything else is this group's, and the others go on. */
static bool hitch(struct group *g, const struct err *e)
{
    struct repo *r = g->h->repo;

    if (g->h->postponed) {
        tell(g, "waiting", secrets_hide(g->h->arena, &r->bot->secrets, str_of(e->text)));
    } else {
        tell(g, "failed", secrets_hide(g->h->arena, &r->bot->secrets, str_of(e->text)));
        bot_fail(r, e->text);
    }
    g->h->postponed = false;
    return true;
}

/* ---- bodies ---- */

/* Hosts may change the ends of lines. */
static struct str plain_words(struct arena *a, struct str s)
{
    struct buf b = {.arena = a};

    s = str_trim(s);
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '\r')
            buf_char(&b, s.p[i]);
    return buf_str(&b);
}

static bool same_words(struct arena *a, struct str x, struct str y)
{
    return str_eq(plain_words(a, x), plain_words(a, y));
}

static struct str sum_of_words(struct arena *a, struct str s)
{
    return str_fmt(a, "%016llx", (unsigned long long)str_hash(plain_words(a, s)));
}

/* Does something else stand there than dfix wrote, by the sum of that? */
static bool is_edited(const struct group *g, struct str words, struct str wrote)
{
    return wrote.n && !str_eq(sum_of_words(g->h->arena, words), wrote);
}

/* Who words a title anew has it. */
static struct str title_of(const struct group *g)
{
    const struct pull *p = g->open;

    return p && is_edited(g, p->title, p->marker.title) ? p->title : g->proposal->title;
}

/* What a person wrote into the body stays until dfix has something else to say. */
static struct str text_of(const struct group *g)
{
    const struct pull *p = g->open;
    struct str words = p ? marker_front(p->body) : S("");
    bool theirs = p && is_edited(g, words, p->marker.text) &&
                  !is_edited(g, g->proposal->body, p->marker.text);

    return theirs ? words : g->proposal->body;
}

static bool is_automerged(const struct hosted *h, const struct proposal *p)
{
    const struct bot_settings *b = h->repo->policy;

    for (size_t i = 0; i < p->nstep; i++) {
        bool listed = false;
        for (size_t k = 0; k < b->nautomerge; k++)
            listed |= dfix_fixer(b->automerge[k]) == p->step[i].rule;
        if (!listed)
            return false;
    }
    return p->safe && !b->draft && h->host->automerge;
}

/* What waits for its age stands in the dashboard, or else in each that is open. That the host is to
 * merge it stands there before it is asked to. */
static struct marker marker_of(const struct group *g, struct str head)
{
    const struct repo *r = g->h->repo;
    const struct proposal *p = g->proposal;
    struct marker m = {
        .group = g->name, .content = p->content, .sum = p->sum, .head = head, .base = r->at.commit};

    m.title = sum_of_words(r->arena, p->title);
    if (g->open && is_edited(g, g->open->title, g->open->marker.title))
        m.title = g->open->marker.title;
    m.text = sum_of_words(r->arena, p->body);
    m.automerge = (!g->open || g->open->marker.automerge) && is_automerged(g->h, p);
    if (!r->policy->dashboard)
        m.seen = r->young;
    for (size_t i = 0; i < p->nchange; i++)
        if (p->change[i].from.n && p->change[i].to.n)
            vec_push(r->arena, &m.moves, p->change[i].name);
    return m;
}

static struct str body_with(struct group *g, struct str head, bool dressed, struct str closed)
{
    const struct proposal *p = g->proposal;
    struct marker m = g->open ? g->open->marker : (struct marker){.closed = S("")};

    if (p)
        m = marker_of(g, head);
    m.dressed = dressed;
    m.closed = closed;
    struct str text = p ? text_of(g) : marker_front(g->open->body);
    return str_fmt(g->h->arena, STR_FMT STR_FMT, STR_ARG(text),
                   STR_ARG(marker_write(g->h->arena, &m)));
}

/* ---- doing ---- */

/* Labels and the like, once: what people take away afterwards stays away. */
static bool dress(struct group *g, struct err *e)
{
    struct hosted *h = g->h;
    const struct str *reviewer;

    if (!h->host->dress || g->open->marker.dressed)
        return true;
    size_t n = owners_find(h->repo, g->proposal, &reviewer);
    if (!h->host->dress(h, g->open, reviewer, n, e))
        return false;
    if (g->open->marker.automerge) {
        struct err why;
        if (!h->host->automerge(h, g->open, true, &why))
            bot_note(h->repo, why.text);
    }
    g->open->body = body_with(g, g->open->marker.head, true, S(""));
    return h->host->change(h, g->open, title_of(g), g->open->body, false, e);
}

/* What the host was to merge by itself was safe; what comes onto the branch now may not be. */
static bool stop_merging(struct group *g, struct err *e)
{
    struct pull *p = g->open;

    if (!p->marker.automerge || !p->automerged || is_automerged(g->h, g->proposal))
        return true;
    return g->h->host->automerge(g->h, p, false, e);
}

static bool update(struct group *g, struct err *e)
{
    struct hosted *h = g->h;
    struct proposal *p = g->proposal;
    struct marker *m = &g->open->marker;
    bool moved = !str_eq(g->made.base, h->repo->at.commit);
    bool behind = moved && (!h->repo->policy->only_conflicts || g->open->conflicts);
    bool remake = !g->head.n || !str_eq(g->made.sum, p->sum) || behind;
    struct str head = g->head;

    if (!stop_merging(g, e) || (remake && !h->host->put(h, p, g->head, &head, e)))
        return false;
    struct str body = body_with(g, head, m->dressed, S("")), title = title_of(g);
    bool same = !remake && (!h->host->has_pulls || (str_eq(g->open->title, title) &&
                                                    same_words(h->arena, g->open->body, body)));
    if (!same && h->host->has_pulls && !h->host->change(h, g->open, title, body, false, e))
        return false;
    m->head = head;
    m->automerge &= is_automerged(h, p);
    h->remembers |= h->host->has_pulls;
    if (!dress(g, e))
        return false;
    tell(g,
         remake ? "updated"
         : same ? "unchanged"
                : "updated",
         moved && remake ? S("the base has moved") : S(""));
    return true;
}

static bool checks_hold(struct group *g, struct str head, struct str *why, struct err *e)
{
    struct hosted *h = g->h;
    enum checks checks = CHECKS_PASSED;

    *why = S("");
    if (!h->repo->policy->require_checks || !h->host->checks)
        return true;
    if (!h->host->checks(h, g->branch, head, &checks, e))
        return false;
    if (checks == CHECKS_FAILED)
        *why = S("the checks of its branch have failed");
    else if (checks != CHECKS_PASSED)
        *why = S("the checks of its branch have not passed yet");
    return true;
}

static bool open_new(struct group *g, struct err *e)
{
    struct hosted *h = g->h;
    struct proposal *p = g->proposal;
    struct str head = g->head, why;
    struct pull *made = arena_new(h->arena, struct pull, 1);
    bool there =
        g->head.n && str_eq(g->made.sum, p->sum) && str_eq(g->made.base, h->repo->at.commit);

    if (!there && !h->host->put(h, p, g->head, &head, e))
        return false;
    if (!checks_hold(g, head, &why, e))
        return false;
    if (why.n) {
        tell(g, "waiting", why);
        return true;
    }
    bool nothing_more = !h->host->dress;
    struct str body = body_with(g, head, nothing_more, S(""));
    if (!h->host->create(h, p, body, made, e))
        return false;
    made->marker.head = head;
    made->marker.automerge = is_automerged(h, p);
    made->marker.dressed = nothing_more;
    made->marked = true;
    g->open = made;
    h->remembers |= h->host->has_pulls;
    vec_push(h->arena, &h->pull, *made); /* it counts for the limits of those that follow */
    if (!dress(g, e))
        return false;
    tell(g, "opened", S(""));
    return true;
}

/* A branch of another way to group: its changes stand in others now. */
static bool is_regrouped(const struct group *g)
{
    switch (bot_group(g->h->repo)) {
    case BOT_GROUP_RULE:
        return !dfix_fixer(g->name);
    case BOT_GROUP_FILE:
        return !str_starts(g->name, S("file-"));
    default:
        return !str_eq(g->name, S("all"));
    }
}

static bool close_moot(struct group *g, struct err *e)
{
    struct hosted *h = g->h;
    bool regrouped = is_regrouped(g);
    const char *why =
        regrouped ? "changes are grouped another way now" : "there is nothing left to change";

    if (g->open && h->host->has_pulls) {
        struct str body = body_with(g, g->head, true, S("moot"));
        if (!str_starts(g->open->body, S("**Closed by dfix")))
            body = str_fmt(h->arena, "**Closed by dfix: %s.** %s\n\n" STR_FMT, why,
                           regrouped ? "What is left of it is in other pull requests (bot.group)."
                                     : "What it proposed stands in the base, or is not needed any "
                                       "more.",
                           STR_ARG(body));
        if (!h->host->change(h, g->open, g->open->title, body, true, e))
            return false;
    }
    if (g->head.n && !h->host->drop(h, g->branch, g->head, e))
        return false;
    if (g->open)
        tell(g, "moot", str_of(why));
    return true;
}

/* ---- deciding ---- */

static bool waits(struct group *g, struct err *e, bool *waiting)
{
    struct hosted *h = g->h;
    struct str why = schedule_closed(h->repo, e);

    *waiting = false;
    if (e->text[0])
        return false;
    if (g->proposal->security || board_approves(h, g->branch))
        return true;
    if (!why.n && !g->open)
        why = limits_reached(h, g->proposal);
    *waiting = why.n > 0;
    if (why.n)
        tell(g, "waiting", why);
    return true;
}

/* An open one may hold what cannot be seen now. */
static bool lacks_facts(const struct group *g)
{
    const struct plan *plan = &g->h->repo->plan;
    bool less = !g->proposal || !str_eq(g->made.sum, g->proposal->sum);

    return (plan->incomplete || plan->failed) && g->head.n && less;
}

/* It moves something to what is old enough, and by now there is a newer one that is not: it goes on
 * to that one when the time has come, and is not closed until then. */
static bool is_overtaken(const struct group *g)
{
    const struct repo *r = g->h->repo;

    if (!g->open || (g->proposal && g->proposal->security))
        return false;
    for (size_t i = 0; i < r->young.n; i++)
        for (size_t k = 0; k < g->open->marker.moves.n; k++)
            if (str_eq(r->young.v[i].name, g->open->marker.moves.v[k]))
                return true;
    return false;
}

static bool decide(struct group *g, struct err *e)
{
    bool waiting;

    if (g->strangers) {
        tell(g, "left", S("another open pull request is on this branch"));
        return true;
    }
    if (g->open && g->open->stopped) {
        tell(g, "stopped", S("it has the label " BOT_STOP));
        return true;
    }
    if (g->head.n && !g->made.ours) {
        tell(g, "left",
             g->open ? S("somebody has pushed to it") : S("somebody has pushed to this branch"));
        return true;
    }
    if (lacks_facts(g)) {
        tell(g, "waiting", S("some facts could not be had, so that it stays as it is"));
        return true;
    }
    if (is_overtaken(g)) {
        tell(g, "waiting",
             S("there is a newer version of what it moves, which is too young (bot.min-age); until "
               "then it stays as it is"));
        return true;
    }
    if (!g->proposal)
        return (!g->open && !g->head.n) || close_moot(g, e);
    if (!g->open && g->refused) {
        tell(g, "refused", S("a person has closed the same proposal"));
        return true;
    }
    if (!waits(g, e, &waiting))
        return false;
    if (waiting)
        return true;
    return g->open ? update(g, e) : open_new(g, e);
}

static void do_group(struct hosted *h, struct str branch, struct str name, struct proposal *p)
{
    struct group g = {
        .h = h, .branch = branch, .name = name, .proposal = p, .head = head_of(h->repo, branch)};
    struct err e;

    g.made.sum = g.made.base = S("");
    find_pulls(&g);
    if (!judge(&g, &e) || !decide(&g, &e))
        hitch(&g, &e);
}

/* ---- all groups ---- */

static const struct proposal *proposal_on(const struct repo *r, struct str branch)
{
    for (size_t i = 0; i < r->nproposal; i++)
        if (str_eq(r->proposal[i].branch, branch))
            return &r->proposal[i];
    return NULL;
}

/* Whoever can read a repository may open a pull request from a branch of it, write anything into
 * it, and close it. */
static bool drop_outsiders(struct hosted *h, size_t from, struct err *e)
{
    size_t kept = from;

    for (size_t i = from; i < h->pull.n; i++) {
        struct pull p = h->pull.v[i];
        bool matters = p.open || p.marked;
        if (!p.trusted && matters && !api_may_write(h, p.author, &p.trusted, e))
            return false;
        if (p.trusted)
            h->pull.v[kept++] = p;
    }
    h->pull.n = kept;
    return true;
}

/* Once for each branch. */
static bool list_pulls(struct hosted *h, struct str branch, struct err *e)
{
    for (size_t i = 0; i < h->asked.n; i++)
        if (str_eq(h->asked.v[i], branch))
            return true;
    vec_push(h->arena, &h->asked, branch);
    size_t known = h->pull.n;
    return h->host->pulls(h, branch, e) && drop_outsiders(h, known, e);
}

static bool open_host(struct hosted *h, struct err *e)
{
    struct repo *r = h->repo;

    if (!h->host->open(h, e))
        return false;
    if (h->archived)
        return err_set(e, "the repository is archived");
    if (h->fork && !r->policy->forks && !r->bot->fork)
        return err_set(e, "the repository is a fork; --forks takes those, too");
    return true;
}

/* Those that fix a vulnerability are first, so that none waits behind others. */
static int by_urgency(const void *x, const void *y)
{
    const struct proposal *a = x, *b = y;

    if (a->security != b->security)
        return a->security ? -1 : 1;
    return str_cmp(a->branch, b->branch);
}

static void remember(struct hosted *h)
{
    struct repo *r = h->repo;
    struct marker m;

    for (size_t i = 0; i < h->pull.n; i++)
        if (h->pull.v[i].marked)
            ages_remember(r, h->pull.v[i].marker.seen.v, h->pull.v[i].marker.seen.n,
                          h->pull.v[i].created);
    marker_read(h->arena, h->board.body, &m);
    ages_remember(r, m.seen.v, m.seen.n, h->board.created);
}

bool life_look(struct hosted *h, struct err *e)
{
    struct repo *r = h->repo;
    bool one = bot_group(r) == BOT_GROUP_ALL;

    if (r->at.tip.n && !str_eq(r->at.tip, r->at.commit))
        return err_set(e, "the checkout is not what " STR_FMT " has now; update it",
                       STR_ARG(r->at.branch));
    if (!open_host(h, e) || (one && !list_pulls(h, S(BOT_BRANCH "all"), e)))
        return false;
    for (size_t i = 0; i < r->at.branches.n; i++)
        if (!list_pulls(h, r->at.branches.v[i].name, e))
            return false;
    if (!board_read(h, e))
        return false;
    remember(h);
    return true;
}

bool life_run(struct hosted *h, struct err *e)
{
    struct repo *r = h->repo;

    for (size_t i = 0; i < r->nproposal; i++)
        if (!list_pulls(h, r->proposal[i].branch, e))
            return false;
    if (r->nproposal)
        qsort(r->proposal, r->nproposal, sizeof(*r->proposal), by_urgency);
    for (size_t i = 0; i < r->nproposal; i++)
        do_group(h, r->proposal[i].branch, r->proposal[i].group, &r->proposal[i]);
    for (size_t i = 0; i < r->at.branches.n; i++)
        if (!proposal_on(r, r->at.branches.v[i].name))
            do_group(h, r->at.branches.v[i].name,
                     str_from(r->at.branches.v[i].name, sizeof(BOT_BRANCH) - 1), NULL);
    if (board_write(h, e))
        return true;
    if (h->postponed)
        bot_note(r, e->text);
    return h->postponed;
}
