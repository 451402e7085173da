/* A reader of the part of TOML that containers' files use, into the tree that YAML gives too. */
#include "config/toml_tree.h"

#include <string.h>

enum { DEPTH_MAX = 16, NODES_MAX = 100 * 1000 };

struct reader {
    struct arena *arena;
    const char *name;
    struct str text;
    size_t at, line_start;
    unsigned line;
    size_t nodes;
    struct err *err;
};

static bool fail(struct reader *r, const char *why)
{
    return err_set(r->err, "%s:%u:%zu: %s", r->name, r->line, r->at - r->line_start + 1, why);
}

static char peek(const struct reader *r)
{
    return r->at < r->text.n ? r->text.p[r->at] : '\0';
}

static bool take(struct reader *r, char c)
{
    if (r->at >= r->text.n || r->text.p[r->at] != c)
        return false;
    r->at++;
    return true;
}

static void skip_blanks(struct reader *r)
{
    while (peek(r) == ' ' || peek(r) == '\t')
        r->at++;
}

/* Blanks, a comment, one line end; false: something else stands there. */
static bool end_line(struct reader *r)
{
    skip_blanks(r);
    if (peek(r) == '#')
        while (r->at < r->text.n && peek(r) != '\n')
            r->at++;
    take(r, '\r');
    if (r->at == r->text.n)
        return true;
    if (!take(r, '\n'))
        return fail(r, "expected the end of the line");
    r->line++;
    r->line_start = r->at;
    return true;
}

/* Blanks, comments and lines, as they may stand in arrays. */
static bool skip_lines(struct reader *r)
{
    for (;;) {
        skip_blanks(r);
        if (peek(r) != '#' && peek(r) != '\n' && peek(r) != '\r')
            return true;
        if (!end_line(r))
            return false;
        if (r->at == r->text.n)
            return fail(r, "the file ends in the middle of a value");
    }
}

static struct yaml_node *node_new(struct reader *r, enum yaml_kind kind)
{
    struct yaml_node *n = arena_new(r->arena, struct yaml_node, 1);
    n->kind = kind;
    n->line = r->line;
    n->column = (unsigned)(r->at - r->line_start + 1);
    n->text = S("");
    r->nodes++;
    return n;
}

static void add_item(struct reader *r, struct yaml_node *list, struct yaml_node *item)
{
    struct yaml_node **v = arena_new(r->arena, struct yaml_node *, list->n + 1);
    if (list->n)
        memcpy(v, list->item, list->n * sizeof(struct yaml_node *));
    v[list->n++] = item;
    list->item = v;
}

static struct yaml_node *find(const struct yaml_node *map, struct str key)
{
    for (size_t i = 0; i < map->n; i++)
        if (str_eq(map->pair[i].key->text, key))
            return map->pair[i].value;
    return NULL;
}

static void add_pair(struct reader *r, struct yaml_node *map, struct yaml_node *key,
                     struct yaml_node *value)
{
    struct yaml_pair *v = arena_new(r->arena, struct yaml_pair, map->n + 1);
    if (map->n)
        memcpy(v, map->pair, map->n * sizeof(*v));
    v[map->n++] = (struct yaml_pair){key, value};
    map->pair = v;
}

/* ---- strings and keys ---- */

static bool read_escape(struct reader *r, struct buf *out)
{
    static const char from[] = "\"\\bfnrt", to[] = "\"\\\b\f\n\r\t";
    const char *at = peek(r) ? strchr(from, peek(r)) : NULL;
    if (!at)
        return fail(r, "unsupported escape");
    buf_char(out, to[at - from]);
    r->at++;
    return true;
}

/* "basic" or 'literal', on one line. */
static bool read_string(struct reader *r, struct str *out)
{
    struct buf b = {.arena = r->arena};
    char quote = peek(r);
    r->at++;
    if (peek(r) == quote && r->at + 1 < r->text.n && r->text.p[r->at + 1] == quote)
        return fail(r, "multi-line strings are not supported");
    while (!take(r, quote)) {
        if (r->at == r->text.n || peek(r) == '\n')
            return fail(r, "unterminated string");
        if (quote == '"' && take(r, '\\')) {
            if (!read_escape(r, &b))
                return false;
        } else {
            buf_char(&b, r->text.p[r->at++]);
        }
    }
    *out = str_dup(r->arena, buf_str(&b));
    return true;
}

static bool is_bare(char c)
{
    return char_is_of_name(c) || c == '-';
}

static bool read_key(struct reader *r, struct yaml_node **out)
{
    *out = node_new(r, YAML_TEXT);
    if (peek(r) == '"' || peek(r) == '\'')
        return read_string(r, &(*out)->text);
    size_t start = r->at;
    while (is_bare(peek(r)))
        r->at++;
    (*out)->text = str_dup(r->arena, str_sub(r->text, start, r->at));
    return r->at > start || fail(r, "expected a key");
}

/* ---- values ---- */

static bool read_value(struct reader *r, unsigned depth, struct yaml_node **out);

static bool read_array(struct reader *r, unsigned depth, struct yaml_node *list)
{
    take(r, '[');
    for (;;) {
        struct yaml_node *item;
        if (!skip_lines(r))
            return false;
        if (take(r, ']'))
            return true;
        if (list->n && !take(r, ','))
            return fail(r, "expected a comma or `]`");
        if (!skip_lines(r))
            return false;
        if (take(r, ']'))
            return true;
        if (!read_value(r, depth + 1, &item))
            return false;
        add_item(r, list, item);
    }
}

static bool step_into(struct reader *r, struct yaml_node *key, bool append,
                      struct yaml_node **table);

static bool read_assignment(struct reader *r, unsigned depth, struct yaml_node *map)
{
    struct yaml_node *key, *value;
    if (!read_key(r, &key))
        return false;
    skip_blanks(r);
    for (; take(r, '.'); depth++, skip_blanks(r)) {
        if (depth > DEPTH_MAX)
            return fail(r, "too deep, or too much");
        skip_blanks(r);
        if (!step_into(r, key, false, &map) || !read_key(r, &key))
            return false;
    }
    if (!take(r, '='))
        return fail(r, "expected `=`");
    skip_blanks(r);
    if (find(map, key->text))
        return err_set(r->err, "%s:%u:%u: duplicate key", r->name, key->line, key->column);
    if (!read_value(r, depth, &value))
        return false;
    add_pair(r, map, key, value);
    return true;
}

static bool read_inline_table(struct reader *r, unsigned depth, struct yaml_node *map)
{
    take(r, '{');
    skip_blanks(r);
    if (take(r, '}'))
        return true;
    do {
        skip_blanks(r);
        if (!read_assignment(r, depth + 1, map))
            return false;
        skip_blanks(r);
    } while (take(r, ','));
    return take(r, '}') || fail(r, "expected a comma or `}`");
}

/* true, false, a number: as text. */
static bool read_plain(struct reader *r, struct yaml_node *n)
{
    size_t start = r->at;
    while (is_bare(peek(r)) || peek(r) == '.' || peek(r) == '+' || peek(r) == ':')
        r->at++;
    n->text = str_dup(r->arena, str_sub(r->text, start, r->at));
    n->plain = true;
    return n->text.n || fail(r, "expected a value");
}

static bool read_value(struct reader *r, unsigned depth, struct yaml_node **out)
{
    if (depth > DEPTH_MAX || r->nodes > NODES_MAX)
        return fail(r, "too deep, or too much");
    char c = peek(r);
    *out = node_new(r, c == '[' ? YAML_LIST : c == '{' ? YAML_MAP : YAML_TEXT);
    if (c == '[')
        return read_array(r, depth, *out);
    if (c == '{')
        return read_inline_table(r, depth, *out);
    if (c == '"' || c == '\'')
        return read_string(r, &(*out)->text);
    return read_plain(r, *out);
}

/* ---- headers ---- */

static struct yaml_node *node_at(struct reader *r, enum yaml_kind kind, const struct yaml_node *key)
{
    struct yaml_node *n = node_new(r, kind);
    n->line = key->line;
    n->column = key->column;
    return n;
}

/* One step of [a.b] or [[a.b]] down from *table: into a table of that name, or the last one of
 * an array of them, made when there is none. */
static bool step_into(struct reader *r, struct yaml_node *key, bool append,
                      struct yaml_node **table)
{
    struct yaml_node *there = find(*table, key->text);
    if (!there) {
        there = node_at(r, append ? YAML_LIST : YAML_MAP, key);
        add_pair(r, *table, key, there);
    }
    if (append) {
        if (there->kind != YAML_LIST)
            return fail(r, "this name is already used for something else");
        add_item(r, there, node_at(r, YAML_MAP, key));
    }
    if (there->kind == YAML_LIST && there->n)
        there = there->item[there->n - 1];
    *table = there;
    return there->kind == YAML_MAP || fail(r, "this name is already used for something else");
}

static bool read_header(struct reader *r, struct yaml_node *root, struct yaml_node **table)
{
    bool array = take(r, '[') && take(r, '[');
    *table = root;
    for (unsigned depth = 0;; depth++) {
        struct yaml_node *key;
        skip_blanks(r);
        if (depth > DEPTH_MAX || r->nodes > NODES_MAX)
            return fail(r, "too deep, or too much");
        if (!read_key(r, &key))
            return false;
        skip_blanks(r);
        bool last = !take(r, '.');
        if (!step_into(r, key, array && last, table))
            return false;
        if (last)
            break;
    }
    if (!take(r, ']') || (array && !take(r, ']')))
        return fail(r, "expected `]`");
    return end_line(r);
}

bool toml_parse(struct arena *a, const char *name, struct str text, struct yaml_node **root,
                struct err *e)
{
    struct reader r = {.arena = a, .name = name, .text = text, .line = 1, .err = e};
    struct yaml_node *table = *root = node_new(&r, YAML_MAP);

    if (str_starts(text, S("\xef\xbb\xbf")))
        r.at = r.line_start = 3;
    while (r.at < text.n) {
        skip_blanks(&r);
        char c = peek(&r);
        if (c == '#' || c == '\n' || c == '\r' || r.at == text.n) {
            if (!end_line(&r))
                return false;
        } else if (c == '[') {
            if (!read_header(&r, *root, &table))
                return false;
        } else if (r.nodes > NODES_MAX) {
            return fail(&r, "too much");
        } else if (!read_assignment(&r, 0, table) || !end_line(&r)) {
            return false;
        }
    }
    return true;
}

const struct yaml_node *toml_get(const struct yaml_node *map, const char *key)
{
    return map->kind == YAML_MAP ? find(map, str_of(key)) : NULL;
}
