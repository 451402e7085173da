/* edit.c - accepted risks written into their file: entries behind those that are there, a new end
 * in place of an old one. Nothing else of the file changes, and what comes out is read again before
 * it is handed on. */
#include "accept/accept.h"

#include <stdlib.h>

#include "config/config.h"
#include "config/yaml_tree.h"

/* ---- values ---- */

static bool is_plain_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("-._/+", c));
}

static bool is_plain(struct str s)
{
    bool letter = false;

    for (size_t i = 0; i < s.n; i++) {
        letter |= is_plain_byte(s.p[i]) && !strchr("-._/+0123456789", s.p[i]);
        if (!is_plain_byte(s.p[i]))
            return false;
    }
    /* A day is a text to all who read YAML as dfix does. */
    return s.n && s.p[0] != '-' && s.p[0] != '.' && (letter || s.n == 10) &&
           !word_is_one_of(s, "true false yes no on off null y n True False Null");
}

/* One line: what would break it becomes a blank. */
static void add_value(struct buf *b, struct str s)
{
    if (is_plain(s)) {
        buf_add(b, s);
        return;
    }
    buf_char(b, '\'');
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        buf_add(b, c == '\'' ? S("''") : c < ' ' || c == 127 ? S(" ") : str_sub(s, i, i + 1));
    }
    buf_char(b, '\'');
}

/* As the first of its lines ends. */
static const char *line_end(struct str text)
{
    ptrdiff_t at = str_chr(text, '\n');

    return at > 0 && text.p[at - 1] == '\r' ? "\r\n" : "\n";
}

static void add_entry(struct buf *b, struct str indent, const char *end, const struct acceptance *x)
{
    const struct {
        const char *key;
        struct str value;
    } field[] = {{"id", x->id},          {"package", x->package}, {"version", x->version},
                 {"where", x->where},    {"status", x->status},   {"impact", x->impact},
                 {"reason", x->reason},  {"owner", x->owner},     {"decided", x->decided},
                 {"expires", x->expires}};
    const char *mark = "- ";

    for (size_t i = 0; i < sizeof(field) / sizeof(field[0]); i++) {
        if (!field[i].value.n)
            continue;
        buf_fmt(b, STR_FMT "%s%s: ", STR_ARG(indent), mark, field[i].key);
        add_value(b, field[i].value);
        buf_add(b, str_of(end));
        mark = "  ";
    }
}

/* ---- the list in a text ---- */

struct place {
    const struct yaml_node *list; /* NULL: there is none, or it is empty */
    struct str indent;            /* of its entries */
};

static const struct yaml_node *value_of(const struct yaml_node *map, const char *key)
{
    for (size_t i = 0; map && map->kind == YAML_MAP && i < map->n; i++)
        if (str_eq(map->pair[i].key->text, str_of(key)))
            return map->pair[i].value;
    return NULL;
}

/* Where a line and a column, in characters, lie. */
static size_t offset_of(struct str text, unsigned line, unsigned column)
{
    size_t at = 0;

    for (unsigned i = 1; i < line && at < text.n; at++)
        i += text.p[at] == '\n';
    for (unsigned i = 1; i < column && at < text.n; i++)
        do
            at++;
        while (at < text.n && ((unsigned char)text.p[at] & 0xc0) == 0x80);
    return at;
}

/* The front of the line that an offset lies in. */
static struct str front_of(struct str text, size_t at)
{
    size_t start = at;

    while (start > 0 && text.p[start - 1] != '\n')
        start--;
    return str_sub(text, start, at);
}

static bool is_blank(struct str s)
{
    return str_trim(s).n == 0;
}

/* An entry of a list written by lines: "  - " and then its first key. */
static bool entry_indent(struct str text, const struct yaml_node *entry, struct str *indent)
{
    struct str front = front_of(text, offset_of(text, entry->line, entry->column));
    ptrdiff_t dash = str_rchr(front, '-');

    if (entry->kind != YAML_MAP || dash == STR_NONE || !is_blank(str_sub(front, 0, (size_t)dash)) ||
        !is_blank(str_from(front, (size_t)dash + 1)))
        return false;
    *indent = str_sub(front, 0, (size_t)dash);
    return true;
}

static bool find_list(struct arena *a, const char *name, struct str text, struct place *out,
                      struct err *e)
{
    struct yaml_node *root;

    *out = (struct place){.indent = S("  ")};
    if (!yaml_parse(a, name, text, &root, e))
        return false;
    const struct yaml_node *list = value_of(root, "accept");
    if (root && (root->kind != YAML_MAP || root->n != 1 || !list))
        return err_set(e, "%s: it is to have the key `accept` and no other", name);
    if (!list || yaml_is_empty(list))
        return true;
    out->list = list;
    if (list->kind == YAML_LIST && list->n && entry_indent(text, list->item[0], &out->indent))
        return true;
    return err_set(e, "%s: dfix adds to a list that has a line for each entry (`- id: …`) only",
                   name);
}

/* ---- what comes out is what was meant ---- */

static bool read_back(struct arena *a, const char *name, struct str text, struct config *into,
                      struct err *e)
{
    struct policy_file p = {.path = name, .bytes = text.n};

    *into = (struct config){.settings = {.docs = S("")}};
    return yaml_parse(a, name, text, &p.root, e) &&
           config_apply_accept(a, &p, false, (struct config_rules){NULL, 0}, into, e);
}

static bool is_same(const struct acceptance *x, const struct acceptance *y, bool but_days)
{
    return str_eq(x->id, y->id) && str_eq(x->package, y->package) &&
           str_eq(x->version, y->version) && str_eq(x->where, y->where) &&
           str_eq(x->reason, y->reason) && str_eq(x->owner, y->owner) &&
           str_eq(x->status, y->status) && str_eq(x->impact, y->impact) &&
           (but_days || (str_eq(x->decided, y->decided) && str_eq(x->expires, y->expires)));
}

/* The old text's entries, in order, are the first of the new one's. */
static bool keeps(struct arena *a, const char *name, struct str old, struct str new, bool but_days,
                  size_t *more, struct err *e)
{
    struct config before, after;

    if (!read_back(a, name, old, &before, e) || !read_back(a, name, new, &after, e))
        return false;
    const struct settings *x = &before.settings, *y = &after.settings;
    bool good = y->naccept >= x->naccept;
    for (size_t i = 0; good && i < x->naccept; i++)
        good = is_same(&x->accept[i], &y->accept[i], but_days);
    *more = y->naccept - x->naccept;
    return good || err_set(e, "%s: not changed: its form is none that dfix can add to", name);
}

bool accept_add(struct arena *a, const char *name, struct str text, const struct acceptance *v,
                size_t n, struct str *out, struct err *e)
{
    struct buf b = {.arena = a};
    const char *end = line_end(text);
    struct place at;
    size_t more;

    if (!find_list(a, name, text, &at, e))
        return false;
    buf_add(&b, text);
    if (text.n && text.p[text.n - 1] != '\n')
        buf_add(&b, str_of(end));
    if (!text.n)
        buf_add(&b,
                S("# Risks that somebody takes, and until when; `dfix accept list` shows them.\n"));
    if (!at.list && str_find(text, S("accept:")) == STR_NONE)
        buf_fmt(&b, "accept:%s", end);
    for (size_t i = 0; i < n; i++)
        add_entry(&b, at.indent, end, &v[i]);
    *out = buf_str(&b);
    if (!keeps(a, name, text, *out, false, &more, e))
        return false;
    return more == n || err_set(e, "%s: not changed: its form is none that dfix can add to", name);
}

/* ---- renewal ---- */

struct change {
    size_t at, drop;
    struct str text;
};
struct changes {
    struct arena *arena;
    VEC(struct change) v;
};

/* What a plain or quoted value takes of the text. */
static size_t length_of(struct str text, size_t at, const struct yaml_node *value)
{
    char quote = at < text.n ? text.p[at] : 0;

    return value->text.n + (quote == '\'' || quote == '"' ? 2 : 0);
}

static bool set_day(struct changes *c, const char *name, struct str text,
                    const struct yaml_node *entry, const char *key, struct str day, struct err *e)
{
    const struct yaml_node *value = value_of(entry, key);
    size_t at;
    struct str indent;

    if (value && value->kind == YAML_TEXT && value->text.n) {
        at = offset_of(text, value->line, value->column);
        vec_push(c->arena, &c->v, (struct change){at, length_of(text, at, value), day});
        return true;
    }
    if (value || !entry_indent(text, entry, &indent))
        return err_set(e, "%s:%u: `%s` cannot be set in an entry of this form; write it by hand",
                       name, entry->line, key);
    at = offset_of(text, entry->line, entry->column);
    struct str front = front_of(text, at);
    struct str line = str_fmt(c->arena, "%s: " STR_FMT "%s%*s", key, STR_ARG(day), line_end(text),
                              (int)front.n, "");
    vec_push(c->arena, &c->v, (struct change){at, 0, line});
    return true;
}

static bool is_meant(const struct yaml_node *entry, const struct accept_renewal *r)
{
    const struct yaml_node *id = value_of(entry, "id"), *package = value_of(entry, "package");

    if (r->id.n && (!id || !str_ieq(id->text, r->id)))
        return false;
    return !r->package.n || (package && str_eq(package->text, r->package));
}

static int by_place(const void *x, const void *y)
{
    const struct change *a = x, *b = y;
    return (a->at > b->at) - (a->at < b->at);
}

/* False: two of them touch, as an alias and its anchor do. */
static bool apply(struct arena *a, struct str text, struct changes *c, struct str *out)
{
    struct buf b = {.arena = a};
    size_t from = 0;

    if (c->v.n)
        qsort(c->v.v, c->v.n, sizeof(*c->v.v), by_place);
    for (size_t i = 0; i < c->v.n; i++) {
        if (c->v.v[i].at < from || c->v.v[i].at + c->v.v[i].drop > text.n)
            return false;
        buf_add(&b, str_sub(text, from, c->v.v[i].at));
        buf_add(&b, c->v.v[i].text);
        from = c->v.v[i].at + c->v.v[i].drop;
    }
    buf_add(&b, str_from(text, from));
    *out = buf_str(&b);
    return true;
}

static bool has(const struct yaml_node *entry, const char *key, struct str day)
{
    const struct yaml_node *value = value_of(entry, key);

    return value && value->kind == YAML_TEXT && str_eq(value->text, day);
}

static bool has_day_of(const struct yaml_node *new, const struct yaml_node *old, const char *key)
{
    const struct yaml_node *value = value_of(old, key);

    return !value || value->kind != YAML_TEXT || has(new, key, value->text);
}

/* The new days are in what was meant, and the old ones in all else. */
static bool days_stand(struct arena *a, const char *name, const struct yaml_node *old,
                       struct str new, const struct accept_renewal *r)
{
    struct yaml_node *root;
    struct err none;

    if (!yaml_parse(a, name, new, &root, &none))
        return false;
    const struct yaml_node *list = value_of(root, "accept");
    if (!list || list->kind != YAML_LIST || list->n != old->n)
        return false;
    for (size_t i = 0; i < list->n; i++) {
        const struct yaml_node *x = list->item[i], *was = old->item[i];
        bool meant = is_meant(was, r);
        if (meant ? !has(x, "expires", r->expires) || !has(x, "decided", r->decided)
                  : !has_day_of(x, was, "expires") || !has_day_of(x, was, "decided"))
            return false;
    }
    return true;
}

bool accept_renew(struct arena *a, const char *name, struct str text, struct accept_renewal *r,
                  struct str *out, struct err *e)
{
    struct changes c = {.arena = a};
    struct yaml_node *root;
    size_t more;

    r->renewed = 0;
    *out = text;
    if (!yaml_parse(a, name, text, &root, e))
        return false;
    const struct yaml_node *list = value_of(root, "accept");
    for (size_t i = 0; list && list->kind == YAML_LIST && i < list->n; i++) {
        if (!is_meant(list->item[i], r))
            continue;
        if (!set_day(&c, name, text, list->item[i], "expires", r->expires, e) ||
            !set_day(&c, name, text, list->item[i], "decided", r->decided, e))
            return false;
        r->renewed++;
    }
    if (!r->renewed)
        return true;
    if (!apply(a, text, &c, out) || !days_stand(a, name, list, *out, r)) {
        *out = text;
        return err_set(e,
                       "%s: not changed: a day there is written in a form that dfix cannot change; "
                       "write it by hand",
                       name);
    }
    return keeps(a, name, text, *out, true, &more, e);
}
