/* shell.c - the text that a shell reads: lists, pipelines, simple commands and
 * redirections of POSIX.1-2024 XCU 2.10, and what bash adds to them.
 *
 * Where /bin/sh may be dash, BusyBox or bash (DIALECT_POSIX), bash's constructs are
 * read as such when dash would refuse them: a=(..), <<<, |&, <(..), [[ .. ]], for ((..)),
 * @(..), function f {..}, ;;&, ${x/a/b}. What dash reads in its own way is read that way:
 * &> is a background command and a redirection, ((..)) two subshells, a+=x, a[1]=x,
 * {fd}> and time are words, $[ and $" begin with a plain dollar. $'..' is POSIX. */
#include "syntax/shell.h"

#include <string.h>

/* Redirections */

static uint32_t digits_end(const struct shell *s, uint32_t i)
{
    while (i < s->end && char_class(s, i) & CHAR_DIGIT)
        i++;
    return i;
}

/* Where the redirection operator is behind the number or {name} at i. */
static uint32_t redirect_operator(const struct shell *s, uint32_t i)
{
    if (char_class(s, i) & CHAR_DIGIT)
        return shell_after_continuation(s, digits_end(s, i));
    if (s->dialect == DIALECT_BASH && s->p[i] == '{') {
        uint32_t end = shell_name_end(s, i + 1);
        return end > i + 1 && char_at(s, end) == '}' ? end + 1 : i;
    }
    return i;
}

/* Not <( and >(, which begin a word or stand in one: 2>(a). */
bool shell_begins_redirect(const struct shell *s, uint32_t i)
{
    if (s->p[i] == '&')
        return s->dialect == DIALECT_BASH && shell_match(s, i, "&>");
    uint32_t at = redirect_operator(s, i);
    int c = char_at(s, at);
    return (c == '<' || c == '>') && char_at(s, at + 1) != '(';
}

static uint32_t operator_end(const struct shell *s, enum redirect *op)
{
    static const struct {
        const char *text;
        enum redirect op;
    } operators[] = {{"<<<", REDIR_HERESTRING}, {"<<-", REDIR_HEREDOC_TABS}, {"<<", REDIR_HEREDOC},
                     {"<&", REDIR_DUP_IN},      {"<>", REDIR_RDWR},          {"<", REDIR_IN},
                     {">>", REDIR_APPEND},      {">&", REDIR_DUP_OUT},       {">|", REDIR_CLOBBER},
                     {">", REDIR_OUT},          {"&>>", REDIR_BOTH_APPEND},  {"&>", REDIR_BOTH}};
    uint32_t end = 0;
    for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++)
        if ((end = shell_match(s, s->b->pos, operators[i].text))) {
            *op = operators[i].op;
            break;
        }
    return end;
}

/* io_redirect : [number] ('<' | '<&' | '>' | '>&' | '>>' | '<>' | '>|') word
 *             | [number] ('<<' | '<<-') delimiter
 * bash:         ['{' name '}'] ..., "&>" word, "&>>" word, "<<<" word */
void shell_redirect(struct shell *s)
{
    struct builder *b = s->b;
    node_id n = build_open(b, NODE_REDIRECT, 0);
    uint32_t at = redirect_operator(s, b->pos);
    if (at > b->pos)
        shell_emit(s, TOK_TEXT, at);
    enum redirect op = REDIR_IN;
    shell_emit(s, TOK_OPERATOR, operator_end(s, &op));
    b->node[n].op = (uint8_t)op;
    shell_blanks(s);
    uint32_t from = b->pos;
    bool dup = op == REDIR_DUP_IN || op == REDIR_DUP_OUT;
    if (dup && from < s->end && char_class(s, from) & CHAR_DIGIT)
        shell_word(s); /* 2>&1>f: the 1 is no number of the next one */
    else if (shell_word_wanted(s, n) && (op == REDIR_HEREDOC || op == REDIR_HEREDOC_TABS))
        shell_heredoc(s, from, b->pos, op == REDIR_HEREDOC_TABS);
    build_close(b, n);
}

/* Simple commands */

/* bash: array : '(' (newline | word)* ')' */
static void array(struct shell *s)
{
    struct builder *b = s->b;
    node_id n = build_open(b, NODE_ARRAY, 0);
    build_emit(b, TOK_OPERATOR, b->pos + 1);
    shell_newlines(s);
    while (!s->failed && shell_at_word(s)) {
        shell_word(s);
        shell_newlines(s);
    }
    if (char_at(s, b->pos) == ')' && !s->failed)
        build_emit(b, TOK_OPERATOR, b->pos + 1);
    else if (b->pos >= s->end)
        shell_broken(s, n, SYNTAX_UNTERMINATED_COMPOUND);
    else
        shell_unexpected(s, SYNTAX_UNEXPECTED_TOKEN);
    build_close(b, n);
}

struct assignment {
    uint32_t name_end, value; /* offsets */
    bool subscript, append;
};

static bool assignment_at(struct shell *s, struct assignment *a)
{
    uint32_t from = s->b->pos, i = shell_name_end(s, from);
    if (i == from)
        return false;
    *a = (struct assignment){0};
    if (char_at(s, i) == '[' && s->dialect == DIALECT_BASH) {
        i = shell_subscript_end(s, i);
        if (!i++)
            return false;
        a->subscript = true;
    }
    a->name_end = i;
    i = shell_after_continuation(s, i);
    a->append = char_at(s, i) == '+';
    if (a->append)
        i = shell_after_continuation(s, i + 1);
    if (char_at(s, i) != '=')
        return false;
    a->value = i + 1;
    return !a->append || s->dialect == DIALECT_BASH || char_at(s, i + 1) == '(';
}

/* assignment : name '=' [word];  bash: name [subscript] ['+'] '=' (array | [word]) */
static void assign(struct shell *s, const struct assignment *a)
{
    struct builder *b = s->b;
    node_id n = build_open(b, NODE_ASSIGN, 0);
    if (a->append)
        b->node[n].flags |= NODE_APPEND;
    shell_name(s, a->name_end, a->subscript);
    if (!s->failed && b->pos > a->name_end) {
        /* An expansion in the subscript took what looked like its end. */
        shell_broken(s, n, SYNTAX_UNTERMINATED_EXPANSION);
    } else if (!s->failed) {
        shell_emit(s, TOK_CONTINUATION, shell_after_continuation(s, b->pos));
        shell_emit(s, TOK_OPERATOR, a->value);
        if (char_at(s, b->pos) == '(')
            array(s);
        else if (shell_at_word(s))
            shell_word(s);
    }
    build_close(b, n);
}

/* bash's builtins whose arguments may be arrays. */
static bool declares(const struct shell *s, uint32_t from)
{
    static const char second[256] = {
        ['d'] = 'e', ['l'] = 'o', ['e'] = 'x', ['r'] = 'e', ['t'] = 'y'};
    if (!s->continued && char_at(s, from + 1) != second[(unsigned char)s->p[from]])
        return false; /* most commands */
    return shell_match_word(s, from, "declare") || shell_match_word(s, from, "local") ||
           shell_match_word(s, from, "export") || shell_match_word(s, from, "readonly") ||
           shell_match_word(s, from, "typeset");
}

/* function : name '(' ')' linebreak compound; `n` is the command that the name began. */
static void function_rest(struct shell *s, node_id n)
{
    struct builder *b = s->b;
    b->node[n].kind = NODE_FUNCTION;
    b->node[n + 1].kind = NODE_NAME;
    build_emit(b, TOK_OPERATOR, b->pos + 1);
    shell_blanks(s);
    if (char_at(s, b->pos) != ')') {
        shell_unexpected(s, SYNTAX_UNEXPECTED_TOKEN);
        return;
    }
    build_emit(b, TOK_OPERATOR, b->pos + 1);
    shell_function_body(s, n);
}

/* What cannot stand in a simple command; other characters may. */
static inline bool ends_command(const char *p, uint32_t i, uint32_t end)
{
    char c = p[i];
    return c == ';' || c == '|' || (c == '&' && i + 1 < end && p[i + 1] == '&');
}

/* bash: an assignment to an element of an array, which may go on behind blanks: a[1 + 2]=x */
static inline bool may_be_element(const char *p, uint32_t from, uint32_t to)
{
    return memchr(p + from, '[', to - from);
}

static inline bool is_blank(char c)
{
    return shell_class[(unsigned char)c] & CHAR_BLANK;
}

/* Blanks and plain words: all that most commands are. In one loop, which asks nothing that
 * only other words need. Gives where blanks end when the command is over; they are left. 0: it
 * is not over. */
static inline __attribute__((always_inline)) uint32_t plain_words(struct shell *s)
{
    struct builder *b = s->b;
    const uint32_t end = s->end, wide = b->wide;
    const bool bash = s->dialect == DIALECT_BASH;
    const char *p = s->p;
    for (uint32_t at = b->pos;;) {
        if (at == end)
            return at;
        if (!is_blank(p[at]))
            return ends_command(p, at, end) ? at : 0;
        uint32_t from = at + 1;
        if (from < end && is_blank(p[from])) /* mostly it was one */
            from = scan_blanks(p, from, end, wide);
        if (from == end)
            return from;
        if (shell_class[(unsigned char)p[from]] & (WORD_STOP | CHAR_HASH))
            return ends_command(p, from, end) ? from : 0;
        uint32_t to = shell_plain(p, from, end, wide);
        if (!shell_plain_ends(p, to, end) || (bash && may_be_element(p, from, to))) {
            s->word = from;
            s->word_plain_end = to;
            return 0;
        }
        build_blank_leaf(b, from, NODE_WORD, to);
        at = to;
    }
}

static inline scan_bytes may_end_command_name(scan_bytes v)
{
    return (scan_bytes)(((scan_signed)v <= ')') | (v - ';' <= '>' - ';') | ((v | 32) == '|') |
                        (v == '`'));
}

static inline bool stops_command_name(char c)
{
    return shell_stops_plain(c) || c == '=';
}

/* The first word, when it is plain: no assignment either. */
static bool plain_name(struct shell *s)
{
    struct builder *b = s->b;
    uint32_t from = b->pos;
    if (from >= s->end || char_class(s, from) & CHAR_HASH)
        return false;
    uint32_t to = scan(s->p, from, s->end, b->wide, may_end_command_name, stops_command_name);
    if (to == from || !shell_plain_ends(s->p, to, s->end) ||
        (s->dialect == DIALECT_BASH && may_be_element(s->p, from, to)))
        return false;
    build_leaf(b, NODE_WORD, TOK_TEXT, to);
    return true;
}

/* What follows `words` words, 0 or 1; `declaring`: they take arrays. Gives what plain_words does.
 */
static uint32_t command_rest(struct shell *s, node_id n, unsigned words, bool declaring)
{
    struct builder *b = s->b;
    if (!words && shell_at_redirect(s))
        b->node[n].flags |= NODE_LEADING_REDIRECT;
    /* No array after a redirection that follows an assignment. */
    bool arrays = true, assigned = false;
    uint32_t over = 0;
    struct assignment a;
    while (!s->failed && !over) {
        shell_blanks(s);
        if (shell_at_redirect(s)) {
            shell_redirect(s);
            arrays = !assigned;
        } else if (!shell_at_word(s) || s->p[b->pos] == '#') {
            break;
        } else if ((!words || declaring) && assignment_at(s, &a) &&
                   (char_at(s, a.value) == '(' ? words || arrays : !words)) {
            assign(s, &a);
            arrays = assigned = true;
        } else {
            declaring = words++ ? declaring : declares(s, b->pos);
            shell_word(s);
            over = s->failed ? 0 : plain_words(s);
        }
    }
    if (!s->failed && char_at(s, b->pos) == '(') {
        if (words == 1 && b->nnode == n + 2)
            function_rest(s, n);
        else
            shell_unexpected(s, SYNTAX_UNEXPECTED_TOKEN);
    } else if (!s->failed && b->nnode == n + 1) {
        shell_broken(s, n, SYNTAX_EXPECTED_WORD);
    }
    return over;
}

/* simple_command : (assignment | io_redirect)* word (word | io_redirect)* and so on */
static void simple_command(struct shell *s)
{
    uint32_t name = s->b->pos;
    node_id n = build_open(s->b, NODE_COMMAND, 0);
    bool plain = plain_name(s);
    uint32_t over = plain ? plain_words(s) : 0;
    if (!over)
        over = command_rest(s, n, plain, plain && declares(s, name));
    build_close(s->b, n);
    build_emit(s->b, TOK_BLANK, over);
}

/* command : compound io_redirect* | function | simple_command */
void shell_command(struct shell *s, enum command ahead)
{
    uint32_t at = s->b->pos;
    if (ahead == COMMAND_SIMPLE)
        simple_command(s);
    else if (ahead == COMMAND_COMPOUND)
        shell_compound(s);
    else if (s->dialect == DIALECT_BASH && shell_match_word(s, at, "coproc"))
        shell_unexpected(s, SYNTAX_UNSUPPORTED);
    else if (at < s->end && (ahead == COMMAND_NONE || shell_match_word(s, at, "!")))
        shell_unexpected(s, SYNTAX_UNEXPECTED_TOKEN);
    else
        simple_command(s);
}

/* Pipelines and lists */

static uint32_t pipe_at(const struct shell *s)
{
    uint32_t end = shell_match(s, s->b->pos, "|");
    if (!end || shell_match(s, s->b->pos, "||"))
        return 0;
    uint32_t both = shell_match(s, s->b->pos, "|&");
    return both ? both : end;
}

/* What may stand before a pipeline: '!';  bash: also "time" ["-p"], and several of them. */
static bool prefix_word(struct shell *s, node_id n)
{
    uint32_t at = s->b->pos, end = 0;
    bool bash = s->dialect == DIALECT_BASH;
    if (char_at(s, at) == '!' && (end = shell_match_word(s, at, "!")))
        s->b->node[n].flags ^= NODE_NEGATED;
    else if (char_at(s, at) == 't' && bash)
        end = shell_match_word(s, at, "time");
    if (!end)
        return false;
    bool time = s->p[at] == 't';
    shell_emit(s, TOK_KEYWORD, end);
    shell_blanks(s);
    if (time && (end = shell_match_word(s, s->b->pos, "-p"))) {
        shell_emit(s, TOK_KEYWORD, end);
        shell_blanks(s);
    }
    return bash;
}

static bool at_prefix(const struct shell *s)
{
    int c = char_at(s, s->b->pos);
    if (c == '!')
        return shell_match_word(s, s->b->pos, "!");
    return c == 't' && s->dialect == DIALECT_BASH && shell_match_word(s, s->b->pos, "time");
}

/* In bash a prefix may stand alone. */
DFIX_APART static void prefixed_command(struct shell *s, node_id n)
{
    while (prefix_word(s, n))
        ;
    int c = char_at(s, s->b->pos);
    bool nothing = c < 0 || c == ';' || c == '#' || line_end_at(s, s->b->pos);
    if (!nothing)
        shell_command(s, shell_command_ahead(s));
    else if (s->dialect == DIALECT_POSIX)
        shell_broken(s, n, SYNTAX_EXPECTED_WORD);
}

DFIX_APART static void pipes(struct shell *s, node_id n, bool open)
{
    struct builder *b = s->b;
    uint32_t end;
    while (!s->failed && (end = pipe_at(s))) {
        if (!open)
            build_wrap(b, n, NODE_PIPELINE, 0);
        open = true;
        shell_emit(s, TOK_OPERATOR, end);
        shell_newlines(s);
        if (b->pos >= s->end)
            shell_broken(s, n, SYNTAX_EXPECTED_WORD);
        else
            shell_command(s, shell_command_ahead(s));
        if (!s->failed)
            shell_blanks(s);
    }
    if (open)
        build_close(b, n);
}

/* pipeline : ['!'] command ('|' linebreak command)*;  bash: "|&" */
static node_id pipeline(struct shell *s, enum command ahead)
{
    struct builder *b = s->b;
    node_id n = b->nnode;
    bool open = ahead == COMMAND_PREFIXED && at_prefix(s);
    if (open) {
        build_open(b, NODE_PIPELINE, 0);
        prefixed_command(s, n);
    } else if (ahead == COMMAND_SIMPLE) {
        simple_command(s);
    } else {
        shell_command(s, ahead);
    }
    if (!s->failed)
        shell_blanks(s);
    if (open || char_at(s, b->pos) == '|')
        pipes(s, n, open);
    return n;
}

static uint32_t and_or_at(const struct shell *s)
{
    uint32_t end = shell_match_twice(s, s->b->pos, '&');
    return end ? end : shell_match_twice(s, s->b->pos, '|');
}

/* and_or : pipeline (("&&" | "||") linebreak pipeline)* */
static void and_or(struct shell *s, enum command ahead)
{
    struct builder *b = s->b;
    node_id n = pipeline(s, ahead);
    uint32_t end = s->failed ? 0 : and_or_at(s);
    if (!end)
        return;
    build_wrap(b, n, NODE_ANDOR, 0);
    bool after_or = false;
    do {
        after_or |= char_at(s, b->pos) == '|';
        shell_emit(s, TOK_OPERATOR, end);
        shell_newlines(s);
        if (b->pos >= s->end) {
            shell_broken(s, n, SYNTAX_EXPECTED_WORD);
            break;
        }
        node_id command = pipeline(s, shell_command_ahead(s));
        b->node[command].flags |= after_or ? NODE_AFTER_OR : 0;
        end = s->failed ? 0 : and_or_at(s);
    } while (end);
    build_close(b, n);
}

/* Puts out what separates two commands; a line end is left to the next round. */
static bool separator(struct shell *s)
{
    struct builder *b = s->b;
    int c = char_at(s, b->pos);
    if (c == '&' || (c == ';' && !shell_at_list_end(s))) {
        build_emit(b, TOK_OPERATOR, b->pos + 1);
        return true;
    }
    return c == '#' || line_end_at(s, b->pos);
}

/* list : and_or ((';' | '&' | newline) and_or)* [';' | '&' | newline] */
void shell_list(struct shell *s)
{
    do {
        shell_newlines(s);
        enum command ahead = shell_command_ahead(s);
        if (ahead == COMMAND_NONE)
            return;
        and_or(s, ahead);
    } while (!s->failed && separator(s));
    if (!s->failed && s->b->pos < s->end && !shell_at_list_end(s))
        shell_unexpected(s, SYNTAX_UNEXPECTED_TOKEN);
}

/* A whole text, or the one in a substitution, which may be empty. */
void shell_text(struct shell *s)
{
    shell_newlines(s);
    if (s->b->pos >= s->end || char_at(s, s->b->pos) == ')')
        return;
    node_id n = build_open(s->b, NODE_SHELL, 0);
    if (s->dialect == DIALECT_BASH)
        s->b->node[n].flags |= NODE_BASH;
    shell_list(s);
    build_close(s->b, n);
}

static bool has_continuation(const char *p, uint32_t n)
{
    const char *end = p + n;
    for (const char *at = p; (at = memchr(at, '\n', (size_t)(end - at))); at++)
        if (at > p && (at[-1] == '\\' || (at[-1] == '\r' && at - 1 > p && at[-2] == '\\')))
            return true;
    return false;
}

node_id shell_parse(struct builder *b, uint32_t end, enum dialect d, bool lines)
{
    struct shell s = {.b = b, .p = b->view->p, .end = end, .dialect = (unsigned char)d};
    uint32_t size = end - b->pos;
    s.lookahead = size * 8 + 1024;
    s.continued = lines && has_continuation(s.p + b->pos, size);
    uint32_t depth = b->depth;
    shell_newlines(&s);
    node_id n = build_open(b, NODE_SHELL, 0);
    if (d == DIALECT_BASH)
        b->node[n].flags |= NODE_BASH;
    shell_list(&s);
    if (b->pos < s.end)
        shell_unexpected(&s, SYNTAX_UNEXPECTED_TOKEN);
    shell_newlines(&s);
    build_close(b, n);
    b->depth = depth;
    return n;
}

struct tree *tree_parse_shell(struct arena *a, struct str text, bool bash)
{
    struct builder b = {0};
    const struct segment whole[] = {{0, 0}, {SEGMENT_END, 0}};
    struct view v = {.p = text.p,
                     .n = (uint32_t)text.n,
                     .room = (uint32_t)text.n,
                     .segment = whole,
                     .source_end = (uint32_t)text.n};

    build_start(&b, a, text);
    build_view_begin(&b, &v);
    shell_parse(&b, v.n, bash ? DIALECT_BASH : DIALECT_POSIX, true);
    build_view_end(&b);
    return build_finish(&b);
}
