/* shell_word.c - words of a shell and what stands in them: quotes, escapes and
 * expansions (XCU 2.2, 2.6). Plain text between those is one TOK_TEXT, no node. */
#include "syntax/shell.h"

#include <string.h>

/* How the text around a part is quoted: says which quotes and escapes count. */
enum context { UNQUOTED, QUOTED, OPERAND_QUOTED /* of ${x-w} in double quotes */ };

static bool part(struct shell *s, uint32_t i, enum context in);

/* Stops before the first byte of these classes. */
static inline uint32_t plain(const struct shell *s, uint32_t i, uint32_t end, unsigned stop)
{
    const char *p = s->p;
    while (i < end && !(shell_class[(unsigned char)p[i]] & stop))
        i++;
    return i;
}

static inline scan_bytes may_end_quoted(scan_bytes v)
{
    return (scan_bytes)((v == '"') | (v == '$') | (v == '\\') | (v == '`'));
}

static inline bool stops_quoted(char c)
{
    return shell_class[(unsigned char)c] & (CHAR_EXPAND | CHAR_DOUBLE);
}

/* The same for what counts in double quotes. */
static inline uint32_t plain_quoted(const struct shell *s, uint32_t i)
{
    return scan(s->p, i, s->end, s->b->wide, may_end_quoted, stops_quoted);
}

static inline void text(struct shell *s, uint32_t end)
{
    if (end > s->b->pos)
        build_emit(s->b, TOK_TEXT, end);
}

/* Quotes */

/* single : "'" any* "'" */
static void single(struct shell *s)
{
    struct builder *b = s->b;
    uint32_t close = scan_single(s->p, b->pos + 1, s->end, b->wide);
    if (close < s->end && build_quoted(b, NODE_SINGLE, close))
        return;
    node_id n = build_open(b, NODE_SINGLE, 0);
    if (close < s->end) {
        build_emit(b, TOK_QUOTE, b->pos + 1);
        text(s, close);
        build_emit(b, TOK_QUOTE, b->pos + 1);
    } else {
        shell_broken(s, n, SYNTAX_UNTERMINATED_QUOTE);
    }
    build_close(b, n);
}

/* double : ['$'] '"' (text | escape | expansion)* '"' */
static void double_quoted(struct shell *s, uint32_t open_end)
{
    struct builder *b = s->b;
    uint32_t i = plain_quoted(s, open_end);
    if (i < s->end && s->p[i] == '"' && open_end == b->pos + 1 && build_quoted(b, NODE_DOUBLE, i))
        return;
    node_id n = build_open(b, NODE_DOUBLE, 0);
    build_emit(b, TOK_QUOTE, open_end);
    for (; i < s->end && s->p[i] != '"'; i = plain_quoted(s, i)) {
        i = part(s, i, QUOTED) ? b->pos : i + 1;
        if (s->failed)
            break;
    }
    if (!s->failed) {
        text(s, i);
        if (i < s->end)
            build_emit(b, TOK_QUOTE, i + 1);
        else
            shell_broken(s, n, SYNTAX_UNTERMINATED_QUOTE);
    }
    build_close(b, n);
}

/* ansi : "$'" (text | escape)* "'" */
static void ansi(struct shell *s, uint32_t open_end)
{
    struct builder *b = s->b;
    node_id n = build_open(b, NODE_ANSI, 0);
    shell_emit(s, TOK_QUOTE, open_end);
    uint32_t i = open_end;
    while (i < s->end && s->p[i] != '\'') {
        if (s->p[i] == '\\' && i + 1 < s->end) {
            text(s, i);
            i = shell_ansi_escape_end(s, i);
            build_emit(b, TOK_ESCAPE, i);
        } else {
            i++;
        }
    }
    text(s, i);
    if (i < s->end)
        build_emit(b, TOK_QUOTE, i + 1);
    else
        shell_broken(s, n, SYNTAX_UNTERMINATED_QUOTE);
    build_close(b, n);
}

/* Substitutions */

/* subst : "$(" list ")";  process : ("<(" | ">(") list ")" */
static void subst(struct shell *s, enum node_kind k, uint32_t open_end)
{
    struct builder *b = s->b;
    if (!shell_enter(s))
        return;
    node_id n = build_open(b, k, 0);
    shell_emit(s, TOK_OPERATOR, open_end);
    uint32_t outer = s->first_pending;
    s->first_pending = s->npending;
    shell_text(s);
    s->npending = s->first_pending;
    s->first_pending = outer;
    if (!s->failed) {
        if (char_at(s, b->pos) == ')')
            build_emit(b, TOK_OPERATOR, b->pos + 1);
        else if (b->pos >= s->end)
            shell_broken(s, n, SYNTAX_UNTERMINATED_EXPANSION);
        else
            shell_unexpected(s, SYNTAX_UNEXPECTED_TOKEN);
    }
    build_close(b, n);
    shell_leave(s);
}

/* Arithmetic: text and expansions up to the close that no bracket inside has opened. */
void shell_arith_rest(struct shell *s, node_id arith, const char *close)
{
    struct builder *b = s->b;
    char up = *close == ')' ? '(' : '[';
    unsigned quotes = CHAR_EXPAND | CHAR_DOUBLE;
    if (s->dialect == DIALECT_BASH)
        quotes |= CHAR_SINGLE;
    uint32_t i = b->pos, depth = 0, end = 0;
    while ((i = plain(s, i, s->end, CHAR_META | CHAR_BRACKET | quotes)) < s->end) {
        if (char_class(s, i) & quotes) {
            i = part(s, i, char_class(s, i) & CHAR_EXPAND ? QUOTED : UNQUOTED) ? b->pos : i + 1;
            if (s->failed)
                return;
            continue;
        }
        if (s->p[i] == up)
            depth++;
        else if (s->p[i] == *close && depth == 0)
            break;
        else if (s->p[i] == *close)
            depth--;
        i++;
    }
    text(s, i);
    end = shell_match(s, i, close);
    if (end)
        shell_emit(s, TOK_OPERATOR, end);
    else if (i >= s->end)
        shell_broken(s, arith, SYNTAX_UNTERMINATED_EXPANSION);
    else
        shell_unexpected(s, SYNTAX_UNEXPECTED_TOKEN);
}

/* arith : "$((" any "))";  bash: "$[" any "]" */
static void arith(struct shell *s, uint32_t open_end, const char *close)
{
    if (!shell_enter(s))
        return;
    node_id n = build_open(s->b, NODE_ARITH, 0);
    shell_emit(s, TOK_OPERATOR, open_end);
    shell_arith_rest(s, n, close);
    build_close(s->b, n);
    shell_leave(s);
}

/* Parameters */

/* The text of a subscript, or of another piece that ends at `end` for sure. */
static void parts_until(struct shell *s, uint32_t end)
{
    unsigned stop = CHAR_EXPAND | CHAR_SINGLE | CHAR_DOUBLE;
    uint32_t i = s->b->pos;
    while (i < end && (i = plain(s, i, end, stop)) < end) {
        i = part(s, i, UNQUOTED) ? s->b->pos : i + 1;
        if (s->failed)
            return;
    }
    if (end > s->b->pos)
        text(s, end);
}

uint32_t shell_subscript_end(struct shell *s, uint32_t i)
{
    if (char_at(s, i) != '[')
        return 0;
    uint32_t depth = 0, braces = 0, parens = 0;
    for (; i < s->end && s->lookahead > 0; i++, s->lookahead--) {
        switch (s->p[i]) {
        case '\\':
            i++;
            break;
        case '\'':
        case '"':
        case '`': {
            char quote = s->p[i];
            while (++i < s->end && s->p[i] != quote && s->lookahead > 0)
                s->lookahead--;
            break;
        }
        case '(':
            parens++;
            break;
        case ')':
            if (parens-- == 0)
                return 0;
            break;
        case '[':
            depth += parens == 0;
            break;
        case ']':
            if (parens == 0 && --depth == 0)
                return i;
            break;
        case '{':
            braces++;
            break;
        case '}':
            if (braces-- == 0)
                return 0;
            break;
        case '\n':
        case ';':
            return 0;
        }
    }
    return 0;
}

/* A name up to `end`; with a subscript, which may hold expansions, that ends there. */
void shell_name(struct shell *s, uint32_t end, bool subscript)
{
    node_id n = build_open(s->b, NODE_NAME, 0);
    if (subscript)
        parts_until(s, end);
    else
        shell_emit(s, TOK_TEXT, end);
    build_close(s->b, n);
}

static void param_name(struct shell *s, uint32_t end)
{
    node_id n = build_open(s->b, NODE_NAME, 0);
    shell_emit(s, TOK_PARAM, end);
    build_close(s->b, n);
}

/* param : '$' (name | digit | special) */
static void simple_param(struct shell *s, uint32_t name, uint32_t end)
{
    if (!s->continued && build_param(s->b, name, TOK_PARAM, end))
        return;
    node_id n = build_open(s->b, NODE_PARAM, PARAM_PLAIN);
    shell_emit(s, TOK_PARAM, name);
    param_name(s, end);
    build_close(s->b, n);
}

static bool is_special(int c) /* the name of a special parameter */
{
    return c > 0 && shell_class[(unsigned char)c] & CHAR_SPECIAL;
}

/* The end of a parameter's name in ${...} at i; i: there is none. */
static uint32_t brace_name_end(const struct shell *s, uint32_t i)
{
    uint32_t end = i;
    while (end < s->end && char_class(s, end) & CHAR_DIGIT)
        end++;
    if (end == i)
        end = shell_name_end(s, i);
    if (end == i && is_special(char_at(s, i)) && !(s->p[i] == '$' && char_at(s, i + 1) == '{'))
        end++;
    return end;
}

/* After ${# : the length of what follows, or the parameter # with an operator. */
static bool is_length(const struct shell *s, uint32_t i)
{
    uint32_t end = brace_name_end(s, i);
    if (end == i || !is_special(char_at(s, i)))
        return end > i;
    return char_at(s, end) == '}';
}

/* The operator at i: its end; i: none is known. */
static uint32_t brace_operator(const struct shell *s, uint32_t i, enum param *op, bool *colon)
{
    uint32_t at = i;
    *colon = char_at(s, at) == ':';
    if (*colon)
        at = shell_after_continuation(s, at + 1);
    *op = PARAM_OTHER;
    switch (char_at(s, at)) {
    case '-':
        *op = PARAM_DEFAULT;
        return at + 1;
    case '=':
        *op = PARAM_ASSIGN;
        return at + 1;
    case '?':
        *op = PARAM_ERROR;
        return at + 1;
    case '+':
        *op = PARAM_ALTERNATE;
        return at + 1;
    }
    if (*colon) {
        *colon = false;
        return i + 1;
    }
    int c = char_at(s, i);
    if (c == '#' || c == '%')
        *op = c == '#' ? PARAM_PREFIX : PARAM_SUFFIX;
    else if (c != '/' && c != '^' && c != ',' && c != '@')
        return i;
    at = shell_after_continuation(s, i + 1);
    return c != '@' && char_at(s, at) == c ? at + 1 : i + 1;
}

/* The operand: up to the } that nothing in it quotes. */
static void operand(struct shell *s, enum context in, bool single_quotes)
{
    unsigned stop = CHAR_EXPAND | CHAR_DOUBLE | CHAR_BRACE;
    if (single_quotes)
        stop |= CHAR_SINGLE;
    uint32_t i = s->b->pos;
    if (i >= s->end || s->p[i] == '}')
        return;
    node_id n = build_open(s->b, NODE_WORD, 0);
    while ((i = plain(s, i, s->end, stop)) < s->end && s->p[i] != '}') {
        i = part(s, i, in) ? s->b->pos : i + 1;
        if (s->failed)
            break;
    }
    if (!s->failed)
        text(s, i);
    build_close(s->b, n);
}

/* param : "${" ['#' | '!'] name [subscript] [operator word] "}" */
static void braced_rest(struct shell *s, node_id n, bool quoted)
{
    struct builder *b = s->b;
    enum param op = PARAM_PLAIN;
    bool colon = false;
    uint32_t i = shell_after_continuation(s, b->pos);
    int first = char_at(s, i);
    if (first == '#' && is_length(s, i + 1))
        op = PARAM_LENGTH;
    else if (first == '!' && brace_name_end(s, i + 1) > i + 1 && !is_special(char_at(s, i + 1)))
        op = PARAM_OTHER;
    if (op != PARAM_PLAIN)
        shell_emit(s, TOK_OPERATOR, ++i);
    uint32_t name = brace_name_end(s, i);
    shell_emit(s, TOK_CONTINUATION, i);
    uint32_t subscript = name > i ? shell_subscript_end(s, name) : 0;
    if (subscript) {
        op = PARAM_OTHER;
        node_id id = build_open(b, NODE_NAME, 0);
        shell_emit(s, TOK_PARAM, name);
        parts_until(s, subscript + 1);
        build_close(b, id);
    } else if (name > i) {
        param_name(s, name);
    }
    if (s->failed)
        return;
    shell_emit(s, TOK_CONTINUATION, shell_after_continuation(s, b->pos));
    if (char_at(s, b->pos) != '}') {
        enum param written;
        uint32_t end = brace_operator(s, b->pos, &written, &colon);
        op = op == PARAM_PLAIN && name > i && end > b->pos ? written : PARAM_OTHER;
        shell_emit(s, TOK_OPERATOR, end);
        bool pattern = written == PARAM_PREFIX || written == PARAM_SUFFIX || written == PARAM_OTHER;
        operand(s, quoted ? OPERAND_QUOTED : UNQUOTED, !quoted || pattern);
    }
    b->node[n].op = (uint8_t)op;
    b->node[n].flags |= colon ? NODE_COLON : 0;
}

static void braced(struct shell *s, uint32_t open_end, bool quoted)
{
    struct builder *b = s->b;
    if (!shell_enter(s))
        return;
    node_id n = build_open(b, NODE_PARAM, PARAM_PLAIN);
    shell_emit(s, TOK_PARAM, open_end);
    braced_rest(s, n, quoted);
    if (!s->failed) {
        if (char_at(s, b->pos) == '}')
            build_emit(b, TOK_PARAM, b->pos + 1);
        else
            shell_broken(s, n, SYNTAX_UNTERMINATED_EXPANSION);
    }
    build_close(b, n);
    shell_leave(s);
}

/* Parts */

/* What a dollar at i begins; false: it stands for itself. */
static bool dollar(struct shell *s, uint32_t i, bool quoted)
{
    uint32_t at = shell_after_continuation(s, i + 1);
    if (at >= s->end)
        return false;
    unsigned c = char_class(s, at);
    char ch = s->p[at];
    bool bash = s->dialect == DIALECT_BASH;
    if (!(c & (CHAR_ALPHA | CHAR_DIGIT | CHAR_SPECIAL)) && ch != '{' && ch != '(' &&
        !(ch == '[' && bash) && !(ch == '\'' && !quoted) && !(ch == '"' && !quoted && bash))
        return false;
    text(s, i);
    if (c & CHAR_ALPHA) {
        simple_param(s, at, shell_name_end(s, at));
    } else if (ch == '(') {
        uint32_t inside = shell_match(s, at, "((");
        if (inside && shell_arith_ahead(s, inside))
            arith(s, inside, "))");
        else
            subst(s, NODE_SUBST, at + 1);
    } else if (ch == '{') {
        braced(s, at + 1, quoted);
    } else if (ch == '[') {
        arith(s, at + 1, "]");
    } else if (ch == '\'') {
        ansi(s, at + 1);
    } else if (ch == '"') {
        double_quoted(s, at + 1);
    } else {
        simple_param(s, at, at + 1);
    }
    return true;
}

/* A backslash at i; false: it stands for itself. */
static bool escape(struct shell *s, uint32_t i, enum context in)
{
    if (i + 1 >= s->end)
        return false;
    uint32_t after = i + 1 + line_end_at(s, i + 1);
    char c = s->p[i + 1];
    bool quotes = in == UNQUOTED || char_class(s, i + 1) & (CHAR_EXPAND | CHAR_DOUBLE) ||
                  (in == OPERAND_QUOTED && c == '}');
    if (after == i + 1 && !quotes)
        return false;
    text(s, i);
    if (after > i + 1)
        build_emit(s->b, TOK_CONTINUATION, after);
    else
        build_emit(s->b, TOK_ESCAPE, i + 2);
    return true;
}

/* Reads what begins at i, after putting out the plain text before it. False: it is
 * plain text, too. */
static bool part(struct shell *s, uint32_t i, enum context in)
{
    switch (s->p[i]) {
    case '$':
        return dollar(s, i, in != UNQUOTED);
    case '\\':
        return escape(s, i, in);
    case '`':
        text(s, i);
        shell_backquotes(s, in != UNQUOTED);
        return true;
    case '\'':
        text(s, i);
        single(s);
        return true;
    default:
        text(s, i);
        double_quoted(s, i + 1);
        return true;
    }
}

/* Words */

static bool is_extglob(char c)
{
    return c == '?' || c == '*' || c == '+' || c == '@' || c == '!';
}

/* word : (text | quotes | escape | expansion | pattern-list)+
 * Up to `i`, where it is not, it is plain. Parentheses belong to a word as bash's @(a|b), or in a
 * regular expression.
 */
static void word_parts(struct shell *s, uint32_t i, bool regex)
{
    struct builder *b = s->b;
    uint32_t parens = 0;
    for (; i < s->end; i = shell_plain(s->p, i, s->end, b->wide)) {
        char c = s->p[i];
        if (char_class(s, i) & (CHAR_EXPAND | CHAR_SINGLE | CHAR_DOUBLE)) {
            i = part(s, i, UNQUOTED) ? b->pos : i + 1;
            if (s->failed)
                return;
        } else if (c == '(' && (parens || regex || (i > b->pos && is_extglob(s->p[i - 1])))) {
            parens++;
            i++;
        } else if (parens && c == ')') {
            parens--;
            i++;
        } else if ((c == '<' || c == '>') && char_at(s, i + 1) == '(') {
            text(s, i);
            subst(s, NODE_PROCESS, i + 2);
            if (s->failed)
                return;
            i = b->pos;
        } else if (line_end_at(s, i)) {
            break;
        } else if (parens || c == '\r' || (regex && c == '|' && char_at(s, i + 1) != '|')) {
            i++;
        } else {
            break;
        }
    }
    text(s, i);
    if (parens)
        shell_broken(s, b->open, SYNTAX_UNTERMINATED_EXPANSION);
}

node_id shell_word(struct shell *s)
{
    uint32_t at = s->b->pos;
    bool known = at > 0 && at == s->word;
    uint32_t end = known ? s->word_plain_end : shell_plain(s->p, at, s->end, s->b->wide);
    if (shell_plain_ends(s->p, end, s->end))
        return build_leaf(s->b, NODE_WORD, TOK_TEXT, end);
    node_id n = build_open(s->b, NODE_WORD, 0);
    word_parts(s, end, false);
    build_close(s->b, n);
    return n;
}

void shell_word_regex(struct shell *s)
{
    node_id n = build_open(s->b, NODE_WORD, 0);
    word_parts(s, shell_plain(s->p, s->b->pos, s->end, s->b->wide), true);
    build_close(s->b, n);
}

bool shell_word_wanted(struct shell *s, node_id in)
{
    shell_blanks(s);
    if (shell_at_word(s) && s->p[s->b->pos] != '#' && !shell_at_redirect(s)) {
        shell_word(s);
        return !s->failed;
    }
    if (s->b->pos >= s->end)
        shell_broken(s, in, SYNTAX_EXPECTED_WORD);
    else
        shell_unexpected(s, SYNTAX_EXPECTED_WORD);
    return false;
}
