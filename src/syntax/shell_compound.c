/* shell_compound.c - compound commands: groups, conditions, loops, case, functions
 * (XCU 2.9.4, 2.9.5); bash's [[ ]], (( )), select and function. */
#include "syntax/shell.h"

#include <string.h>

enum keyword {
    NOT_KEYWORD,
    KW_IF,
    KW_WHILE,
    KW_UNTIL,
    KW_FOR,
    KW_SELECT,
    KW_CASE,
    KW_FUNCTION,
    KW_GROUP,
    KW_TEST,
    KW_SUBSHELL,
    KW_END /* ends a list: then else elif fi do done esac in } */
};

/* bash's own words are words to a POSIX shell, unless what follows can only be bash's. */
static bool is_function_keyword(const struct shell *s, uint32_t end)
{
    if (s->dialect == DIALECT_BASH)
        return true;
    while (end < s->end && char_class(s, end) & CHAR_BLANK)
        end++;
    uint32_t name = end;
    while (!shell_ends_word(s, end))
        end++;
    if (end == name)
        return false;
    while (end < s->end && char_class(s, end) & CHAR_BLANK)
        end++;
    return char_at(s, end) == '(' || shell_match_word(s, end, "{");
}

static bool is_select_keyword(const struct shell *s, uint32_t end)
{
    if (s->dialect == DIALECT_BASH)
        return true;
    while (end < s->end && char_class(s, end) & CHAR_BLANK)
        end++;
    uint32_t name = shell_name_end(s, end);
    uint32_t next = name;
    while (next < s->end && char_class(s, next) & CHAR_BLANK)
        next++;
    return name > end && next > name && shell_match_word(s, next, "in");
}

enum { SAME_FIRST = 3 }; /* reserved words that begin with the same character, at most */

struct reserved {
    const char *text;
    enum keyword keyword;
};

/* By the first character of a command: bits of the second ones with which it may begin something
 * else than a simple command. Nearly all commands are told from the rest by these two. */
#define SECOND(c) (1u << ((c)&31))
const uint32_t shell_second[256] = {
    ['c'] = SECOND('a') | SECOND('o'),
    ['d'] = SECOND('o'),
    ['e'] = SECOND('l') | SECOND('s'),
    ['f'] = SECOND('o') | SECOND('i') | SECOND('u'),
    ['i'] = SECOND('f') | SECOND('n'),
    ['s'] = SECOND('e'),
    ['t'] = SECOND('h') | SECOND('i'),
    ['u'] = SECOND('n'),
    ['w'] = SECOND('h'),
    ['['] = SECOND('['),
    [']'] = SECOND(']'),
    ['{'] = UINT32_MAX,
    ['}'] = UINT32_MAX,
    ['('] = UINT32_MAX,
    [')'] = UINT32_MAX,
    [';'] = UINT32_MAX,
    ['!'] = UINT32_MAX,
};
#undef SECOND

/* Is the word, which ends at `end`, a keyword in this place? */
static bool is_keyword_here(const struct shell *s, enum keyword k, char first, uint32_t end)
{
    if (k == KW_FUNCTION)
        return is_function_keyword(s, end);
    if (k == KW_SELECT)
        return is_select_keyword(s, end);
    return first != ']' || s->dialect == DIALECT_BASH;
}

/* The reserved word at pos, which is where a command begins. */
static enum keyword keyword_at(const struct shell *s)
{
    enum { NONE, C, D, E, F, I, S, T, U, W, OPEN, CLOSE, TEST, TEST_END };
    static const struct reserved words[][SAME_FIRST] = {
        [C] = {{"case", KW_CASE}},
        [D] = {{"do", KW_END}, {"done", KW_END}},
        [E] = {{"else", KW_END}, {"elif", KW_END}, {"esac", KW_END}},
        [F] = {{"for", KW_FOR}, {"fi", KW_END}, {"function", KW_FUNCTION}},
        [I] = {{"if", KW_IF}, {"in", KW_END}},
        [S] = {{"select", KW_SELECT}},
        [T] = {{"then", KW_END}},
        [U] = {{"until", KW_UNTIL}},
        [W] = {{"while", KW_WHILE}},
        [OPEN] = {{"{", KW_GROUP}},
        [CLOSE] = {{"}", KW_END}},
        [TEST] = {{"[[", KW_TEST}},
        [TEST_END] = {{"]]", KW_END}},
    };
    static const unsigned char of_first[256] = {
        ['c'] = C,     ['d'] = D,    ['e'] = E,        ['f'] = F, ['i'] = I,
        ['s'] = S,     ['t'] = T,    ['u'] = U,        ['w'] = W, ['{'] = OPEN,
        ['}'] = CLOSE, ['['] = TEST, [']'] = TEST_END,
    };
    uint32_t at = s->b->pos;
    if (at >= s->end)
        return NOT_KEYWORD;
    char first = s->p[at];
    if (first == '(')
        return KW_SUBSHELL;
    const struct reserved *r = words[of_first[(unsigned char)first]];
    for (unsigned i = 0; i < SAME_FIRST && r[i].text; i++) {
        uint32_t end = shell_match_word(s, at, r[i].text);
        if (end && is_keyword_here(s, r[i].keyword, first, end))
            return r[i].keyword;
    }
    return NOT_KEYWORD;
}

enum command shell_command_told(const struct shell *s)
{
    uint32_t at = s->b->pos;
    int c = char_at(s, at);
    if (c < 0 || c == ')')
        return COMMAND_NONE;
    if (c == ';') {
        int next = char_at(s, shell_after_continuation(s, at + 1));
        return next == ';' || next == '&' ? COMMAND_NONE : COMMAND_SIMPLE;
    }
    switch (keyword_at(s)) {
    case NOT_KEYWORD:
        return c == '!' || (s->dialect == DIALECT_BASH && (c == 't' || c == 'c')) ? COMMAND_PREFIXED
                                                                                  : COMMAND_SIMPLE;
    case KW_END:
        return COMMAND_NONE;
    default:
        return COMMAND_COMPOUND;
    }
}

bool shell_at_list_end(const struct shell *s)
{
    return shell_command_ahead(s) == COMMAND_NONE;
}

/* Pieces */

/* Puts out the reserved word that must stand here, or it is an error of `in`. */
static bool expect(struct shell *s, node_id in, const char *word)
{
    if (s->failed)
        return false;
    uint32_t end = shell_match_word(s, s->b->pos, word);
    if (end)
        shell_emit(s, TOK_KEYWORD, end);
    else if (s->b->pos >= s->end)
        shell_broken(s, in, SYNTAX_UNTERMINATED_COMPOUND);
    else
        shell_unexpected(s, SYNTAX_UNEXPECTED_TOKEN);
    return end != 0;
}

static bool accept(struct shell *s, const char *word)
{
    uint32_t end = s->failed ? 0 : shell_match_word(s, s->b->pos, word);
    if (end)
        shell_emit(s, TOK_KEYWORD, end);
    return end != 0;
}

/* compound_list : linebreak list, of one command at least */
static void compound_list(struct shell *s, node_id in)
{
    if (s->failed)
        return;
    shell_newlines(s);
    if (shell_at_list_end(s)) {
        if (s->b->pos >= s->end)
            shell_broken(s, in, SYNTAX_UNTERMINATED_COMPOUND);
        else
            shell_unexpected(s, SYNTAX_UNEXPECTED_TOKEN);
        return;
    }
    node_id n = build_open(s->b, NODE_LIST, 0);
    shell_list(s);
    build_close(s->b, n);
}

static void keyword(struct shell *s, const char *text)
{
    shell_emit(s, TOK_KEYWORD, shell_match(s, s->b->pos, text));
}

/* Compound commands */

/* subshell : '(' compound_list ')' */
static node_id subshell(struct shell *s)
{
    struct builder *b = s->b;
    node_id n = build_open(b, NODE_SUBSHELL, 0);
    build_emit(b, TOK_OPERATOR, b->pos + 1);
    compound_list(s, n);
    if (s->failed)
        return n;
    if (char_at(s, b->pos) == ')')
        build_emit(b, TOK_OPERATOR, b->pos + 1);
    else if (b->pos >= s->end)
        shell_broken(s, n, SYNTAX_UNTERMINATED_COMPOUND);
    else
        shell_unexpected(s, SYNTAX_UNEXPECTED_TOKEN);
    return n;
}

/* bash: '((' any '))' */
static node_id arith_command(struct shell *s, uint32_t open_end)
{
    node_id n = build_open(s->b, NODE_ARITH, 0);
    shell_emit(s, TOK_OPERATOR, open_end);
    shell_arith_rest(s, n, "))");
    return n;
}

/* group : '{' compound_list '}' */
static node_id group(struct shell *s)
{
    node_id n = build_open(s->b, NODE_GROUP, 0);
    keyword(s, "{");
    compound_list(s, n);
    expect(s, n, "}");
    return n;
}

/* if : "if" list "then" list ("elif" list "then" list)* ["else" list] "fi" */
static node_id if_clause(struct shell *s)
{
    node_id n = build_open(s->b, NODE_IF, 0);
    keyword(s, "if");
    do {
        compound_list(s, n);
        expect(s, n, "then");
        compound_list(s, n);
    } while (accept(s, "elif"));
    if (accept(s, "else"))
        compound_list(s, n);
    expect(s, n, "fi");
    return n;
}

/* do_group : "do" list "done" */
static void do_group(struct shell *s, node_id in)
{
    if (!expect(s, in, "do"))
        return;
    compound_list(s, in);
    expect(s, in, "done");
}

/* loop : ("while" | "until") list do_group */
static node_id loop(struct shell *s, const char *word)
{
    node_id n = build_open(s->b, NODE_LOOP, 0);
    keyword(s, word);
    compound_list(s, n);
    do_group(s, n);
    return n;
}

/* [';' | newline] linebreak; bash has a group, too, for a body. */
static void for_body(struct shell *s, node_id n)
{
    shell_blanks(s);
    if (char_at(s, s->b->pos) == ';')
        build_emit(s->b, TOK_OPERATOR, s->b->pos + 1);
    shell_newlines(s);
    if (s->dialect == DIALECT_BASH && accept(s, "{")) {
        compound_list(s, n);
        expect(s, n, "}");
    } else {
        do_group(s, n);
    }
}

/* for : "for" name [linebreak "in" word* sequential_sep] do_group
 *     | "for" name [';'] linebreak do_group
 * bash: also "select", and "for" '((' any '))' [';'] do_group */
static node_id for_clause(struct shell *s, const char *word)
{
    struct builder *b = s->b;
    node_id n = build_open(b, NODE_FOR, 0);
    keyword(s, word);
    shell_blanks(s);
    uint32_t inside = shell_match(s, b->pos, "((");
    if (inside && *word == 'f') {
        node_id arith = arith_command(s, inside);
        build_close(b, arith);
        if (!s->failed)
            for_body(s, n);
        return n;
    }
    uint32_t name = shell_name_end(s, b->pos);
    if (name == b->pos || !shell_ends_word(s, name)) {
        if (b->pos >= s->end)
            shell_broken(s, n, SYNTAX_EXPECTED_WORD);
        else
            shell_unexpected(s, SYNTAX_EXPECTED_WORD);
        return n;
    }
    shell_name(s, name, false);
    shell_blanks(s);
    if (char_at(s, b->pos) != ';') {
        shell_newlines(s);
        if (accept(s, "in"))
            for (shell_blanks(s); shell_at_word(s) && s->p[b->pos] != '#'; shell_blanks(s)) {
                shell_word(s);
                if (s->failed)
                    return n;
            }
    }
    for_body(s, n);
    return n;
}

/* pattern : ['('] word ('|' word)* ')' */
static void case_pattern(struct shell *s, node_id in)
{
    struct builder *b = s->b;
    if (char_at(s, b->pos) == '(')
        build_emit(b, TOK_OPERATOR, b->pos + 1);
    while (shell_word_wanted(s, in)) {
        shell_blanks(s);
        int c = char_at(s, b->pos);
        if (c == '|' || c == ')') {
            build_emit(b, TOK_OPERATOR, b->pos + 1);
            if (c == '|')
                continue;
        } else if (c < 0) {
            shell_broken(s, in, SYNTAX_UNTERMINATED_COMPOUND);
        } else {
            shell_unexpected(s, SYNTAX_UNEXPECTED_TOKEN);
        }
        return;
    }
}

static uint32_t case_end(const struct shell *s)
{
    static const char *const ends[] = {";;&", ";;", ";&"};
    uint32_t end = 0;
    for (size_t i = 0; i < 3 && !end; i++)
        end = shell_match(s, s->b->pos, ends[i]);
    return end;
}

/* case : "case" word linebreak "in" linebreak (pattern list? (";;" | ";&") linebreak)*
 *        [pattern list?] "esac";  bash: ";;&" */
static node_id case_clause(struct shell *s)
{
    struct builder *b = s->b;
    node_id n = build_open(b, NODE_CASE, 0);
    keyword(s, "case");
    if (!shell_word_wanted(s, n))
        return n;
    shell_newlines(s);
    if (!expect(s, n, "in"))
        return n;
    for (;;) {
        shell_newlines(s);
        if (s->failed || b->pos >= s->end || shell_match_word(s, b->pos, "esac"))
            break;
        node_id item = build_open(b, NODE_CASE_ITEM, 0);
        case_pattern(s, item);
        if (!s->failed)
            shell_newlines(s);
        if (!s->failed && !shell_at_list_end(s))
            compound_list(s, item);
        uint32_t end = s->failed ? 0 : case_end(s);
        if (end)
            shell_emit(s, TOK_OPERATOR, end);
        build_close(b, item);
        if (!end)
            break;
    }
    expect(s, n, "esac");
    return n;
}

/* linebreak compound; dash takes any command. */
void shell_function_body(struct shell *s, node_id n)
{
    shell_newlines(s);
    if (s->b->pos >= s->end)
        shell_broken(s, n, SYNTAX_UNTERMINATED_COMPOUND);
    else if (shell_command_ahead(s) == COMMAND_COMPOUND)
        shell_compound(s);
    else if (s->dialect == DIALECT_BASH)
        shell_unexpected(s, SYNTAX_UNEXPECTED_TOKEN);
    else if (shell_enter(s)) {
        shell_command(s, shell_command_ahead(s));
        shell_leave(s);
    }
}

/* bash: function : "function" word ['(' ')'] linebreak compound */
static node_id function(struct shell *s)
{
    struct builder *b = s->b;
    node_id n = build_open(b, NODE_FUNCTION, 0);
    keyword(s, "function");
    if (!shell_word_wanted(s, n))
        return n;
    b->node[n + 1].kind = NODE_NAME;
    shell_blanks(s);
    uint32_t i = b->pos;
    if (char_at(s, i) == '(') {
        do
            i++;
        while (i < s->end && char_class(s, i) & CHAR_BLANK);
        if (char_at(s, i) == ')') {
            build_emit(b, TOK_OPERATOR, b->pos + 1);
            shell_blanks(s);
            build_emit(b, TOK_OPERATOR, b->pos + 1);
        }
    }
    shell_function_body(s, n);
    return n;
}

/* bash: test : "[[" (word | '<' | '>' | "&&" | "||" | '(' | ')')+ "]]" */
static node_id test(struct shell *s)
{
    struct builder *b = s->b;
    node_id n = build_open(b, NODE_TEST, 0);
    keyword(s, "[[");
    for (;;) {
        shell_newlines(s);
        if (s->failed || accept(s, "]]"))
            return n;
        uint32_t end = shell_match(s, b->pos, "&&"), from = b->pos;
        int c = char_at(s, from);
        if (!end)
            end = shell_match(s, from, "||");
        if (!end && c > 0 && strchr("()<>", c) && !shell_at_word(s))
            end = from + 1;
        if (end) {
            shell_emit(s, TOK_OPERATOR, end);
        } else if (shell_match_word(s, from, "=~")) {
            shell_word(s);
            shell_newlines(s);
            if (!s->failed && b->pos < s->end && !shell_match_word(s, b->pos, "]]") &&
                !(char_class(s, b->pos) & CHAR_META && s->p[b->pos] != '('))
                shell_word_regex(s);
        } else if (shell_at_word(s)) {
            shell_word(s);
        } else if (c < 0) {
            shell_broken(s, n, SYNTAX_UNTERMINATED_COMPOUND);
        } else {
            shell_unexpected(s, SYNTAX_UNEXPECTED_TOKEN);
        }
    }
}

static node_id parenthesis(struct shell *s)
{
    uint32_t inside = shell_match(s, s->b->pos, "((");
    if (inside && s->dialect == DIALECT_BASH && shell_arith_ahead(s, inside))
        return arith_command(s, inside);
    return subshell(s);
}

static node_id compound_of(struct shell *s, enum keyword k)
{
    switch (k) {
    case KW_IF:
        return if_clause(s);
    case KW_WHILE:
        return loop(s, "while");
    case KW_UNTIL:
        return loop(s, "until");
    case KW_FOR:
        return for_clause(s, "for");
    case KW_SELECT:
        return for_clause(s, "select");
    case KW_CASE:
        return case_clause(s);
    case KW_FUNCTION:
        return function(s);
    case KW_GROUP:
        return group(s);
    case KW_TEST:
        return test(s);
    case KW_SUBSHELL:
    case NOT_KEYWORD:
    case KW_END:
        break;
    }
    return parenthesis(s);
}

void shell_compound(struct shell *s)
{
    if (!shell_enter(s))
        return;
    enum keyword k = keyword_at(s);
    node_id n = compound_of(s, k);
    while (!s->failed && k != KW_FUNCTION) {
        shell_blanks(s);
        if (!shell_at_redirect(s))
            break;
        shell_redirect(s);
    }
    build_close(s->b, n);
    shell_leave(s);
}
