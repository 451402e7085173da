/* dialect.c - which shell reads what: SHELL, Windows bases, shebangs, `bash <<EOF`, hadolint's
 * comment on it. */
#include "syntax/dockerfile.h"

#include <string.h>

static struct str base_name(struct str path)
{
    ptrdiff_t slash = str_rchr(path, '/'), back = str_rchr(path, '\\');
    ptrdiff_t at = slash > back ? slash : back;
    path = str_from(path, (size_t)(at + 1));
    if (path.n > 4 && str_ieq(str_from(path, path.n - 4), S(".exe")))
        path.n -= 4;
    return path;
}

static enum reader reader_of_shell(struct str program)
{
    struct str name = base_name(program);
    if (str_ieq(name, S("bash")))
        return READER_BASH;
    bool posix = str_ieq(name, S("sh")) || str_ieq(name, S("ash")) || str_ieq(name, S("dash"));
    return posix ? READER_POSIX : READER_OPAQUE;
}

/* SHELL's: the shell may stand behind others that start it (env, conda run); only its
 * options may follow. */
enum reader reader_of_exec(const struct builder *b, node_id exec)
{
    enum reader reader = READER_OPAQUE;
    bool value = false;
    for (node_id i = exec + 1; i < b->node[exec].after; i = b->node[i].after) {
        struct str s = source_of(b, i);
        s = str_sub(s, 1, s.n - 1);
        bool option = str_starts(s, S("-")) || str_starts(s, S("+"));
        if (reader == READER_OPAQUE)
            reader = reader_of_shell(s);
        else if (!option && !value)
            return READER_OPAQUE;
        value = option && (str_ends(s, S("o")) || str_ends(s, S("file"))); /* -o, --rcfile */
    }
    return reader;
}

static struct str next_word(struct str *rest)
{
    while (rest->n && is_field_space(rest->p[0]))
        *rest = str_from(*rest, 1);
    size_t n = 0;
    while (n < rest->n && !is_field_space(rest->p[n]))
        n++;
    struct str word = str_sub(*rest, 0, n);
    *rest = str_from(*rest, n);
    return word;
}

enum reader reader_of_script(struct str body, enum reader otherwise)
{
    if (!str_starts(body, S("#!")))
        return otherwise;
    struct str line = str_from(body, 2);
    ptrdiff_t nl = str_chr(line, '\n');
    if (nl != STR_NONE)
        line.n = (size_t)nl;
    struct str program = next_word(&line);
    if (str_eq(base_name(program), S("env"))) {
        do
            program = next_word(&line);
        while (str_starts(program, S("-")));
    }
    return reader_of_shell(program);
}

struct str shell_pragma(struct str comment)
{
    struct str rest = str_from(comment, 1), word = next_word(&rest);

    if (!str_eq(word, S("hadolint")))
        return S("");
    rest = str_trim(rest);
    if (!str_starts(rest, S("shell")))
        return S("");
    rest = str_trim(str_from(rest, sizeof("shell") - 1));
    if (!str_starts(rest, S("=")))
        return S("");
    rest = str_from(rest, 1);
    word = next_word(&rest);
    rest = str_trim(rest);
    return !rest.n || rest.p[0] == '#' ? word : S("");
}

/* A comment may keep us from what a shell reads that is not of sh's kind, and no more: what it says
 * of others is no fact. */
void reader_by_comment(struct parser *p, struct str comment)
{
    struct str name = comment.n > 1 ? shell_pragma(comment) : S("");

    if (!name.n || reader_of_shell(name) != READER_OPAQUE || p->reader == READER_OPAQUE)
        return;
    p->reader = READER_OPAQUE;
    if (!p->from_seen)
        p->first = READER_OPAQUE;
    vec_push(p->b.arena, &p->reading, (struct reading){p->at, READER_OPAQUE});
}

/* A word's text when it is nothing but text; else "". */
static struct str plain(const struct builder *b, node_id n)
{
    const struct node *w = &b->node[n];
    if (w->tok_end != w->tok + 1 || b->tok[w->tok].kind != TOK_TEXT)
        return S("");
    uint32_t end = w->tok_end < b->ntok ? b->tok[w->tok_end].start : b->source_pos;
    return str_sub(b->text, b->tok[w->tok].start, end);
}

static bool is_wrapper(struct str word)
{
    struct str name = base_name(word);
    return str_eq(name, S("sudo")) || str_eq(name, S("env")) || str_eq(name, S("exec")) ||
           str_eq(name, S("command"));
}

/* Options of a shell that leave it reading its script from standard input. */
static bool is_script_option(struct str word, bool *takes_value, bool *stdin_said)
{
    *takes_value = false;
    if (word.n < 2 || (word.p[0] != '-' && word.p[0] != '+'))
        return str_eq(word, S("-")) ? (*stdin_said = true) : false;
    if (str_starts(word, S("--")))
        return word.n > 2 && !str_starts(word, S("--rcfile")) &&
               !str_starts(word, S("--init-file"));
    for (size_t i = 1; i < word.n; i++) {
        if (word.p[i] == 'c')
            return false;
        *stdin_said = *stdin_said || word.p[i] == 's';
        *takes_value = *takes_value || word.p[i] == 'o' || word.p[i] == 'O';
    }
    return true;
}

/* Does this simple command run a shell that reads its script from standard input? */
static enum reader reader_of_command(const struct builder *b, node_id command)
{
    enum reader r = READER_OPAQUE;
    bool shell = false, value = false, stdin_said = false;
    for (node_id n = command + 1; n < b->node[command].after; n = b->node[n].after) {
        if (b->node[n].kind != NODE_WORD)
            continue;
        struct str word = plain(b, n);
        if (!word.n)
            return READER_OPAQUE;
        if (!shell) {
            if (is_wrapper(word))
                continue;
            r = reader_of_shell(word);
            if (r == READER_OPAQUE)
                return r;
            shell = true;
        } else if (value) {
            value = false;
        } else if (!stdin_said && !is_script_option(word, &value, &stdin_said)) {
            return READER_OPAQUE;
        }
    }
    return r;
}

void readers_of_heredocs(const struct builder *b, node_id shell, struct heredocs *h)
{
    size_t seen = 0;
    node_id command = 0;
    enum reader r = READER_OPAQUE;
    for (node_id i = shell + 1; i < b->node[shell].after; i++) {
        const struct node *n = &b->node[i];
        if (n->kind != NODE_REDIRECT || (n->op != REDIR_HEREDOC && n->op != REDIR_HEREDOC_TABS))
            continue;
        if (n->parent != command) { /* asked once, however many heredocs it has */
            command = n->parent;
            r = b->node[command].kind == NODE_COMMAND ? reader_of_command(b, command)
                                                      : READER_OPAQUE;
        }
        if (seen < h->n)
            h->v[seen].reader = r;
        seen++;
    }
    for (size_t i = 0; seen != h->n && i < h->n; i++)
        h->v[i].reader = READER_OPAQUE;
}

/* `what` begins with a small letter. */
static bool has_ignoring_case(struct str s, struct str what)
{
    for (size_t i = 0; i + what.n <= s.n; i++)
        if ((s.p[i] | 32) == what.p[0] && str_ieq(str_sub(s, i, i + what.n), what))
            return true;
    return false;
}

static inline scan_bytes is_v_or_w(scan_bytes v)
{
    return (scan_bytes)((v | 33) == 'w'); /* 32: small letters; 1: v like w */
}

static inline bool stops_v_or_w(char c)
{
    return (c | 33) == 'w';
}

/* Whether a part of a name of a Windows image stands in [at, end) of the text: wi, ew or rv.
 * Most images have none. */
static bool may_name_windows(const struct parser *p, uint32_t at, uint32_t end)
{
    const char *s = p->text.p;
    for (; (at = scan(s, at, end, p->wide, is_v_or_w, stops_v_or_w)) < end; at++) {
        char before = at ? (char)(s[at - 1] | 32) : 0,
             next = (char)(at + 1 < end ? s[at + 1] | 32 : 0);
        if ((s[at] | 32) == 'v' ? before == 'r' : before == 'e' || next == 'i')
            return true;
    }
    return false;
}

/* A path component "windows", or a Windows base named in the tag or the path. */
static bool is_windows_image(struct str image)
{
    if (has_ignoring_case(image, S("nanoserver")) || has_ignoring_case(image, S("servercore")) ||
        has_ignoring_case(image, S("mcr.microsoft.com/dotnet/framework/")))
        return true;
    struct str part;
    while (str_cut(&image, '/', &part)) {
        ptrdiff_t tag = str_chr(part, ':');
        if (str_ieq(tag == STR_NONE ? part : str_sub(part, 0, (size_t)tag), S("windows")))
            return true;
    }
    return false;
}

static void stage_end(struct parser *p)
{
    if (!p->alias.n || p->reader == p->first)
        return;
    if (!p->stage)
        p->stage = arena_room(p->b.scratch, STAGES_KEPT, sizeof(*p->stage));
    if (p->nstage == STAGES_KEPT)
        memmove(p->stage, p->stage + 1, --p->nstage * sizeof(*p->stage));
    p->stage[p->nstage++] = (struct stage_reader){p->alias, p->reader};
}

static struct str unquoted(struct str s)
{
    bool quoted = s.n > 1 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.n - 1] == s.p[0];
    return quoted ? str_sub(s, 1, s.n - 1) : s;
}

/* Is $variable or ${variable...} in the text? */
static bool mentions(struct str text, struct str variable, char escape)
{
    for (ptrdiff_t dollar; (dollar = str_chr(text, '$')) != STR_NONE;) {
        size_t escapes = 0;
        while (escapes < (size_t)dollar && text.p[(size_t)dollar - escapes - 1] == escape)
            escapes++;
        text = str_from(text, (size_t)dollar + 1);
        if (str_starts(text, S("{")))
            text = str_from(text, 1);
        uint32_t n = param_name_len(text.p, (uint32_t)text.n);
        if (escapes % 2 == 0 && n == variable.n && str_starts(text, variable))
            return true;
        text = str_from(text, n);
    }
    return false;
}

/* A variable that an ARG has set to a Windows image or platform. */
static bool mentions_windows(const struct parser *p, struct str text)
{
    for (unsigned i = 0; i < p->nwindows; i++)
        if (mentions(text, p->windows[i], p->b.escape))
            return true;
    return false;
}

/* A Windows image, or one that a variable for such an image names; `image` is of the text. */
static bool names_windows(const struct parser *p, struct str image)
{
    if (!image.n)
        return false;
    uint32_t at = (uint32_t)(image.p - p->text.p);
    bool by_name = may_name_windows(p, at, at + (uint32_t)image.n) && is_windows_image(image);
    return by_name || mentions_windows(p, image);
}

static void windows_forget(struct parser *p, struct str variable)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < p->nwindows; i++)
        if (!str_eq(p->windows[i], variable))
            p->windows[kept++] = p->windows[i];
    p->nwindows = kept;
}

void arg_before_stages(struct parser *p, node_id arg)
{
    const struct builder *b = &p->b;
    for (node_id n = arg + 1; n < b->nnode; n = b->node[n].after) {
        if (b->node[n].kind != NODE_PAIR)
            continue;
        node_id name = n + 1, value = b->node[name].after;
        if (value == b->node[n].after)
            continue; /* no value: one given before stays */
        struct str variable = source_of(b, name);
        bool windows = names_windows(p, unquoted(source_of(b, value)));
        windows_forget(p, variable);
        if (!windows || p->nwindows == WINDOWS_KEPT)
            continue;
        if (!p->windows)
            p->windows = arena_room(p->b.scratch, WINDOWS_KEPT, sizeof(*p->windows));
        p->windows[p->nwindows++] = variable;
    }
}

void stage_begin(struct parser *p, struct str image, struct str platform, struct str alias)
{
    stage_end(p);
    p->alias = alias;
    p->reader = p->first;
    for (unsigned i = p->nstage; i-- > 0;) {
        if (str_ieq(p->stage[i].name, image)) {
            p->reader = p->stage[i].reader;
            return;
        }
    }
    bool windows = platform.n >= 7 && str_ieq(str_sub(platform, 0, 7), S("windows"));
    if (windows || mentions_windows(p, platform) || names_windows(p, image))
        p->reader = READER_OPAQUE;
}
