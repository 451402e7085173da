/* Inlay hints and lenses: what a floating tag is today, what a pin admits, how long a base lives.
 */
#include "faces/lsp/facts.h"

static void add_hint(struct request *r, json_t *list, uint32_t at, struct str label)
{
    enum { TYPE = 1 };

    json_array_append_new(list, json_pack("{s:o,s:o,s:i,s:b}", "position",
                                          lsp_position_json(r->s, r->d, at), "label",
                                          document_str(label), "kind", TYPE, "paddingLeft", 1));
}

/* "sha256:0123456789ab" */
static struct str short_digest(struct str digest)
{
    enum { SHOWN = 7 + 12 };
    return digest.n > SHOWN ? str_sub(digest, 0, SHOWN) : digest;
}

static void hint_base(struct request *r, json_t *list, const struct image *im,
                      const struct stage *g, struct span range)
{
    struct span at = node_span(im->tree, g->image);
    struct reference ref;
    struct image_info info;

    if (at.end < range.start || at.start > range.end || g->reference.certainty != VALUE_KNOWN ||
        !reference_parse(g->reference.text, &ref) || ref.digest.n ||
        facts_image(r, g, &info) != ANSWER_FOUND)
        return;
    struct str now = info.better_tag.n ? info.better_tag : short_digest(info.digest);
    if (now.n)
        add_hint(r, list, at.end, str_fmt(r->arena, "= " STR_FMT, STR_ARG(now)));
}

/* A pin that names one version says it already. */
static void hint_package(struct request *r, json_t *list, const struct image *im,
                         const struct package_at *at, struct span range)
{
    const struct package *p = at->package;
    const struct manager *m = at->install->manager;
    struct package_info info;

    if (!m || p->span.end < range.start || p->span.start > range.end || !p->operator_.n ||
        !p->version.n || !constraint_known(m, p->operator_, p->version) ||
        constraint_exact(m, p->operator_, p->version) || !p->node || p->node >= im->tree->nnode ||
        facts_package(r, at, &info) != ANSWER_FOUND)
        return;
    struct pick x = pick_constrained(m, &info, at->stage->archs, p->operator_, p->version);
    add_hint(r, list, node_span(im->tree, p->node).end,
             x.newest ? str_fmt(r->arena, "= " STR_FMT, STR_ARG(x.newest->version))
                      : S("= no version"));
}

json_t *hints_list(struct request *r)
{
    const struct image *im = document_image(r->s, r->d);
    struct span range = {0, (uint32_t)r->d->text.n};
    json_t *list = json_array();
    size_t n;

    lsp_span(r->s, r->d, json_object_get(r->params, "range"), &range);
    if (!im)
        return list;
    for (size_t i = 0; i < im->nstage; i++)
        if (im->stage[i].base == BASE_IMAGE && im->stage[i].image)
            hint_base(r, list, im, &im->stage[i], range);
    const struct install *in = image_installs(im, &n);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < in[i].npackage && in[i].stage < im->nstage; k++) {
            struct package_at at = {&in[i], &in[i].package[k], &im->stage[in[i].stage]};
            hint_package(r, list, im, &at, range);
        }
    return list;
}

/* ---- lenses ---- */

static void add_lens(struct request *r, json_t *list, struct span at, struct str title,
                     const char *command)
{
    json_array_append_new(list,
                          json_pack("{s:o,s:{s:o,s:s}}", "range", lsp_range(r->s, r->d, at),
                                    "command", "title", document_str(title), "command", command));
}

json_t *lenses_list(struct request *r)
{
    const struct image *im = document_image(r->s, r->d);
    json_t *list = json_array();

    for (size_t i = 0; im && i < im->nstage; i++) {
        const struct stage *g = &im->stage[i];
        struct str release = facts_release(r->arena, &g->release), life, now;
        bool ended;
        if (g->base != BASE_IMAGE || !g->image)
            continue;
        struct span at = node_span(im->tree, g->image);
        life = facts_life(r, &g->release, &ended);
        if (release.n)
            add_lens(r, list, at,
                     str_fmt(r->arena, STR_FMT "%s" STR_FMT, STR_ARG(release), life.n ? ": " : "",
                             STR_ARG(life)),
                     "");
        if (facts_behind(r, g, &now))
            add_lens(
                r, list, at,
                str_fmt(r->arena, "behind: its tag is " STR_FMT " now", STR_ARG(short_digest(now))),
                "");
    }
    return list;
}
