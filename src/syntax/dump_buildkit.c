/* dump_buildkit.c - the tree as BuildKit's parser prints its own (Node.Dump):
 *
 *   (run ["--mount=type=cache"] "apt-get update")
 *
 * What BuildKit refuses is printed as (keyword error "reason"). */
#include "syntax/dockerfile.h"

#include <stdlib.h>

struct dump {
    struct buf *out;
    const struct tree *t;
    struct arena *a;
};

/* Is the line that begins at token k one that is dropped from a continued one? Then
 * gives the token after it. */
static bool dropped_line(const struct tree *t, uint32_t k, uint32_t *after)
{
    while (t->tok[k].kind == TOK_BLANK)
        k++;
    if (t->tok[k].kind == TOK_COMMENT && t->text.p[t->tok[k].start] == '#')
        k++;
    if (t->tok[k].kind != TOK_NEWLINE && t->tok[k].kind != TOK_END)
        return false;
    *after = k + (t->tok[k].kind == TOK_NEWLINE);
    return true;
}

/* The text of tokens [from, to) with continuations gone, up to the end of the line. */
static struct str join(struct dump *d, uint32_t from, uint32_t to)
{
    const struct tree *t = d->t;
    struct buf b = {.arena = d->a};
    for (uint32_t k = from; k < to && t->tok[k].kind != TOK_NEWLINE;) {
        struct span s = token_span(t, k);
        /* In backquotes, an escape of theirs is one too, without a line end. */
        bool ends_line = s.end == t->text.n || memchr(t->text.p + s.start, '\n', s.end - s.start);
        if (t->tok[k].kind == TOK_CONTINUATION && ends_line) {
            k++;
            while (k < to && dropped_line(t, k, &k))
                ;
            continue;
        }
        k++;
        buf_add(&b, str_sub(t->text, s.start, s.end));
    }
    return buf_str(&b);
}

static struct str join_node(struct dump *d, node_id n)
{
    return join(d, d->t->node[n].tok, d->t->node[n].tok_end);
}

/* All from token `from` to the end of the logical line. */
static struct str join_rest(struct dump *d, uint32_t from)
{
    while (d->t->tok[from].kind == TOK_BLANK)
        from++;
    struct str all = join(d, from, d->t->ntok), trimmed = trim_space(all);
    return trimmed.n ? str_sub(all, 0, (size_t)(trimmed.p - all.p) + trimmed.n) : trimmed;
}

static uint32_t rune(const char *p, uint32_t n)
{
    static const unsigned char mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t v = (unsigned char)p[0] & mask[n];
    for (uint32_t i = 1; i < n; i++)
        v = v << 6 | ((unsigned char)p[i] & 0x3F);
    return v;
}

/* Go's IsPrint for what is not ASCII, but for characters that are not assigned. */
static bool is_print(uint32_t c)
{
    static const uint32_t not_printed[][2] = {
        {0x80, 0xA0},     {0xAD, 0xAD},       {0x61C, 0x61C},      {0x1680, 0x1680},
        {0x180E, 0x180E}, {0x2000, 0x200F},   {0x2028, 0x202F},    {0x205F, 0x206F},
        {0x3000, 0x3000}, {0xE000, 0xF8FF},   {0xFEFF, 0xFEFF},    {0xFFF0, 0xFFFB},
        {0xFFFE, 0xFFFF}, {0xE0000, 0xE0FFF}, {0xF0000, 0x10FFFF},
    };
    for (size_t i = 0; i < sizeof(not_printed) / sizeof(not_printed[0]); i++)
        if (c >= not_printed[i][0] && c <= not_printed[i][1])
            return false;
    return true;
}

static void add_control(struct buf *out, unsigned char c)
{
    static const char letter[] = "abtnvfr"; /* from \a, 7, on */
    if (c >= 7 && c <= 13)
        buf_fmt(out, "\\%c", letter[c - 7]);
    else
        buf_fmt(out, "\\x%02x", c);
}

/* Go's strconv.Quote. */
static void add_quoted(struct buf *out, struct str s)
{
    buf_char(out, '"');
    for (size_t i = 0; i < s.n;) {
        unsigned char c = (unsigned char)s.p[i];
        uint32_t n = rune_len(s.p + i, s.n - i);
        uint32_t v = n > 1 ? rune(s.p + i, n) : c;
        if (n > 1 && !is_print(v))
            buf_fmt(out, v < 0x10000 ? "\\u%04x" : "\\U%08x", v);
        else if (n == 1 && (c < 0x20 || c >= 0x7F))
            add_control(out, c);
        else if (c == '"' || c == '\\')
            buf_fmt(out, "\\%c", c);
        else
            buf_add(out, str_sub(s, i, i + n));
        i += n;
    }
    buf_char(out, '"');
}

static void add_word(struct dump *d, struct str s)
{
    buf_char(d->out, ' ');
    add_quoted(d->out, s);
}

/* Letters of a keyword in lower case. */
static void add_keyword(struct dump *d, struct str s)
{
    buf_add(d->out, str_lower(d->a, s));
}

static bool is_flag(const struct tree *t, node_id n)
{
    return node_kind(t, n) == NODE_FLAG ||
           (node_kind(t, n) == NODE_ERROR && t->node[n].op == SYNTAX_BAD_FLAG);
}

/* BuildKit reads a flag byte by byte, each as a character of its own. */
static struct str flag_text(struct dump *d, node_id n)
{
    struct str s = join_node(d, n);
    char *decoded = arena_new(d->a, char, s.n + 1);
    size_t len = flag_decode(decoded, s);
    struct buf b = {.arena = d->a};
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)decoded[i];
        if (c >= 0x80)
            buf_char(&b, (char)(0xC0 | c >> 6));
        buf_char(&b, (char)(c >= 0x80 ? 0x80 | (c & 0x3F) : c));
    }
    return buf_str(&b);
}

/* ["--a=b" "--c"]. Gives the first node after the flags; 0: none. */
static node_id add_flags(struct dump *d, node_id n)
{
    if (!n || !is_flag(d->t, n))
        return n;
    struct str before = S(" [");
    for (; n && is_flag(d->t, n); n = node_sibling(d->t, n)) {
        buf_add(d->out, before);
        add_quoted(d->out, flag_text(d, n));
        before = S(" ");
    }
    buf_char(d->out, ']');
    return n;
}

static void add_fields(struct dump *d, struct str s)
{
    for (size_t i = 0; i < s.n;) {
        size_t from = i;
        while (i < s.n && !is_field_space(s.p[i]))
            i++;
        add_word(d, str_sub(s, from, i));
        while (i < s.n && is_field_space(s.p[i]))
            i++;
    }
}

/* The value of a JSON string, expansions as written. */
static struct str string_value(struct dump *d, node_id n)
{
    struct tree plain = *d->t;
    struct node only = d->t->node[n];
    struct str value = S("");
    only.after = 1;
    plain.node = &only;
    plain.nnode = 1;
    node_value(&plain, 0, d->a, &value);
    return value;
}

/* The exec form, also one that stands where no arguments may be. */
static bool is_exec(const struct tree *t, node_id n)
{
    node_id first = node_first(t, n);
    return node_kind(t, n) == NODE_EXEC ||
           (node_kind(t, n) == NODE_ERROR && first && node_kind(t, first) == NODE_STRING);
}

static void add_exec(struct dump *d, node_id exec)
{
    for (node_id n = node_first(d->t, exec); n; n = node_sibling(d->t, n))
        add_word(d, string_value(d, n));
}

/* An escape character with nothing after it is no part of a word. */
static struct str drop_lone_escape(struct str s, char escape)
{
    char quote = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == escape && quote != '\'' && ++i == s.n)
            return str_sub(s, 0, s.n - 1);
        if (c != escape && (quote ? c == quote : c == '\'' || c == '"'))
            quote = quote ? 0 : c;
    }
    return s;
}

/* name "value" "=", or name "value" "" for the old form */
static void add_pair(struct dump *d, node_id n)
{
    node_id name = node_first(d->t, n);
    struct str key = join_node(d, name), whole = join_node(d, n);
    if (d->t->node[n].flags & NODE_LEGACY) {
        add_word(d, key);
        add_word(d, join_node(d, node_sibling(d->t, name)));
        add_word(d, S(""));
        return;
    }
    whole = drop_lone_escape(whole, d->t->escape);
    add_word(d, key);
    add_word(d, str_from(whole, key.n + 1));
    add_word(d, S("="));
}

static void add_instruction(struct dump *d, node_id n);

static bool is_unknown(const struct tree *t, node_id n)
{
    return node_kind(t, n) == NODE_ERROR && t->node[n].op == SYNTAX_UNKNOWN_INSTRUCTION;
}

static void add_nested(struct dump *d, node_id n)
{
    buf_add(d->out, S(" ("));
    add_instruction(d, n);
    buf_char(d->out, ')');
}

/* HEALTHCHECK's CMD or what stands for it, and what follows. */
static void add_health(struct dump *d, node_id n)
{
    node_id args = node_sibling(d->t, node_first(d->t, n));
    add_word(d, join_node(d, node_first(d->t, n)));
    if (!args)
        return;
    if (is_exec(d->t, args))
        add_exec(d, args);
    else if (node_kind(d->t, args) != NODE_ERROR || node_text(d->t, args).n)
        add_word(d, join_rest(d, d->t->node[args].tok));
}

/* Arguments of `i` from node n on. */
static void add_args(struct dump *d, enum instruction i, node_id n)
{
    const struct tree *t = d->t;
    for (; n; n = node_sibling(t, n)) {
        enum node_kind k = node_kind(t, n);
        bool health = i == INST_HEALTHCHECK;
        if (k == NODE_HEREDOC || t->node[n].tok == t->node[n].tok_end)
            continue;
        if (is_exec(t, n))
            add_exec(d, n);
        else if (k == NODE_SHELL || k == NODE_DATA)
            add_word(d, join_rest(d, t->node[n].tok));
        else if (i != INST_ARG && (k == NODE_PAIR || (k == NODE_ERROR && node_first(t, n) &&
                                                      t->node[n].op == SYNTAX_BAD_PAIR)))
            add_pair(d, n);
        else if (k == NODE_PAIR)
            add_word(d, drop_lone_escape(join_node(d, n), t->escape));
        else if (health &&
                 (k == NODE_INSTRUCTION || (k == NODE_ERROR && node_next(t, n, 0, NODE_KEYWORD))))
            add_health(d, n);
        else if (k == NODE_INSTRUCTION || is_unknown(t, n))
            add_nested(d, n);
        else if (k == NODE_ERROR && t->node[n].op == SYNTAX_BAD_ONBUILD)
            add_nested(d, node_first(t, n));
        else if (k == NODE_ERROR && i == INST_FROM)
            add_fields(d, join_node(d, n));
        else
            add_word(d, join_node(d, n));
    }
}

static bool is_shell_form(enum instruction i)
{
    return i == INST_RUN || i == INST_CMD || i == INST_ENTRYPOINT;
}

/* Shell text may be nothing but a comment: no node holds it, the line does, after the
 * flags and the "--" that may end them. */
static uint32_t shell_start(const struct tree *t, node_id shell)
{
    const struct node *n = &t->node[shell];
    uint32_t k = n->tok < n->tok_end ? n->tok : t->node[shell - 1].tok_end;
    while (n->tok == n->tok_end && (t->tok[k].kind == TOK_BLANK || t->tok[k].kind == TOK_OPERATOR))
        k++;
    return k;
}

static bool is_other_json(struct dump *d, node_id n)
{
    struct str text = join_node(d, n);
    return json_kind(text, text.n) == JSON_OTHER;
}

/* What BuildKit's own parser refuses; the rest is refused later. */
static const char *refused(struct dump *d, node_id instruction)
{
    const struct tree *t = d->t;
    for (node_id n = instruction; n < t->node[instruction].after; n++) {
        if (node_kind(t, n) != NODE_ERROR)
            continue;
        enum syntax_error e = (enum syntax_error)t->node[n].op;
        bool pair = e == SYNTAX_BAD_PAIR && !node_first(t, n);
        if (pair || (e == SYNTAX_BAD_JSON && is_other_json(d, n)) ||
            e == SYNTAX_UNTERMINATED_HEREDOC)
            return syntax_error_text(e);
    }
    return NULL;
}

static void add_instruction(struct dump *d, node_id n)
{
    const struct tree *t = d->t;
    node_id key = node_first(t, n);
    if (!key) {
        add_quoted(d->out, S(""));
        return;
    }
    add_keyword(d, join_node(d, key));
    const char *why = refused(d, n);
    if (why) {
        buf_add(d->out, S(" error"));
        add_word(d, str_of(why));
        return;
    }
    node_id args = add_flags(d, node_sibling(t, key));
    if (node_kind(t, n) == NODE_ERROR)
        add_word(d, S(""));
    else if (is_shell_form(node_instruction(t, n)) && args && node_kind(t, args) == NODE_SHELL)
        add_word(d, join_rest(d, shell_start(t, args)));
    else
        add_args(d, node_instruction(t, n), args);
}

void tree_dump_buildkit(struct buf *out, const struct tree *t)
{
    struct dump d = {out, t, out->arena};
    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        if (node_kind(t, n) != NODE_INSTRUCTION && !is_unknown(t, n))
            continue;
        buf_char(out, '(');
        add_instruction(&d, n);
        buf_add(out, S(")\n"));
    }
}
