/* judge.c - each condition of an environment, held against what is known of an image. */
#include <stdlib.h>

#include "dfix/date.h"
#include "dfix/dfix.h"
#include "dfix/facts.h"
#include "gate/gate.h"
#include "host/digest.h"

enum { DAY = 24 * 60 * 60, CHAINS = 1 << 12, REASONS = 8 };

struct judging {
    struct arena *arena;
    const struct gate_input *in;
    struct gate_result *out;
    bool *used;    /* of the acceptances */
    size_t *chain; /* CHAINS of items by what they are about, their places + 1 */
};

static int64_t policy_of(const struct judging *j, enum gate_key key)
{
    return j->in->policy->value[key];
}

static struct gate_item item_of(enum gate_key key, enum gate_verdict verdict, struct str title,
                                struct str why)
{
    struct str none = S("");
    return (struct gate_item){.key = key,
                              .verdict = verdict,
                              .title = title,
                              .why = why,
                              .severity = none,
                              .file = none,
                              .ended = none};
}

static void add(struct judging *j, enum gate_key key, enum gate_verdict verdict, struct str title,
                struct str why)
{
    vec_push(j->arena, &j->out->item, item_of(key, verdict, title, why));
}

/* ---- days ---- */

/* Days from 1970 on to the day that a moment begins with. */
static bool days_of(struct str moment, int64_t *days)
{
    return date_read(moment.n >= 10 ? str_sub(moment, 0, 10) : moment, days);
}

/* Is it longer ago than policy allows? What has no date is. */
static bool is_over(const struct judging *j, struct str moment, int64_t seconds, int64_t *days)
{
    int64_t then, now;

    *days = -1;
    if (seconds == gate_any_time)
        return false;
    if (!days_of(moment, &then) || !days_of(j->in->today, &now) || then > now)
        return true;
    *days = now - then;
    return *days * DAY > seconds;
}

/* ---- severity ---- */

/* GATE_SEVERITIES: unrated. */
static enum gate_severity rank_of(const char *severity)
{
    int rank = advisory_rank(severity);

    return rank == ADVISORY_UNRATED ? GATE_SEVERITIES : (enum gate_severity)rank;
}

/* ---- acceptances ---- */

/* `m` NULL: of the package itself. */
static struct accept_subject subject_of(const struct judging *j, const struct component *c,
                                        const struct advisory_match *m)
{
    return (struct accept_subject){.id = m ? m->is.id : S(""),
                                   .aliases = m ? m->is.aliases : S(""),
                                   .package = c->name,
                                   .source = c->source.n ? c->source : c->name,
                                   .version = c->version,
                                   .source_version =
                                       c->source_version.n ? c->source_version : c->version,
                                   .file = j->in->file,
                                   .origin = c->brought == BROUGHT_BY_LOCK ? c->by : S(""),
                                   .image = j->in->image,
                                   .digest = j->in->digest};
}

/* Whose word counts here, and for how long. */
static bool may_count(const struct judging *j, const struct acceptance *x, const char *severity)
{
    int64_t whose = policy_of(j, GATE_ACCEPT), longest = policy_of(j, GATE_ACCEPT_FOR), from, to;
    enum gate_severity rank = rank_of(severity);

    if (whose == GATE_ACCEPT_NONE || (whose == GATE_ACCEPT_OPERATOR && !x->trusted))
        return false;
    if (x->vendor)
        return true;
    if ((int64_t)(rank == GATE_SEVERITIES ? GATE_CRITICAL : rank) >
        policy_of(j, GATE_ACCEPT_SEVERITY))
        return false;
    if (longest == gate_any_time)
        return true;
    return days_of(x->decided, &from) && days_of(x->expires, &to) && (to - from) * DAY <= longest;
}

static void note_faulty(struct judging *j, const struct acceptance *x)
{
    for (size_t i = 0; i < j->out->faulty.n; i++)
        if (j->out->faulty.v[i] == x)
            return;
    vec_push(j->arena, &j->out->faulty, x);
}

static const struct acceptance *acceptance_for(struct judging *j, const struct component *c,
                                               const struct advisory_match *m, const char *severity)
{
    const struct acceptance *found = NULL;
    struct accept_subject of = subject_of(j, c, m);

    for (size_t i = 0; i < j->in->naccept; i++) {
        const struct acceptance *x = &j->in->accept[i];
        if (!accept_fits(x, &of))
            continue;
        bool whole = !accept_faults(x, j->in->today, j->in->owners);
        if (whole && may_count(j, x, severity)) {
            j->used[i] = true;
            found = found ? found : x;
        } else {
            j->used[i] = true;
            note_faulty(j, x);
        }
    }
    return found;
}

/* ---- one vulnerability ---- */

/* Which condition it breaks; GATE_KEYS: none. */
static enum gate_key broken_by(const struct judging *j, const struct advisory_match *m,
                               const char *severity)
{
    enum gate_severity rank = rank_of(severity);
    bool fix = m->fix == FIX_RELEASED && m->fixed.n;
    int64_t days;

    if (m->is.exploited && policy_of(j, GATE_KEV) == GATE_REFUSE)
        return GATE_KEV;
    if (!fix && policy_of(j, GATE_UNFIXED) == GATE_ALLOW)
        return GATE_KEYS;
    if (rank == GATE_SEVERITIES && policy_of(j, GATE_UNRATED) == GATE_REFUSE)
        return GATE_UNRATED;
    if (rank != GATE_SEVERITIES && (int64_t)rank > policy_of(j, GATE_SEVERITY))
        return GATE_SEVERITY;
    if (fix && is_over(j, m->released.n ? m->released : m->is.published, policy_of(j, GATE_FIX_AGE),
                       &days))
        return GATE_FIX_AGE;
    return GATE_KEYS;
}

static struct str source_of(const struct component *c)
{
    return c->source.n ? c->source : c->name;
}

/* What of the packages the item is about; "": that nobody looks after them. */
static struct str id_of(const struct gate_item *x)
{
    return x->match ? x->match->is.id : S("");
}

static size_t *chain_of(struct judging *j, const struct gate_item *x)
{
    uint64_t h = str_hash(id_of(x)) * 31 + str_hash(source_of(x->component)) * 7 +
                 str_hash(x->component->version);

    return &j->chain[(h ^ h >> 32) % CHAINS];
}

/* Packages that are built of one source have its vulnerabilities and its end together. */
static bool is_told(struct judging *j, const struct gate_item *x)
{
    for (size_t i = *chain_of(j, x); i; i = j->out->item.v[i - 1].next) {
        struct gate_item *y = &j->out->item.v[i - 1];
        if (y->verdict != x->verdict || !str_eq(id_of(y), id_of(x)) ||
            !str_eq(source_of(y->component), source_of(x->component)) ||
            !str_eq(y->component->version, x->component->version) ||
            !str_eq(y->component->ecosystem, x->component->ecosystem))
            continue;
        y->packages = str_fmt(j->arena, STR_FMT ", " STR_FMT, STR_ARG(y->packages),
                              STR_ARG(x->component->name));
        y->title = gate_title(j->arena, y, j->in->today);
        return true;
    }
    return false;
}

/* On the line that brings it. */
static void add_of_component(struct judging *j, struct gate_item x)
{
    const struct component *c = x.component;

    x.title = gate_title(j->arena, &x, j->in->today);
    if (c->brought == BROUGHT_BY_IMAGE && c->by.n)
        x.why = str_fmt(j->arena, STR_FMT "; found in " STR_FMT, STR_ARG(x.why), STR_ARG(c->by));
    if (is_told(j, &x))
        return;
    if (j->in->source) {
        x.file = j->in->source->file;
        x.line = c->line ? c->line : j->in->source->line(j->in->source, c);
    }
    size_t *chain = chain_of(j, &x);
    x.next = *chain;
    vec_push(j->arena, &j->out->item, x);
    *chain = j->out->item.n;
}

static void judge_match(struct judging *j, const struct component *c,
                        const struct advisory_match *m)
{
    const char *severity = advisory_severity(&m->is);
    enum gate_key broken = broken_by(j, m, severity);
    bool open = broken != GATE_KEYS;
    struct gate_item x = item_of(open ? broken : GATE_SEVERITY, open ? GATE_REFUSED : GATE_PASSED,
                                 S(""), gate_why(j->arena, m, severity));

    x.component = c;
    x.packages = c->name;
    x.match = m;
    x.severity = str_of(severity);
    if (open)
        x.by = acceptance_for(j, c, m, severity);
    if (x.by)
        x.verdict = GATE_ACCEPTED;
    add_of_component(j, x);
}

/* A package that its distro looks after no more, in a release that still lives. */
static void judge_support(struct judging *j, const struct component *c, const struct match_list *l)
{
    static const char advice[] = "use another package, or another release";

    if (policy_of(j, GATE_END_OF_LIFE) == GATE_ALLOW || !support_has_ended(l, j->in->today))
        return;
    struct gate_item x =
        item_of(GATE_END_OF_LIFE, GATE_REFUSED, S(""),
                l->support.n ? str_fmt(j->arena, STR_FMT "; %s", STR_ARG(l->support), advice)
                             : str_of(advice));
    x.component = c;
    x.packages = c->name;
    x.ended = l->support_end;
    x.by = acceptance_for(j, c, NULL, "");
    if (x.by)
        x.verdict = GATE_ACCEPTED;
    add_of_component(j, x);
}

/* ---- all of them, and how far that reaches ---- */

static void judge_feed(struct judging *j, enum gate_key key, int64_t dated, const char *what)
{
    int64_t most = policy_of(j, GATE_FEED_AGE), age = j->in->now - dated;

    if (!dated)
        add(j, key, GATE_UNJUDGED, str_fmt(j->arena, "%s is not known", what),
            S("no feed is at hand; `dfix advisories update` fetches them"));
    else if (most != gate_any_time && (age > most || age < -DAY))
        add(j, key, GATE_UNJUDGED,
            str_fmt(j->arena, "%s is known as of " STR_FMT, what,
                    STR_ARG(date_text(j->arena, dated))),
            S("older than the policy allows; `dfix advisories update` fetches it anew"));
}

static void judge_feeds(struct judging *j)
{
    if (!j->in->ncomponent)
        return;
    judge_feed(j, GATE_FEED_AGE, j->in->dated, "What is vulnerable");
    if (policy_of(j, GATE_KEV) == GATE_REFUSE)
        judge_feed(j, GATE_KEV, j->in->kev_dated, "What is exploited");
    if (j->in->support_of.n && policy_of(j, GATE_END_OF_LIFE) == GATE_REFUSE)
        judge_feed(
            j, GATE_END_OF_LIFE, j->in->support_dated,
            str_fmt(j->arena, "What " STR_FMT " supports no more", STR_ARG(j->in->support_of)).p);
}

/* Of what is not known. */
static enum gate_verdict verdict_of(const struct judging *j, enum gate_key key)
{
    return policy_of(j, key) == GATE_ALLOW ? GATE_PASSED : GATE_UNJUDGED;
}

/* Components that were not checked for one reason. */
struct not_checked {
    const struct component *first;
    struct str why;
    size_t n;
};

/* The last stands for all further reasons, too. */
static void note_unchecked(struct not_checked *v, const struct component *c, struct str why)
{
    size_t i = 0;

    why = why.n ? why : S("nobody has answered");
    while (i + 1 < REASONS && v[i].n && !str_eq(v[i].why, why))
        i++;
    if (!v[i].n++) {
        v[i].first = c;
        v[i].why = why;
    }
}

static void add_unchecked(struct judging *j, const struct not_checked *x)
{
    size_t all = j->in->ncomponent;

    add(j, GATE_NOT_CHECKED, verdict_of(j, GATE_NOT_CHECKED),
        str_fmt(j->arena, "%zu of %zu package%s could not be checked (" STR_FMT "%s)", x->n, all,
                all == 1 ? "" : "s", STR_ARG(x->first->name), x->n > 1 ? ", …" : ""),
        x->why);
}

static void judge_packages(struct judging *j)
{
    struct not_checked v[REASONS] = {{.n = 0}};

    for (size_t i = 0; i < j->in->ncomponent; i++) {
        const struct component *c = &j->in->component[i];
        const struct match_list *l = &j->in->matches[i];
        bool known = j->in->answer[i] == ANSWER_FOUND || j->in->answer[i] == ANSWER_ABSENT;
        judge_support(j, c, l);
        for (size_t k = 0; known && k < l->n; k++)
            judge_match(j, c, &l->v[k]);
        if (!known)
            note_unchecked(v, c, l->why);
    }
    for (size_t i = 0; i < REASONS && v[i].n; i++)
        add_unchecked(j, &v[i]);
}

static struct str on(struct judging *j, const struct gate_image *p)
{
    return p->platform.n && j->in->nplatform > 1
               ? str_fmt(j->arena, " (" STR_FMT ")", STR_ARG(p->platform))
               : S("");
}

static void judge_known(struct judging *j, const struct gate_image *p)
{
    if (!p->packages_known)
        add(j, GATE_NOT_CHECKED, verdict_of(j, GATE_NOT_CHECKED),
            str_fmt(j->arena, "What is installed is not known" STR_FMT, STR_ARG(on(j, p))), p->why);
    if (p->facts && p->facts->contents_why.n)
        add(j, GATE_NOT_CHECKED, verdict_of(j, GATE_NOT_CHECKED),
            str_fmt(j->arena, "Not all files of the image could be looked into" STR_FMT,
                    STR_ARG(on(j, p))),
            p->facts->contents_why);
}

static void judge_user(struct judging *j, const struct gate_image *p)
{
    bool any = policy_of(j, GATE_USER) == GATE_ALLOW;

    if (any)
        return;
    if (!p->user_known)
        add(j, GATE_USER, GATE_UNJUDGED,
            str_fmt(j->arena, "Who the container runs as is not known" STR_FMT, STR_ARG(on(j, p))),
            p->why);
    else if (p->facts->user_root)
        add(j, GATE_USER, GATE_REFUSED,
            str_fmt(j->arena, "The container runs as root" STR_FMT, STR_ARG(on(j, p))),
            S("set USER to a user that is not"));
}

static void judge_life(struct judging *j, const struct gate_image *p)
{
    const struct release *r = &p->facts->release;

    if (policy_of(j, GATE_END_OF_LIFE) == GATE_ALLOW || !p->has_end ||
        str_cmp(p->end, j->in->today) >= 0)
        return;
    struct str next = release_next(j->arena, r, j->in->today);
    struct gate_item x = item_of(
        GATE_END_OF_LIFE, GATE_REFUSED,
        str_fmt(j->arena, STR_FMT " " STR_FMT " reached end of life on " STR_FMT STR_FMT,
                STR_ARG(r->distro), STR_ARG(r->version), STR_ARG(p->end), STR_ARG(on(j, p))),
        next.n ? str_fmt(j->arena, "use a release that gets fixes: " STR_FMT, STR_ARG(next))
               : S("use a release that gets fixes"));
    x.ended = p->end;
    if (j->in->source && j->in->source->result->nbase) {
        const struct result *read = j->in->source->result;
        x.file = j->in->source->file;
        x.line = read->base[read->nbase - 1].place.line;
    }
    vec_push(j->arena, &j->out->item, x);
}

static void judge_age(struct judging *j, const struct gate_image *p)
{
    int64_t days, most = policy_of(j, GATE_IMAGE_AGE);

    if (!is_over(j, p->facts->created, most, &days))
        return;
    if (days < 0)
        add(j, GATE_IMAGE_AGE, GATE_UNJUDGED,
            str_fmt(j->arena, "When the image was built is not known" STR_FMT, STR_ARG(on(j, p))),
            p->facts->created.n
                ? str_fmt(j->arena, "its config says " STR_FMT, STR_ARG(p->facts->created))
                : S("its config does not say it"));
    else
        add(j, GATE_IMAGE_AGE, GATE_REFUSED,
            str_fmt(j->arena, "The image is %lld days old" STR_FMT, (long long)days,
                    STR_ARG(on(j, p))),
            S("older than the policy allows; build it anew"));
}

static void judge_secrets(struct judging *j)
{
    for (size_t i = 0; policy_of(j, GATE_SECRETS) == GATE_REFUSE && i < j->in->nsecret; i++)
        add(j, GATE_SECRETS, GATE_REFUSED,
            str_fmt(j->arena, "The image's environment has " STR_FMT,
                    STR_ARG(j->in->secret[i].name)),
            S("whoever has the image can read it; give it to the container when it starts"));
}

/* ---- the Dockerfile ---- */

static bool speaks_of(const struct finding *x, enum gate_key key)
{
    static const struct {
        enum gate_key key;
        const char *rules;
    } v[] = {{GATE_SECRETS, "secret-in-env no-secrets"},
             {GATE_PINS, "pin-alive"},
             {GATE_REGISTRY, "trusted-from"}};

    for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
        if (v[i].key == key && word_is_one_of(str_of(x->rule), v[i].rules))
            return true;
    return false;
}

static void judge_rule(struct judging *j, enum gate_key key)
{
    const struct gate_source *s = j->in->source;

    for (size_t i = 0; i < s->result->nfinding; i++) {
        const struct finding *x = &s->result->finding[i];
        if (!speaks_of(x, key) || (x->skip && !x->found))
            continue;
        struct gate_item item =
            item_of(key, GATE_REFUSED, x->title.n ? x->title : x->message, x->why);
        item.file = s->file;
        item.line = x->start.line;
        vec_push(j->arena, &j->out->item, item);
    }
    for (size_t i = 0; i < s->result->nunchecked; i++) {
        struct finding none = {.rule = s->result->unchecked[i].fixer->id};
        if (speaks_of(&none, key))
            add(j, key, GATE_UNJUDGED,
                str_fmt(j->arena, STR_FMT " could not be asked about %s", STR_ARG(s->file),
                        none.rule),
                s->result->unchecked[i].why);
    }
}

static void judge_bases(struct judging *j)
{
    const struct gate_source *s = j->in->source;

    for (size_t i = 0; i < s->result->nbase; i++) {
        const struct base_told *b = &s->result->base[i];
        if (str_find(b->image, S("@sha256:")) != STR_NONE)
            continue;
        struct gate_item item =
            item_of(GATE_DIGEST, GATE_REFUSED,
                    str_fmt(j->arena, "The base " STR_FMT " has no digest", STR_ARG(b->image)),
                    S("`dfix --fix --select pin-digest` pins it"));
        item.file = s->file;
        item.line = b->place.line;
        vec_push(j->arena, &j->out->item, item);
    }
}

/* What only a Dockerfile tells, and policy wants. */
static void judge_source(struct judging *j)
{
    static const enum gate_key wanting[] = {GATE_PINS, GATE_DIGEST};

    for (size_t i = 0; !j->in->source && i < sizeof(wanting) / sizeof(wanting[0]); i++)
        if (policy_of(j, wanting[i]) == GATE_REFUSE)
            add(j, wanting[i], GATE_UNJUDGED,
                str_fmt(j->arena, "`" STR_FMT "` needs the Dockerfile",
                        STR_ARG(gate_key_name(wanting[i]))),
                S("name it with --dockerfile"));
    if (policy_of(j, GATE_REGISTRY) == GATE_REFUSE && j->in->image.n && !j->in->trusted_registry)
        add(j, GATE_REGISTRY, GATE_REFUSED,
            str_fmt(j->arena, STR_FMT " is not from a trusted registry", STR_ARG(j->in->image)),
            S("the policy's `registries.trusted` lists those"));
    if (policy_of(j, GATE_REGISTRY) == GATE_REFUSE && !j->in->image.n && !j->in->source)
        add(j, GATE_REGISTRY, GATE_UNJUDGED, S("Where the image comes from is not known"),
            S("name it as REGISTRY/NAME@DIGEST, or the Dockerfile with --dockerfile"));
    if (!j->in->source)
        return;
    if (policy_of(j, GATE_SECRETS) == GATE_REFUSE)
        judge_rule(j, GATE_SECRETS);
    if (policy_of(j, GATE_PINS) == GATE_REFUSE)
        judge_rule(j, GATE_PINS);
    if (policy_of(j, GATE_REGISTRY) == GATE_REFUSE)
        judge_rule(j, GATE_REGISTRY);
    if (policy_of(j, GATE_DIGEST) == GATE_REFUSE)
        judge_bases(j);
}

/* ---- the sum ---- */

static int by_verdict(const void *x, const void *y)
{
    const struct gate_item *a = x, *b = y;
    int ra = (int)rank_of(a->severity.n ? a->severity.p : ""), rb;

    rb = (int)rank_of(b->severity.n ? b->severity.p : "");
    if (a->verdict != b->verdict)
        return a->verdict > b->verdict ? -1 : 1;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    if (ra != rb)
        return ra > rb ? -1 : 1;
    return str_cmp(a->title, b->title);
}

static void sum_up(struct judging *j)
{
    struct gate_result *r = j->out;

    for (size_t i = 0; i < j->in->naccept; i++) {
        const struct acceptance *x = &j->in->accept[i];
        const struct accept_subject here = {
            .file = j->in->file, .origin = S(""), .image = j->in->image, .digest = j->in->digest};
        if (!j->used[i] && !x->vendor && x->where.n && accept_is_here(x, &here))
            vec_push(j->arena, &r->unused, x);
    }
    if (r->item.n)
        qsort(r->item.v, r->item.n, sizeof(*r->item.v), by_verdict);
    for (size_t i = 0; i < r->item.n; i++) {
        r->count[r->item.v[i].verdict]++;
        if (r->item.v[i].verdict > r->verdict && r->item.v[i].verdict != GATE_ACCEPTED)
            r->verdict = r->item.v[i].verdict;
    }
}

void gate_judge(struct arena *a, const struct gate_input *in, struct gate_result *out)
{
    struct judging j = {.arena = a, .in = in, .out = out};

    *out = (struct gate_result){.arena = a, .policy = gate_text(a, in->policy)};
    out->policy_digest = digest_of(a, out->policy);
    j.used = arena_new(a, bool, in->naccept + 1);
    j.chain = arena_new(a, size_t, CHAINS);
    if (in->source_only && in->policy->value[GATE_SOURCE_ONLY] == GATE_REFUSE)
        add(&j, GATE_SOURCE_ONLY, GATE_UNJUDGED, S("There is no image to judge"),
            S("a Dockerfile alone does not say what a build of it holds; name the image"));
    for (size_t i = 0; i < in->nplatform; i++) {
        judge_known(&j, &in->platform[i]);
        judge_user(&j, &in->platform[i]);
        judge_life(&j, &in->platform[i]);
        judge_age(&j, &in->platform[i]);
    }
    if (in->others)
        add(&j, GATE_NOT_CHECKED, verdict_of(&j, GATE_NOT_CHECKED),
            S("The digest stands for platforms that dfix does not know"),
            S("name the image of one platform by its own digest"));
    if (!in->inventory && in->policy->value[GATE_INVENTORY] == GATE_REFUSE)
        add(&j, GATE_INVENTORY, GATE_UNJUDGED,
            S("What languages' package managers put into the image is not known"),
            S("name an inventory of it with --sbom"));
    judge_feeds(&j);
    judge_packages(&j);
    judge_secrets(&j);
    judge_source(&j);
    sum_up(&j);
}
