/* How places that name images can come to name others, when the name is put together from build
 * arguments and plain text.
 *
 * A place's value is a row of parts, each written at one site: a run of plain bytes in the place's
 * own word, or in the default of an ARG, which other places may share. The wanted text is cut up
 * among the parts so that as few sites as possible change, and cuts fall where the old ones were
 * (a registry stays a registry). A shared site is given the text that costs least over all places
 * that it is part of; then it is fixed, and the next one is looked at. */
#include "dfix/image.h"

#include <stdlib.h>

enum { PARTS_MAX = 10, TEXT_LIMIT = 300, ROWS_MAX = 512, SHARERS_MAX = ROWS_MAX, ATTEMPTS = 8 };
enum { EDIT = 1000, INSERT = 1100, EDIT_FOLDER = 1200, NEVER = 1 << 28 };

struct site {
    node_id node;
    struct span span;
    struct str old, text; /* as it is, and as it will be */
    bool shared;          /* a default of ARG; otherwise a place's own */
    bool open;            /* may still be given another text */
};
struct row {
    struct image_rewrite *rewrite;
    struct str old;
    size_t part[PARTS_MAX]; /* sites */
    size_t end[PARTS_MAX];  /* in the old text */
    size_t n;
    bool stays;                /* each part keeps its text */
    bool inserts;              /* the first part is none yet: text may be put before the word */
    int depth[TEXT_LIMIT + 1]; /* slashes before each place of the new text */
};
struct work {
    const struct image *im;
    struct arena *arena;
    VEC(struct site) site;
    struct row *row;
    size_t nrow;
};

/* ---- sites ---- */

/* Nothing but the places asks for this variable, directly or in other defaults. */
static bool only_names_images(const struct work *w, struct str name, unsigned depth)
{
    const struct tree *t = w->im->tree;

    for (node_id k = 1; k < t->nnode; k++) {
        enum node_kind kind = node_kind(t, k);
        node_id pair = 0, own = 0;
        if (kind == NODE_PAIR && node_instruction(t, t->node[k].parent) == INST_ARG &&
            image_stage_of(w->im, k) != UINT32_MAX &&
            str_eq(node_text(t, node_next(t, k, 0, NODE_NAME)), name))
            return false; /* declared again in a stage: its commands see it */
        if (kind != NODE_PARAM || !node_next(t, k, 0, NODE_NAME) ||
            !str_eq(node_text(t, node_next(t, k, 0, NODE_NAME)), name))
            continue;
        for (size_t i = 0; i < w->nrow && !own; i++) {
            node_id word = w->row[i].rewrite->place->word;
            own = word < k && k < t->node[word].after ? word : 0;
        }
        if (own)
            continue;
        pair = node_up(t, k, NODE_PAIR);
        if (!pair || depth == 0 || node_instruction(t, t->node[pair].parent) != INST_ARG ||
            !only_names_images(w, node_text(t, node_next(t, pair, 0, NODE_NAME)), depth - 1))
            return false;
    }
    return true;
}

/* May the default that holds the node be changed, as far as its other uses go? */
static bool is_free_default(const struct work *w, node_id node)
{
    const struct tree *t = w->im->tree;
    node_id pair = node_up(t, node, NODE_PAIR);

    return pair && node_kind(t, t->node[pair].parent) == NODE_INSTRUCTION &&
           node_instruction(t, t->node[pair].parent) == INST_ARG &&
           only_names_images(w, node_text(t, node_next(t, pair, 0, NODE_NAME)), 8);
}

static bool is_own(const struct work *w, const struct image_place *p, node_id node)
{
    return node == p->word || (node > p->word && node < w->im->tree->node[p->word].after &&
                               !node_up(w->im->tree, node, NODE_PARAM));
}

static size_t add_site(struct work *w, const struct row *r, const struct piece *p)
{
    const struct image_place *place = r->rewrite->place;
    bool own = is_own(w, place, p->node);

    for (size_t i = 0; !own && i < w->site.n; i++) {
        struct site *s = &w->site.v[i];
        if (s->shared && s->node == p->node && s->span.start == p->span.start &&
            s->span.end == p->span.end) {
            for (size_t k = 0; k < r->n; k++)
                s->open &= r->part[k] != i; /* twice in one name */
            return i;
        }
    }
    struct site s = {p->node, p->span, p->text, p->text, !own, p->literal && p->known};
    /* `${X:-text}` in the place's own word is the place's as well. */
    bool inside = p->node > place->word && p->node < w->im->tree->node[place->word].after;
    if (!own && !inside)
        s.open &= is_free_default(w, p->node);
    vec_push(w->arena, &w->site, s);
    return w->site.n - 1;
}

/* Why it cannot be looked at; NULL: it can. */
static const char *add_row(struct work *w, struct image_rewrite *rewrite)
{
    struct row *r = &w->row[w->nrow];
    const struct value *v = &rewrite->place->value;

    *r = (struct row){.rewrite = rewrite, .old = v->text};
    if (w->nrow == ROWS_MAX)
        return "the file names too many images";
    if (v->npiece + 1 > PARTS_MAX || v->text.n > TEXT_LIMIT || rewrite->to.n > TEXT_LIMIT)
        return "it is assembled from too many pieces";
    w->nrow++;
    return NULL;
}

/* The variable at the beginning holds a folder of the name, and not an image as a whole: then a
 * build may give another one, and what is put before it would break that. */
static bool begins_with_folder(const struct value *v)
{
    struct reference r;

    if (v->npiece < 2 || !reference_parse(v->text, &r))
        return false;
    ptrdiff_t slash = str_rchr(r.path, '/');
    const char *name = r.path.p + (slash == STR_NONE ? 0 : slash + 1);
    return v->text.p + v->piece[0].text.n <= name;
}

static void add_parts(struct work *w, struct row *r)
{
    const struct value *v = &r->rewrite->place->value;
    node_id word = r->rewrite->place->word;
    uint32_t start = node_span(w->im->tree, word).start;
    size_t at = 0;

    if (r->rewrite->place->kind == PLACE_FROM && w->im->tree->text.p[start] == '$' &&
        begins_with_folder(v)) {
        vec_push(w->arena, &w->site,
                 (struct site){word, {start, start}, S(""), S(""), false, true});
        r->part[r->n] = w->site.n - 1;
        r->end[r->n++] = 0;
        r->inserts = true;
    }
    for (size_t i = 0; i < v->npiece; i++) {
        r->part[r->n] = add_site(w, r, &v->piece[i]);
        at += v->piece[i].text.n;
        r->end[r->n++] = at;
    }
    for (size_t i = 0; i < r->rewrite->to.n; i++)
        r->depth[i + 1] = r->depth[i] + (r->rewrite->to.p[i] == '/');
}

/* ---- costs ---- */

static bool is_slash(struct str s, size_t at)
{
    return at < s.n && s.p[at] == '/';
}

/* How little a cut at `at` of the new text is like the old one behind that part: as many slashes
 * before it, and one right beside it or not. */
static int unlike(const struct row *r, size_t part, size_t at)
{
    struct str to = r->rewrite->to;
    size_t end = r->end[part];
    int depth = r->depth[at];

    for (size_t i = 0; i < end; i++)
        depth -= r->old.p[i] == '/';
    bool same = is_slash(r->old, end) == is_slash(to, at) &&
                (end && is_slash(r->old, end - 1)) == (at && is_slash(to, at - 1));
    return abs(depth) + (same ? 0 : 10);
}

static bool separates(char c)
{
    return c == '/' || c == ':' || c == '@';
}

/* Names are cut beside what separates their components, or where an old cut is as far from the
 * end: no `docke${X}.io`. */
static bool is_joint(const struct row *r, size_t part, size_t at)
{
    struct str to = r->rewrite->to;

    return at == 0 || at == to.n || separates(to.p[at]) || separates(to.p[at - 1]) ||
           to.n - at == r->old.n - r->end[part];
}

/* An argument inside a name stays what it is: a folder, a tag. Only one that begins the name may
 * become more of it. */
static bool keeps_its_role(const struct row *r, size_t part, const struct site *s, size_t from,
                           size_t to)
{
    struct str text = str_sub(r->rewrite->to, from, to);
    size_t begin = part ? r->end[part - 1] : 0;

    return !s->shared || !begin ||
           (from && (str_chr(s->old, '/') != STR_NONE || str_chr(text, '/') == STR_NONE) &&
            (str_chr(s->old, ':') != STR_NONE || str_chr(text, ':') == STR_NONE));
}

/* An argument that is the first folder of a name, and no registry: `${ARCH}/debian`. */
static bool is_folder(const struct row *r, size_t part, const struct site *s)
{
    bool first = r->end[part] == s->old.n && is_slash(r->old, r->end[part]);

    return s->shared && first && str_chr(s->old, '/') == STR_NONE &&
           str_chr(s->old, '.') == STR_NONE && str_chr(s->old, ':') == STR_NONE;
}

static int cost(const struct work *w, const struct row *r, size_t part, size_t from, size_t to)
{
    const struct site *s = &w->site.v[r->part[part]];

    if (r->stays && (to != r->end[part] || from != (part ? r->end[part - 1] : 0)))
        return NEVER;
    if (to - from == s->text.n && str_eq(str_sub(r->rewrite->to, from, to), s->text))
        return 0;
    if (!s->open || (from == to && s->shared) || !is_joint(r, part, to) ||
        !keeps_its_role(r, part, s, from, to))
        return NEVER;
    if (r->inserts && part == 0)
        return INSERT;
    return (is_folder(r, part, s) ? EDIT_FOLDER : EDIT) +
           (part + 1 < r->n ? unlike(r, part, to) : 0);
}

struct table {
    int v[PARTS_MAX + 1][TEXT_LIMIT + 1];
};

/* before[i][at]: the least that it costs to make the first `at` bytes of the first i parts. */
static void fill_before(const struct work *w, const struct row *r, struct table *t)
{
    size_t n = r->rewrite->to.n;

    for (size_t i = 0; i <= r->n; i++)
        for (size_t at = 0; at <= n; at++)
            t->v[i][at] = NEVER;
    t->v[0][0] = 0;
    for (size_t i = 0; i < r->n; i++)
        for (size_t from = 0; from <= n; from++)
            for (size_t to = from; t->v[i][from] < NEVER && to <= n; to++) {
                int c = cost(w, r, i, from, to);
                if (c < NEVER && t->v[i][from] + c < t->v[i + 1][to])
                    t->v[i + 1][to] = t->v[i][from] + c;
            }
}

/* after[i][at]: the least that it costs to make what is behind `at` of the parts from i on. */
static void fill_after(const struct work *w, const struct row *r, struct table *t)
{
    size_t n = r->rewrite->to.n;

    for (size_t i = 0; i <= r->n; i++)
        for (size_t at = 0; at <= n; at++)
            t->v[i][at] = NEVER;
    t->v[r->n][n] = 0;
    for (size_t i = r->n; i-- > 0;)
        for (size_t to = 0; to <= n; to++)
            for (size_t from = 0; t->v[i + 1][to] < NEVER && from <= to; from++) {
                int c = cost(w, r, i, from, to);
                if (c < NEVER && t->v[i + 1][to] + c < t->v[i][from])
                    t->v[i][from] = t->v[i + 1][to] + c;
            }
}

/* ---- shared sites ---- */

static size_t part_of(const struct row *r, size_t site)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->part[i] == site)
            return i;
    return SIZE_MAX;
}

struct sharer {
    struct row *row;
    size_t part;
    struct table *before, *after;
};

/* The least that a text of the site costs one of its places. */
static int cost_there(const struct work *w, const struct sharer *s, struct str text)
{
    int least = NEVER;

    for (size_t from = 0; from + text.n <= s->row->rewrite->to.n; from++) {
        int before = s->before->v[s->part][from], after = s->after->v[s->part + 1][from + text.n];
        if (before >= NEVER || after >= NEVER ||
            !str_eq(str_sub(s->row->rewrite->to, from, from + text.n), text))
            continue;
        int c = cost(w, s->row, s->part, from, from + text.n);
        if (c < NEVER && before + after + c < least)
            least = before + after + c;
    }
    return least;
}

static int cost_of_all(const struct work *w, const struct sharer *s, size_t n, struct str text)
{
    int sum = 0;

    for (size_t i = 0; i < n && sum < NEVER; i++) {
        int c = cost_there(w, &s[i], text);
        sum = c >= NEVER ? NEVER : sum + c;
    }
    return sum;
}

static void settle(struct work *w, size_t index)
{
    struct site *site = &w->site.v[index];
    struct arena_mark mark = arena_mark(w->arena);
    struct sharer *s;
    size_t n = 0;
    bool all = true;

    if (!site->open)
        return;
    s = arena_new(w->arena, struct sharer, SHARERS_MAX);
    for (size_t i = 0; i < w->nrow && all; i++) {
        size_t part = part_of(&w->row[i], index);
        if (part == SIZE_MAX)
            continue;
        all = n < SHARERS_MAX;
        if (!all)
            break;
        s[n] = (struct sharer){&w->row[i], part, arena_new(w->arena, struct table, 1),
                               arena_new(w->arena, struct table, 1)};
        fill_before(w, s[n].row, s[n].before);
        fill_after(w, s[n].row, s[n].after);
        n++;
    }
    struct str best = site->text, to = n ? s[0].row->rewrite->to : S("");
    int least = all ? cost_of_all(w, s, n, best) : NEVER;
    for (size_t from = 0; all && n && from <= to.n; from++)
        for (size_t end = from; s[0].before->v[s[0].part][from] < NEVER && end <= to.n; end++) {
            struct str text = str_sub(to, from, end);
            if (s[0].after->v[s[0].part + 1][end] >= NEVER)
                continue;
            int c = cost_of_all(w, s, n, text);
            if (c < least) {
                least = c;
                best = text;
            }
        }
    arena_rewind(w->arena, mark);
    site->text = best;
    site->open = false;
}

/* ---- edits ---- */

typedef VEC(struct image_edit) edit_list;

/* Without what stays at both ends. */
static void add_edit(struct work *w, const struct site *s, size_t group, edit_list *out)
{
    struct str old = s->old, new = s->text;
    struct span span = s->span;

    for (size_t i = 0; i < out->n; i++)
        if (out->v[i].node == s->node && s->shared && out->v[i].span.start >= span.start &&
            out->v[i].span.end <= span.end)
            return;
    while (old.n && new.n && old.p[0] == new.p[0]) {
        old = str_from(old, 1);
        new = str_from(new, 1);
        span.start++;
    }
    while (old.n && new.n && old.p[old.n - 1] == new.p[new.n - 1]) {
        old.n--;
        new.n--;
        span.end--;
    }
    vec_push(w->arena, out, (struct image_edit){group, s->node, span, new});
}

/* Cut the wanted text up among the parts; false: it cannot be done. */
static bool cut_up(struct work *w, struct row *r)
{
    struct arena_mark mark = arena_mark(w->arena);
    struct table *after = arena_new(w->arena, struct table, 1);
    struct str to = r->rewrite->to;
    size_t from = 0, end[PARTS_MAX];

    fill_after(w, r, after);
    bool possible = after->v[0][0] < NEVER;
    for (size_t i = 0; possible && i < r->n; i++) {
        size_t at = from;
        while (after->v[i + 1][at] >= NEVER ||
               cost(w, r, i, from, at) + after->v[i + 1][at] != after->v[i][from])
            at++;
        end[i] = from = at;
    }
    for (size_t i = 0; possible && i < r->n; i++)
        w->site.v[r->part[i]].text = str_sub(to, i ? end[i - 1] : 0, end[i]);
    arena_rewind(w->arena, mark);
    return possible;
}

static bool is_changed(const struct site *s)
{
    return !str_eq(s->old, s->text);
}

/* Rows that share a changed default are one group: all of them change, or none. */
static void find_groups(struct work *w)
{
    for (size_t i = 0; i < w->nrow; i++)
        for (size_t p = 0; p < w->row[i].n; p++) {
            size_t site = w->row[i].part[p];
            if (!w->site.v[site].shared || !is_changed(&w->site.v[site]))
                continue;
            for (size_t k = 0; k < i; k++)
                if (part_of(&w->row[k], site) != SIZE_MAX) {
                    size_t from = w->row[i].rewrite->group, to = w->row[k].rewrite->group;
                    for (size_t m = 0; from != to && m < w->nrow; m++)
                        if (w->row[m].rewrite->group == (from > to ? from : to))
                            w->row[m].rewrite->group = from > to ? to : from;
                }
        }
}

static void give_up(struct row *r)
{
    if (!str_eq(r->rewrite->to, r->old))
        r->rewrite->why = "it is made from build arguments that are also used elsewhere";
    r->rewrite->to = r->old;
}

/* One attempt; false: a row cannot have what it wants, and now wants what it has. */
static bool attempt(struct work *w)
{
    bool good = true;

    w->site.n = 0;
    for (size_t i = 0; i < w->nrow; i++) {
        w->row[i].n = 0;
        w->row[i].inserts = false;
        w->row[i].stays = str_eq(w->row[i].rewrite->to, w->row[i].old);
        add_parts(w, &w->row[i]);
    }
    for (size_t i = 0; i < w->site.n; i++)
        if (w->site.v[i].shared)
            settle(w, i);
    for (size_t i = 0; i < w->nrow; i++)
        if (!cut_up(w, &w->row[i])) {
            give_up(&w->row[i]);
            good = false;
        }
    return good;
}

static bool wants_change(const struct image_rewrite *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!str_eq(v[i].to, v[i].place->value.text))
            return true;
    return false;
}

size_t image_rewrite(const struct image *im, struct arena *a, struct image_rewrite *v, size_t n,
                     const struct image_edit **out)
{
    struct work w = {.im = im, .arena = a};
    edit_list edits = {0};

    *out = NULL;
    for (size_t i = 0; i < n; i++) {
        v[i].group = i;
        v[i].why = NULL;
    }
    if (!wants_change(v, n))
        return 0;
    w.row = arena_new(a, struct row, n + 1);
    for (size_t i = 0; i < n; i++) {
        v[i].why = add_row(&w, &v[i]);
        if (v[i].why)
            v[i].to = v[i].place->value.text;
    }
    if (!wants_change(v, n))
        return 0;
    for (unsigned i = 0; !attempt(&w); i++) /* each time fewer rows want anything */
        for (size_t k = 0; i >= ATTEMPTS && k < w.nrow; k++)
            give_up(&w.row[k]);
    find_groups(&w);
    for (size_t i = 0; i < w.nrow; i++)
        for (size_t p = 0; p < w.row[i].n; p++)
            if (is_changed(&w.site.v[w.row[i].part[p]]))
                add_edit(&w, &w.site.v[w.row[i].part[p]], w.row[i].rewrite->group, &edits);
    *out = edits.v;
    return edits.n;
}
