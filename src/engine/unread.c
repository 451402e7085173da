/* What of a command its shell cannot read is said: rules see nothing there, and the build will stop
 * at it. What BuildKit refuses is told of the file as a whole. */
#include "engine.h"

/* Only dfix itself does not go on: nobody else does wrong there. */
static bool is_own_limit(enum syntax_error e)
{
    return e == SYNTAX_UNSUPPORTED || e == SYNTAX_TOO_DEEP;
}

static struct finding unread(struct arena *a, const struct tree *t, node_id n)
{
    enum syntax_error e = (enum syntax_error)t->node[n].op;
    const char *why = syntax_error_text(e);
    bool own = is_own_limit(e);
    struct span at = node_span(t, n);

    if (at.end > at.start + 1)
        at.end = at.start + 1; /* the error's node may go on to the end of the file */
    struct finding x = finding_by_engine(
        "syntax", own ? SEVERITY_INFO : SEVERITY_WARNING, at,
        own ? str_fmt(a, "not read from here on: %s", why)
            : str_fmt(a, "The shell cannot read this command from here on: %s", why));
    x.skip = own;
    return x;
}

/* Its shell is not one that is read here. */
static bool is_windows(const struct image *im, node_id n)
{
    unsigned stage = image_stage_of(im, n);
    return stage < im->nstage && im->stage[stage].windows;
}

/* In each command line the first place. */
size_t unread_findings(struct arena *a, const struct image *im, struct finding **out)
{
    const struct tree *t = im->tree;
    VEC(struct finding) list = {0};
    node_id shell_end = 0;

    for (node_id n = 1; t->nerror && n < t->nnode; n++) {
        enum node_kind kind = node_kind(t, n);
        if (kind == NODE_SHELL && t->node[n].after > shell_end)
            shell_end = t->node[n].after;
        if (kind != NODE_ERROR || n >= shell_end)
            continue;
        if (!is_windows(im, n))
            vec_push(a, &list, unread(a, t, n));
        n = shell_end - 1;
    }
    *out = list.v;
    return list.n;
}
