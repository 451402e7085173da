/* match.c - a component against the feeds at hand. */
#include <stdlib.h>

#include "index/advisories/advisories.h"
#include "index/advisories/layout.h"

/* What one feed says of one vulnerability in the component. Of most there is no need to know more
 * than the names: `is` is filled when something is to be told of it. */
struct hit {
    struct advisory_match match;
    struct str rating; /* of the row */
    size_t feed;
    uint32_t vuln, next; /* its place in the feed; the next of its chain, its place + 1 */
    bool bundle, filled;
};
enum { CHAINS = 64 };
struct search {
    struct arena *arena;
    const struct held_feeds *feeds;
    const struct component *c;
    struct str name, version; /* as advisories speak of it */
    struct match_list *out;
    VEC(struct hit) hit;
    uint32_t chain[CHAINS]; /* hits by feed and place */
    bool settled;
    bool met; /* a feed has the package */
};

/* ---- rows ---- */

static enum verdict verdict_of(const struct search *x, const struct feed_entry *e)
{
    switch (e->state) {
    case ROW_NOT_AFFECTED:
        return VERDICT_NOT_AFFECTED;
    case ROW_RANGE:
    case ROW_EXACT:
        return range_judge(x->c->ecosystem, x->version, &e->range);
    default:
        return VERDICT_UNKNOWN;
    }
}

static uint32_t *chain_of(struct search *x, size_t feed, uint32_t vuln)
{
    return &x->chain[(vuln * 31u + (uint32_t)feed) % CHAINS];
}

static struct hit *hit_of(struct search *x, size_t feed, uint32_t vuln)
{
    uint32_t i = x->hit.n ? *chain_of(x, feed, vuln) : 0;
    while (i && (x->hit.v[i - 1].feed != feed || x->hit.v[i - 1].vuln != vuln))
        i = x->hit.v[i - 1].next;
    return i ? &x->hit.v[i - 1] : NULL;
}

static void add_row(struct search *x, size_t feed, const struct feed_entry *e, uint32_t vuln)
{
    enum verdict verdict = verdict_of(x, e);
    struct hit *h = hit_of(x, feed, vuln);
    if (h && h->match.verdict <= verdict)
        return; /* one interval that holds is enough */
    if (!h) {
        struct hit new = {.feed = feed, .vuln = vuln, .next = *chain_of(x, feed, vuln)};
        vec_push(x->arena, &x->hit, new);
        *chain_of(x, feed, vuln) = (uint32_t)x->hit.n;
        h = &x->hit.v[x->hit.n - 1];
        feed_names(x->feeds->v[feed].feed, vuln, &h->match.is.id, &h->match.is.aliases, &h->bundle);
    }
    h->match.verdict = verdict;
    h->match.fix = e->fix;
    h->match.fixed = e->range.fixed;
    h->match.advisory = e->advisory;
    h->match.feed = x->feeds->v[feed].meta.title;
    h->match.reason = h->match.released = S("");
    h->rating = e->rating;
}

/* All that the feed says of it; names that were added stay. */
static void fill(struct search *x, struct hit *h)
{
    const struct held_feed *f = &x->feeds->v[h->feed];
    struct str aliases = h->match.is.aliases;
    bool bundle;
    if (h->filled)
        return;
    h->filled = true;
    h->match.is = feed_vuln(f->feed, h->vuln, &bundle);
    h->match.is.aliases = aliases;
    if (h->rating.n)
        h->match.is.rating = h->rating;
    if (!h->match.is.rated_by.n && h->match.is.rating.n && f->meta.kind == FEED_OSV)
        h->match.is.rated_by = str_starts(x->c->ecosystem, S("ubuntu")) ? S("Ubuntu") : S("OSV");
}

/* Is it told of? */
static bool is_wanted(const struct search *x, const struct hit *h)
{
    return h->match.verdict <= VERDICT_UNKNOWN || x->settled;
}

/* The last day of support; what is supported within limits only has none. */
static void add_support(struct search *x, const struct feed_entry *e, const struct held_feed *f,
                        uint32_t vuln)
{
    bool bundle;
    struct vulnerability v = feed_vuln(f->feed, vuln, &bundle);
    if (e->state == ROW_UNSUPPORTED) {
        x->out->support_end = v.published;
        x->out->support = v.summary;
    } else if (!x->out->support_end.n) {
        x->out->support = v.summary;
    }
}

/* By its name, or by the beginning of it. */
static void add_support_rows(struct search *x, const struct held_feed *f)
{
    const struct str name[] = {S(".*"), x->name};
    for (size_t k = 0; k < 2; k++) {
        struct feed_range r = feed_rows(f->feed, x->c->ecosystem, name[k]);
        for (uint32_t i = r.first; i < r.end; i++) {
            uint32_t vuln;
            struct feed_entry e = feed_row(f->feed, i, &vuln);
            if (k || str_starts(x->name, e.advisory))
                add_support(x, &e, f, vuln);
        }
    }
}

static void add_rows(struct search *x, size_t feed, struct str scope)
{
    const struct held_feed *f = &x->feeds->v[feed];
    struct feed_range r = feed_rows(f->feed, scope, x->name);
    for (uint32_t i = r.first; i < r.end; i++) {
        uint32_t vuln;
        struct feed_entry e = feed_row(f->feed, i, &vuln);
        add_row(x, feed, &e, vuln);
    }
    x->met |= r.first < r.end;
}

/* What subscribers get: open for all others, and never clean for them. */
static void add_paid(struct search *x, size_t feed)
{
    struct str ubuntu = S("ubuntu:");
    if (!str_starts(x->c->ecosystem, ubuntu))
        return;
    struct str scope =
        str_fmt(x->arena, "ubuntu-pro:" STR_FMT, STR_ARG(str_from(x->c->ecosystem, ubuntu.n)));
    size_t before = x->hit.n;
    struct feed_range r = feed_rows(x->feeds->v[feed].feed, scope, x->name);
    for (uint32_t i = r.first; i < r.end; i++) {
        uint32_t vuln;
        bool bundle, said = false;
        struct feed_entry e = feed_row(x->feeds->v[feed].feed, i, &vuln);
        struct str id, aliases;
        feed_names(x->feeds->v[feed].feed, vuln, &id, &aliases, &bundle);
        for (size_t k = 0; k < before; k++)
            said |= str_eq(x->hit.v[k].match.is.id, id);
        if (!said)
            add_row(x, feed, &e, vuln);
    }
}

/* ---- one vulnerability, several names ---- */

/* Hits by each of their names; open addressing, a power of two. Nothing has more names than a few,
 * but in a document that is made to be slow. */
enum { NAMES_OF_ONE = 32 };
struct names {
    struct name {
        struct str name;
        size_t hit; /* its place + 1; 0: free */
    } * v;
    size_t mask;
};

static struct name *name_at(const struct names *t, struct str name)
{
    size_t i = (size_t)str_hash(name) & t->mask;
    while (t->v[i].hit && !str_eq(t->v[i].name, name))
        i = (i + 1) & t->mask;
    return &t->v[i];
}

static struct names names_of(struct search *x)
{
    struct names t = {.mask = 15};
    size_t all = 0;
    for (size_t i = 0; i < x->hit.n; i++) {
        size_t most = x->hit.v[i].match.is.aliases.n / 2 + 1; /* words of one letter */
        if (x->hit.v[i].bundle)
            continue; /* it is looked up by others' names, and has none of its own here */
        all += 1 + (most < NAMES_OF_ONE ? most : NAMES_OF_ONE);
    }
    while (t.mask < all * 2)
        t.mask = t.mask * 2 + 1;
    t.v = arena_new(x->arena, struct name, t.mask + 1);
    return t;
}

/* What has none of these names so far: `hit` has them from now on. The first hit that has one; else
 * `hit`. */
static size_t name_hit(const struct names *t, const struct vulnerability *v, size_t hit)
{
    struct str rest = v->aliases, word = v->id;
    struct name *at[NAMES_OF_ONE];
    size_t first = hit, n = 0;
    do {
        at[n] = name_at(t, word);
        if (!at[n]->hit) /* nobody's so far */
            *at[n] = (struct name){word, hit + 1};
        first = at[n]->hit - 1 < first ? at[n]->hit - 1 : first;
        n++;
    } while (n < NAMES_OF_ONE && word_next(&rest, &word));
    for (size_t i = 0; i < n; i++)
        if (at[i]->hit == hit + 1)
            at[i]->hit = first + 1;
    return first;
}

/* Notices of several vulnerabilities name the advisory of each, and go; one of which not all are
 * known by themselves stays. */
static bool is_dissolved(struct search *x, const struct names *t, struct hit *h)
{
    struct str rest = h->match.is.aliases, id;
    bool all = h->match.is.aliases.n > 0;
    while (word_next(&rest, &id)) {
        size_t at = name_at(t, id)->hit;
        struct advisory_match *m = at ? &x->hit.v[at - 1].match : NULL;
        all = all && m;
        if (m && is_wanted(x, &x->hit.v[at - 1]) && str_eq(m->fixed, h->match.fixed)) {
            fill(x, h);
            m->released = h->match.is.published;
        }
        if (!m || (!str_eq(m->fixed, h->match.fixed) && m->advisory.n))
            continue;
        m->advisory = m->advisory.n ? str_fmt(x->arena, STR_FMT " " STR_FMT, STR_ARG(m->advisory),
                                              STR_ARG(h->match.is.id))
                                    : h->match.is.id;
    }
    return all;
}

/* The first feed that speaks of a vulnerability has the word; others add names. */
static void add_to(struct search *x, struct hit *first, struct hit *h)
{
    struct advisory_match *m = &first->match;
    /* Two documents of one database: what one of them calls affected is. */
    bool same_kind = x->feeds->v[first->feed].meta.kind == FEED_OSV;
    if (same_kind && h->match.verdict < m->verdict) {
        m->verdict = h->match.verdict;
        m->fixed = h->match.fixed;
        m->fix = h->match.fix;
    }
    if (!words_have(m->is.aliases, h->match.is.id) && !str_eq(m->is.id, h->match.is.id))
        m->is.aliases = str_fmt(x->arena, STR_FMT "%s" STR_FMT, STR_ARG(m->is.aliases),
                                m->is.aliases.n ? " " : "", STR_ARG(h->match.is.id));
    if (!is_wanted(x, first))
        return;
    fill(x, first);
    fill(x, h);
    if (!m->is.cvss.n) {
        m->is.cvss = h->match.is.cvss;
        m->is.cvss_score = h->match.is.cvss_score;
    }
    if (!m->is.summary.n)
        m->is.summary = h->match.is.summary;
}

/* Those that say nothing of their own. */
static bool *find_gone(struct search *x)
{
    bool *gone = arena_new(x->arena, bool, x->hit.n + 1);
    struct names t = names_of(x);
    for (size_t i = 0; i < x->hit.n; i++) {
        struct hit *h = &x->hit.v[i];
        size_t first = h->bundle ? i : name_hit(&t, &h->match.is, i);
        gone[i] = first != i;
        if (gone[i])
            add_to(x, &x->hit.v[first], h);
    }
    for (size_t i = 0; i < x->hit.n; i++)
        if (x->hit.v[i].bundle)
            gone[i] = is_dissolved(x, &t, &x->hit.v[i]);
    return gone;
}

/* ---- what is known beside ---- */

static void learn(const struct held_feed *f, struct str id, struct vulnerability *v)
{
    uint32_t after = 0, at;
    bool bundle;
    if (!feed_find(f->feed, id, &after, &at))
        return;
    struct vulnerability x = feed_vuln(f->feed, at, &bundle);
    if (f->meta.kind == FEED_KEV) {
        v->exploited = true;
        v->ransomware |= x.ransomware;
        v->kev_added = x.kev_added;
        v->kev_due = x.kev_due;
        if (!v->summary.n)
            v->summary = x.summary;
    } else if (x.epss > v->epss) {
        v->epss = x.epss;
        v->percentile = x.percentile;
    }
}

static void learn_more(struct search *x, struct vulnerability *v)
{
    for (size_t i = 0; i < x->feeds->n; i++) {
        const struct held_feed *f = &x->feeds->v[i];
        struct str rest = v->aliases, id;
        if (f->meta.kind != FEED_KEV && f->meta.kind != FEED_EPSS)
            continue;
        learn(f, v->id, v);
        while (word_next(&rest, &id))
            learn(f, id, v);
    }
}

static struct str link_of(struct arena *a, const struct search *x, const struct vulnerability *v)
{
    if (str_starts(x->c->ecosystem, S("debian:")))
        return str_fmt(a, "https://security-tracker.debian.org/tracker/" STR_FMT, STR_ARG(v->id));
    if (str_starts(x->c->ecosystem, S("alpine:")))
        return str_fmt(a, "https://security.alpinelinux.org/vuln/" STR_FMT, STR_ARG(v->id));
    return str_fmt(a, "https://osv.dev/vulnerability/" STR_FMT, STR_ARG(v->id));
}

static struct str reason_of(const struct search *x, const struct advisory_match *m)
{
    struct arena *a = x->arena;
    bool source = x->c->source.n && !str_eq(x->c->source, x->c->name);
    struct str what = str_fmt(a, "%s" STR_FMT " " STR_FMT, source ? "source package " : "",
                              STR_ARG(x->name), STR_ARG(x->version));
    if (m->verdict == VERDICT_UNKNOWN)
        return str_fmt(a, "whether " STR_FMT " is affected is not known", STR_ARG(what));
    if (m->verdict == VERDICT_FIXED)
        return str_fmt(a, STR_FMT " holds the fix", STR_ARG(what));
    if (m->verdict == VERDICT_NOT_AFFECTED)
        return str_fmt(a, STR_FMT " is not affected", STR_ARG(what));
    switch (m->fix) {
    case FIX_RELEASED:
        if (m->fixed.n)
            return str_fmt(a, STR_FMT " is below " STR_FMT ", which holds the fix", STR_ARG(what),
                           STR_ARG(m->fixed));
        break;
    case FIX_PAID:
        return str_fmt(a, STR_FMT " is affected; " STR_FMT " holds the fix, for subscribers only",
                       STR_ARG(what), STR_ARG(m->fixed));
    case FIX_POSTPONED:
        return str_fmt(a, STR_FMT " is affected; the fix is postponed as minor", STR_ARG(what));
    case FIX_NEVER:
        return str_fmt(a, STR_FMT " is affected and will not be fixed", STR_ARG(what));
    case FIX_NONE:
        break;
    }
    return str_fmt(a, STR_FMT " is affected; there is no fix yet", STR_ARG(what));
}

/* ---- the list ---- */

static int rank(const struct advisory_match *m)
{
    return advisory_rank(advisory_severity(&m->is));
}

static int worst_first(const void *x, const void *y)
{
    const struct advisory_match *p = x, *q = y;
    int d = (int)p->verdict - (int)q->verdict;
    d = d ? d : q->is.exploited - p->is.exploited;
    d = d ? d : rank(q) - rank(p);
    d = d ? d : q->is.cvss_score - p->is.cvss_score;
    d = d ? d : q->is.epss - p->is.epss;
    return d ? d : str_cmp(p->is.id, q->is.id);
}

static const struct advisory_match *sorted(struct advisory_match *v, size_t n)
{
    if (n)
        qsort(v, n, sizeof *v, worst_first);
    return v;
}

static void make_list(struct search *x)
{
    struct match_list *out = x->out;
    VEC(struct advisory_match) open = {0}, rest = {0};
    const bool *gone = find_gone(x);
    for (size_t i = 0; i < x->hit.n; i++) {
        struct advisory_match *m = &x->hit.v[i].match;
        bool counts = m->verdict <= VERDICT_UNKNOWN;
        if (gone[i])
            continue;
        out->fixed += m->verdict == VERDICT_FIXED;
        out->not_affected += m->verdict == VERDICT_NOT_AFFECTED;
        if (!is_wanted(x, &x->hit.v[i]))
            continue;
        fill(x, &x->hit.v[i]);
        learn_more(x, &m->is);
        m->is.url = link_of(x->arena, x, &m->is);
        m->reason = reason_of(x, m);
        if (counts)
            vec_push(x->arena, &open, *m);
        else
            vec_push(x->arena, &rest, *m);
    }
    out->v = sorted(open.v, open.n);
    out->n = open.n;
    out->settled = sorted(rest.v, rest.n);
    out->nsettled = rest.n;
}

/* ---- what is covered ---- */

static void note_date(struct match_list *out, const struct feed_meta *m)
{
    if (m->fetched && (!out->dated || m->fetched < out->dated))
        out->dated = m->fetched;
}

/* Alpine's lists are of one repository each: what is in neither is clean only where both are. */
static bool is_whole(const struct search *x)
{
    size_t lists = 0;
    if (x->feeds->covered)
        return true;
    for (size_t i = 0; i < x->feeds->n; i++) {
        const struct held_feed *f = &x->feeds->v[i];
        if (f->meta.partial || f->meta.kind > FEED_OSV || !feed_speaks_of(f->feed, x->c->ecosystem))
            continue;
        if (f->meta.kind != FEED_ALPINE)
            return true;
        lists++;
    }
    return lists >= 2 || (lists && x->met);
}

static enum answer not_checked(struct search *x, struct str why)
{
    *x->out = (struct match_list){
        .why = why, .support = x->out->support, .support_end = x->out->support_end};
    return ANSWER_UNAVAILABLE;
}

enum answer advisories_match(struct arena *a, const struct held_feeds *feeds,
                             const struct component *c, bool settled, struct match_list *out)
{
    struct search x = {.arena = a, .feeds = feeds, .c = c, .out = out, .settled = settled};
    *out = (struct match_list){.why = S(""), .support = S(""), .support_end = S("")};
    x.name = ecosystem_name(a, c->ecosystem, c->source.n ? c->source : c->name);
    x.version = c->source_version.n ? c->source_version : c->version;
    if (!ecosystem_known(c->ecosystem))
        return not_checked(&x, S("nobody publishes advisories for it"));
    if (!ecosystem_valid(c->ecosystem, x.version))
        return not_checked(&x, x.version.n ? S("its version is none that can be compared")
                                           : S("its version is not known"));
    for (size_t i = 0; i < feeds->n; i++) {
        const struct held_feed *f = &feeds->v[i];
        out->exploited_known |= f->meta.kind == FEED_KEV;
        out->epss_known |= f->meta.kind == FEED_EPSS;
        if (f->meta.kind == FEED_KEV || f->meta.kind == FEED_EPSS || f->meta.kind == FEED_LIFE ||
            f->meta.kind == FEED_CHANGELOG || !feed_speaks_of(f->feed, c->ecosystem))
            continue;
        if (f->meta.kind == FEED_SUPPORT) {
            add_support_rows(&x, f);
            continue;
        }
        note_date(out, &f->meta);
        add_rows(&x, i, c->ecosystem);
        add_paid(&x, i);
    }
    make_list(&x);
    for (size_t i = 0; i < feeds->n; i++)
        if (feed_damaged(feeds->v[i].feed))
            return not_checked(&x, str_fmt(a,
                                           "the cached feed of the " STR_FMT " is damaged; run "
                                           "`dfix advisories update`",
                                           STR_ARG(feeds->v[i].meta.title)));
    if (out->n)
        return ANSWER_FOUND;
    if (is_whole(&x))
        return ANSWER_ABSENT;
    return not_checked(
        &x, str_fmt(a, "no advisories for " STR_FMT " are at hand", STR_ARG(c->ecosystem)));
}

struct str advisories_life(struct arena *a, const struct held_feeds *feeds, const struct release *r)
{
    struct str scope = ecosystem_of_release(a, r);
    for (size_t i = 0; i < feeds->n; i++) {
        const struct held_feed *f = &feeds->v[i];
        if (f->meta.kind != FEED_LIFE)
            continue;
        struct feed_range rows = feed_rows(f->feed, scope, S("release"));
        uint32_t vuln;
        bool bundle;
        if (rows.first == rows.end || feed_damaged(f->feed))
            continue;
        feed_row(f->feed, rows.first, &vuln);
        struct str end = feed_vuln(f->feed, vuln, &bundle).published;
        if (!feed_damaged(f->feed))
            return end;
    }
    return S("");
}
