/* What words come to: two words of one text do the same where they stand.
 *
 * In a shell's word an expansion stands between two marks, the first of which tells whether quotes
 * are around it; a character that only means itself because it is quoted has a mark in front. */
#include "parts.h"

enum mark { MARK_OPEN = 1, MARK_QUOTED, MARK_CLOSE, MARK_LITERAL, MARK_RAW, MARK_CONTROL };

/* A control character of the text itself is no mark. */
static bool put_control(struct buf *b, char c)
{
    if ((unsigned char)c >= 8)
        return false;
    buf_char(b, MARK_CONTROL);
    buf_char(b, (char)(c + '@'));
    return true;
}

static void put_bytes(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!put_control(b, s.p[i]))
            buf_char(b, s.p[i]);
}

static void put_text(struct buf *b, struct str s, bool quoted)
{
    for (size_t i = 0; i < s.n; i++) {
        if (put_control(b, s.p[i]))
            continue;
        if (quoted && strchr("*?[]~{},!^", s.p[i]) && s.p[i])
            buf_char(b, MARK_LITERAL);
        buf_char(b, s.p[i]);
    }
}

static struct str token_text(const struct tree *t, uint32_t tok)
{
    struct span s = token_span(t, tok);
    return str_sub(t->text, s.start, s.end);
}

/* As it is written, without what stands between the pieces. */
static void put_raw(struct buf *b, const struct tree *t, node_id n)
{
    buf_char(b, MARK_RAW);
    for (uint32_t i = t->node[n].tok; i < t->node[n].tok_end; i++)
        if (t->tok[i].kind != TOK_CONTINUATION && t->tok[i].kind != TOK_COMMENT)
            put_bytes(b, token_text(t, i));
    buf_char(b, MARK_CLOSE);
}

/* An escape of double quotes or of no quotes. */
static void put_escape(struct buf *b, struct str s)
{
    put_text(b, s.n > 1 ? str_from(s, 1) : s, true);
}

static void put_token(struct buf *b, const struct tree *t, uint32_t tok, bool quoted)
{
    struct str s = token_text(t, tok);

    switch (t->tok[tok].kind) {
    case TOK_BLANK:
    case TOK_NEWLINE:
    case TOK_COMMENT:
    case TOK_CONTINUATION:
    case TOK_BOM:
    case TOK_QUOTE:
        break;
    case TOK_ESCAPE:
        put_escape(b, s);
        break;
    default:
        put_text(b, s, quoted);
    }
}

static void put_node(struct buf *b, const struct tree *t, node_id n, bool quoted);

/* The node's tokens and what is below it. */
static void put_inside(struct buf *b, const struct tree *t, node_id n, bool quoted)
{
    node_id child = node_first(t, n);

    for (uint32_t i = t->node[n].tok; i < t->node[n].tok_end;) {
        if (child && t->node[child].tok <= i) {
            put_node(b, t, child, quoted);
            i = t->node[child].tok_end > i ? t->node[child].tok_end : i;
            child = node_sibling(t, child);
        } else {
            put_token(b, t, i++, quoted);
        }
    }
}

static void put_param(struct buf *b, const struct tree *t, node_id n)
{
    node_id name = node_next(t, n, 0, NODE_NAME);

    buf_char(b, '$');
    if (t->node[n].op == PARAM_PLAIN && name)
        buf_add(b, node_text(t, name));
    else
        put_inside(b, t, n, false);
}

/* Inside backquotes, backslashes are read twice: such a text is kept as it is. */
static bool is_read_twice(const struct tree *t, node_id n)
{
    return (t->node[n].flags & NODE_BACKTICK) && str_chr(node_text(t, n), '\\') != STR_NONE;
}

static void put_substitution(struct buf *b, const struct tree *t, node_id n)
{
    node_id shell = node_next(t, n, 0, NODE_SHELL);

    if (is_read_twice(t, n) || !shell) {
        put_raw(b, t, n);
        return;
    }
    buf_add(b, node_kind(t, n) == NODE_SUBST ? S("$(") : S("<("));
    if (node_kind(t, n) == NODE_PROCESS)
        buf_char(b, node_text(t, n).p[0]);
    /* Compared by its words and operators, blanks between them apart. */
    bool blank = false;
    for (uint32_t i = t->node[shell].tok; i < t->node[shell].tok_end; i++) {
        enum token_kind k = (enum token_kind)t->tok[i].kind;
        blank |= k == TOK_BLANK;
        if (k == TOK_BLANK || k == TOK_CONTINUATION || k == TOK_COMMENT)
            continue;
        if (blank)
            buf_char(b, ' ');
        blank = false;
        put_bytes(b, token_text(t, i));
    }
    buf_char(b, ')');
}

static void put_node(struct buf *b, const struct tree *t, node_id n, bool quoted)
{
    switch (node_kind(t, n)) {
    case NODE_SINGLE:
    case NODE_DOUBLE:
        put_inside(b, t, n, true);
        break;
    case NODE_PARAM:
    case NODE_SUBST:
    case NODE_PROCESS:
        buf_char(b, quoted ? MARK_QUOTED : MARK_OPEN);
        if (node_kind(t, n) == NODE_PARAM)
            put_param(b, t, n);
        else
            put_substitution(b, t, n);
        buf_char(b, MARK_CLOSE);
        break;
    case NODE_WORD:
    case NODE_NAME:
        put_inside(b, t, n, quoted);
        break;
    default:
        put_raw(b, t, n);
    }
}

void word_of_shell(struct buf *b, const struct tree *t, node_id n)
{
    if (node_kind(t, n) == NODE_ARRAY)
        put_raw(b, t, n);
    else
        put_inside(b, t, n, false);
}

/* ${name} */
static bool is_braced_name(struct str s)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

    if (!str_starts(s, S("${")) || !str_ends(s, S("}")))
        return false;
    for (size_t i = 2; i + 1 < s.n; i++)
        if (!memchr(letters, s.p[i], sizeof(letters) - 1))
            return false;
    return true;
}

/* A template with its expansions in marks, and ${name} as $name. */
static struct str with_marks(struct arena *a, struct str s)
{
    struct buf b = {.arena = a};
    struct str part;
    bool expansion = false;

    for (; s.n && str_cut(&s, '\0', &part); expansion = !expansion) {
        if (!expansion) {
            put_bytes(&b, part);
            continue;
        }
        buf_char(&b, MARK_OPEN);
        if (is_braced_name(part)) {
            buf_char(&b, '$');
            part = str_sub(part, 2, part.n - 1);
        }
        put_bytes(&b, part);
        buf_char(&b, MARK_CLOSE);
    }
    return buf_str(&b);
}

struct str word_of_file(struct arena *a, const struct tree *t, node_id n)
{
    struct str out;

    return node_template(t, n, a, &out) ? with_marks(a, out) : node_text(t, n);
}

bool word_is_plain(const struct tree *t, node_id n)
{
    for (node_id i = n; i < t->node[n].after; i++) {
        enum node_kind k = node_kind(t, i);
        if (k == NODE_PARAM || k == NODE_SUBST || k == NODE_PROCESS || k == NODE_ARITH ||
            k == NODE_ERROR)
            return false;
    }
    return true;
}
