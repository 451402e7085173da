/* chain.c - the verb that appends a command to what a RUN does: only where it surely runs last, and
 * where the RUN fails as before when anything before it does. */
#include "lines.h"

static const char *const not_a_chain = "the RUN is not one chain of commands with `&&`";

static node_id last_child(const struct tree *t, node_id parent)
{
    node_id last = node_first(t, parent);

    for (node_id n; last && (n = node_sibling(t, last));)
        last = n;
    return last;
}

static bool only_and(const struct tree *t, node_id list)
{
    for (node_id n = node_first(t, list); n; n = node_sibling(t, n))
        if (t->node[n].flags & NODE_AFTER_OR)
            return false;
    return true;
}

/* Does anything but blanks, comments and line ends follow, up to the end of the shell's text? */
static bool is_followed(const struct tree *t, node_id last, node_id shell)
{
    for (uint32_t i = t->node[last].tok_end; i < t->node[shell].tok_end; i++)
        if (!token_is_trivia(t, i))
            return true;
    return false;
}

/* A heredoc's text is not where its command ends. */
static bool feeds_text(const struct tree *t, node_id n)
{
    for (node_id k = n; k < t->node[n].after; k++)
        if (node_kind(t, k) == NODE_REDIRECT &&
            (t->node[k].op == REDIR_HEREDOC || t->node[k].op == REDIR_HEREDOC_TABS))
            return true;
    return false;
}

/* What stands between the last two, which is how this file parts commands; `sign` with blanks
 * where there are no two. A last one of several lines gets a line of its own behind it. */
static struct str parting(struct fix *f, node_id list, node_id last, struct str sign)
{
    const struct tree *t = f->ctx->tree;
    struct span s = node_span(t, last);
    node_id before = 0;

    for (node_id n = node_first(t, list); n && n < last; n = node_sibling(t, n))
        before = n;
    struct str between = before ? str_sub(t->text, node_span(t, before).end, s.start) : S("");
    bool plain = str_chr(between, '#') == STR_NONE;
    if (plain && str_chr(between, '\n') != STR_NONE)
        return between;
    bool lines = str_chr(str_sub(t->text, s.start, s.end), '\n') != STR_NONE;
    if (!lines)
        return str_fmt(f->ctx->arena, "%s" STR_FMT " ", str_eq(sign, S("&&")) ? " " : "",
                       STR_ARG(sign));
    return str_fmt(f->ctx->arena, " %c%s" STR_FMT "&& ", t->escape, t->crlf ? "\r\n" : "\n",
                   STR_ARG(line_indent(t, s.end)));
}

static void append_line(struct fix *f, node_id shell, node_id last, struct str code)
{
    const struct tree *t = f->ctx->tree;
    uint32_t end = node_span(t, last).end;

    fix_insert_code(f, shell, end,
                    str_fmt(f->ctx->arena, "%s" STR_FMT STR_FMT, t->crlf ? "\r\n" : "\n",
                            STR_ARG(line_indent(t, node_span(t, last).start)), STR_ARG(code)));
}

/* Does the command end the shell, or give it to another program? */
static bool ends_shell(const struct fix *f, node_id n)
{
    const struct tree *t = f->ctx->tree;
    node_id word = node_kind(t, n) == NODE_COMMAND ? node_next(t, n, 0, NODE_WORD) : 0;
    struct str name;

    if (!word || !node_value(t, word, f->ctx->arena, &name))
        return false;
    return str_eq(name, S("exit")) || (str_eq(name, S("exec")) && node_next(t, n, word, NODE_WORD));
}

/* Would what stands at the end not be run? What `||` guards is for a failure. */
static bool ends_before(const struct fix *f, node_id list)
{
    const struct tree *t = f->ctx->tree;

    for (node_id n = node_first(t, list); n; n = node_sibling(t, n)) {
        if (t->node[n].flags & NODE_AFTER_OR)
            continue;
        if (ends_shell(f, n) || (node_kind(t, n) == NODE_ANDOR && ends_before(f, n)))
            return true;
    }
    return false;
}

/* Why nothing can be appended to the shell's text; NULL: it can. */
static const char *append_in_shell(struct fix *f, node_id shell, bool heredoc, struct str code)
{
    const struct tree *t = f->ctx->tree;
    node_id first = node_first(t, shell), last = last_child(t, shell), list = shell;
    bool one = first == last;

    if (!first || node_has_error(t, shell) || is_followed(t, last, shell) || feeds_text(t, last))
        return not_a_chain;
    if (!one && !list_has_errexit(f, shell))
        return not_a_chain;
    if (ends_before(f, shell))
        return "exit or exec ends the RUN before its last line";
    if (node_kind(t, last) == NODE_ANDOR) {
        if (!only_and(t, last))
            return not_a_chain;
        list = last;
        last = last_child(t, list);
    } else if (heredoc && !one) {
        append_line(f, shell, last, code);
        return NULL;
    }
    bool chain = one || list != shell;
    fix_declares(f, shell); /* one command becomes a list of two */
    struct str sign = parting(f, list, last, chain ? S("&&") : S(";"));
    fix_insert_code(f, shell, node_span(t, last).end,
                    str_fmt(f->ctx->arena, STR_FMT STR_FMT, STR_ARG(sign), STR_ARG(code)));
    return NULL;
}

/* By sudo, as the command is; `why`: it runs as somebody else, or somewhere else. */
static struct str run_alike(struct arena *a, const struct command *c, struct str code,
                            const char **why)
{
    const struct field *word;

    command_words(c, &word);
    for (size_t i = 0; i < c->at; i++)
        if (word_is_one_of(path_basename(word[i].value.text), "chroot su runuser unshare doas"))
            *why = "the command runs in another root, or as another user";
    if (!(c->wrappers & WRAP_SUDO))
        return code;
    for (size_t i = 0; i + 1 < c->at; i++)
        if (str_eq(path_basename(word[i].value.text), S("sudo")) &&
            word_is_one_of(word[i + 1].value.text, "-u --user -g -R -D"))
            *why = "the command runs as another user";
    return str_fmt(a, "sudo " STR_FMT, STR_ARG(code));
}

void fix_append_command(struct fix *f, const struct command *c, struct str code)
{
    const struct tree *t = f->ctx->tree;
    node_id shell = node_next(t, c->instruction, 0, NODE_SHELL);
    node_id heredoc = node_next(t, c->instruction, 0, NODE_HEREDOC);
    node_id text = heredoc ? node_next(t, heredoc, 0, NODE_SHELL) : 0;
    const char *why = NULL;

    code = run_alike(f->ctx->arena, c, code, &why);
    if (why) {
        fix_refuse(f, why);
        return;
    }
    why = not_a_chain;
    if (heredoc && text && !node_next(t, c->instruction, heredoc, NODE_HEREDOC))
        why = append_in_shell(f, text, true, code);
    else if (shell && !heredoc)
        why = append_in_shell(f, shell, false, code);
    if (why)
        fix_refuse(f, why);
}
