/* from-as-case: `FROM x as y` becomes `FROM x AS y`. */
#include "dfix/fixer.h"

static const char doc[] =
    "FROM and AS are written in one case: both in capitals, or both in small letters. A FROM of\n"
    "mixed case is instruction-case's.\n\n"
    "Safety: safe. Keywords may be written either way.\n";

/* Are all of its letters of one case? */
static bool is_in_case(struct str s, bool upper)
{
    for (size_t i = 0; i < s.n; i++)
        if (upper ? s.p[i] >= 'a' && s.p[i] <= 'z' : s.p[i] >= 'A' && s.p[i] <= 'Z')
            return false;
    return true;
}

static void run(struct fix_ctx *c)
{
    const struct tree *t = c->tree;

    for (size_t i = 0; i < c->image->nstage; i++) {
        node_id from = node_first(t, c->image->stage[i].from);
        node_id as = node_next(t, c->image->stage[i].from, from, NODE_KEYWORD);
        bool upper = is_in_case(node_text(t, from), true);
        if (!as || !(upper || is_in_case(node_text(t, from), false)) ||
            is_in_case(node_text(t, as), upper))
            continue;
        fix_replace_code(fix_begin(c, as, SAFE, "Write AS in %s, like FROM",
                                   upper ? "capitals" : "small letters"),
                         as, upper ? S("AS") : S("as"));
    }
}

const struct fixer fixer_from_as_case = {
    .id = "from-as-case",
    .aliases = "FromAsCasing",
    .title = "Write AS in the case of FROM",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_WARNING,
    .off = true,
    .run = run,
};
