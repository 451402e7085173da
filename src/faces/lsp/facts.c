/* Questions to the world about what a document names. */
#include "faces/lsp/facts.h"

#include "dfix/policy.h"

static const struct lookup *lookup_for(struct request *r)
{
    return r->s->ends.lookup(r->s->ends.user, &r->s->workspace);
}

static bool is_in(struct span s, uint32_t offset)
{
    return s.start <= offset && offset <= s.end && s.end > s.start;
}

bool facts_package_at(const struct image *im, uint32_t offset, struct package_at *out)
{
    size_t n;
    const struct install *in = image_installs(im, &n);

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < in[i].npackage; k++) {
            const struct package *p = &in[i].package[k];
            bool word =
                p->node && p->node < im->tree->nnode && is_in(node_span(im->tree, p->node), offset);
            if (!p->name.n || in[i].stage >= im->nstage || !(is_in(p->span, offset) || word))
                continue;
            *out = (struct package_at){&in[i], p, &im->stage[in[i].stage]};
            return true;
        }
    return false;
}

/* Of what the call's packages may come from; "": it can be asked. */
static struct str question_of(struct request *r, const struct package_at *at, struct str name,
                              struct question *q)
{
    const struct image *im = document_image(r->s, r->d);

    *q = (struct question){.kind = ASK_PACKAGE,
                           .manager = at->install->manager,
                           .release = &at->stage->release,
                           .archs = at->stage->archs,
                           .name = name,
                           .folder = S("")};
    if (!at->stage->release.distro.n || !q->manager)
        return S("the release that the stage is built on is not known");
    return install_sources(im, r->arena, at->install, &q->source, &q->nsource);
}

enum answer facts_package(struct request *r, const struct package_at *at, struct package_info *out)
{
    struct question q;
    struct str why = question_of(r, at, at->package->name, &q);

    *out = (struct package_info){.why = why};
    return why.n ? ANSWER_UNAVAILABLE : lookup_package(lookup_for(r), q, out);
}

enum answer facts_matches(struct request *r, const struct component *c, struct match_list *out)
{
    return lookup_matches_at_hand(lookup_for(r), c, out);
}

bool facts_names(struct request *r, const struct package_at *at, struct str prefix,
                 struct name_list *out)
{
    struct question q;
    struct reply reply;
    struct str why = question_of(r, at, prefix, &q);

    q.kind = ASK_NAMES;
    if (why.n || lookup_ask(lookup_for(r), &q, &reply) != ANSWER_FOUND)
        return false;
    *out = reply.names;
    return true;
}

const struct stage *facts_base_at(const struct image *im, uint32_t offset)
{
    for (size_t i = 0; i < im->nstage; i++) {
        const struct stage *g = &im->stage[i];
        if (g->image && g->base == BASE_IMAGE && is_in(node_span(im->tree, g->image), offset))
            return g;
    }
    return NULL;
}

enum answer facts_image(struct request *r, const struct stage *g, struct image_info *out)
{
    struct reference ref;

    *out = (struct image_info){.why = S(""), .digest = S(""), .better_tag = S("")};
    if (g->reference.certainty != VALUE_KNOWN || !reference_parse(g->reference.text, &ref) ||
        policy_blocks(r->d->settings, reference_name(r->arena, &ref)))
        return ANSWER_UNAVAILABLE;
    struct str name = reference_name(r->arena, &ref);
    struct str asked = str_fmt(r->arena, STR_FMT ":" STR_FMT, STR_ARG(name),
                               STR_ARG(ref.tag.n ? ref.tag : S("latest")));
    return lookup_image(lookup_for(r), asked, out);
}

struct str facts_release(struct arena *a, const struct release *r)
{
    if (!r->distro.n)
        return S("");
    if (!r->codename.n || str_eq(r->codename, r->version))
        return str_fmt(a, STR_FMT " " STR_FMT, STR_ARG(r->distro), STR_ARG(r->version));
    return str_fmt(a, STR_FMT " " STR_FMT " (" STR_FMT ")", STR_ARG(r->distro), STR_ARG(r->version),
                   STR_ARG(r->codename));
}

struct str facts_life(struct request *r, const struct release *release, bool *ended)
{
    struct str today = r->d->settings->today, end;

    *ended = false;
    if (!release->distro.n || !release_end_now(lookup_for(r), release, &end))
        return S("");
    *ended = str_cmp(end, today) < 0;
    if (!*ended)
        return str_fmt(r->arena, "supported until " STR_FMT, STR_ARG(end));
    struct str next = release_next(r->arena, release, today);
    return str_fmt(r->arena, "end of life since " STR_FMT "%s" STR_FMT, STR_ARG(end),
                   next.n ? "; supported: " : "", STR_ARG(next));
}

bool facts_behind(struct request *r, const struct stage *g, struct str *now)
{
    struct reference ref;
    struct image_info info;

    if (!reference_parse(g->reference.text, &ref) || !ref.digest.n || !ref.tag.n ||
        facts_image(r, g, &info) != ANSWER_FOUND || !info.digest.n)
        return false;
    *now = info.digest;
    return !str_eq(info.digest, ref.digest);
}
