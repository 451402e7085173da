/* tree.c - finding the way in a tree; names of its kinds. */
#include "syntax/dockerfile.h"

#include <string.h>

node_id node_next(const struct tree *t, node_id parent, node_id prev, enum node_kind k)
{
    node_id n = prev ? node_sibling(t, prev) : node_first(t, parent);
    while (n && node_kind(t, n) != k)
        n = node_sibling(t, n);
    return n;
}

node_id node_up(const struct tree *t, node_id n, enum node_kind k)
{
    while (n) {
        n = t->node[n].parent;
        if (node_kind(t, n) == k)
            return n;
    }
    return 0;
}

bool node_is_word(const struct tree *t, node_id n)
{
    enum node_kind k = node_kind(t, n);
    return k == NODE_WORD || k == NODE_IMAGE || k == NODE_ALIAS || k == NODE_STRING;
}

bool node_has_error(const struct tree *t, node_id n)
{
    if (!t->nerror)
        return false;
    for (node_id end = t->node[n].after; n < end; n++)
        if (node_kind(t, n) == NODE_ERROR)
            return true;
    return false;
}

bool tokens_have_comment(const struct tree *t, uint32_t from, uint32_t to)
{
    for (; from < to; from++)
        if (t->tok[from].kind == TOK_COMMENT)
            return true;
    return false;
}

bool instruction_ends_in_comment(const struct tree *t, node_id n)
{
    uint32_t tok = t->node[n].tok_end;

    while (t->tok[tok].kind == TOK_BLANK)
        tok++;
    return t->tok[tok].kind == TOK_COMMENT || t->tok[tok].kind == TOK_CONTINUATION;
}

node_id instruction_inner(const struct tree *t, node_id n)
{
    if (node_kind(t, n) != NODE_INSTRUCTION)
        return 0;
    return node_instruction(t, n) == INST_ONBUILD ? node_next(t, n, 0, NODE_INSTRUCTION) : n;
}

node_id instruction_next(const struct tree *t, node_id after)
{
    bool holds = after && node_instruction(t, after) == INST_ONBUILD;
    node_id inner = holds ? node_next(t, after, 0, NODE_INSTRUCTION) : 0, n = node_first(t, 0);

    if (inner)
        return inner;
    if (after) {
        while (t->node[after].parent)
            after = t->node[after].parent;
        n = node_sibling(t, after);
    }
    while (n && node_kind(t, n) != NODE_INSTRUCTION)
        n = node_sibling(t, n);
    return n;
}

size_t instruction_words(const struct tree *t, struct arena *a, node_id instruction,
                         const node_id **out)
{
    node_id list = node_next(t, instruction, 0, NODE_EXEC);
    VEC(node_id) words = {0};

    for (node_id n = node_first(t, list ? list : instruction); n; n = node_sibling(t, n)) {
        enum node_kind k = node_kind(t, n);
        if (k == NODE_WORD || k == NODE_STRING || k == NODE_REDIRECT)
            vec_push(a, &words, n);
    }
    *out = words.v;
    return words.n;
}

node_id instruction_flag(const struct tree *t, node_id instruction, struct str name)
{
    node_id flag = 0;
    while ((flag = node_next(t, instruction, flag, NODE_FLAG))) {
        node_id n = node_first(t, flag);
        if (n && node_kind(t, n) == NODE_NAME && str_eq(node_text(t, n), name))
            return flag;
    }
    return 0;
}

static bool is_quote(char c)
{
    return c == '"' || c == '\'';
}

bool flag_key(const struct tree *t, node_id flag, struct str key, struct span *out)
{
    node_id word = node_next(t, flag, 0, NODE_WORD);
    if (!word)
        return false;
    struct span s = node_span(t, word);
    struct str rest = str_sub(t->text, s.start, s.end), part;
    while (str_cut(&rest, ',', &part)) {
        if (part.n && is_quote(part.p[0]))
            part = str_from(part, 1);
        if (part.n <= key.n || part.p[key.n] != '=' || !str_starts(part, key))
            continue;
        part = str_from(part, key.n + 1);
        if (part.n && is_quote(part.p[0]))
            part = str_from(part, 1);
        if (part.n && is_quote(part.p[part.n - 1]))
            part.n--;
        out->start = (uint32_t)(part.p - t->text.p);
        out->end = out->start + (uint32_t)part.n;
        return true;
    }
    return false;
}

struct place_lc text_place_on(struct str text, struct place_lc at, uint32_t from, uint32_t offset)
{
    uint32_t line = from - (at.column - 1);
    const char *nl;

    while (from < offset && (nl = memchr(text.p + from, '\n', offset - from))) {
        from = line = (uint32_t)(nl - text.p) + 1;
        at.line++;
    }
    at.column = offset - line + 1;
    return at;
}

struct place_lc text_place(struct str text, uint32_t offset)
{
    return text_place_on(text, (struct place_lc){1, 1}, 0, offset);
}

const char *node_kind_name(enum node_kind k)
{
    static const char *const name[NODE_KINDS] = {
        [NODE_FILE] = "file",
        [NODE_DIRECTIVE] = "directive",
        [NODE_INSTRUCTION] = "instruction",
        [NODE_KEYWORD] = "keyword",
        [NODE_FLAG] = "flag",
        [NODE_NAME] = "name",
        [NODE_WORD] = "word",
        [NODE_IMAGE] = "image",
        [NODE_ALIAS] = "alias",
        [NODE_PAIR] = "pair",
        [NODE_EXEC] = "exec",
        [NODE_STRING] = "string",
        [NODE_HEREDOC] = "heredoc",
        [NODE_DATA] = "data",
        [NODE_SHELL] = "shell",
        [NODE_LIST] = "list",
        [NODE_ANDOR] = "andor",
        [NODE_PIPELINE] = "pipeline",
        [NODE_COMMAND] = "command",
        [NODE_ASSIGN] = "assign",
        [NODE_ARRAY] = "array",
        [NODE_REDIRECT] = "redirect",
        [NODE_SUBSHELL] = "subshell",
        [NODE_GROUP] = "group",
        [NODE_IF] = "if",
        [NODE_LOOP] = "loop",
        [NODE_FOR] = "for",
        [NODE_CASE] = "case",
        [NODE_CASE_ITEM] = "case-item",
        [NODE_FUNCTION] = "function",
        [NODE_TEST] = "test",
        [NODE_ARITH] = "arith",
        [NODE_SINGLE] = "single",
        [NODE_ANSI] = "ansi",
        [NODE_DOUBLE] = "double",
        [NODE_PARAM] = "param",
        [NODE_SUBST] = "subst",
        [NODE_PROCESS] = "process",
        [NODE_ERROR] = "error",
    };
    return k < NODE_KINDS ? name[k] : "?";
}

const struct spelling instruction_spelling[] = {
    [INST_UNKNOWN] = {"", 0},        [INST_ADD] = {"ADD", 3},
    [INST_ARG] = {"ARG", 3},         [INST_CMD] = {"CMD", 3},
    [INST_COPY] = {"COPY", 4},       [INST_ENTRYPOINT] = {"ENTRYPOINT", 10},
    [INST_ENV] = {"ENV", 3},         [INST_EXPOSE] = {"EXPOSE", 6},
    [INST_FROM] = {"FROM", 4},       [INST_HEALTHCHECK] = {"HEALTHCHECK", 11},
    [INST_LABEL] = {"LABEL", 5},     [INST_MAINTAINER] = {"MAINTAINER", 10},
    [INST_ONBUILD] = {"ONBUILD", 7}, [INST_RUN] = {"RUN", 3},
    [INST_SHELL] = {"SHELL", 5},     [INST_STOPSIGNAL] = {"STOPSIGNAL", 10},
    [INST_USER] = {"USER", 4},       [INST_VOLUME] = {"VOLUME", 6},
    [INST_WORKDIR] = {"WORKDIR", 7},
};

struct str instruction_name(enum instruction i)
{
    const struct spelling *name = &instruction_spelling[i];
    return (struct str){name->text, name->n};
}

const char *syntax_error_text(enum syntax_error e)
{
    static const char *const text[SYNTAX_ERRORS] = {
        [SYNTAX_OK] = "",
        [SYNTAX_UNKNOWN_INSTRUCTION] = "unknown instruction",
        [SYNTAX_MISSING_ARGUMENT] = "missing argument",
        [SYNTAX_BAD_PAIR] = "not a name=value pair",
        [SYNTAX_BAD_FLAG] = "malformed flag",
        [SYNTAX_UNTERMINATED_QUOTE] = "unterminated quote",
        [SYNTAX_UNTERMINATED_HEREDOC] = "unterminated heredoc",
        [SYNTAX_UNTERMINATED_EXPANSION] = "unterminated expansion",
        [SYNTAX_UNEXPECTED_TOKEN] = "unexpected token",
        [SYNTAX_EXPECTED_WORD] = "a word is expected here",
        [SYNTAX_UNTERMINATED_COMPOUND] = "unterminated compound command",
        [SYNTAX_TOO_DEEP] = "nested too deep",
        [SYNTAX_BAD_HEREDOC] = "heredoc not allowed here",
        [SYNTAX_BAD_ONBUILD] = "instruction not allowed in ONBUILD",
        [SYNTAX_BAD_JSON] = "must be a JSON array of strings",
        [SYNTAX_BINARY] = "binary bytes",
        [SYNTAX_NO_FROM] = "no FROM",
        [SYNTAX_UNSUPPORTED] = "construct not supported",
        [SYNTAX_BAD_MODIFIER] = "not a modifier that a variable can have",
        [SYNTAX_BAD_DIRECTIVE] = "parser directive repeated, or its value not allowed",
        [SYNTAX_BAD_NAME] = "not a valid stage name",
    };
    return e < SYNTAX_ERRORS ? text[e] : "?";
}

struct str line_indent(const struct tree *t, uint32_t offset)
{
    uint32_t start = offset, end;

    while (start > 0 && t->text.p[start - 1] != '\n')
        start--;
    for (end = start; end < offset && (t->text.p[end] == ' ' || t->text.p[end] == '\t');)
        end++;
    return str_sub(t->text, start, end);
}
