/* The verbs that write values: how a value is spelled where it goes - shell,
 * Dockerfile word or JSON, inside quotes or not - is decided here, once. */
#include "engine.h"

#include <string.h>

enum language { LANG_SHELL, LANG_DOCKERFILE, LANG_JSON, LANG_DATA };
enum quoting { QUOTE_NONE, QUOTE_SINGLE, QUOTE_DOUBLE, QUOTE_ANSI };
struct context {
    enum language language;
    enum quoting quoting;
    bool backtick; /* inside `...`: a quoting level of its own, where only plain text goes */
    bool bare;     /* FROM's words take no quotes */
};

/* The innermost node with the offset strictly inside it, not at its edges. */
static node_id innermost(const struct tree *t, node_id n, uint32_t offset)
{
    node_id found = n;

    for (node_id k = n + 1; k < t->node[n].after; k++) {
        struct span s = node_span(t, k);
        if (s.start < offset && offset < s.end)
            found = k;
    }
    return found;
}

static struct context context_of(const struct tree *t, node_id inside, uint32_t offset)
{
    struct context c = {LANG_DOCKERFILE, QUOTE_NONE, false, false};
    bool settled = false; /* the innermost quotes are known */

    for (node_id n = innermost(t, inside, offset); n; n = t->node[n].parent) {
        struct span s = node_span(t, n);
        bool within = s.start < offset && offset < s.end;
        switch (node_kind(t, n)) {
        case NODE_SINGLE:
        case NODE_DOUBLE:
        case NODE_ANSI:
            if (within && !settled) {
                c.quoting = t->node[n].kind == NODE_SINGLE   ? QUOTE_SINGLE
                            : t->node[n].kind == NODE_DOUBLE ? QUOTE_DOUBLE
                                                             : QUOTE_ANSI;
                settled = true;
            }
            break;
        case NODE_SUBST:
            c.backtick |= (t->node[n].flags & NODE_BACKTICK) != 0;
            break;
        case NODE_STRING:
            c.language = LANG_JSON;
            return c;
        case NODE_DATA:
            c.language = LANG_DATA;
            return c;
        case NODE_SHELL:
            c.language = LANG_SHELL;
            settled = true;
            break;
        case NODE_IMAGE:
        case NODE_ALIAS:
            c.bare = true;
            break;
        default:
            break;
        }
    }
    return c;
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

/* No quotes needed: neither shell nor Dockerfile reads anything into these bytes.
 * `~` after `=` or `:` is a home directory to bash; `*` looks for files. */
static bool is_plain(enum language l, struct str value)
{
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            memchr("_-./:,@%+=^", c, 11) || (unsigned char)c >= 0x80)
            continue;
        if (l == LANG_DOCKERFILE && memchr("*~?[]{}()<>|&;!", c, 15))
            continue;
        if (c == '~' && i > 0 && value.p[i - 1] != '=' && value.p[i - 1] != ':')
            continue;
        return false;
    }
    return true;
}

static bool has_any(struct str s, const char *chars)
{
    bool any = false;

    for (; *chars && !any; chars++)
        any = str_chr(s, *chars) != STR_NONE;
    return any;
}

static struct str escaped(struct arena *a, struct str value, const char *special, char escape)
{
    struct buf b = {.arena = a};
    size_t from = 0; /* what is not copied yet */

    if (!has_any(value, special) && str_chr(value, escape) == STR_NONE)
        return value;
    for (size_t i = 0; i < value.n; i++) {
        if (!strchr(special, value.p[i]) && value.p[i] != escape)
            continue;
        buf_add(&b, str_sub(value, from, i));
        buf_char(&b, escape);
        from = i;
    }
    buf_add(&b, str_from(value, from));
    return buf_str(&b);
}

/* The value as it is spelled inside double quotes. */
static struct str in_double(const struct tree *t, struct arena *a, enum language l,
                            struct str value)
{
    if (l == LANG_JSON)
        return escaped(a, value, "\"", '\\');
    return escaped(a, value, l == LANG_SHELL ? "\"$`" : "\"$", l == LANG_SHELL ? '\\' : t->escape);
}

/* A quoted word for a place without quotes. */
static struct str quoted(const struct tree *t, struct arena *a, enum language l, struct str value)
{
    if (has_any(value, "\"$`\\!") && !has_any(value, "'"))
        return str_fmt(a, "'" STR_FMT "'", STR_ARG(value));
    struct str inside = in_double(t, a, l, value);
    return str_fmt(a, "\"" STR_FMT "\"", STR_ARG(inside));
}

/* `value` spelled for the context; false: it cannot be. QUOTE_NONE: may add quotes. */
static bool spell(struct fix_ctx *c, struct context x, struct str value, struct str *out)
{
    *out = value;
    for (size_t i = 0; i < value.n; i++)
        if (is_control(value.p[i]))
            return false;
    if (x.language == LANG_JSON) {
        *out = in_double(c->tree, c->arena, x.language, value);
        return true;
    }
    if (x.language == LANG_DATA || x.backtick)
        return is_plain(LANG_SHELL, value);
    switch (x.quoting) {
    case QUOTE_NONE:
        if (is_plain(x.language, value))
            return true;
        *out = quoted(c->tree, c->arena, x.language, value);
        return !x.bare;
    case QUOTE_SINGLE:
        return !has_any(value, "'");
    case QUOTE_DOUBLE:
        *out = in_double(c->tree, c->arena, x.language, value);
        return true;
    case QUOTE_ANSI:
        return !has_any(value, "'\\");
    }
    return false;
}

static void refuse(struct fix *f)
{
    f->refused = "the value cannot be written inside the existing quotes";
}

/* The quotes that end a word take in what is put at its end. */
static uint32_t into_quotes(const struct tree *t, node_id n, uint32_t offset)
{
    for (node_id k = n + 1; k < t->node[n].after; k++) {
        enum node_kind kind = node_kind(t, k);
        if ((kind == NODE_SINGLE || kind == NODE_DOUBLE) && node_span(t, k).end == offset)
            return offset - 1;
    }
    if (t->node[n].kind == NODE_STRING && node_span(t, n).end == offset)
        return offset - 1;
    return offset;
}

/* One piece of plain text, so that quotes may be put around the whole. */
static bool is_one_text(const struct tree *t, node_id n)
{
    const struct node *x = &t->node[n];
    return x->tok_end == x->tok + 1 && t->tok[x->tok].kind == TOK_TEXT && node_is_word(t, n);
}

void fix_insert_at(struct fix *f, node_id inside, uint32_t offset, struct str value)
{
    struct fix_ctx *c = f->ctx;
    struct span s = node_span(c->tree, inside);

    offset = offset == s.end ? into_quotes(c->tree, inside, offset) : offset;
    struct context x = context_of(c->tree, inside, offset);
    struct str text, whole = node_text(c->tree, inside);

    if (!spell(c, x, value, &text)) {
        refuse(f);
        return;
    }
    bool bare = x.quoting == QUOTE_NONE && x.language != LANG_JSON;
    if (!bare || text.p == value.p || !is_one_text(c->tree, inside) || has_any(whole, "\"$`\\'") ||
        has_any(value, "\"$`\\!")) {
        fix_insert_code(f, inside, offset, text);
        return;
    }
    /* "curl=7.88.*" reads better than curl"=7.88.*" */
    fix_insert_code(f, inside, s.start, S("\""));
    if (offset == s.end) {
        fix_insert_code(f, inside, offset, str_fmt(c->arena, STR_FMT "\"", STR_ARG(value)));
    } else {
        fix_insert_code(f, inside, offset, value);
        fix_insert_code(f, inside, s.end, S("\""));
    }
}

/* What needs quotes for the inner shell gets those that the outer one does not use. */
static void constrain_in_script(struct fix *f, const struct package *p, struct str constraint)
{
    struct fix_ctx *c = f->ctx;
    struct context x = context_of(c->tree, p->node, p->span.end);
    const char *quote = x.language == LANG_SHELL && x.quoting == QUOTE_SINGLE ? "\"" : "'";
    bool plain = is_plain(LANG_SHELL, constraint);

    if ((!plain && has_any(constraint, "\"'$`\\!")) || x.quoting == QUOTE_ANSI) {
        refuse(f);
        return;
    }
    if (plain || !p->bare) {
        fix_insert_code(f, p->node, p->span.end, constraint);
        return;
    }
    fix_insert_code(f, p->node, p->span.start, str_of(quote));
    fix_insert_code(f, p->node, p->span.end,
                    str_fmt(c->arena, STR_FMT "%s", STR_ARG(constraint), quote));
}

void fix_constrain(struct fix *f, const struct package *p, struct str constraint)
{
    if (p->script)
        constrain_in_script(f, p, constraint);
    else
        fix_insert_at(f, p->node, p->span.end, constraint);
}

void fix_append(struct fix *f, node_id word, struct str tail)
{
    fix_insert_at(f, word, node_span(f->ctx->tree, word).end, tail);
}

void fix_replace_at(struct fix *f, node_id inside, struct span s, struct str value)
{
    struct fix_ctx *c = f->ctx;
    struct context x = context_of(c->tree, inside, s.start);
    struct str text;

    if (!spell(c, x, value, &text))
        refuse(f);
    else if (s.start < s.end || text.n)
        vec_push(c->arena, &f->change, (struct change){{s, text}, inside, false});
}

void fix_replace(struct fix *f, node_id n, struct str value)
{
    const struct tree *t = f->ctx->tree;
    struct span s = node_span(t, n);
    node_id child = t->node[n].after > n + 1 ? n + 1 : 0;
    bool in_quotes = t->node[n].kind == NODE_STRING;

    if (child && (t->node[child].kind == NODE_SINGLE || t->node[child].kind == NODE_DOUBLE)) {
        struct span inner = node_span(t, child);
        in_quotes |= inner.start == s.start && inner.end == s.end;
    }
    if (in_quotes)
        s = (struct span){s.start + 1, s.end - 1};
    struct context x = context_of(t, n, s.start);
    struct str text;
    if (!spell(f->ctx, x, value, &text))
        refuse(f);
    else
        vec_push(f->ctx->arena, &f->change, (struct change){{s, text}, n, false});
}

struct str fix_quote(struct fix_ctx *c, node_id inside, struct str value)
{
    struct context x = context_of(c->tree, inside, node_span(c->tree, inside).start);
    struct str text;

    return spell(c, x, value, &text) ? text : value;
}
