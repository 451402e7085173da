/* Hover: what is known of what the pointer is at, and what the rules say there. */
#include "faces/lsp/facts.h"
#include "faces/lsp/words.h"

enum { OFFERS_MAX = 8, MATCHES_MAX = 5 };

struct told_here {
    struct request *r;
    struct buf text;
    struct span range;
    bool marked; /* Markdown, else plain text */
};

static void begin_section(struct told_here *t)
{
    if (t->text.n)
        buf_add(&t->text, t->marked ? S("\n\n---\n\n") : S("\n\n"));
}

static void add_strong(struct told_here *t, struct str s)
{
    buf_fmt(&t->text, t->marked ? "**" STR_FMT "**" : STR_FMT, STR_ARG(s));
}

static void add_line(struct told_here *t, struct str s)
{
    buf_fmt(&t->text, t->marked ? "\n- " STR_FMT : "\n" STR_FMT, STR_ARG(s));
}

/* ---- vulnerabilities ---- */

static void add_match(struct told_here *t, const struct advisory_match *m)
{
    const struct vulnerability *v = &m->is;
    struct buf b = {.arena = t->r->arena};

    buf_add(&b, v->id);
    if (v->rating.n || v->exploited)
        buf_fmt(&b, " (" STR_FMT "%s%s)", STR_ARG(str_lower(t->r->arena, v->rating)),
                v->rating.n && v->exploited ? ", " : "",
                v->exploited ? "known to be exploited" : "");
    if (m->fix == FIX_RELEASED && m->fixed.n)
        buf_fmt(&b, ": " STR_FMT " holds the fix", STR_ARG(m->fixed));
    else
        buf_fmt(&b, ": %s", m->fix == FIX_NEVER ? "will not be fixed" : "no fix yet");
    add_line(t, buf_str(&b));
}

/* How long its distro looks after it, where that is not as long as the release lives. */
static void tell_support(struct told_here *t, const struct component *c, const struct match_list *l)
{
    const struct support support = {c->name, c->ecosystem, l->support_end, l->support};
    struct str text = support_text(t->r->arena, &support, t->r->d->settings->today);

    if (text.n)
        add_line(t, text);
}

static void tell_matches(struct told_here *t, const struct component *c)
{
    struct match_list l;
    size_t n = 0;

    enum answer answer = facts_matches(t->r, c, &l);
    tell_support(t, c, &l);
    if (answer != ANSWER_FOUND)
        return;
    for (size_t i = 0; i < l.n; i++)
        if (l.v[i].verdict == VERDICT_AFFECTED && n++ < MATCHES_MAX)
            add_match(t, &l.v[i]);
    if (n > MATCHES_MAX)
        add_line(t, str_fmt(t->r->arena, "and %zu more known vulnerabilities", n - MATCHES_MAX));
}

/* Which of the base's packages its distro looks after no more. */
static void tell_ended(struct told_here *t, const struct str *name, size_t n)
{
    struct buf b = {.arena = t->r->arena};

    for (size_t i = 0; i < n && i < MATCHES_MAX; i++)
        buf_fmt(&b, "%s" STR_FMT, i ? ", " : "", STR_ARG(name[i]));
    if (n > MATCHES_MAX)
        buf_fmt(&b, " and %zu more", n - MATCHES_MAX);
    if (n)
        add_line(t, str_fmt(t->r->arena, "security support of " STR_FMT " has ended",
                            STR_ARG(buf_str(&b))));
}

/* Of what the base holds, all together. */
static void tell_base_matches(struct told_here *t, const struct stage *g)
{
    const struct base_facts *f = g->facts;
    size_t n = 0, packages = 0, unchecked = 0;
    VEC(struct str) ended = {0};

    for (size_t i = 0; f && f->installed_known && i < f->ninstalled; i++) {
        const struct installed *p = &f->installed[i];
        const struct component c = {.ecosystem = ecosystem_of_release(t->r->arena, &g->release),
                                    .name = p->name,
                                    .version = p->version,
                                    .source = p->source,
                                    .source_version = p->source_version};
        struct match_list l;
        size_t before = n;
        unchecked += facts_matches(t->r, &c, &l) == ANSWER_UNAVAILABLE;
        for (size_t k = 0; k < l.n; k++)
            n += l.v[k].verdict == VERDICT_AFFECTED;
        packages += n > before;
        if (support_has_ended(&l, t->r->d->settings->today))
            vec_push(t->r->arena, &ended, p->name);
    }
    tell_ended(t, ended.v, ended.n);
    if (!f || !f->installed_known || (!n && unchecked))
        return;
    add_line(t, str_fmt(t->r->arena, "%zu known vulnerabilit%s in %zu of its %zu packages", n,
                        n == 1 ? "y" : "ies", packages, f->ninstalled));
    if (unchecked)
        buf_fmt(&t->text, "; %zu were not checked", unchecked);
}

/* ---- packages ---- */

static void add_archs(struct buf *b, arch_set archs)
{
    const char *before = "";

    for (unsigned bit = 0; bit < ARCH_MAX; bit++)
        if (archs >> bit & 1) {
            buf_fmt(b, "%s" STR_FMT, before, STR_ARG(arch_name(bit)));
            before = ", ";
        }
}

static void add_offer(struct told_here *t, const struct offer *o)
{
    struct buf b = {.arena = t->r->arena};

    buf_fmt(&b, STR_FMT " in " STR_FMT, STR_ARG(o->version), STR_ARG(o->suite));
    if (o->archs) {
        buf_add(&b, S(" for "));
        add_archs(&b, o->archs);
    }
    if (o->dated)
        buf_fmt(&b, ", index of " STR_FMT, STR_ARG(date_text(t->r->arena, o->dated)));
    if (o->from.n)
        buf_fmt(&b, ", from " STR_FMT, STR_ARG(o->from));
    add_line(t, buf_str(&b));
}

static void tell_candidate(struct told_here *t, const struct package_at *at,
                           const struct package_info *info)
{
    const struct package *p = at->package;
    struct pick x =
        p->operator_.n && p->version.n
            ? pick_constrained(at->install->manager, info, at->stage->archs, p->operator_,
                               p->version)
            : pick_of(at->install->manager, info, at->stage->archs, at->install->target_release);

    if (x.newest)
        buf_fmt(&t->text, " " STR_FMT, STR_ARG(x.newest->version));
    else
        buf_add(&t->text, S(": no version fits"));
    buf_fmt(&t->text, ", of " STR_FMT, STR_ARG(facts_release(t->r->arena, &at->stage->release)));
    for (size_t i = 0; i < info->noffer && i < OFFERS_MAX; i++)
        add_offer(t, &info->offer[i]);
    if (!x.newest)
        return;
    const struct component c = {.ecosystem = ecosystem_of_release(t->r->arena, &at->stage->release),
                                .name = p->name,
                                .version = x.newest->version,
                                .source = x.newest->source,
                                .source_version = x.newest->source_version};
    tell_matches(t, &c);
}

static void tell_package(struct told_here *t, const struct package_at *at)
{
    struct package_info info;
    enum answer answer = facts_package(t->r, at, &info);
    struct buf b = {.arena = t->r->arena};

    begin_section(t);
    add_strong(t, at->package->name);
    t->range = at->package->span;
    if (answer == ANSWER_FOUND && info.noffer) {
        tell_candidate(t, at, &info);
        return;
    }
    if (answer == ANSWER_PENDING)
        buf_add(&t->text, S(": not looked up yet"));
    else if (answer == ANSWER_UNAVAILABLE)
        buf_fmt(&t->text, ": " STR_FMT,
                STR_ARG(info.why.n ? info.why : S("its index is not at hand")));
    else
        buf_fmt(&t->text, ": not in " STR_FMT,
                STR_ARG(facts_release(t->r->arena, &at->stage->release)));
    for (size_t i = 0; i < info.nprovider && i < OFFERS_MAX; i++)
        buf_fmt(&b, "%s" STR_FMT, i ? ", " : "provided by ", STR_ARG(info.provider[i]));
    if (b.n)
        add_line(t, buf_str(&b));
}

/* ---- images ---- */

static struct str user_of(const struct stage *g)
{
    if (g->facts && g->facts->user_known)
        return g->facts->user.n ? g->facts->user : S("root");
    if (g->known.user_known)
        return g->known.user.n ? g->known.user : S("root");
    return S("");
}

static void tell_base(struct told_here *t, const struct stage *g)
{
    struct image_info info;
    struct str life, now, user = user_of(g), release = facts_release(t->r->arena, &g->release);
    bool ended;

    begin_section(t);
    t->range = node_span(dfix_image(&t->r->d->result)->tree, g->image);
    add_strong(t, g->reference.certainty == VALUE_KNOWN ? g->reference.text
                                                        : S("an image known when it is built"));
    if (release.n)
        add_line(t, str_fmt(t->r->arena, STR_FMT ", by its " STR_FMT, STR_ARG(release),
                            STR_ARG(g->release_from)));
    life = facts_life(t->r, &g->release, &ended);
    if (life.n)
        add_line(t, life);
    if (user.n)
        add_line(t, str_fmt(t->r->arena, "runs as " STR_FMT "%s", STR_ARG(user),
                            g->known.drops_root ? " and gives that up itself" : ""));
    if (facts_behind(t->r, g, &now))
        add_line(t, str_fmt(t->r->arena, "behind: the tag is " STR_FMT " now", STR_ARG(now)));
    else if (facts_image(t->r, g, &info) == ANSWER_FOUND && info.digest.n)
        add_line(t, str_fmt(t->r->arena, "today " STR_FMT "%s" STR_FMT, STR_ARG(info.digest),
                            info.better_tag.n ? ", also " : "", STR_ARG(info.better_tag)));
    tell_base_matches(t, g);
}

/* ---- words, values ---- */

static void tell_doc(struct told_here *t, const struct word_doc *w, const char *dashes)
{
    begin_section(t);
    if (dashes[0])
        add_strong(
            t, str_fmt(t->r->arena, "%s%s%s%s", dashes, w->name, w->value[0] ? "=" : "", w->value));
    else
        add_strong(t, str_of(w->value));
    buf_fmt(&t->text, "\n\n%s", w->doc);
}

static struct str instruction_word(const struct tree *t, node_id n)
{
    return instruction_name(node_instruction(t, n));
}

static void tell_word(struct told_here *t, const struct tree *tree, node_id n)
{
    const struct word_doc *w = NULL;
    node_id parent = tree->node[n].parent;

    if (node_kind(tree, n) == NODE_KEYWORD && node_kind(tree, parent) == NODE_INSTRUCTION) {
        w = words_instruction(node_text(tree, n));
        if (w)
            tell_doc(t, w, "");
    } else if (node_kind(tree, n) == NODE_NAME && node_kind(tree, parent) == NODE_FLAG) {
        w = words_flag(instruction_word(tree, tree->node[parent].parent), node_text(tree, n));
        if (w)
            tell_doc(t, w, "--");
    }
    if (w)
        t->range = node_span(tree, n);
}

static void tell_value(struct told_here *t, const struct image *im, node_id n)
{
    const struct tree *tree = im->tree;
    node_id param = node_kind(tree, n) == NODE_NAME ? tree->node[n].parent : n;

    if (node_kind(tree, param) != NODE_PARAM || node_kind(tree, tree->node[param].parent) == 0)
        return;
    node_id word = tree->node[param].parent;
    while (word && !node_is_word(tree, word))
        word = tree->node[word].parent;
    if (!word)
        return;
    struct value v = image_value(im, t->r->arena, word);
    begin_section(t);
    t->range = node_span(tree, param);
    add_strong(t, node_text(tree, word));
    if (v.certainty == VALUE_KNOWN)
        buf_fmt(&t->text, " is " STR_FMT, STR_ARG(v.text));
    else
        buf_add(&t->text, S(" is known when the image is built"));
}

/* ---- rules ---- */

static struct str first_paragraph(const char *doc)
{
    struct str s = str_of(doc);
    ptrdiff_t end = str_find(s, S("\n\n"));

    return str_trim(end == STR_NONE ? s : str_sub(s, 0, (size_t)end));
}

static void tell_findings(struct told_here *t, uint32_t offset)
{
    const struct result *r = &t->r->d->result;
    const struct fixer *last = NULL;

    for (size_t i = 0; i < r->nfinding; i++) {
        const struct finding *f = &r->finding[i];
        if (!finding_shown(t->r->s, f) || offset < f->span.start || offset > f->span.end ||
            !f->fixer || f->fixer == last)
            continue;
        last = f->fixer;
        begin_section(t);
        add_strong(t, str_of(f->fixer->id));
        if (f->code.n)
            buf_fmt(&t->text, " (" STR_FMT ")", STR_ARG(f->code));
        buf_fmt(&t->text, ": %s\n\n" STR_FMT, f->fixer->title,
                STR_ARG(first_paragraph(f->fixer->doc)));
        if (t->range.end <= t->range.start)
            t->range = f->span;
    }
}

json_t *hover_at(struct request *r)
{
    const struct image *im = document_image(r->s, r->d);
    struct told_here t = {.r = r, .text = {.arena = r->arena}, .marked = r->s->client.markdown};
    struct package_at package;

    if (!im)
        return NULL;
    uint32_t offset = lsp_offset(r->s, r->d, json_object_get(r->params, "position"));
    const struct stage *base = facts_base_at(im, offset);
    node_id n = node_at(im->tree, offset);
    if (facts_package_at(im, offset, &package))
        tell_package(&t, &package);
    if (base)
        tell_base(&t, base);
    if (n) {
        tell_word(&t, im->tree, n);
        tell_value(&t, im, n);
    }
    tell_findings(&t, offset);
    if (!t.text.n)
        return NULL;
    json_t *o = json_pack("{s:{s:s,s:o}}", "contents", "kind", t.marked ? "markdown" : "plaintext",
                          "value", document_str(buf_str(&t.text)));
    if (t.range.end > t.range.start)
        json_object_set_new(o, "range", lsp_range(r->s, r->d, t.range));
    return o;
}
