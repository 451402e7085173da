/* Texts that commands write into files, as far as they are known: `echo x > f`, `printf`, `| tee
 * f`, `cat <<EOF > f`, `COPY <<EOF f`. */
#include "files/files.h"

static const struct str none = {"", 0};

static bool is_output(const struct tree *t, node_id redirect)
{
    enum redirect op = (enum redirect)t->node[redirect].op;
    return op == REDIR_OUT || op == REDIR_CLOBBER || op == REDIR_APPEND;
}

static bool is_heredoc(const struct tree *t, node_id redirect)
{
    enum redirect op = (enum redirect)t->node[redirect].op;
    return op == REDIR_HEREDOC || op == REDIR_HEREDOC_TABS;
}

/* Without blanks, quotes and braces, so that one spelling stands for many. */
static struct str squeezed(struct arena *a, struct str s)
{
    struct buf b = {.arena = a};

    for (size_t i = 0; i < s.n; i++)
        if (str_chr(S(" \t\"'{}"), s.p[i]) == STR_NONE)
            buf_char(&b, s.p[i]);
    return buf_str(&b);
}

/* What people write for the release's codename and the machine's architecture. */
static bool idiom(const struct image *im, struct arena *a, node_id n, struct str *out)
{
    static const char *const codename[] = {
        "$(lsb_release-cs)",
        "$(lsb_release-sc)",
        "$(lsb_release-c-s)",
        "$(lsb_release-s-c)",
        "$(lsb_release--codename--short)",
        "$(./etc/os-release&&echo$VERSION_CODENAME)",
        "$(./etc/os-release;echo$VERSION_CODENAME)",
        "$(source/etc/os-release&&echo$VERSION_CODENAME)",
        "$(./etc/os-release&&echo$UBUNTU_CODENAME:-$VERSION_CODENAME)",
        "`lsb_release-cs`",
        "`lsb_release-sc`",
    };
    const struct tree *t = im->tree;
    struct str s = squeezed(a, node_text(t, n));
    unsigned stage = image_stage_of(im, n);

    if (str_eq(s, S("$(dpkg--print-architecture)")) || str_eq(s, S("`dpkg--print-architecture`"))) {
        *out = S("native");
        return true;
    }
    bool wanted =
        str_eq(s, S("$VERSION_CODENAME")) &&
        str_find(node_text(t, node_up(t, n, NODE_INSTRUCTION)), S("/etc/os-release")) != STR_NONE;
    for (size_t i = 0; i < sizeof(codename) / sizeof(codename[0]); i++)
        wanted |= str_eq(s, str_of(codename[i]));
    if (!wanted || stage == UINT32_MAX)
        return false;
    *out = im->stage[stage].release.codename;
    return out->n > 0;
}

bool written_value(const struct image *im, struct arena *a, const struct value *v, struct str *out)
{
    struct buf b = {.arena = a};

    for (size_t i = 0; i < v->npiece; i++) {
        struct str text = v->piece[i].text;
        if (!v->piece[i].known && !idiom(im, a, v->piece[i].node, &text))
            return false;
        buf_add(&b, text);
    }
    *out = buf_str(&b);
    return v->npiece > 0 || v->certainty == VALUE_KNOWN;
}

/* A printf format: \n, \t, \\ and %% are put in; %s takes the words. */
static bool format(struct str f, const struct str *word, size_t n, struct buf *out)
{
    size_t used = 0;

    do {
        for (size_t i = 0; i < f.n; i++) {
            char next = i + 1 < f.n ? f.p[i + 1] : 0;
            if (f.p[i] != '\\' && f.p[i] != '%') {
                buf_char(out, f.p[i]);
                continue;
            }
            if (f.p[i] == '%' && next == 's')
                buf_add(out, used < n ? word[used++] : none);
            else if (f.p[i] == '%' && next == '%')
                buf_char(out, '%');
            else if (f.p[i] == '\\' && (next == 'n' || next == 't' || next == '\\'))
                buf_char(out, next == 'n' ? '\n' : next == 't' ? '\t' : '\\');
            else
                return false;
            i++;
        }
    } while (used && used < n);
    return used == n;
}

/* What echo or printf prints, when all of it is known. */
static bool printed(const struct image *im, struct arena *a, const struct field *f, size_t n,
                    struct str *out)
{
    struct str *word = arena_new(a, struct str, n);
    struct buf b = {.arena = a};

    for (size_t i = 0; i < n; i++)
        if (f[i].each || !written_value(im, a, &f[i].value, &word[i]))
            return false;
    if (n >= 2 && str_eq(word[0], S("printf"))) {
        bool known = !str_starts(word[1], S("-")) && format(word[1], word + 2, n - 2, &b);
        *out = buf_str(&b);
        return known;
    }
    if (n < 2 || !str_eq(word[0], S("echo")))
        return false;
    size_t first = 1 + str_eq(word[1], S("-n"));
    if (first < n && str_starts(word[first], S("-")))
        return false; /* -e: shells differ */
    for (size_t i = first; i < n; i++)
        buf_fmt(&b, "%s" STR_FMT, i > first ? " " : "", STR_ARG(word[i]));
    *out = buf_str(&b);
    return str_chr(*out, '\\') == STR_NONE; /* shells differ here too */
}

/* The body that a heredoc operator takes: both come in one order. */
static node_id body_of(const struct tree *t, struct arena *a, node_id redirect)
{
    node_id instruction = node_up(t, redirect, NODE_INSTRUCTION);
    size_t wanted = 0, seen = 0;
    struct str delimiter;

    for (node_id n = instruction + 1; n <= redirect; n++)
        wanted += node_kind(t, n) == NODE_REDIRECT && is_heredoc(t, n);
    for (node_id n = instruction + 1; n < t->node[instruction].after; n++) {
        if (node_kind(t, n) != NODE_HEREDOC || ++seen < wanted)
            continue;
        struct span last = token_span(t, t->node[n].tok_end - 1);
        node_id word = node_next(t, redirect, 0, NODE_WORD);
        return word && node_value(t, word, a, &delimiter) &&
                       str_eq(str_trim(str_sub(t->text, last.start, last.end)), delimiter)
                   ? n
                   : 0;
    }
    return 0;
}

static bool body_text(const struct tree *t, struct arena *a, node_id redirect, struct str *out)
{
    node_id body = body_of(t, a, redirect), data = body ? node_next(t, body, 0, NODE_DATA) : 0;

    *out = none;
    if (!body || (node_first(t, body) && !data))
        return false;
    if (data)
        *out = node_text(t, data);
    if (t->node[body].flags & NODE_QUOTED)
        return true;
    for (size_t i = 0; i < out->n; i++)
        if (str_chr(S("$`\\"), out->p[i]) != STR_NONE)
            return false;
    return true;
}

/* The command before this one in its pipeline; 0: it begins one, or there is none. */
static node_id feeding(const struct tree *t, node_id command)
{
    node_id up = t->node[command].parent, before = 0;

    if (node_kind(t, up) != NODE_PIPELINE)
        return 0;
    for (node_id n = node_first(t, up); n && n != command; n = node_sibling(t, n))
        before = n;
    return before && before == node_first(t, up) && node_kind(t, before) == NODE_COMMAND ? before
                                                                                         : 0;
}

struct writer {
    const struct field *field;
    size_t n;
    node_id heredoc, output; /* redirections; 0: none */
    bool other;              /* more of them than that */
};

static struct writer command_at(const struct image *im, struct arena *a, node_id n)
{
    const struct tree *t = im->tree;
    struct writer c = {0};

    c.n = image_fields(im, a, n, &c.field);
    for (node_id r = node_first(t, n); r; r = node_sibling(t, r)) {
        if (node_kind(t, r) != NODE_REDIRECT)
            continue;
        node_id *place = is_heredoc(t, r) ? &c.heredoc : is_output(t, r) ? &c.output : NULL;
        bool of_stdout = !is_output(t, r) || str_starts(node_text(t, r), S(">"));
        if (!place || *place || !of_stdout)
            c.other = true;
        else
            *place = r;
    }
    while (c.n && str_eq(c.field[0].value.text, S("sudo"))) {
        c.field++;
        c.n--;
    }
    return c;
}

static bool is_program(const struct writer *c, const char *name)
{
    return c->n && c->field[0].value.certainty == VALUE_KNOWN &&
           str_eq(c->field[0].value.text, str_of(name));
}

/* tee [-a] PATH, fed by a heredoc or by echo. */
static bool tee(const struct image *im, struct arena *a, node_id n, const struct writer *c,
                struct written *out)
{
    node_id from = feeding(im->tree, n);

    for (size_t i = 1; i < c->n; i++) {
        struct str w = c->field[i].value.text;
        if (c->field[i].value.certainty != VALUE_KNOWN || (out->path.n && w.n && w.p[0] != '-'))
            return false;
        if (str_eq(w, S("-a")) || str_eq(w, S("--append")))
            out->append = true;
        else if (str_starts(w, S("-")))
            return false;
        else
            out->path = w;
    }
    if (c->heredoc)
        return !from && body_text(im->tree, a, c->heredoc, &out->text);
    if (!from)
        return false;
    struct writer source = command_at(im, a, from);
    return !source.output && !source.heredoc && !source.other &&
           printed(im, a, source.field, source.n, &out->text);
}

/* COPY <<EOF PATH: one body, one path. */
static bool copied(const struct image *im, struct arena *a, node_id n, struct written *out)
{
    const struct tree *t = im->tree;
    node_id body = node_next(t, n, 0, NODE_REDIRECT), path = node_next(t, n, 0, NODE_WORD);

    if (!body || !path || node_next(t, n, body, NODE_REDIRECT) || node_next(t, n, path, NODE_WORD))
        return false;
    struct value v = image_value(im, a, path);
    out->path = v.text;
    return v.certainty == VALUE_KNOWN && body_text(t, a, body, &out->text);
}

/* Cheap to ask of every command. */
static bool may_write(const struct tree *t, node_id command)
{
    for (node_id r = node_first(t, command); r; r = node_sibling(t, r))
        if (node_kind(t, r) == NODE_REDIRECT && is_output(t, r))
            return true;
    return str_find(node_text(t, command), S("tee")) != STR_NONE;
}

/* { echo ...; echo ...; } > PATH: nothing inside but what prints. */
static bool grouped(const struct image *im, struct arena *a, node_id redirect, struct written *out)
{
    const struct tree *t = im->tree;
    node_id group = t->node[redirect].parent, word = node_next(t, redirect, 0, NODE_WORD);
    struct buf b = {.arena = a};

    if ((node_kind(t, group) != NODE_GROUP && node_kind(t, group) != NODE_SUBSHELL) || !word ||
        !is_output(t, redirect) || !str_starts(node_text(t, redirect), S(">")) ||
        node_in_branch(t, group) || node_after_or(t, group))
        return false;
    for (node_id n = group + 1; n < t->node[group].after; n++) {
        enum node_kind k = node_kind(t, n);
        struct str text;
        if (k == NODE_PIPELINE || k == NODE_IF || k == NODE_FOR || k == NODE_LOOP ||
            k == NODE_CASE || k == NODE_FUNCTION || (k == NODE_REDIRECT && n != redirect))
            return false;
        if (k != NODE_COMMAND || node_kind(t, t->node[n].parent) == NODE_SUBST)
            continue;
        struct writer c = command_at(im, a, n);
        if (node_after_or(t, n) || !printed(im, a, c.field, c.n, &text))
            return false;
        buf_fmt(&b, STR_FMT "\n", STR_ARG(text));
    }
    struct value file = image_value(im, a, word);
    *out = (struct written){
        .path = file.text, .text = buf_str(&b), .append = t->node[redirect].op == REDIR_APPEND};
    return file.certainty == VALUE_KNOWN;
}

bool written_read(const struct image *im, struct arena *a, node_id n, struct written *out)
{
    const struct tree *t = im->tree;

    *out = (struct written){.path = none, .text = none};
    if (node_kind(t, n) == NODE_INSTRUCTION)
        return copied(im, a, n, out);
    if (node_kind(t, n) == NODE_REDIRECT)
        return grouped(im, a, n, out);
    if (node_kind(t, n) != NODE_COMMAND || !may_write(t, n) || node_in_branch(t, n) ||
        node_after_or(t, n))
        return false;
    struct writer c = command_at(im, a, n);
    if (c.other)
        return false;
    if (is_program(&c, "tee"))
        return tee(im, a, n, &c, out) && out->path.n;
    node_id word = c.output ? node_next(t, c.output, 0, NODE_WORD) : 0;
    if (!word || node_kind(t, t->node[n].parent) == NODE_PIPELINE)
        return false;
    struct value file = image_value(im, a, word);
    out->path = file.text;
    out->append = (enum redirect)t->node[c.output].op == REDIR_APPEND;
    if (file.certainty != VALUE_KNOWN)
        return false;
    if (is_program(&c, "cat") && c.n == 1 && c.heredoc)
        return body_text(t, a, c.heredoc, &out->text);
    return !c.heredoc && printed(im, a, c.field, c.n, &out->text);
}
