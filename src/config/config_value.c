/* Values of policy files, checked. */
#include "config/config_value.h"
#include "dfix/url.h"

#include <stdlib.h>
#include <string.h>

#include "host/files.h"

bool config_fail(struct config_scope *s, const struct yaml_node *at, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    struct str what = str_vfmt(s->arena, fmt, ap);
    va_end(ap);
    return err_set(s->err, "%s:%u:%u: " STR_FMT, s->path, at->line, at->column, STR_ARG(what));
}

void config_warn_untrusted(struct config_scope *s, const struct yaml_node *key)
{
    struct str text =
        str_fmt(s->arena,
                "%s:%u:%u: \"" STR_FMT "\" is ignored here; set it in your own policy file or with "
                "--config, or say `trust-project-config: true` there",
                s->path, key->line, key->column, STR_ARG(key->text));
    for (size_t i = 0; i < s->into->warning.n; i++)
        if (str_eq(s->into->warning.v[i], text))
            return;
    vec_push(s->arena, &s->into->warning, text);
}

bool config_fail_unknown(struct config_scope *s, const struct yaml_node *at, const char *what,
                         const struct str *known, size_t n)
{
    struct str nearest = str_nearest(at->text, known, n);
    struct buf all = {.arena = s->arena};
    for (size_t i = 0; i < n; i++)
        buf_fmt(&all, "%s" STR_FMT, i ? ", " : "", STR_ARG(known[i]));
    if (nearest.n)
        return config_fail(s, at, "unknown %s \"" STR_FMT "\"; did you mean \"" STR_FMT "\"?", what,
                           STR_ARG(at->text), STR_ARG(nearest));
    return config_fail(s, at, "unknown %s \"" STR_FMT "\"; known: " STR_FMT, what,
                       STR_ARG(at->text), STR_ARG(buf_str(&all)));
}

bool want_kind(struct config_scope *s, const struct yaml_node *n, enum yaml_kind kind)
{
    static const char *const name[] = {"a single value", "a list", "a map (`key: value`)"};
    return n->kind == kind || config_fail(s, n, "expected %s", name[kind]);
}

bool want_text(struct config_scope *s, const struct yaml_node *n, struct str *out)
{
    if (!want_kind(s, n, YAML_TEXT))
        return false;
    if (yaml_is_empty(n) || !n->text.n)
        return config_fail(s, n, "a value is missing");
    for (size_t i = 0; i < n->text.n; i++)
        if ((unsigned char)n->text.p[i] < ' ' || n->text.p[i] == 127)
            return config_fail(s, n, "control characters are not allowed here");
    *out = n->text;
    return true;
}

bool want_choice(struct config_scope *s, const struct yaml_node *n, const char *choices,
                 size_t *out)
{
    struct str text, rest = str_of(choices), one, names[NAMES_MAX];
    size_t count = 0;
    if (!want_text(s, n, &text))
        return false;
    for (; count < NAMES_MAX && str_cut(&rest, '|', &one); count++) {
        names[count] = one;
        if (str_eq(text, one)) {
            *out = count;
            return true;
        }
    }
    return config_fail_unknown(s, n, "value", names, count);
}

bool want_bool(struct config_scope *s, const struct yaml_node *n, bool *out)
{
    size_t which = 0;
    if (!want_choice(s, n, "false|true", &which))
        return false;
    *out = which == 1;
    return true;
}

bool want_list(struct config_scope *s, const struct yaml_node *n, config_check *check,
               struct str **out, size_t *count)
{
    const struct yaml_node *const *item = (const struct yaml_node *const *)n->item;
    size_t total = n->n;
    if (n->kind == YAML_TEXT) {
        item = &n;
        total = !yaml_is_empty(n);
    } else if (!want_kind(s, n, YAML_LIST)) {
        return false;
    }
    struct str *v = arena_new(s->arena, struct str, total);
    for (size_t i = 0; i < total; i++)
        if (!want_text(s, item[i], &v[i]) || (check && !check(s, item[i], v[i])))
            return false;
    *out = v;
    *count = total;
    return true;
}

static bool is_name_byte(char c, const char *more)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr(more, c));
}

static bool check_bytes(struct config_scope *s, const struct yaml_node *n, struct str text,
                        const char *more, const char *what)
{
    for (size_t i = 0; i < text.n; i++)
        if (!is_name_byte(text.p[i], more))
            return config_fail(s, n, "\"" STR_FMT "\" is not %s", STR_ARG(text), what);
    return true;
}

bool check_host(struct config_scope *s, const struct yaml_node *n, struct str text)
{
    return check_bytes(s, n, text, ".-_:[]", "a host (host or host:port)");
}

bool check_registry(struct config_scope *s, const struct yaml_node *n, struct str text)
{
    return check_bytes(s, n, text, ".-_:[]/*", "a registry or a pattern of registries");
}

bool check_image(struct config_scope *s, const struct yaml_node *n, struct str text)
{
    return check_bytes(s, n, text, ".-_:[]/@", "an image name or a prefix of one");
}

/* `images` maps tags too: a `*` in one stands for what the other keeps. */
bool check_replacement(struct config_scope *s, const struct yaml_node *n, struct str text)
{
    ptrdiff_t star = str_chr(text, '*');
    if (star != STR_NONE &&
        (str_chr(str_from(text, (size_t)star + 1), '*') != STR_NONE || star < str_rchr(text, ':') ||
         str_rchr(text, ':') < str_rchr(text, '/')))
        return config_fail(s, n, "\"" STR_FMT "\": `*` is allowed once, in the tag", STR_ARG(text));
    return check_bytes(s, n, text, ".-_:[]/@*", "an image name");
}

bool want_url(struct config_scope *s, const struct yaml_node *n, struct str *out)
{
    struct str text = S("");
    if (!want_text(s, n, &text))
        return false;
    if (!url_is_http(text) && !str_starts(text, S("file:///")))
        return config_fail(s, n, "\"" STR_FMT "\" is not a URL (https://, http:// or file:///)",
                           STR_ARG(text));
    if (!check_bytes(s, n, text, ".-_~:/@%+,=&?[]", "a URL that can be used here"))
        return false;
    *out = str_dup(s->arena, str_without_end(text, '/'));
    return true;
}

bool want_file(struct config_scope *s, const struct yaml_node *n, struct str *out)
{
    const char *home = getenv("HOME");
    struct str text = S("");
    if (!want_text(s, n, &text))
        return false;
    if (str_starts(text, S("~/")) && home)
        *out = path_join(s->arena, str_of(home), str_from(text, 2));
    else if (str_starts(text, S("/")))
        *out = text;
    else
        *out = path_join(s->arena, path_folder(s->arena, str_of(s->path)), text);
    return true;
}

bool config_keys(struct config_scope *s, const struct yaml_node *map, const struct config_key *keys,
                 size_t n)
{
    struct str known[NAMES_MAX];
    if (yaml_is_empty(map))
        return true;
    if (!want_kind(s, map, YAML_MAP))
        return false;
    for (size_t k = 0; k < n; k++)
        known[k] = str_of(keys[k].name);
    for (size_t i = 0; i < map->n; i++) {
        const struct yaml_node *key = map->pair[i].key;
        size_t k = 0;
        while (k < n && !str_eq(known[k], key->text))
            k++;
        if (k == n)
            return config_fail_unknown(s, key, "key", known, n);
        if (keys[k].trust && !s->trusted) {
            config_warn_untrusted(s, key);
            continue;
        }
        const struct setting_origin *before = s->into->origin;
        struct str trail = s->trail;
        s->trail = config_trail(s, key->text);
        if (!keys[k].read(s, map->pair[i].value))
            return false;
        if (s->into->origin == before)
            config_note(s, map->pair[i].value);
        s->trail = trail;
    }
    return true;
}

/* ---- where settings come from ---- */

struct str config_trail(struct config_scope *s, struct str key)
{
    return s->trail.n ? str_fmt(s->arena, STR_FMT "." STR_FMT, STR_ARG(s->trail), STR_ARG(key))
                      : key;
}

/* As YAML, in one line. */
static void add_flow(struct buf *b, const struct yaml_node *n)
{
    if (n->kind == YAML_TEXT) {
        buf_add(b, n->text);
        return;
    }
    buf_char(b, n->kind == YAML_LIST ? '[' : '{');
    for (size_t i = 0; i < n->n; i++) {
        buf_add(b, i ? S(", ") : S(""));
        if (n->kind == YAML_MAP)
            buf_fmt(b, STR_FMT ": ", STR_ARG(n->pair[i].key->text));
        add_flow(b, n->kind == YAML_LIST ? n->item[i] : n->pair[i].value);
    }
    buf_char(b, n->kind == YAML_LIST ? ']' : '}');
}

void config_note(struct config_scope *s, const struct yaml_node *value)
{
    struct setting_origin *o = arena_new(s->arena, struct setting_origin, 1);
    struct buf b = {.arena = s->arena};

    add_flow(&b, value);
    *o = (struct setting_origin){s->into->origin, s->trail, buf_str(&b), s->path, value->line};
    s->into->origin = o;
}

bool check_arch(struct config_scope *s, const struct yaml_node *n, struct str text)
{
    struct str known[ARCH_MAX];
    unsigned count = 0;
    if (arch_of(text))
        return true;
    while (count < ARCH_MAX && arch_name(count).n) {
        known[count] = arch_name(count);
        count++;
    }
    return config_fail_unknown(s, n, "architecture", known, count);
}

/* Digits and then a unit; "0" needs none. */
static bool read_measure(struct str text, const char *const *unit, const int64_t *size, size_t n,
                         int64_t *out)
{
    size_t digits = 0;
    int64_t value = 0;
    while (digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9') {
        if (digits == 9)
            return false;
        value = value * 10 + (text.p[digits++] - '0');
    }
    *out = 0;
    if (!digits)
        return false;
    if (str_eq(text, S("0")))
        return true;
    for (size_t i = 0; i < n; i++)
        if (str_eq(str_from(text, digits), str_of(unit[i]))) {
            *out = value * size[i];
            return true;
        }
    return false;
}

static const char *const time_unit[] = {"s", "m", "h", "d", ""};
static const int64_t time_size[] = {1, 60, 3600, 86400, 1};

bool time_parse(struct str text, int64_t *seconds)
{
    return read_measure(text, time_unit, time_size, 5, seconds);
}

bool want_time(struct config_scope *s, const struct yaml_node *n, int64_t *out)
{
    struct str text = S("");
    if (!want_text(s, n, &text))
        return false;
    return read_measure(text, time_unit, time_size, 4, out) ||
           config_fail(s, n, "\"" STR_FMT "\" is not a time: 90s, 30m, 24h, 7d or 0",
                       STR_ARG(text));
}

bool want_number(struct config_scope *s, const struct yaml_node *n, int64_t *out)
{
    struct str text;

    *out = 0;
    if (!want_text(s, n, &text))
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || text.n > 6)
            return config_fail(s, n, "\"" STR_FMT "\" is not a number", STR_ARG(text));
        *out = *out * 10 + (text.p[i] - '0');
    }
    return true;
}

bool want_size(struct config_scope *s, const struct yaml_node *n, int64_t *out)
{
    static const char *const unit[] = {"KB", "MB", "GB"};
    static const int64_t size[] = {1 << 10, 1 << 20, 1 << 30};
    struct str text = S("");
    if (!want_text(s, n, &text))
        return false;
    return read_measure(text, unit, size, 3, out) ||
           config_fail(s, n, "\"" STR_FMT "\" is not a size: 500MB, 2GB or 0", STR_ARG(text));
}
