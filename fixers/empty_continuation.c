/* empty-continuation: an empty line in the middle of an instruction goes. */
#include "dfix/fixer.h"

static const char doc[] =
    "An empty line behind a line that continues is passed over today; BuildKit will refuse it in\n"
    "a later release. The empty lines are removed; comment lines stay.\n\n"
    "Only reported where an instruction's name follows the empty line: the backslash before it is\n"
    "one too many, and the instruction is part of the one above.\n\n"
    "Safety: safe. The instruction is read as before.\n";

/* Is there an empty line in the text? */
static bool has_empty_line(struct str s)
{
    const char *end = s.p + s.n, *p = s.p;

    while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
        p++;
        while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
            p++;
        if (p < end && *p == '\n')
            return true;
    }
    return false;
}

static bool is_comment_line(const struct tree *t, uint32_t *tok)
{
    if (t->tok[*tok].kind != TOK_COMMENT)
        return false;
    (*tok)++;
    return true;
}

/* The node that an edit at the token names: text of a shell that is not read, or the instruction.
 */
static node_id place_of(const struct tree *t, node_id n, uint32_t tok)
{
    for (node_id k = n + 1; k < t->node[n].after; k++)
        if (node_kind(t, k) == NODE_DATA && t->node[k].tok <= tok && tok < t->node[k].tok_end)
            return k;
    return n;
}

/* The name of an instruction at the beginning of a line; "" none. */
static struct str instruction_at(const struct tree *t, uint32_t tok)
{
    static const char names[] = "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL "
                                "MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR";
    struct str rest = str_from(t->text, t->tok[tok].start), word;

    rest = str_sub(rest, 0, rest.n < 16 ? rest.n : 16);
    return word_next(&rest, &word) && rest.n && word_is_one_of(word, names) ? word : S("");
}

/* What stands behind the empty lines at `tok` is told; nothing is removed. */
static void hint(struct fix_ctx *c, node_id n, uint32_t tok)
{
    const struct tree *t = c->tree;
    unsigned line = image_line_at(c->image, t->tok[tok].start);
    struct str name = instruction_at(t, tok);
    struct fix *f = fix_hint(c, n, "The %s goes on to line %u, and takes " STR_FMT " for its own",
                             instruction_name(node_instruction(t, n)).p, line, STR_ARG(name));

    fix_help(f, "take the backslash from the end of the line before the empty ones");
    fix_severity(f, SEVERITY_ERROR);
}

/* The lines behind a continuation at `tok`, as far as they are dropped: the empty ones of them.
 * Gives the first token that is not. */
static uint32_t look_behind(const struct tree *t, uint32_t tok, struct fix_ctx *c, node_id n,
                            struct fix **f)
{
    for (tok++;;) {
        uint32_t from = tok;
        while (t->tok[tok].kind == TOK_BLANK)
            tok++;
        bool comment = is_comment_line(t, &tok);
        if (t->tok[tok].kind != TOK_NEWLINE)
            return from;
        tok++;
        if (comment)
            continue;
        struct span line = {t->tok[from].start, t->tok[tok].start};
        if (!*f) {
            *f = fix_begin(c, n, SAFE, "Remove the empty lines in %s",
                           instruction_name(node_instruction(t, n)).p);
            fix_point(*f, (struct span){line.start, line.start});
        }
        fix_delete_code(*f, place_of(t, n, from), line);
    }
}

/* The first instruction that follows empty lines inside another; 0: there is none. */
static uint32_t swallowed(const struct tree *t, node_id n, uint32_t end)
{
    bool empty = false, begins = false;

    for (uint32_t tok = t->node[n].tok; tok < end; tok++) {
        enum token_kind k = (enum token_kind)t->tok[tok].kind;
        if (k == TOK_BLANK || k == TOK_COMMENT)
            continue;
        if (begins && empty && k != TOK_NEWLINE && k != TOK_CONTINUATION &&
            instruction_at(t, tok).n)
            return tok;
        empty = k == TOK_NEWLINE && (begins || empty);
        begins = k == TOK_CONTINUATION || k == TOK_NEWLINE;
    }
    return 0;
}

static void look(struct fix_ctx *c, node_id n, uint32_t end)
{
    const struct tree *t = c->tree;
    struct fix *f = NULL;
    uint32_t other = swallowed(t, n, end);

    if (other) {
        hint(c, n, other);
        return;
    }

    for (uint32_t tok = t->node[n].tok; tok < end;) {
        if (t->tok[tok].kind == TOK_CONTINUATION)
            tok = look_behind(t, tok, c, n, &f);
        else
            tok++;
    }
}

static void run(struct fix_ctx *c)
{
    const struct tree *t = c->tree;

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        node_id next = node_sibling(t, n);
        bool runs_on = instruction_ends_in_comment(t, n);
        uint32_t end = t->node[n].tok_end;
        if (runs_on)
            end = next ? t->node[next].tok : t->ntok;
        struct str text = str_sub(t->text, t->tok[t->node[n].tok].start, t->tok[end].start);
        if (node_kind(t, n) == NODE_INSTRUCTION && has_empty_line(text))
            look(c, n, end);
    }
}

const struct fixer fixer_empty_continuation = {
    .id = "empty-continuation",
    .aliases = "NoEmptyContinuation",
    .title = "Have no empty lines in an instruction",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_WARNING,
    .run = run,
};
