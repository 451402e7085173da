/* shellcheck: what ShellCheck says of a RUN's script, at the place where it is written. */
#include "dfix/fixer.h"

static const char doc[] =
    "Hands the script of each RUN to ShellCheck, where that program is installed, and shows what "
    "it\n"
    "says at the place in the file. The codes are its own (SC2086), and comments and policy go by "
    "them:\n"
    "`# hadolint ignore=SC2086`, `--ignore SC2086`.\n\n"
    "The script is what the shell is given: without the Dockerfile's continuations and comment "
    "lines, with\n"
    "its heredocs. The shell is the one that SHELL names, else the base image's, else sh; `# "
    "hadolint\n"
    "shell=/bin/bash` says otherwise, before the first FROM for all stages. Variables of ARG and "
    "ENV count\n"
    "as set.\n\n"
    "Silent on RUNs in exec form, in other shells than those of sh's kind, and about files that "
    "are\n"
    "sourced (SC1090, SC1091), which are in the image alone.\n\n"
    "Off by default; `--shellcheck` turns it on. Without the program, files are not fully "
    "checked.\n\n"
    "Safety: unsafe. Its fixes are its own, and most of them change what a shell does. Not "
    "changed: what\n"
    "its fix would replace over the end of a line; a variable that it would quote and that is not "
    "known to hold\n"
    "one word: a list becomes one argument in quotes, and nothing at all becomes one, too.\n";

/* A script for ShellCheck: lines of ours, then the RUN's text. */
struct script {
    struct fix_ctx *c;
    node_id run; /* the instruction */
    struct buf text;
    VEC(uint32_t) at; /* of each byte, where it is written; of ours UINT32_MAX */
};

/* ---- the shell ---- */

struct shell {
    struct str name; /* "sh" */
    bool stops;      /* at the first failure: -e */
};

static const char known_shells[] = "sh bash dash ash busybox";

/* `-e`, `-eo`: but not `-o errexit`, which it is told in the same way. */
static bool stops_at_failure(struct str word)
{
    return str_starts(word, S("-")) && !str_starts(word, S("--")) && str_chr(word, 'e') != STR_NONE;
}

static void read_shell(struct shell *s, struct str word, bool first)
{
    if (first)
        *s = (struct shell){path_basename(word), false};
    else
        s->stops |= stops_at_failure(word);
}

static struct shell shell_of_instruction(const struct fix_ctx *c, node_id instruction)
{
    const struct tree *t = c->tree;
    struct shell s = {S(""), false};
    node_id exec = node_next(t, instruction, 0, NODE_EXEC);
    bool first = true;

    for (node_id n = exec ? node_first(t, exec) : 0; n; n = node_sibling(t, n)) {
        struct str word;
        if (node_value(t, n, c->arena, &word))
            read_shell(&s, word, first);
        first = false;
    }
    return s;
}

/* What a stage begins with. */
static struct shell shell_of_base(const struct fix_ctx *c, unsigned stage, const struct shell *end,
                                  struct shell otherwise)
{
    const struct stage *g = &c->image->stage[stage];
    struct shell s = otherwise;

    if (g->base == BASE_STAGE && g->base_stage < stage)
        return end[g->base_stage];
    for (size_t i = 0; g->facts && i < g->facts->nshell; i++)
        read_shell(&s, g->facts->shell[i], i == 0);
    return s;
}

/* ---- the script ---- */

static void put_own(struct script *s, const char *text)
{
    for (; *text; text++) {
        buf_char(&s->text, *text);
        vec_push(s->c->arena, &s->at, UINT32_MAX);
    }
}

static void put(struct script *s, uint32_t from, uint32_t to)
{
    struct str text = s->c->tree->text;

    for (uint32_t i = from; i < to; i++) {
        if (text.p[i] == '\r' && i + 1 < text.n && text.p[i + 1] == '\n')
            continue;
        buf_char(&s->text, text.p[i]);
        vec_push(s->c->arena, &s->at, i);
    }
}

/* Does a comment line, or an empty one, that the Dockerfile drops begin with this token? */
static bool is_dropped_line(const struct tree *t, uint32_t i)
{
    while (t->tok[i].kind == TOK_BLANK)
        i++;
    return t->tok[i].kind == TOK_NEWLINE ||
           (t->tok[i].kind == TOK_COMMENT && t->text.p[t->tok[i].start] == '#');
}

/* The shell's one line: without continuations, and the lines that are dropped behind them. */
static void put_line(struct script *s, uint32_t from, uint32_t to)
{
    const struct tree *t = s->c->tree;
    bool line_begins = false;

    for (uint32_t i = from; i < to; i++) {
        if (line_begins && is_dropped_line(t, i)) {
            while (i < to && t->tok[i].kind != TOK_NEWLINE)
                i++;
            continue;
        }
        line_begins = t->tok[i].kind == TOK_CONTINUATION;
        if (!line_begins)
            put(s, t->tok[i].start, t->tok[i + 1].start);
    }
}

/* `RUN <<EOF`: nothing but the heredoc, which is the script then. */
static node_id sole_heredoc(const struct tree *t, node_id run, node_id shell)
{
    node_id command = node_first(t, shell), redirect = command ? node_first(t, command) : 0,
            doc_node = node_next(t, run, 0, NODE_HEREDOC);
    bool sole = redirect && node_kind(t, redirect) == NODE_REDIRECT && !node_sibling(t, redirect) &&
                !node_sibling(t, command);

    return sole && doc_node && !node_next(t, run, doc_node, NODE_HEREDOC) ? doc_node : 0;
}

static void put_variable(struct script *s, struct str name)
{
    put_own(s, str_fmt(s->c->arena, "export " STR_FMT "=1\n", STR_ARG(name)).p);
}

/* The base image's own. */
static void put_base_variables(struct script *s)
{
    unsigned stage = image_stage_of(s->c->image, s->run);
    const struct base_facts *facts =
        stage < s->c->image->nstage ? s->c->image->stage[stage].facts : NULL;

    for (size_t i = 0; facts && i < facts->nenv; i++) {
        struct str rest = facts->env[i], name;
        if (str_cut(&rest, '=', &name) && str_is_name(name))
            put_variable(s, name);
    }
}

/* ARG and ENV, and what every build is given. */
static void put_variables(struct script *s)
{
    static const char given[] = "HTTP_PROXY http_proxy HTTPS_PROXY https_proxy FTP_PROXY ftp_proxy "
                                "NO_PROXY no_proxy";
    struct str rest = str_of(given), name;
    size_t n;
    const struct str *v = image_variables(s->c->image, s->c->arena, s->run, &n);

    while (word_next(&rest, &name))
        put_variable(s, name);
    for (size_t i = 0; i < n; i++)
        if (str_is_name(v[i]) && !str_listed(str_of(given), v[i]))
            put_variable(s, v[i]);
    put_base_variables(s);
}

static void put_head(struct script *s, const struct shell *shell)
{
    static const char dashes[] = "ash busybox"; /* which ShellCheck knows by that name */
    const char *name =
        word_is_one_of(shell->name, dashes) ? "dash" : str_cstr(s->c->arena, shell->name);

    put_own(s, str_fmt(s->c->arena, "#!/bin/%s%s\n", name, shell->stops ? " -e" : "").p);
    put_variables(s);
}

/* What is in a heredoc that is a script, without its `#!`. */
static void put_body(struct script *s, node_id inner)
{
    struct span x = node_span(s->c->tree, inner);
    struct str text = str_sub(s->c->tree->text, x.start, x.end);
    ptrdiff_t line = str_starts(text, S("#!")) ? str_chr(text, '\n') : STR_NONE;

    put(s, line == STR_NONE ? x.start : x.start + (uint32_t)line, x.end);
}

/* The RUN's line, and its heredocs as they are. */
static void put_run(struct script *s, node_id shell)
{
    const struct tree *t = s->c->tree;
    node_id first = node_next(t, s->run, 0, NODE_HEREDOC);

    put_line(s, t->node[shell].tok, first ? t->node[first].tok : t->node[shell].tok_end);
    if (first)
        put(s, node_span(t, first).start, node_span(t, s->run).end);
}

/* ---- remarks ---- */

/* Where these bytes of the script are written. False: they are not all in the file. */
static bool written_at(const struct script *s, struct span in, bool behind, struct span *out)
{
    uint32_t first = in.start, last = in.end;

    if (in.end > s->at.n || in.start > in.end)
        return false;
    if (in.start == in.end) { /* a place between two bytes */
        uint32_t at = behind && first ? s->at.v[first - 1] : UINT32_MAX;
        bool next = at == UINT32_MAX && first < s->at.n;
        at = next ? s->at.v[first] : at + (at != UINT32_MAX);
        *out = (struct span){at, at};
        return at != UINT32_MAX;
    }
    if (s->at.v[first] == UINT32_MAX || s->at.v[last - 1] == UINT32_MAX)
        return false;
    *out = (struct span){s->at.v[first], s->at.v[last - 1] + 1};
    return out->start < out->end;
}

static enum severity severity_of(enum remark_level level)
{
    if (level == REMARK_ERROR)
        return SEVERITY_ERROR;
    return level == REMARK_WARNING ? SEVERITY_WARNING : SEVERITY_INFO;
}

/* The innermost shell text of the file that holds the place; 0: none does. */
static node_id shell_at(const struct script *s, struct span at)
{
    const struct tree *t = s->c->tree;
    node_id found = 0;

    for (node_id n = s->run + 1; n < t->node[s->run].after; n++) {
        struct span x = node_span(t, n);
        if (node_kind(t, n) == NODE_SHELL && x.start <= at.start && at.end <= x.end)
            found = n;
    }
    return found;
}

/* The variable that quotes at this place begin or end at; 0: none does. */
static node_id variable_at(const struct tree *t, node_id inside, uint32_t at)
{
    for (node_id n = inside + 1; n < t->node[inside].after; n++) {
        struct span x = node_span(t, n);
        if (node_kind(t, n) == NODE_PARAM && (x.start == at || x.end == at))
            return n;
    }
    return 0;
}

static bool is_split_or_matched(struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (str_chr(S(" \t\r\n*?["), text.p[i]) != STR_NONE)
            return true;
    return false;
}

static bool is_argument(const struct value *v)
{
    bool any = false;

    for (size_t i = 0; i < v->npiece; i++)
        any |= v->piece[i].default_;
    return any;
}

/* Does the word give a package, and may a build give others? */
static bool is_list_of_packages(const struct fix_ctx *c, node_id word)
{
    size_t n;
    const struct install *in = image_installs(c->image, &n);

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < in[i].npackage; k++) {
            const struct field *f = &in[i].package[k].field;
            if (f->word == word && is_argument(&f->value))
                return true;
        }
    return false;
}

/* Why a variable stays without quotes; NULL: its word is one either way. */
static const char *why_bare(const struct fix_ctx *c, node_id variable)
{
    const struct tree *t = c->tree;
    node_id word = node_up(t, variable, NODE_WORD);
    struct value v = image_value(c->image, c->arena, word);
    struct span all = node_span(t, word), own = node_span(t, variable);
    bool whole = all.start == own.start && all.end == own.end;
    size_t bytes = 0;

    for (size_t i = 0; i < v.npiece; i++) {
        const struct piece *p = &v.piece[i];
        if (p->known && all.start <= p->span.start && p->span.end <= all.end)
            continue; /* what is written beside the variable */
        if (!p->known && whole)
            return "the variable may hold several words, or none";
        if (is_split_or_matched(p->text))
            return "the variable holds more than one plain word";
        bytes += p->text.n;
    }
    if (whole && !bytes)
        return "the variable is empty, and quotes would make an argument of that";
    return whole && is_list_of_packages(c, word) ? "a build may give several packages there" : NULL;
}

/* Where an edit goes, and the shell text that holds it; 0: it is not about this script alone. */
static node_id place_of(const struct script *s, const struct remark_edit *e, struct span *at)
{
    *at = (struct span){0, 0};
    return written_at(s, e->span, e->behind, at) ? shell_at(s, *at) : 0;
}

/* Why the remark's quotes would change what a command gets; NULL: they would not, or it has none.
 */
static const char *why_not_quoted(const struct script *s, const struct remark *r)
{
    const char *why = NULL;

    for (size_t i = 0; i < r->nedit && !why; i++) {
        struct span at;
        node_id inside = place_of(s, &r->edit[i], &at);
        bool quotes = inside && at.start == at.end && str_eq(r->edit[i].text, S("\""));
        node_id variable = quotes ? variable_at(s->c->tree, inside, at.start) : 0;
        why = variable ? why_bare(s->c, variable) : NULL;
    }
    return why;
}

static void put_edit(struct script *s, struct fix *f, const struct remark_edit *e)
{
    struct span at;
    node_id inside = place_of(s, e, &at);

    if (!inside || str_chr(e->text, '\n') != STR_NONE)
        fix_refuse(f, "its fix is not about this script alone");
    else if (at.end - at.start != e->span.end - e->span.start)
        fix_refuse(f, "its fix goes over the end of a line");
    else if (at.start == at.end)
        fix_insert_code(f, inside, at.start, e->text);
    else
        fix_replace_code_at(f, inside, at, e->text);
}

/* Where the first sentence of a message ends: at a full stop, and not at those of `cd ...`. */
static size_t sentence_end(struct str s)
{
    for (size_t i = 1; i + 2 < s.n; i++) {
        char before = s.p[i - 1], behind = s.p[i + 2];
        bool stop = s.p[i] == '.' && s.p[i + 1] == ' ' && before != '.' && before != ' ';
        if (stop && behind >= 'A' && behind <= 'Z')
            return i;
    }
    return str_ends(s, S(".")) && !str_ends(s, S("..")) ? s.n - 1 : s.n;
}

/* As it goes on behind a semicolon. */
static struct str going_on(struct arena *a, struct str s)
{
    bool plain = s.n > 1 && s.p[0] >= 'A' && s.p[0] <= 'Z' && s.p[1] >= 'a' && s.p[1] <= 'z';

    return plain ? str_fmt(a, "%c" STR_FMT, s.p[0] | 32, STR_ARG(str_from(s, 1))) : s;
}

/* The first sentence is the title, the rest what to do. */
static void tell(struct script *s, const struct remark *r)
{
    struct arena *a = s->c->arena;
    size_t stop = sentence_end(r->message);
    struct str title = str_sub(r->message, 0, stop), rest = str_trim(str_from(r->message, stop));
    struct span at;

    if (!written_at(s, r->span, false, &at))
        return;
    rest = str_starts(rest, S(".")) ? str_trim(str_from(rest, 1)) : rest;
    const char *bare = why_not_quoted(s, r);
    bool mends = r->nedit && !bare;
    struct fix *f = mends ? fix_begin(s->c, s->run, UNSAFE, STR_FMT, STR_ARG(title))
                          : fix_hint(s->c, s->run, STR_FMT, STR_ARG(title));
    fix_code(f, str_fmt(a, "SC%u", r->code).p);
    fix_severity(f, severity_of(r->level));
    fix_point(f, at);
    if (rest.n)
        fix_help(f, STR_FMT, STR_ARG(going_on(a, str_without_end(rest, '.'))));
    if (bare)
        fix_why(f, "%s", bare);
    if (mends)
        fix_declares(f, s->run);
    for (size_t i = 0; i < r->nedit && mends; i++)
        put_edit(s, f, &r->edit[i]);
}

/* What POSIX does not define, and BusyBox's ash has as Alpine builds it (ASH_BASH_COMPAT):
 * $'', [[, ==, &>, echo's flags, `set -o pipefail`, local, source, ${x:0:1}, ${x/a/b}. */
static const char alpine_has[] =
    "SC3003 SC3010 SC3014 SC3020 SC3036 SC3037 SC3040 SC3043 SC3046 SC3051 SC3057 SC3060";

/* Is it Alpine's shell that reads the RUN? */
static bool is_alpines(const struct fix_ctx *c, node_id run, const struct shell *shell)
{
    unsigned stage = image_stage_of(c->image, run);
    bool ash = word_is_one_of(shell->name, "ash busybox");
    struct reference r;

    if (stage == UINT32_MAX || (!ash && !str_eq(shell->name, S("sh"))))
        return false;
    const struct stage *g = &c->image->stage[image_root_stage(c->image, stage)];
    if (g->release.distro.n)
        return str_eq(g->release.distro, S("alpine"));
    return ash ||
           (reference_parse(g->reference.text, &r) && str_find(r.tag, S("alpine")) != STR_NONE);
}

static void check(struct fix_ctx *c, node_id run, const struct shell *shell)
{
    const struct tree *t = c->tree;
    node_id text = node_next(t, run, 0, NODE_SHELL);
    node_id body = text ? sole_heredoc(t, run, text) : 0, inner = body ? node_first(t, body) : 0;
    struct script s = {.c = c, .run = run, .text = {.arena = c->arena}};
    struct shell by = *shell;
    struct remark_list list;

    if (!text || !word_is_one_of(shell->name, known_shells) ||
        (body && (!inner || node_kind(t, inner) != NODE_SHELL)))
        return;
    if (body && (t->node[inner].flags & NODE_BASH))
        by.name = S("bash");
    put_head(&s, &by);
    if (body)
        put_body(&s, inner);
    else
        put_run(&s, text);
    if (lookup_remarks(c->lookup, buf_str(&s.text), &list) != ANSWER_FOUND)
        return;
    bool alpine = is_alpines(c, run, &by);
    for (size_t i = 0; i < list.n; i++)
        if (!alpine || !word_is_one_of(str_fmt(c->arena, "SC%u", list.v[i].code), alpine_has))
            tell(&s, &list.v[i]);
}

/* ---- the file ---- */

/* The last `# hadolint shell=` among these tokens; else what it was. */
static struct shell pragma_in(const struct tree *t, uint32_t from, uint32_t to, struct shell before)
{
    for (uint32_t i = from; i < to; i++) {
        struct span x = token_span(t, i);
        struct str name =
            t->tok[i].kind == TOK_COMMENT ? shell_pragma(str_sub(t->text, x.start, x.end)) : S("");
        if (name.n)
            before = (struct shell){path_basename(name), false};
    }
    return before;
}

static void run(struct fix_ctx *c)
{
    const struct tree *t = c->tree;
    const struct image *im = c->image;
    struct shell *end = arena_new(c->arena, struct shell, im->nstage + 1);
    struct shell first = {S("sh"), false}, now = first;
    uint32_t token = 0;

    for (node_id n = 0; (n = instruction_next(t, n));) {
        enum instruction op = node_instruction(t, n);
        unsigned stage = image_stage_of(im, n);
        bool known = stage < im->nstage;
        now = pragma_in(t, token, t->node[n].tok, now);
        token = t->node[n].tok_end;
        if (op == INST_FROM && known) {
            first = stage ? first : now;
            now = shell_of_base(c, stage, end, first);
        }
        if (op == INST_SHELL)
            now = shell_of_instruction(c, n);
        if (op == INST_RUN)
            check(c, n, &now);
        if (known)
            end[stage] = now;
    }
}

const struct fixer fixer_shellcheck = {
    .id = "shellcheck",
    .aliases = "",
    .family = "SC",
    .title = "Heed what ShellCheck says of the RUN",
    .doc = doc,
    .safety = UNSAFE,
    .severity = SEVERITY_WARNING,
    .off = true,
    .run = run,
};
