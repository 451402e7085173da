/* hcl.c - HCL as bake files are written in it: blocks, attributes, texts, lists, objects. What
 * would have to be worked out (functions, conditions, `for`) is not known; a text keeps its
 * `${NAME}`. */
#include "plans/plans.h"

enum { DEEP = 48 };

struct hcl {
    struct arena *arena;
    const char *p, *end;
    unsigned depth;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool at_comment(const struct hcl *h)
{
    return h->p < h->end && (*h->p == '#' || (*h->p == '/' && h->p + 1 < h->end && h->p[1] == '/'));
}

static void skip_comment(struct hcl *h)
{
    while (h->p < h->end && *h->p != '\n')
        h->p++;
}

/* Blanks and comments; line ends, too, where `lines`. */
static void skip(struct hcl *h, bool lines)
{
    while (h->p < h->end) {
        bool long_comment = *h->p == '/' && h->p + 1 < h->end && h->p[1] == '*';
        if (is_blank(*h->p) || (lines && *h->p == '\n')) {
            h->p++;
        } else if (at_comment(h)) {
            skip_comment(h);
        } else if (long_comment) {
            struct str rest = {h->p + 2, (size_t)(h->end - h->p - 2)};
            ptrdiff_t at = str_find(rest, S("*/"));
            h->p = at == STR_NONE ? h->end : rest.p + at + 2;
        } else {
            break;
        }
    }
}

static struct str take_name(struct hcl *h)
{
    const char *from = h->p;

    while (h->p < h->end && (char_is_of_name(*h->p) || *h->p == '-' || *h->p == '.'))
        h->p++;
    return (struct str){from, (size_t)(h->p - from)};
}

/* Past the quote that ends the string that begins here; `${...}` may hold quotes of its own. */
static struct str take_quoted(struct hcl *h)
{
    struct buf b = {.arena = h->arena};
    unsigned braces = 0;

    for (h->p++; h->p < h->end && (braces || *h->p != '"') && *h->p != '\n'; h->p++) {
        bool more = h->p + 1 < h->end;
        if (*h->p == '\\' && more)
            h->p++;
        else if (*h->p == '$' && more && h->p[1] == '{')
            braces++;
        else if (braces && *h->p == '}')
            braces--;
        buf_char(&b, *h->p);
    }
    h->p += h->p < h->end;
    return buf_str(&b);
}

/* What is left of an expression that is not understood. */
static void skip_expression(struct hcl *h)
{
    unsigned open = 0;

    while (h->p < h->end) {
        char c = *h->p;
        if (!open && (c == '\n' || c == ',' || c == ']' || c == '}'))
            return;
        if (c == '"') {
            take_quoted(h);
            continue;
        }
        open += c == '(' || c == '[' || c == '{';
        open -= open && (c == ')' || c == ']' || c == '}');
        h->p++;
    }
}

static struct data *expression(struct hcl *h);

static struct data *list(struct hcl *h)
{
    struct data *d = data_new(h->arena, DATA_LIST, S(""));

    for (h->p++; skip(h, true), h->p < h->end && *h->p != ']';) {
        const char *from = h->p;
        if (*h->p == ',')
            h->p++;
        else
            data_put(d, S(""), expression(h));
        h->p += h->p == from;
    }
    h->p += h->p < h->end;
    return d;
}

static struct data *object(struct hcl *h)
{
    struct data *d = data_new(h->arena, DATA_MAP, S(""));

    for (h->p++; skip(h, true), h->p < h->end && *h->p != '}';) {
        const char *from = h->p;
        struct str key = *h->p == '"' ? take_quoted(h) : take_name(h);
        skip(h, false);
        if (h->p < h->end && (*h->p == '=' || *h->p == ':')) {
            h->p++;
            data_put(d, key, expression(h));
        }
        skip(h, true);
        h->p += h->p < h->end && *h->p == ',';
        h->p += h->p == from;
    }
    h->p += h->p < h->end;
    return d;
}

static struct data *primary(struct hcl *h)
{
    if (*h->p == '"')
        return data_new(h->arena, DATA_TEXT, take_quoted(h));
    if (*h->p == '[')
        return list(h);
    if (*h->p == '{')
        return object(h);
    struct str word = take_name(h);
    bool plain =
        word_is_one_of(word, "true false") || (word.n && word.p[0] >= '0' && word.p[0] <= '9');
    if (plain)
        return data_new(h->arena, DATA_TEXT, word);
    return word.n
               ? data_new(h->arena, DATA_TEXT, str_fmt(h->arena, "${" STR_FMT "}", STR_ARG(word)))
               : data_new(h->arena, DATA_UNKNOWN, S(""));
}

static struct data *expression(struct hcl *h)
{
    struct data *d = data_new(h->arena, DATA_UNKNOWN, S(""));

    skip(h, false);
    if (h->p < h->end && h->depth < DEEP) {
        h->depth++;
        d = primary(h);
        h->depth--;
    }
    skip(h, false);
    if (h->p < h->end && str_chr(S("\n,]}"), *h->p) == STR_NONE) {
        skip_expression(h);
        d = data_new(h->arena, DATA_UNKNOWN, S(""));
    }
    return d;
}

/* The map of that name, which blocks with a label go into. */
static struct data *map_called(struct hcl *h, struct data *in, struct str name)
{
    for (struct data *d = in->first; d; d = d->next)
        if (d->kind == DATA_MAP && str_eq(d->key, name))
            return d;
    data_put(in, name, data_new(h->arena, DATA_MAP, S("")));
    return in->last;
}

static void body(struct hcl *h, struct data *in);

static void statement(struct hcl *h, struct data *in)
{
    struct str name = take_name(h), label = S("");

    skip(h, false);
    if (h->p < h->end && *h->p == '=') {
        h->p++;
        data_put(in, name, expression(h));
        return;
    }
    while (h->p < h->end && (*h->p == '"' || char_is_of_name(*h->p))) {
        label = *h->p == '"' ? take_quoted(h) : take_name(h);
        skip(h, false);
    }
    if (h->p == h->end || *h->p != '{' || h->depth == DEEP) {
        skip_comment(h);
        return;
    }
    struct data *d = data_new(h->arena, DATA_MAP, S(""));
    h->p++;
    h->depth++;
    body(h, d);
    h->depth--;
    bool of_map = label.n && word_is_one_of(name, "target variable");
    data_put(of_map ? map_called(h, in, name) : in, of_map ? label : name, d);
}

static void body(struct hcl *h, struct data *in)
{
    while (skip(h, true), h->p < h->end && *h->p != '}') {
        if (char_is_of_name(*h->p))
            statement(h, in);
        else
            h->p++;
    }
    h->p += h->p < h->end;
}

const struct data *data_of_hcl(struct arena *a, struct str text)
{
    struct hcl h = {.arena = a, .p = text.p, .end = text.p + text.n};
    struct data *d = data_new(a, DATA_MAP, S(""));

    while (h.p < h.end)
        body(&h, d);
    return d;
}
