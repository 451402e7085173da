/* dump.c - a tree for people (indented) and for tools (JSON). */
#include "dfix/syntax.h"

#include "syntax/dockerfile.h"

enum { EXCERPT = 60 };

static const char *const directive_name[] = {"syntax", "escape", "check"};
static const char *const redirect_name[] = {"<",  ">",  ">>",  ">|", "<>",  "<&",
                                            ">&", "&>", "&>>", "<<", "<<-", "<<<"};
static const char *const param_name[] = {"plain",  "default", "assign", "error", "alternate",
                                         "prefix", "suffix",  "length", "other"};

/* What the node's op says; "" nothing. */
static struct str op_text(const struct node *n)
{
    switch ((enum node_kind)n->kind) {
    case NODE_DIRECTIVE:
        return str_of(directive_name[n->op]);
    case NODE_INSTRUCTION:
        return instruction_name((enum instruction)n->op);
    case NODE_REDIRECT:
        return str_of(redirect_name[n->op]);
    case NODE_PARAM:
        return str_of(param_name[n->op]);
    case NODE_ERROR:
        return str_of(syntax_error_text((enum syntax_error)n->op));
    case NODE_FILE:
    case NODE_KEYWORD:
    case NODE_FLAG:
    case NODE_NAME:
    case NODE_WORD:
    case NODE_IMAGE:
    case NODE_ALIAS:
    case NODE_PAIR:
    case NODE_EXEC:
    case NODE_STRING:
    case NODE_HEREDOC:
    case NODE_DATA:
    case NODE_SHELL:
    case NODE_LIST:
    case NODE_ANDOR:
    case NODE_PIPELINE:
    case NODE_COMMAND:
    case NODE_ASSIGN:
    case NODE_ARRAY:
    case NODE_SUBSHELL:
    case NODE_GROUP:
    case NODE_IF:
    case NODE_LOOP:
    case NODE_FOR:
    case NODE_CASE:
    case NODE_CASE_ITEM:
    case NODE_FUNCTION:
    case NODE_TEST:
    case NODE_ARITH:
    case NODE_SINGLE:
    case NODE_ANSI:
    case NODE_DOUBLE:
    case NODE_SUBST:
    case NODE_PROCESS:
    case NODE_KINDS:
        break;
    }
    return S("");
}

static const struct flag_word {
    unsigned flag;
    const char *name;
} flag_words[] = {
    {NODE_COLON, "colon"},
    {NODE_NEGATED, "negated"},
    {NODE_QUOTED, "quoted"},
    {NODE_TABS, "tabs"},
    {NODE_APPEND, "append"},
    {NODE_BACKTICK, "backtick"},
    {NODE_LEGACY, "legacy"},
    {NODE_BASH, "bash"},
    {NODE_LEADING_REDIRECT, "leading-redirect"},
    {NODE_AFTER_OR, "after-or"},
};
enum { NFLAGS = sizeof(flag_words) / sizeof(flag_words[0]) };

/* A JSON string; bytes that are not UTF-8 become U+FFFD. */
static void add_quoted(struct buf *out, struct str s)
{
    size_t plain = 0;
    buf_char(out, '"');
    for (size_t i = 0; i < s.n;) {
        unsigned char c = (unsigned char)s.p[i];
        uint32_t n = rune_len(s.p + i, s.n - i);
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7F && (n > 1 || c < 0x80)) {
            i += n;
            continue;
        }
        buf_add(out, str_sub(s, plain, i));
        if (c >= 0x80)
            buf_add(out, S("\\ufffd"));
        else if (c == '"' || c == '\\')
            buf_fmt(out, "\\%c", c);
        else if (c == '\n')
            buf_add(out, S("\\n"));
        else
            buf_fmt(out, "\\u%04x", c);
        plain = i += n;
    }
    buf_add(out, str_from(s, plain));
    buf_char(out, '"');
}

static void dump_node(struct buf *out, const struct tree *t, node_id n, unsigned depth)
{
    const struct node *x = &t->node[n];
    struct span s = node_span(t, n);
    for (unsigned i = 0; i < depth; i++)
        buf_add(out, S("  "));
    buf_add(out, str_of(node_kind_name(node_kind(t, n))));
    struct str op = op_text(x);
    if (op.n) {
        buf_char(out, ' ');
        buf_add(out, op);
    }
    for (unsigned i = 0; i < NFLAGS; i++)
        if (x->flags & flag_words[i].flag)
            buf_fmt(out, " +%s", flag_words[i].name);
    buf_fmt(out, " [%u,%u)", s.start, s.end);
    if (!node_first(t, n) && s.start < s.end) {
        struct str text = node_text(t, n);
        bool cut = text.n > EXCERPT;
        buf_char(out, ' ');
        add_quoted(out, cut ? str_sub(text, 0, EXCERPT) : text);
        if (cut)
            buf_add(out, S("..."));
    }
    buf_char(out, '\n');
}

void tree_dump(struct buf *out, const struct tree *t)
{
    unsigned depth = 0;
    for (node_id n = 0, open = 0; n < t->nnode; n++) {
        for (; n && open != t->node[n].parent; open = t->node[open].parent)
            depth--;
        if (n)
            depth++;
        open = n;
        dump_node(out, t, n, depth);
    }
}

static void json_node(struct buf *out, const struct tree *t, node_id n)
{
    const struct node *x = &t->node[n];
    struct span s = node_span(t, n);
    struct str op = op_text(x);
    const char *comma = "";
    buf_fmt(out, "{\"kind\":\"%s\"", node_kind_name(node_kind(t, n)));
    if (op.n) {
        buf_add(out, S(",\"op\":"));
        add_quoted(out, op);
    }
    if (x->flags) {
        buf_add(out, S(",\"flags\":["));
        for (unsigned i = 0; i < NFLAGS; i++) {
            if (!(x->flags & flag_words[i].flag))
                continue;
            buf_fmt(out, "%s\"%s\"", comma, flag_words[i].name);
            comma = ",";
        }
        buf_char(out, ']');
    }
    buf_fmt(out, ",\"start\":%u,\"end\":%u", s.start, s.end);
    if (node_first(t, n)) {
        buf_add(out, S(",\"children\":["));
        return;
    }
    buf_add(out, S(",\"text\":"));
    add_quoted(out, node_text(t, n));
}

/* {"kind", "op", "flags", "start", "end", "text" of a leaf or "children"} */
void tree_dump_json(struct buf *out, const struct tree *t)
{
    node_id open = 0;
    for (node_id n = 0; n < t->nnode; n++) {
        if (n && t->node[n].parent != n - 1) {
            buf_char(out, '}');
            for (open = n - 1; t->node[open].parent != t->node[n].parent;) {
                open = t->node[open].parent;
                buf_add(out, S("]}"));
            }
            buf_char(out, ',');
        }
        json_node(out, t, n);
    }
    buf_char(out, '}');
    for (open = t->nnode - 1; open;) {
        open = t->node[open].parent;
        buf_add(out, S("]}"));
    }
    buf_char(out, '\n');
}
