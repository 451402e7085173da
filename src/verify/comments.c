/* Comments and directives: nothing of them is built, but people and tools read them. */
#include <assert.h>

#include "parts.h"

struct comment {
    struct str text;
    struct span at;
};
typedef VEC(struct comment) comment_list;

static comment_list comments_of(struct arena *a, const struct tree *t)
{
    comment_list l = {0};
    node_id heredoc = 1; /* the next one whose text begins here or behind */

    for (uint32_t i = 0; i < t->ntok; i++) {
        struct span s = token_span(t, i);
        struct str text = str_sub(t->text, s.start, s.end);
        if (t->tok[i].kind != TOK_COMMENT)
            continue;
        while (heredoc < t->nnode &&
               (node_kind(t, heredoc) != NODE_HEREDOC || t->node[heredoc].tok < i))
            heredoc++;
        bool interpreter = heredoc < t->nnode && t->node[heredoc].tok == i;
        if (interpreter && str_starts(text, S("#!"))) /* which is no comment */
            continue;
        vec_push(a, &l, (struct comment){str_trim(str_from(text, 1)), s});
    }
    return l;
}

static uint64_t *hashes_of(struct arena *a, const comment_list *l)
{
    uint64_t *h = arena_new(a, uint64_t, l->n + 1);

    for (size_t i = 0; i < l->n; i++)
        h[i] = str_hash(l->v[i].text);
    return h;
}

/* What the comment tells a tool; "" nothing. */
static const char *tool_of(struct str text)
{
    static const struct {
        const char *start, *tool;
    } v[] = {
        {"dfix ", "dfix"},
        {"hadolint ", "hadolint"},
        {"check=", "BuildKit's checks"},
        {"checkov:", "checkov"},
        {"trivy:", "trivy"},
        {"nosemgrep", "semgrep"},
        {"tally ", "tally"},
        {"renovate:", "Renovate"},
        {"syntax=", "BuildKit"},
        {"shellcheck ", "shellcheck"},
        {"kics-scan", "KICS"},
        {"escape=", "BuildKit"},
    };

    for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
        if (str_starts(text, str_of(v[i].start)))
            return v[i].tool;
    return "";
}

/* One of them is NULL where it is gone or new. */
static void tell_comment(struct comparison *c, const struct comment *x, const struct comment *y)
{
    const struct comment *one = y;
    if (x)
        one = x;
    const char *tool = tool_of(one->text);
    struct str text = verify_shown(c->arena, str_fmt(c->arena, "# " STR_FMT, STR_ARG(one->text)));

    c->at_before = x ? x->at : (struct span){0, 0};
    c->at_after = y ? y->at : (struct span){0, 0};
    c->where = *tool ? str_fmt(c->arena, "comment for %s", tool) : S("comment");
    if (x && y)
        verify_tell(
            c, DIFFERENCE_COMMENTS, "says " STR_FMT " instead of " STR_FMT,
            STR_ARG(verify_shown(c->arena, str_fmt(c->arena, "# " STR_FMT, STR_ARG(y->text)))),
            STR_ARG(text));
    else
        verify_tell(c, DIFFERENCE_COMMENTS, STR_FMT " is %s", STR_ARG(text), x ? "gone" : "new");
}

void compare_comments(struct comparison *c)
{
    comment_list x = comments_of(c->arena, c->before.tree),
                 y = comments_of(c->arena, c->after.tree);
    uint32_t *partner =
        verify_align(c->arena, hashes_of(c->arena, &x), x.n, hashes_of(c->arena, &y), y.n);
    size_t i = 0, j = 0;

    while (i < x.n || j < y.n) {
        if (i < x.n && partner[i] == j) {
            i++;
            j++;
            continue;
        }
        bool gone = i < x.n && partner[i] == ALIGN_NONE;
        size_t k = i;
        while (k < x.n && partner[k] == ALIGN_NONE)
            k++;
        bool new = j < y.n && (k == x.n || j < partner[k]);
        assert(gone || new);
        tell_comment(c, gone ? &x.v[i] : NULL, new ? &y.v[j] : NULL);
        i += gone;
        j += new;
    }
}

/* ---- directives ---- */

struct directive_text {
    node_id node;
    struct str value;
};

static struct directive_text directive_of(const struct tree *t, enum directive which)
{
    struct directive_text d = {0, S("")};

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        if (node_kind(t, n) != NODE_DIRECTIVE || t->node[n].op != which)
            continue;
        struct str text = node_text(t, n);
        d.node = n;
        d.value = str_trim(str_from(text, (size_t)(str_chr(text, '=') + 1)));
    }
    return d;
}

static enum difference_kind kind_of(struct comparison *c, enum directive which, struct str x,
                                    struct str y)
{
    if (which == DIRECTIVE_SYNTAX)
        return x.n && y.n ? images_differ(c->arena, x, y) : DIFFERENCE_BEHAVIOUR;
    if (which == DIRECTIVE_ESCAPE) /* what it changes is compared where it does */
        return DIFFERENCE_LAYOUT;
    bool fails =
        str_find(x, S("error=true")) != STR_NONE || str_find(y, S("error=true")) != STR_NONE;
    return fails ? DIFFERENCE_BEHAVIOUR : DIFFERENCE_COMMENTS;
}

void compare_directives(struct comparison *c)
{
    static const char *const names[] = {"syntax", "escape", "check"};

    for (int i = DIRECTIVE_SYNTAX; i <= DIRECTIVE_CHECK; i++) {
        enum directive which = (enum directive)i;
        struct directive_text x = directive_of(c->before.tree, which),
                              y = directive_of(c->after.tree, which);
        if (str_eq(x.value, y.value) && !x.node == !y.node)
            continue;
        c->where = str_fmt(c->arena, "directive %s", names[i]);
        c->at_before = x.node ? node_span(c->before.tree, x.node) : (struct span){0, 0};
        c->at_after = y.node ? node_span(c->after.tree, y.node) : (struct span){0, 0};
        enum difference_kind k = kind_of(c, which, x.value, y.value);
        if (x.node && y.node)
            verify_tell(c, k, "says " STR_FMT " instead of " STR_FMT,
                        STR_ARG(verify_shown(c->arena, y.value)),
                        STR_ARG(verify_shown(c->arena, x.value)));
        else
            verify_tell(c, k, STR_FMT " is %s",
                        STR_ARG(verify_shown(c->arena, x.node ? x.value : y.value)),
                        x.node ? "gone" : "new");
    }
}
