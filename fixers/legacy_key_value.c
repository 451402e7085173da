/* legacy-key-value: `ENV NAME some value` becomes `ENV NAME="some value"`. */
#include "dfix/fixer.h"

static const char doc[] =
    "`ENV NAME value` and `LABEL name value` are the old form: all that follows the name is the\n"
    "value, and a second pair on the line is silently part of it. `NAME=value` says the same and\n"
    "is what BuildKit asks for. What has blanks gets double quotes.\n\n"
    "Not changed: values in which quotes and variables touch, names that are no plain words, and\n"
    "a comment between a name and its value.\n\n"
    "Safety: safe. The value is shown to be the same under BuildKit's rules for quotes and\n"
    "escapes, whatever the variables in it are.\n";

static bool has_any(struct str s, struct str chars)
{
    for (size_t i = 0; i < s.n; i++)
        if (memchr(chars.p, s.p[i], chars.n))
            return true;
    return false;
}

/* BuildKit splits at white space that is not ASCII too. */
static bool splits(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80)
            return true;
    return has_any(s, S(" \t\v\f\r"));
}

/* What the word is made of: its value's tokens, and the quotes around them. */
struct value_form {
    const struct tree *t;
    node_id word;
    char quote;      /* at the token in hand: 0 none */
    bool splits;     /* it would be more than one word */
    const char *why; /* it cannot be put in quotes; NULL: it can */
};

/* The expansion that begins at a token of the word; 0: none. */
static node_id expansion_at(const struct tree *t, node_id word, uint32_t tok)
{
    for (node_id n = word + 1; n < t->node[word].after; n++)
        if (t->node[n].tok == tok && node_kind(t, n) == NODE_PARAM)
            return n;
    return 0;
}

static struct str token_text(const struct tree *t, uint32_t tok)
{
    struct span s = token_span(t, tok);
    return str_sub(t->text, s.start, s.end);
}

/* The quotes of an expansion's own operand would end those around it. */
static void look_at_expansion(struct value_form *v, node_id n)
{
    struct str text = node_text(v->t, n);

    if (has_any(text, S("\"'\\`\n")))
        v->why = "quotes stand inside ${...}";
    v->splits |= !v->quote && splits(text);
}

/* Without its quotes, `$A"b"` would be another variable; so would `$A\b` without its escape. */
static bool joins(const struct tree *t, uint32_t tok)
{
    uint32_t start = t->tok[tok].start, from = start;
    char next = t->text.p[start + 1];

    while (from && char_is_of_name(t->text.p[from - 1]))
        from--;
    bool name = char_is_of_name(next) || next == '{' || next == '"' || next == '\'';
    return name && from && t->text.p[from - 1] == '$';
}

static void look_at_token(struct value_form *v, uint32_t tok)
{
    const struct tree *t = v->t;
    struct str text = token_text(t, tok);

    switch (t->tok[tok].kind) {
    case TOK_QUOTE:
        if (joins(t, tok))
            v->why = "a quote ends the name of a variable";
        v->quote = v->quote ? 0 : text.p[0];
        return;
    case TOK_COMMENT:
        return;
    case TOK_TEXT:
        v->splits |= !v->quote && splits(text);
        if (!v->quote && str_find(text, S("<<")) != STR_NONE)
            v->why = "it looks like a heredoc";
        return;
    case TOK_ESCAPE:
        if (text.n < 2)
            v->why = "an escape is cut by a line end";
        else if (!v->quote && joins(t, tok))
            v->why = "an escape ends the name of a variable";
        return;
    default:
        return;
    }
}

static struct value_form form_of(const struct tree *t, node_id word)
{
    struct value_form v = {.t = t, .word = word};

    for (uint32_t tok = t->node[word].tok; tok < t->node[word].tok_end; tok++) {
        node_id n = t->tok[tok].kind == TOK_TEXT ? 0 : expansion_at(t, word, tok);
        if (n) {
            look_at_expansion(&v, n);
            tok = t->node[n].tok_end - 1;
        } else {
            look_at_token(&v, tok);
        }
    }
    return v;
}

/* A text of single quotes as it is written in double ones. */
static struct str in_double(struct fix_ctx *c, struct str text)
{
    struct buf b = {.arena = c->arena};

    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"' || text.p[i] == '$' || text.p[i] == c->tree->escape)
            buf_char(&b, c->tree->escape);
        buf_char(&b, text.p[i]);
    }
    return buf_str(&b);
}

/* A token's bytes inside double quotes around the whole. */
static void requote_token(struct fix *f, struct fix_ctx *c, struct value_form *v, uint32_t tok)
{
    struct span s = token_span(c->tree, tok);
    struct str text = token_text(c->tree, tok);

    if (c->tree->tok[tok].kind == TOK_QUOTE) {
        v->quote = v->quote ? 0 : text.p[0];
        fix_delete_code(f, v->word, s);
    } else if (v->quote == '\'' && c->tree->tok[tok].kind == TOK_TEXT) {
        struct str spelled = in_double(c, text);
        if (!str_eq(spelled, text))
            fix_replace_code_at(f, v->word, s, spelled);
    } else if (!v->quote && c->tree->tok[tok].kind == TOK_ESCAPE && text.p[1] != '"' &&
               text.p[1] != '$' && text.p[1] != c->tree->escape) {
        fix_replace_code_at(f, v->word, s, str_from(text, 1));
    }
}

static void put_in_quotes(struct fix *f, struct fix_ctx *c, node_id word)
{
    struct value_form v = {.t = c->tree, .word = word};

    for (uint32_t tok = c->tree->node[word].tok; tok < c->tree->node[word].tok_end; tok++) {
        node_id n = c->tree->tok[tok].kind == TOK_TEXT ? 0 : expansion_at(c->tree, word, tok);
        if (n)
            tok = c->tree->node[n].tok_end - 1;
        else
            requote_token(f, c, &v, tok);
    }
    fix_insert_code(f, word, node_span(c->tree, word).end, S("\""));
}

static bool is_plain_name(struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!char_is_of_name(name.p[i]) && !memchr("-./:@", name.p[i], 5))
            return false;
    return name.n > 0;
}

static void look(struct fix_ctx *c, node_id instruction, node_id pair)
{
    const struct tree *t = c->tree;
    node_id name = node_next(t, pair, 0, NODE_NAME), word = node_next(t, pair, 0, NODE_WORD);

    if (!name || !word || node_has_error(t, instruction))
        return;
    struct value_form v = form_of(t, word);
    struct str key = node_text(t, name);
    struct span gap = {node_span(t, name).end, node_span(t, word).start};
    const char *op = instruction_name(node_instruction(t, instruction)).p;
    const char *why = v.splits ? v.why : NULL;
    if (!is_plain_name(key))
        why = "its name is not a plain word";
    else if (tokens_have_comment(t, t->node[name].tok_end, t->node[word].tok))
        why = "a comment stands between name and value";
    else if (v.splits && str_find(node_text(t, word), S(" #")) != STR_NONE)
        why = "its value holds the # and what follows, which is no comment there";
    if (why) {
        fix_hint(c, pair, "%s " STR_FMT " has no equals sign; write NAME=\"value\" by hand: %s", op,
                 STR_ARG(key), why);
        return;
    }
    struct fix *f =
        fix_begin(c, pair, SAFE, "Write %s " STR_FMT " with an equals sign", op, STR_ARG(key));
    fix_respells(f, instruction);
    fix_replace_code_at(f, pair, gap, v.splits ? S("=\"") : S("="));
    if (v.splits)
        put_in_quotes(f, c, word);
}

static void run(struct fix_ctx *c)
{
    const struct tree *t = c->tree;

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        enum instruction i = node_instruction(t, n);
        if (node_kind(t, n) != NODE_INSTRUCTION || (i != INST_ENV && i != INST_LABEL))
            continue;
        node_id pair = node_next(t, n, 0, NODE_PAIR);
        if (pair && t->node[pair].flags & NODE_LEGACY)
            look(c, n, pair);
    }
}

const struct fixer fixer_legacy_key_value = {
    .id = "legacy-key-value",
    .aliases = "LegacyKeyValueFormat",
    .title = "Write NAME=value in ENV and LABEL",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_WARNING,
    .run = run,
};
