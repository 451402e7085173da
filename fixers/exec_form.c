/* exec-form: `CMD node x.js` becomes `CMD ["node", "x.js"]`. */
#include "dfix/fixer.h"

static const char doc[] =
    "A CMD or ENTRYPOINT in shell form runs inside `/bin/sh -c`, which does not hand signals on:\n"
    "`docker stop` waits, and then kills. A plain command becomes its exec form. One that uses\n"
    "the shell (variables, `&&`, pipes, globs) becomes an exec form that names the shell, which\n"
    "runs as before. HEALTHCHECK's command is treated like them, unless it uses the shell.\n\n"
    "Only reported: a shell that is not known, text with comments in it, and a list meant as an\n"
    "exec form that is no JSON. Not changed: a command of several lines that uses the shell, "
    "which\n"
    "is better off in a script. A SHELL of the\n"
    "stage's own is the choice of its author, as BuildKit sees it: hadolint's code alone then.\n\n"
    "Safety: unsafe. The program becomes the container's first process, and gets its signals.\n";

/* What sh does by itself: no such program need be there. */
static const char builtins[] = ". : alias bg bind break builtin cd command continue declare eval "
                               "exit export fg function getopts hash "
                               "jobs let local read readonly return set shift shopt source times "
                               "trap type typeset ulimit umask "
                               "unalias unset wait if for while until case { ! [[ ((";

struct shell_words {
    struct str v[64];
    size_t n;
};

/* Does a shell read more into it than its quotes? */
static bool has_signs(struct str text)
{
    char quote = 0;

    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '\\' && quote != '\'')
            i++;
        else if ((c == '"' || c == '\'') && (!quote || quote == c))
            quote = quote ? 0 : c;
        else if (!quote && memchr("*?[]{}~`$!#", c, 11))
            return true;
    }
    return false;
}

/* A word that no shell reads anything into. */
static bool is_literal(struct fix_ctx *c, node_id word, struct str *out)
{
    const struct tree *t = c->tree;

    if (!node_value(t, word, c->arena, out) || has_signs(node_text(t, word)))
        return false;
    for (node_id n = word + 1; n < t->node[word].after; n++)
        if (node_kind(t, n) != NODE_SINGLE && node_kind(t, n) != NODE_DOUBLE)
            return false;
    return true;
}

/* The words of a command that needs no shell; false: it needs one. */
static bool plain_words(struct fix_ctx *c, node_id shell, struct shell_words *w)
{
    enum { WORDS = sizeof(w->v) / sizeof(w->v[0]) };
    const struct tree *t = c->tree;
    node_id command = node_first(t, shell);

    w->n = 0;
    if (!command || node_kind(t, command) != NODE_COMMAND || node_sibling(t, command) ||
        t->node[command].tok_end != t->node[shell].tok_end)
        return false;
    for (node_id n = node_first(t, command); n; n = node_sibling(t, n)) {
        if (node_kind(t, n) != NODE_WORD || w->n == WORDS || !is_literal(c, n, &w->v[w->n]))
            return false;
        w->n++;
    }
    if (w->n > 1 && str_eq(w->v[0], S("exec")) && !str_starts(w->v[1], S("-"))) {
        memmove(w->v, w->v + 1, (w->n - 1) * sizeof(*w->v));
        w->n--;
    }
    return w->n && w->v[0].n && str_chr(w->v[0], '=') == STR_NONE &&
           !word_is_one_of(w->v[0], builtins) && !str_eq(w->v[0], S("exec"));
}

/* ---- the shell ---- */

/* The SHELL in force: its exec form; 0: none of the file's. */
static node_id shell_in_force(const struct fix_ctx *c, node_id before)
{
    const struct tree *t = c->tree;
    const struct image *im = c->image;
    unsigned stage = image_stage_of(im, before);

    while (stage < im->nstage) {
        const struct stage *s = &im->stage[stage];
        node_id found = 0;
        for (node_id n = s->from; n && n <= s->last && n < before; n = node_sibling(t, n))
            if (node_kind(t, n) == NODE_INSTRUCTION && node_instruction(t, n) == INST_SHELL)
                found = node_next(t, n, 0, NODE_EXEC);
        if (found)
            return found;
        stage = s->base == BASE_STAGE ? s->base_stage : UINT32_MAX;
    }
    return 0;
}

static bool base_has_shell(const struct fix_ctx *c, node_id n)
{
    unsigned stage = image_stage_of(c->image, n);
    const struct base_facts *b = stage < c->image->nstage ? c->image->stage[stage].facts : NULL;
    return b && b->nshell;
}

/* `%NAME%`, which Windows' shell puts a value for. */
static bool names_variable(struct str text)
{
    for (ptrdiff_t at; (at = str_chr(text, '%')) != STR_NONE;) {
        size_t n = 0;
        text = str_from(text, (size_t)at + 1);
        while (n < text.n && text.p[n] != '%')
            n++;
        if (n > 1 && n < text.n && str_is_name(str_sub(text, 0, n)))
            return true;
    }
    return false;
}

/* Of a base that is not known: does only Windows have the program? */
static bool is_of_windows(struct fix_ctx *c, node_id shell)
{
    const struct tree *t = c->tree;
    node_id command = node_first(t, shell), word = command ? node_first(t, command) : 0;
    struct str name = S("");

    if (word && node_value(t, word, c->arena, &name))
        name = str_lower(c->arena, name);
    return word_is_one_of(name, "powershell cmd") || str_ends(name, S(".exe")) ||
           str_ends(name, S(".bat")) || str_ends(name, S(".cmd"));
}

/* May the shell be Windows' own? */
static bool may_be_cmd(struct fix_ctx *c, node_id n, node_id shell)
{
    unsigned stage = image_stage_of(c->image, n);
    const struct stage *s = stage < c->image->nstage ? &c->image->stage[stage] : NULL;

    if (s && (s->windows || s->base == BASE_SCRATCH || s->release.distro.n || s->known.foreign))
        return s->windows;
    return is_of_windows(c, shell) || names_variable(node_text(c->tree, shell));
}

static void add_json(struct buf *b, struct str s)
{
    buf_add(b, b->n > 1 ? S(", \"") : S("\""));
    for (size_t i = 0; i < s.n; i++) {
        unsigned char ch = (unsigned char)s.p[i];
        if (ch == '"' || ch == '\\')
            buf_fmt(b, "\\%c", ch);
        else if (ch < 0x20)
            buf_fmt(b, "\\u%04x", ch);
        else
            buf_char(b, s.p[i]);
    }
    buf_char(b, '"');
}

/* What the shell is given: BuildKit's own joined line. */
static struct str joined(struct fix_ctx *c, node_id shell)
{
    const struct tree *t = c->tree;
    struct buf b = {.arena = c->arena};

    for (uint32_t i = t->node[shell].tok; i < t->node[shell].tok_end; i++) {
        struct span s = token_span(t, i);
        struct str text = str_sub(t->text, s.start, s.end);
        /* In backquotes, an escape of theirs is one too, without a line end. */
        if (t->tok[i].kind != TOK_CONTINUATION || str_chr(text, '\n') == STR_NONE) {
            buf_add(&b, text);
            continue;
        }
        for (uint32_t k = i + 1; k < t->node[shell].tok_end; k++) {
            if (t->tok[k].kind == TOK_NEWLINE)
                i = k;
            else if (t->tok[k].kind != TOK_BLANK)
                break;
        }
    }
    return buf_str(&b);
}

/* The exec form of the shell and its text; "": the shell is not known. */
static struct str with_shell(struct fix_ctx *c, node_id instruction, node_id shell)
{
    const struct tree *t = c->tree;
    node_id own = shell_in_force(c, instruction);
    struct buf b = {.arena = c->arena};
    struct str word;

    if (!own && base_has_shell(c, instruction))
        return S("");
    buf_char(&b, '[');
    for (node_id n = own ? node_first(t, own) : 0; n; n = node_sibling(t, n)) {
        if (!node_value(t, n, c->arena, &word))
            return S("");
        add_json(&b, word);
    }
    if (!own) {
        add_json(&b, S("/bin/sh"));
        add_json(&b, S("-c"));
    }
    add_json(&b, joined(c, shell));
    buf_char(&b, ']');
    return buf_str(&b);
}

/* ---- the fix ---- */

/* An ENTRYPOINT in shell form takes no notice of CMD; in exec form it gets it as its arguments. */
static bool would_get_arguments(const struct fix_ctx *c, node_id n)
{
    const struct tree *t = c->tree;

    if (node_instruction(t, n) != INST_ENTRYPOINT)
        return false;
    for (node_id k = node_first(t, 0); k; k = node_sibling(t, k)) {
        unsigned a = image_stage_of(c->image, k), b = image_stage_of(c->image, n);
        if (node_kind(t, k) == NODE_INSTRUCTION && node_instruction(t, k) == INST_CMD &&
            a < c->image->nstage && b < c->image->nstage &&
            (image_is_built_on(c->image, a, b) || image_is_built_on(c->image, b, a)))
            return true;
    }
    return false;
}

static struct str exec_text(struct fix_ctx *c, node_id n, node_id shell, bool *named)
{
    struct shell_words w;
    struct buf b = {.arena = c->arena};

    if (!shell_in_force(c, n) && may_be_cmd(c, n, shell))
        return S("");
    *named = would_get_arguments(c, n) || !plain_words(c, shell, &w);
    if (*named)
        return with_shell(c, n, shell);
    buf_char(&b, '[');
    for (size_t i = 0; i < w.n; i++)
        add_json(&b, w.v[i]);
    buf_char(&b, ']');
    return buf_str(&b);
}

/* `['a', 'b']` or `["a" "b",]`: not what `[` tests. */
static bool is_list(struct str text)
{
    struct str rest = str_starts(text, S("[")) ? str_trim(str_from(text, 1)) : S("");
    char quote = rest.n ? rest.p[0] : 0;
    ptrdiff_t end = STR_NONE;

    if (quote == '"' || quote == '\'')
        end = str_chr(str_from(rest, 1), quote);
    if (end == STR_NONE)
        return false;
    rest = str_trim(str_from(rest, (size_t)end + 2));
    return str_starts(rest, S(",")) || str_starts(rest, S("]"));
}

static struct fix *look_at_text(struct fix_ctx *c, node_id n, node_id shell, const char *name)
{
    bool named = false;
    struct str text = S("");

    if (node_has_comment(c->tree, n) || instruction_ends_in_comment(c->tree, n))
        return fix_hint(
            c, n, "%s is in shell form, with a comment in it; write the exec form by hand", name);
    if (is_list(node_text(c->tree, shell)))
        return fix_hint(c, n,
                        "%s is meant as exec form, but is no JSON; write its words in double "
                        "quotes, with commas between",
                        name);
    if (node_kind(c->tree, shell) == NODE_SHELL && !node_has_error(c->tree, shell))
        text = exec_text(c, n, shell, &named);
    if (!text.n)
        return fix_hint(
            c, n, "%s is in shell form, and its shell is not known; write the exec form by hand",
            name);
    struct fix *f = named ? fix_begin(c, n, UNSAFE, "Name the shell that %s runs in", name)
                          : fix_begin(c, n, UNSAFE, "Write %s in exec form", name);
    if (named && str_starts(str_of(name), S("HEALTHCHECK")))
        fix_refuse(f, "it uses the shell, and a check gets no signals");
    else if (named && str_chr(node_text(c->tree, shell), '\n') != STR_NONE)
        fix_refuse(f, "it has several lines, which would be one; put them in a script");
    fix_declares(f, n);
    fix_replace_code(f, shell, text);
    return f;
}

static void look(struct fix_ctx *c, node_id n, bool health)
{
    const struct tree *t = c->tree;
    node_id shell = node_next(t, n, 0, NODE_SHELL);

    if (!shell)
        shell = node_next(t, n, 0, NODE_DATA);
    if (!shell || t->node[shell].tok == t->node[shell].tok_end)
        return;
    bool own = shell_in_force(c, n) || base_has_shell(c, n);
    struct fix *f = look_at_text(
        c, n, shell, health ? "HEALTHCHECK CMD" : instruction_name(node_instruction(t, n)).p);
    fix_code(f, own || health ? "DL3025" : "DL3025 JSONArgsRecommended");
}

static void run(struct fix_ctx *c)
{
    const struct tree *t = c->tree;

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        enum instruction i = node_instruction(t, n);
        node_id inner = 0;
        if (node_kind(t, n) != NODE_INSTRUCTION)
            continue;
        if (i == INST_CMD || i == INST_ENTRYPOINT)
            look(c, n, false);
        else if (i == INST_HEALTHCHECK && (inner = node_next(t, n, 0, NODE_INSTRUCTION)))
            look(c, inner, true);
    }
}

const struct fixer fixer_exec_form = {
    .id = "exec-form",
    .aliases = "DL3025 JSONArgsRecommended",
    .title = "Write CMD and ENTRYPOINT in exec form",
    .doc = doc,
    .safety = UNSAFE,
    .severity = SEVERITY_WARNING,
    .run = run,
};
