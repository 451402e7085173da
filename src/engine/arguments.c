/* arguments.c - the verbs that change a command's line: how a word is added to it in a shell, in
 * an exec form, or in a text for another shell, is decided here, once. */
#include "engine.h"

/* In a text for another shell: only behind a plain word, so that it stands in no quotes of that
 * text. */
static void add_in_text(struct fix *f, const struct command *c, size_t after, struct str word)
{
    const struct field *arg;
    size_t n = command_args(c, &arg) > after ? arg[after].value.npiece : 0;
    const struct piece *last = n ? &arg[after].value.piece[n - 1] : NULL;

    if (!last || !last->literal || !command_arg_is_bare(c, after)) {
        fix_refuse(f, "the command is part of quoted text that cannot be changed word by word");
        return;
    }
    fix_insert_code(f, arg[after].word, last->span.end,
                    str_fmt(f->ctx->arena, " " STR_FMT, STR_ARG(word)));
}

void fix_add_argument(struct fix *f, const struct command *c, size_t after, struct str word)
{
    const struct tree *t = f->ctx->tree;
    const struct field *arg;
    size_t n = command_args(c, &arg);

    if (after >= n) {
        fix_refuse(f, "the command's words are known only at build time");
        return;
    }
    if (c->within) {
        add_in_text(f, c, after, word);
        return;
    }
    bool exec = node_kind(t, c->node) == NODE_EXEC;
    fix_insert_code(
        f, c->node, node_span(t, arg[after].word).end,
        str_fmt(f->ctx->arena, exec ? ", \"" STR_FMT "\"" : " " STR_FMT, STR_ARG(word)));
}

void fix_reword(struct fix *f, const struct command *c, size_t which, struct str word)
{
    const struct field *arg;
    size_t n = command_args(c, &arg);
    const struct piece *p =
        which < n && arg[which].value.npiece == 1 ? &arg[which].value.piece[0] : NULL;

    if (!p || !p->literal || p->node != arg[which].word) {
        fix_refuse(f, "the command is not written out");
        return;
    }
    size_t folder = which ? 0 : p->text.n - path_basename(p->text).n;
    struct span s = {p->span.start + (uint32_t)folder, p->span.end};
    fix_replace_at(f, arg[which].word, s, word);
}

void fix_unwrap(struct fix *f, const struct command *c, size_t from, size_t to)
{
    const struct tree *t = f->ctx->tree;
    const struct field *word;
    size_t n = command_words(c, &word);

    if (c->within || node_kind(t, c->node) != NODE_COMMAND || to >= n ||
        word[from].word == word[to].word) {
        fix_refuse(f, "the words before the command are not written out in the Dockerfile");
        return;
    }
    struct span gone = {node_span(t, word[from].word).start, node_span(t, word[to].word).start};
    if (str_chr(str_sub(t->text, gone.start, gone.end), '\n') != STR_NONE)
        fix_refuse(f, "the words before the command are on a line of their own");
    else
        fix_delete_code(f, c->node, gone);
}
