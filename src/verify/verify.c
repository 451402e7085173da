/* verify: what sets one Dockerfile apart from another. */
#include "parts.h"

const char *difference_name(enum difference_kind k)
{
    static const char *const names[DIFFERENCE_KINDS] = {"none",   "layout", "comments", "versions",
                                                        "caches", "order",  "behaviour"};
    return names[k];
}

const char *difference_doc(enum difference_kind k)
{
    static const char *const docs[DIFFERENCE_KINDS] = {
        "nothing",
        "the same build, written in another way",
        "comments, and what they tell linters",
        "the same packages and images, in other versions",
        "caches, package lists, logs, and what is printed during the build",
        "the same parts in another order that the image does not depend on",
        "another build, or another image",
    };
    return docs[k];
}

static int by_place(const struct difference *x, const struct difference *y)
{
    uint32_t a = x->after.end ? x->after.start : x->before.start;
    uint32_t b = y->after.end ? y->after.start : y->before.start;
    return (a > b) - (a < b);
}

/* Told in the order of the file; they are almost in order already. */
static void sort(struct difference *v, size_t n)
{
    enum { MANY = 10000 }; /* nobody reads them in any order */

    for (size_t i = 1; i < n && n < MANY; i++)
        for (size_t k = i; k && by_place(&v[k - 1], &v[k]) > 0; k--) {
            struct difference x = v[k];
            v[k] = v[k - 1];
            v[k - 1] = x;
        }
}

/* What could be read and can be no more. */
static void compare_errors(struct comparison *c)
{
    const struct tree *t = c->after.tree;

    if (t->nerror <= c->before.tree->nerror)
        return;
    for (node_id n = 1; n < t->nnode; n++)
        if (node_kind(t, n) == NODE_ERROR) {
            c->where = S("");
            c->at_before = (struct span){0, 0};
            c->at_after = node_span(t, n);
            verify_tell(c, DIFFERENCE_BEHAVIOUR, "does not parse: %s",
                        syntax_error_text((enum syntax_error)t->node[n].op));
            return;
        }
}

struct differences verify_texts(struct arena *a, struct str before, struct str after,
                                const struct lookup *l, struct str folder)
{
    struct comparison c = {.arena = a, .where = S(""), .lookup = l, .folder = folder};

    if (str_eq(before, after))
        return (struct differences){NULL, 0};
    side_read(a, &c.before, before, l, folder);
    side_read(a, &c.after, after, l, folder);
    compare_errors(&c);
    compare_directives(&c);
    compare_stages(&c);
    compare_comments(&c);
    compare_blanks(&c);
    sort(c.found.v, c.found.n);
    return (struct differences){c.found.v, c.found.n};
}

enum difference_kind differences_worst(struct differences d)
{
    enum difference_kind worst = DIFFERENCE_NONE;

    for (size_t i = 0; i < d.n; i++)
        if (d.v[i].kind > worst)
            worst = d.v[i].kind;
    return worst;
}
