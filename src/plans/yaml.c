/* yaml.c - YAML as people write it in compose files: blocks by indentation, flow, anchors and
 * aliases. Types are not told apart: a scalar is its text. */
#include "plans/plans.h"

enum { DEEP = 48, ANCHORS = 256 };

struct anchor {
    struct str name;
    const struct data *value;
};
struct yaml {
    struct arena *arena;
    struct str text;
    size_t at;       /* where the line behind the one in hand begins */
    struct str line; /* in hand, without its indentation and its comment */
    size_t indent;
    bool has;
    unsigned depth;
    VEC(struct anchor) anchor;
};

/* ---- lines ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* A quote begins where a value does; inside a word it is a letter like others. */
static bool may_begin(struct str line, size_t i)
{
    return i == 0 || is_blank(line.p[i - 1]) || str_chr(S("[{,:"), line.p[i - 1]) != STR_NONE;
}

static struct str without_comment(struct str line)
{
    char quote = 0;

    for (size_t i = 0; i < line.n; i++) {
        char c = line.p[i];
        if (quote && c == '\\' && quote == '"')
            i++;
        else if (quote)
            quote = c == quote ? 0 : quote;
        else if ((c == '"' || c == '\'') && may_begin(line, i))
            quote = c;
        else if (c == '#' && (i == 0 || is_blank(line.p[i - 1])))
            return str_sub(line, 0, i);
    }
    return line;
}

/* The line that begins at `at`; it ends before *end. */
static struct str raw_line(const struct yaml *y, size_t *end)
{
    struct str rest = str_from(y->text, y->at);
    ptrdiff_t nl = str_chr(rest, '\n');

    *end = nl == STR_NONE ? y->text.n : y->at + (size_t)nl + 1;
    return str_sub(y->text, y->at, *end);
}

static size_t indent_of(struct str line)
{
    size_t n = 0;

    while (n < line.n && line.p[n] == ' ')
        n++;
    return n;
}

/* To the next line that says something. */
static void advance(struct yaml *y)
{
    y->has = false;
    while (!y->has && y->at < y->text.n) {
        size_t end;
        struct str line = raw_line(y, &end);
        y->at = end;
        y->indent = indent_of(line);
        y->line = str_trim(without_comment(str_from(line, y->indent)));
        bool marks = str_starts(y->line, S("---")) || str_starts(y->line, S("%"));
        if (str_eq(y->line, S("...")))
            y->at = y->text.n;
        else
            y->has = y->line.n && !marks;
    }
}

static void skip_deeper(struct yaml *y, size_t indent)
{
    while (y->has && y->indent > indent)
        advance(y);
}

static bool is_item(struct str line)
{
    return str_eq(line, S("-")) || str_starts(line, S("- "));
}

/* ---- scalars ---- */

/* Past the quote that ends the string; what stands between. */
static struct str take_quoted(struct yaml *y, const char **p, const char *end)
{
    struct buf b = {.arena = y->arena};
    char quote = *(*p)++;

    for (; *p < end; ++*p) {
        bool more = *p + 1 < end;
        if (quote == '"' && **p == '\\' && more)
            ++*p;
        else if (quote == '\'' && **p == '\'' && more && (*p)[1] == '\'')
            ++*p;
        else if (**p == quote)
            break;
        buf_char(&b, **p);
    }
    *p += *p < end;
    return buf_str(&b);
}

static struct str scalar(struct yaml *y, struct str text)
{
    const char *p = text.p;

    return text.n && (text.p[0] == '"' || text.p[0] == '\'') ? take_quoted(y, &p, text.p + text.n)
                                                             : text;
}

/* `key: rest`, `"key": rest`, `key:` */
static bool take_key(struct yaml *y, struct str line, struct str *key, struct str *rest)
{
    const char *p = line.p, *end = line.p + line.n;

    if (!line.n || str_chr(S("[{#|>&*"), line.p[0]) != STR_NONE)
        return false;
    bool quoted = line.p[0] == '"' || line.p[0] == '\'';
    *key = quoted ? take_quoted(y, &p, end) : S("");
    while (p < end && !(*p == ':' && (p + 1 == end || is_blank(p[1])))) {
        if (quoted && !is_blank(*p))
            return false;
        p++;
    }
    if (p == end)
        return false;
    size_t n = (size_t)(p - line.p);
    *key = quoted ? *key : str_trim(str_sub(line, 0, n));
    *rest = str_trim(str_from(line, n + 1));
    return true;
}

static struct data *alias(struct yaml *y, struct str name)
{
    struct data *d = data_new(y->arena, DATA_UNKNOWN, S(""));

    for (size_t i = y->anchor.n; i-- > 0;)
        if (str_eq(y->anchor.v[i].name, name)) {
            *d = *y->anchor.v[i].value;
            d->next = NULL;
            break;
        }
    return d;
}

/* ---- flow ---- */

static void skip_space(const char **p, const char *end)
{
    while (*p < end && (is_blank(**p) || **p == '\n' || **p == '\r' || **p == '#')) {
        if (**p == '#')
            while (*p < end && **p != '\n')
                ++*p;
        else
            ++*p;
    }
}

static struct str take_plain(const char **p, const char *end)
{
    const char *from = *p;

    while (*p < end && str_chr(S(",]}\n"), **p) == STR_NONE &&
           !(**p == ':' && *p + 1 < end && (is_blank((*p)[1]) || (*p)[1] == '\n')))
        ++*p;
    return str_trim((struct str){from, (size_t)(*p - from)});
}

static struct data *flow(struct yaml *y, const char **p, const char *end);

static struct data *flow_within(struct yaml *y, const char **p, const char *end)
{
    bool map = **p == '{';
    struct data *d = data_new(y->arena, map ? DATA_MAP : DATA_LIST, S("")), *v;

    for (++*p; skip_space(p, end), *p < end && **p != '}' && **p != ']';) {
        if (**p == ',') {
            ++*p;
            continue;
        }
        v = flow(y, p, end);
        skip_space(p, end);
        if (*p < end && **p == ':') {
            struct str key = v->text;
            ++*p;
            skip_space(p, end);
            v = *p < end && str_chr(S(",]}"), **p) == STR_NONE
                    ? flow(y, p, end)
                    : data_new(y->arena, DATA_TEXT, S(""));
            data_put(d, key, v);
        } else {
            data_put(d, S(""), v);
        }
    }
    *p += *p < end;
    return d;
}

static struct data *flow(struct yaml *y, const char **p, const char *end)
{
    const char *from = *p;
    struct data *d;

    if (y->depth == DEEP) {
        *p = end;
        return data_new(y->arena, DATA_UNKNOWN, S(""));
    }
    y->depth++;
    if (**p == '[' || **p == '{')
        d = flow_within(y, p, end);
    else if (**p == '"' || **p == '\'')
        d = data_new(y->arena, DATA_TEXT, take_quoted(y, p, end));
    else if (**p == '*')
        d = alias(y, str_from(take_plain(p, end), 1));
    else
        d = data_new(y->arena, DATA_TEXT, take_plain(p, end));
    *p += *p == from && *p < end; /* `]` alone */
    y->depth--;
    return d;
}

/* ---- blocks ---- */

static struct data *block(struct yaml *y);

/* `|` and `>`: all lines that stand deeper. */
static struct data *block_scalar(struct yaml *y, size_t indent)
{
    size_t from = y->at, end;

    while (y->at < y->text.n) {
        struct str line = raw_line(y, &end);
        if (str_trim(line).n && indent_of(line) <= indent)
            break;
        y->at = end;
    }
    struct data *d = data_new(y->arena, DATA_TEXT, str_sub(y->text, from, y->at));
    advance(y);
    return d;
}

/* What stands behind a key or `-` of that indentation, on its line or below. */
static struct data *value_of(struct yaml *y, struct str rest, size_t indent, bool in_map)
{
    struct str anchor = S(""), word;
    struct data *d;

    while (rest.n && (rest.p[0] == '&' || rest.p[0] == '!')) {
        bool names = rest.p[0] == '&';
        str_cut(&rest, ' ', &word);
        anchor = names ? str_from(word, 1) : anchor;
        rest = str_trim(rest);
    }
    if (!rest.n) {
        advance(y);
        bool deeper =
            y->has && (y->indent > indent || (in_map && y->indent == indent && is_item(y->line)));
        d = deeper ? block(y) : data_new(y->arena, DATA_TEXT, S(""));
    } else if (rest.p[0] == '|' || rest.p[0] == '>') {
        d = block_scalar(y, indent);
    } else if (rest.p[0] == '[' || rest.p[0] == '{') {
        const char *p = rest.p, *end = y->text.p + y->text.n;
        d = flow(y, &p, end);
        while (p < end && p[-1] != '\n')
            p++;
        y->at = (size_t)(p - y->text.p);
        advance(y);
    } else {
        d = rest.p[0] == '*' ? alias(y, str_from(rest, 1))
                             : data_new(y->arena, DATA_TEXT, scalar(y, rest));
        advance(y);
        skip_deeper(y, indent); /* of a text that goes on only the first line counts */
    }
    if (anchor.n && y->anchor.n < ANCHORS)
        vec_push(y->arena, &y->anchor, ((struct anchor){anchor, d}));
    return d;
}

static struct data *map(struct yaml *y, size_t indent)
{
    struct data *d = data_new(y->arena, DATA_MAP, S(""));
    struct str key, rest;

    while (y->has && y->indent == indent && !is_item(y->line)) {
        if (take_key(y, y->line, &key, &rest))
            data_put(d, key, value_of(y, rest, indent, true));
        else
            advance(y);
        skip_deeper(y, indent);
    }
    return d;
}

static struct data *list(struct yaml *y, size_t indent)
{
    struct data *d = data_new(y->arena, DATA_LIST, S(""));
    struct str key, rest;

    while (y->has && y->indent == indent && is_item(y->line)) {
        struct str item = str_from(y->line, 1);
        size_t blanks = 1;
        while (item.n && is_blank(item.p[0])) {
            item = str_from(item, 1);
            blanks++;
        }
        if (is_item(item) || take_key(y, item, &key, &rest)) {
            y->line = item;
            y->indent = indent + blanks;
            data_put(d, S(""), block(y));
        } else {
            data_put(d, S(""), value_of(y, item, indent, false));
        }
        skip_deeper(y, indent);
    }
    return d;
}

static struct data *block(struct yaml *y)
{
    struct str key, rest;
    size_t indent = y->indent;
    struct data *d;

    if (y->depth == DEEP) {
        advance(y);
        return data_new(y->arena, DATA_UNKNOWN, S(""));
    }
    y->depth++;
    if (is_item(y->line))
        d = list(y, indent);
    else if (take_key(y, y->line, &key, &rest))
        d = map(y, indent);
    else
        d = value_of(y, y->line, indent ? indent - 1 : 0, false);
    y->depth--;
    return d;
}

const struct data *data_of_yaml(struct arena *a, struct str text)
{
    struct yaml y = {.arena = a, .text = text, .line = S("")};

    if (str_starts(text, S("\xef\xbb\xbf")))
        y.at = 3;
    advance(&y);
    return y.has ? block(&y) : data_new(a, DATA_UNKNOWN, S(""));
}
