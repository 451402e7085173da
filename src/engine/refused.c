/* Files that are told of and never changed: those that BuildKit refuses (a change cannot be tried
 * out there), templates, and those that say that they are generated. */
#include "lines.h"

#include <string.h>

static unsigned line_of(const struct tree *t, uint32_t at)
{
    return text_place(t->text, at).line;
}

/* ---- what BuildKit refuses ---- */

/* A shell's own text is the shell's to refuse, when the image is built. */
static bool is_in_shell(const struct tree *t, node_id n)
{
    for (n = t->node[n].parent; n; n = t->node[n].parent)
        if (node_kind(t, n) == NODE_SHELL)
            return true;
    return false;
}

static struct str why_error(struct arena *a, const struct tree *t, struct span *at)
{
    for (node_id n = 1; t->nerror && n < t->nnode; n++) {
        if (node_kind(t, n) != NODE_ERROR || is_in_shell(t, n))
            continue;
        *at = node_span(t, n);
        return str_fmt(a, "BuildKit refuses this file (line %u: %s)", line_of(t, at->start),
                       syntax_error_text((enum syntax_error)t->node[n].op));
    }
    return S("");
}

static struct str why_base(struct arena *a, const struct image *im, struct span *at)
{
    for (size_t i = 0; i < im->nstage; i++) {
        const struct stage *s = &im->stage[i];
        struct reference r;
        if (s->base != BASE_IMAGE || s->reference.certainty != VALUE_KNOWN ||
            reference_parse(s->reference.text, &r))
            continue;
        *at = node_span(im->tree, s->image);
        return str_fmt(a, "BuildKit refuses this file (line %u: " STR_FMT " is not an image name)",
                       line_of(im->tree, at->start), STR_ARG(s->reference.text));
    }
    return S("");
}

/* ---- templates ---- */

/* @VERSION@, as autoconf and CMake fill in. */
static bool has_at_name(struct str s)
{
    ptrdiff_t next = str_chr(s, '@');

    for (size_t i = 0; next != STR_NONE; next = str_chr(str_from(s, i), '@')) {
        i += (size_t)next;
        size_t k = i + 1;
        while (k < s.n && ((s.p[k] >= 'A' && s.p[k] <= 'Z') || s.p[k] == '_' ||
                           (k > i + 1 && s.p[k] >= '0' && s.p[k] <= '9')))
            k++;
        if (k > i + 2 && k < s.n && s.p[k] == '@')
            return true;
        i++;
    }
    return false;
}

static bool has_mark(struct str s)
{
    static const char *const marks[] = {"{{", "{%", "<%", "%%"};

    if (str_chr(s, '{') == STR_NONE && str_chr(s, '%') == STR_NONE)
        return false;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (str_find(s, str_of(marks[i])) != STR_NONE)
            return true;
    return false;
}

static bool is_template(struct str s)
{
    return s.n && s.p[0] != '"' && s.p[0] != '\'' && (has_mark(s) || has_at_name(s));
}

/* As an argument of these, no such text means anything to BuildKit. */
static bool is_plain_argument(const struct tree *t, node_id n)
{
    node_id own = node_outermost(t, n);

    if (node_kind(t, own) != NODE_INSTRUCTION)
        return false;
    switch (node_instruction(t, own)) {
    case INST_FROM:
    case INST_ARG:
    case INST_ENV:
    case INST_COPY:
    case INST_ADD:
    case INST_USER:
    case INST_WORKDIR:
    case INST_EXPOSE:
    case INST_VOLUME:
        return !is_in_shell(t, n) && !node_up(t, n, NODE_HEREDOC);
    default:
        return false;
    }
}

/* `{{ x }}` unquoted is no word that a command gets; `{{.x}}` is, docker's --format. */
static bool is_template_word(struct str s)
{
    return str_starts(s, S("{%")) ||
           (str_starts(s, S("{{")) && (s.n == 2 || (s.p[2] != '.' && s.p[2] != '{')));
}

static struct str why_template(struct arena *a, const struct tree *t, struct span *at)
{
    if (!has_mark(t->text) && !has_at_name(t->text))
        return S("");
    for (node_id n = 1; n < t->nnode; n++) {
        enum node_kind k = node_kind(t, n), parent = node_kind(t, t->node[n].parent);
        bool plain = (k == NODE_WORD || k == NODE_IMAGE || k == NODE_ALIAS || k == NODE_NAME) &&
                     is_template(node_text(t, n)) && is_plain_argument(t, n);
        bool word = k == NODE_WORD && parent == NODE_COMMAND && is_template_word(node_text(t, n));
        if (!plain && !word)
            continue;
        *at = node_span(t, n);
        return str_fmt(a, "it is a template (line %u: " STR_FMT ")", line_of(t, at->start),
                       STR_ARG(node_text(t, n)));
    }
    return S("");
}

/* ---- generated files ---- */

/* `what` is in small letters. */
static bool says(struct str text, const char *what)
{
    size_t n = strlen(what);
    char small = what[0], large = small >= 'a' && small <= 'z' ? (char)(small - 'a' + 'A') : small;

    for (size_t i = 0; i + n <= text.n; i++)
        if ((text.p[i] == small || text.p[i] == large) &&
            str_ieq(str_sub(text, i, i + n), str_of(what)))
            return true;
    return false;
}

static bool says_any(struct str text, const char *const *list)
{
    for (; *list; list++)
        if (says(text, *list))
            return true;
    return false;
}

static bool says_generated(struct str comment)
{
    static const char *const clear[] = {"do not edit",
                                        "don't edit",
                                        "do not modify",
                                        "don't modify",
                                        "do not manually edit",
                                        "edit this file directly",
                                        "do not change this file",
                                        "code generated by",
                                        "@generated",
                                        "automatically generated",
                                        "auto-generated",
                                        "autogenerated",
                                        "auto generated",
                                        "generated automatically",
                                        NULL};
    static const char *const made[] = {"is generated",   "was generated", "been generated",
                                       "generated from", "generated by",  NULL};
    static const char *const what[] = {"this file", "dockerfile", "containerfile", NULL};
    static const char *const any[] = {"generated", "edit", "modify", "change this file", NULL};

    if (!says_any(comment, any)) /* each of those above holds one of these */
        return false;
    return says_any(comment, clear) || (says_any(comment, made) && says_any(comment, what));
}

/* Only above the first instruction does a comment speak of the whole file. */
static struct str why_generated(struct arena *a, const struct tree *t, struct span *at)
{
    for (uint32_t i = 0; i < t->ntok; i++) {
        enum token_kind k = token_kind(t, i);
        if (k != TOK_COMMENT && k != TOK_DIRECTIVE && !token_is_trivia(t, i))
            break;
        *at = token_span(t, i);
        if (k == TOK_COMMENT && says_generated(str_sub(t->text, at->start, at->end)))
            return str_fmt(a, "it is a generated file (line %u); change its source instead",
                           line_of(t, at->start));
    }
    return S("");
}

struct str file_refused(struct arena *a, const struct image *im, struct span *at,
                        enum severity *severity)
{
    struct str why = why_template(a, im->tree, at);

    *severity = SEVERITY_INFO;
    if (why.n)
        return why;
    why = why_error(a, im->tree, at);
    if (!why.n)
        why = why_base(a, im, at);
    if (!why.n)
        return why_generated(a, im->tree, at);
    *severity = SEVERITY_ERROR; /* nobody can build it */
    return why;
}
