/* How differences are told. */
#include "parts.h"

void verify_tell(struct comparison *c, enum difference_kind k, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    struct difference d = {.kind = k,
                           .before = c->at_before,
                           .after = c->at_after,
                           .where = c->where,
                           .what = str_vfmt(c->arena, fmt, ap)};
    va_end(ap);
    vec_push(c->arena, &c->found, d);
}

struct str verify_shown(struct arena *a, struct str text)
{
    enum { LONG = 80 };
    struct buf b = {.arena = a};
    bool blank = false;

    buf_char(&b, '`');
    text = str_trim(text);
    for (size_t i = 0; i < text.n && b.n < LONG; i++) {
        bool gap = memchr(" \t\r\n", text.p[i], 4) != NULL;
        if (gap && !blank)
            buf_char(&b, ' ');
        else if (!gap)
            buf_char(&b, text.p[i]);
        blank = gap;
    }
    while (b.n && ((unsigned char)b.p[b.n - 1] & 0xC0) == 0x80 && b.n >= LONG)
        b.n--; /* no part of a character */
    buf_add(&b, b.n >= LONG ? S("...`") : S("`"));
    return buf_str(&b);
}

/* The node's bytes without continuations and comment lines. */
static struct str text_of(struct arena *a, const struct tree *t, node_id n)
{
    struct buf b = {.arena = a};

    for (uint32_t i = t->node[n].tok; i < t->node[n].tok_end && b.n < 400; i++) {
        struct span s = token_span(t, i);
        bool gap = t->tok[i].kind == TOK_CONTINUATION || t->tok[i].kind == TOK_COMMENT;
        buf_add(&b, gap ? S(" ") : str_sub(t->text, s.start, s.end));
    }
    return buf_str(&b);
}

struct str piece_shown(struct arena *a, const struct part *p)
{
    return verify_shown(a, p->node ? text_of(a, p->tree, p->node) : p->text);
}

struct str group_shown(struct arena *a, const struct group *g)
{
    struct buf b = {.arena = a};

    for (size_t i = 0; i < g->n; i++) {
        const struct part *p = &g->piece[i];
        if (p->kind == PIECE_EXEC)
            continue;
        if (b.n)
            buf_char(&b, ' ');
        buf_add(&b, p->node ? text_of(a, p->tree, p->node) : p->text);
    }
    return verify_shown(a, buf_str(&b));
}

static struct str stage_shown(struct arena *a, const struct side *s, unsigned stage)
{
    if (stage >= s->image->nstage)
        return S("");
    if (s->image->stage[stage].name.n)
        return str_fmt(a, " in stage " STR_FMT, STR_ARG(s->image->stage[stage].name));
    return s->image->nstage > 1 ? str_fmt(a, " in stage %u", stage) : S("");
}

struct str unit_place(struct arena *a, const struct side *s, const struct unit *u)
{
    struct str name = u->op == INST_UNKNOWN ? S("text") : instruction_name(u->op);
    struct str stage =
        u->op == INST_FROM ? S("") : stage_shown(a, s, image_stage_of(s->image, u->node));

    if (u->op == INST_FROM && s->image->nstage > 1)
        stage = stage_shown(a, s, image_stage_of(s->image, u->node));
    return str_fmt(a, "%s" STR_FMT STR_FMT, u->onbuild ? "ONBUILD " : "", STR_ARG(name),
                   STR_ARG(stage));
}
