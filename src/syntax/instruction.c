/* instruction.c - every instruction's arguments.
 *
 *   instruction = keyword {flag} arguments
 * Where BuildKit refuses an instruction, the part that it refuses is an error node. */
#include "syntax/dockerfile.h"

#include <string.h>

enum { ONBUILD_MAX = 16 };

/* The first three letters tell the instructions apart; each has a slot of its own. */
#define SLOT(a, b, c) ((2u * (unsigned)(a) + (unsigned)(b) + 2u * (unsigned)(c)) % 64)
static const unsigned char in_slot[64] = {
    [SLOT('A', 'D', 'D')] = INST_ADD,         [SLOT('A', 'R', 'G')] = INST_ARG,
    [SLOT('C', 'M', 'D')] = INST_CMD,         [SLOT('C', 'O', 'P')] = INST_COPY,
    [SLOT('E', 'N', 'T')] = INST_ENTRYPOINT,  [SLOT('E', 'N', 'V')] = INST_ENV,
    [SLOT('E', 'X', 'P')] = INST_EXPOSE,      [SLOT('F', 'R', 'O')] = INST_FROM,
    [SLOT('H', 'E', 'A')] = INST_HEALTHCHECK, [SLOT('L', 'A', 'B')] = INST_LABEL,
    [SLOT('M', 'A', 'I')] = INST_MAINTAINER,  [SLOT('O', 'N', 'B')] = INST_ONBUILD,
    [SLOT('R', 'U', 'N')] = INST_RUN,         [SLOT('S', 'H', 'E')] = INST_SHELL,
    [SLOT('S', 'T', 'O')] = INST_STOPSIGNAL,  [SLOT('U', 'S', 'E')] = INST_USER,
    [SLOT('V', 'O', 'L')] = INST_VOLUME,      [SLOT('W', 'O', 'R')] = INST_WORKDIR,
};

DFIX_COLD static bool is_spelled_bytewise(const char *p, const struct spelling *name)
{
    for (unsigned i = 0; i < name->n; i++)
        if ((p[i] ^ name->text[i]) & ~32)
            return false;
    return true;
}

/* The same but for the case of letters? */
static inline bool is_spelled(const char *p, size_t room, const struct spelling *name)
{
#ifdef SCAN_BITS
    if (room >= SCAN_WIDE) {
        unsigned same =
            SCAN_BITS((scan_load(p) & (unsigned char)~32) == scan_load((const char *)name));
        return (~same & ((1u << name->n) - 1)) == 0;
    }
#endif
    (void)room;
    return is_spelled_bytewise(p, name);
}

/* By the first letters alone. */
static inline enum instruction instruction_like(struct str line)
{
    const char *p = line.p;
    if (line.n < 3)
        return INST_UNKNOWN;
    return (enum instruction)in_slot[SLOT(p[0] & ~32, p[1] & ~32, p[2] & ~32)];
}

/* Is the first field of the line its name? */
static inline bool is_instruction(struct str line, enum instruction i, size_t room)
{
    const struct spelling *name = &instruction_spelling[i];
    return i && name->n <= line.n && is_spelled(line.p, room, name) &&
           (name->n == line.n || is_field_space(line.p[name->n]));
}

enum instruction instruction_of(struct str line, size_t room)
{
    enum instruction like = instruction_like(line);
    return is_instruction(line, like, room) ? like : INST_UNKNOWN;
}
#undef SLOT

bool less_before(struct str s, struct str next)
{
    const char *p = s.p, *end = s.p + s.n;
    while (p < end && (p = memchr(p, '<', (size_t)(end - p))))
        if (++p < end && memchr(next.p, *p, next.n))
            return true;
    return false;
}

static void blank(struct builder *b, uint32_t end)
{
    const char *p = b->view->p;
    uint32_t at = b->pos;
    while (at < end && is_field_space(p[at]))
        at++;
    if (at > b->pos)
        build_emit(b, TOK_BLANK, at);
}

DFIX_COLD static void error_here(struct builder *b, enum syntax_error e)
{
    build_close(b, build_open_error(b, e));
}

/* All up to `end` is wrong. */
DFIX_COLD static void error_rest(struct builder *b, uint32_t end, enum syntax_error e)
{
    node_id n = build_open_error(b, e);
    build_emit(b, TOK_TEXT, end);
    build_close(b, n);
}

static void keyword(struct builder *b, uint32_t end)
{
    build_leaf(b, NODE_KEYWORD, TOK_KEYWORD, end);
}

struct str source_of(const struct builder *b, node_id n)
{
    const struct node *w = &b->node[n];
    if (w->tok == w->tok_end)
        return S("");
    uint32_t end = w->tok_end < b->ntok ? b->tok[w->tok_end].start : b->source_pos;
    return str_sub(b->text, b->tok[w->tok].start, end);
}

/* Shell form: a shell's text, or opaque. */
static node_id shell_text(struct parser *p, uint32_t end)
{
    struct builder *b = &p->b;
    node_id n;
    if (p->reader == READER_OPAQUE) {
        n = build_open(b, NODE_DATA, 0);
        build_emit(b, TOK_TEXT, end);
        build_close(b, n);
        return n;
    }
    n = shell_parse(b, end, p->reader == READER_BASH ? DIALECT_BASH : DIALECT_POSIX, false);
    build_view_leave(b);
    return n;
}

static enum json rest_kind(const struct builder *b, uint32_t end)
{
    return json_kind(str_sub((struct str){b->view->p, end}, b->pos, end), b->view->room - b->pos);
}

/* The JSON form when it is one. */
static enum json exec_form(struct builder *b, uint32_t end, bool expanded)
{
    if (b->view->p[b->pos] != '[')
        return JSON_NOT;
    enum json kind = rest_kind(b, end);
    if (kind == JSON_STRINGS)
        json_parse(b, end, expanded);
    else if (kind == JSON_OTHER)
        error_rest(b, end, SYNTAX_BAD_JSON);
    return kind;
}

/* CMD, ENTRYPOINT, HEALTHCHECK CMD: exec form or shell form. */
static void command_args(struct parser *p, uint32_t end)
{
    if (p->b.pos < end && exec_form(&p->b, end, false) == JSON_NOT)
        shell_text(p, end);
}

/* ONBUILD's own instruction may have heredocs; what is nested deeper may not. */
static bool may_have_heredocs(const struct parser *p, unsigned depth)
{
    return p->heredocs && depth < 2 && less_before((struct str){p->view.p, p->view.n}, S("<"));
}

static void run_args(struct parser *p, uint32_t end, unsigned depth)
{
    struct builder *b = &p->b;
    if (b->pos == end || exec_form(b, end, false) != JSON_NOT)
        return;
    struct str line = {p->view.p, p->view.n}, args = str_sub(line, b->pos, end);
    struct heredocs h = {0};
    bool script = false, tabs;
    if (may_have_heredocs(p, depth)) {
        heredocs_find(b->scratch, &h, line);
        script = h.n > 0 && heredoc_is(b->scratch, args, &tabs);
    }
    node_id shell = shell_text(p, end);
    if (h.n)
        heredocs_read(p, &h, shell, script);
}

/* A COPY or ADD source that stands for a heredoc: [digits] "<<" ["-"] delimiter */
static void heredoc_source(struct builder *b, uint32_t end, bool tabs, bool last)
{
    uint32_t at = b->pos;
    const char *less = memchr(b->view->p + at, '<', end - at);
    node_id n = build_open(b, NODE_REDIRECT, tabs ? REDIR_HEREDOC_TABS : REDIR_HEREDOC);
    build_emit(b, TOK_OPERATOR, (uint32_t)(less - b->view->p) + 2 + tabs);
    word_parse(b, NODE_WORD, end, WORD_LEXED);
    if (last)
        build_error(b, n, SYNTAX_BAD_HEREDOC);
    build_close(b, n);
}

static bool heredoc_field(struct builder *b, uint32_t end)
{
    uint32_t stop = field_end(b, b->pos, end);
    bool tabs = false;
    if (!heredoc_is(b->scratch, str_sub((struct str){b->view->p, stop}, b->pos, stop), &tabs))
        return false;
    heredoc_source(b, stop, tabs, stop == end);
    return true;
}

/* Fields between white space; quotes do not join them. Gives how many. */
static unsigned fields(struct builder *b, uint32_t end, bool heredocs)
{
    unsigned n = 0;
    for (; b->pos < end; n++) {
        if (!heredocs || !heredoc_field(b, end))
            field_parse(b, NODE_WORD, end);
        blank(b, end);
    }
    return n;
}

static unsigned count_strings(const struct builder *b, node_id exec)
{
    unsigned n = 0;
    for (node_id i = exec + 1; i < b->node[exec].after; i = b->node[i].after)
        n++;
    return n;
}

/* COPY, ADD: sources and a destination. */
static void copy_args(struct parser *p, uint32_t end, unsigned depth)
{
    struct builder *b = &p->b;
    node_id exec = b->nnode;
    enum json kind = b->pos < end ? exec_form(b, end, true) : JSON_NOT;
    if (kind == JSON_STRINGS && count_strings(b, exec) < 2)
        error_here(b, SYNTAX_MISSING_ARGUMENT);
    if (kind != JSON_NOT)
        return;
    struct heredocs h = {0};
    if (may_have_heredocs(p, depth))
        heredocs_find(b->scratch, &h, (struct str){p->view.p, p->view.n});
    if (fields(b, end, p->heredocs) < 2)
        error_here(b, SYNTAX_MISSING_ARGUMENT);
    if (h.n)
        heredocs_read(p, &h, 0, false);
}

/* A volume's path may not be empty: neither a string nor a word between fields. */
static void refuse_empty_paths(struct builder *b, node_id first)
{
    for (node_id i = first; i < b->nnode; i = b->node[i].after) {
        struct str s = source_of(b, i);
        if (b->node[i].kind == NODE_STRING)
            s = str_sub(s, 1, s.n - 1);
        if (b->node[i].kind != NODE_ERROR && !trim_space(s).n)
            build_error(b, i, SYNTAX_MISSING_ARGUMENT);
    }
}

static void volume_args(struct builder *b, uint32_t end)
{
    node_id first = b->nnode;
    enum json kind = b->pos < end ? exec_form(b, end, true) : JSON_NOT;
    if (kind == JSON_OTHER)
        return;
    bool none = kind == JSON_STRINGS ? !count_strings(b, first) : !fields(b, end, false);
    refuse_empty_paths(b, kind == JSON_STRINGS ? first + 1 : first);
    if (none)
        error_here(b, SYNTAX_MISSING_ARGUMENT);
}

static void expose_args(struct builder *b, uint32_t end)
{
    if (!fields(b, end, false))
        error_here(b, SYNTAX_MISSING_ARGUMENT);
}

/* USER, WORKDIR, STOPSIGNAL, MAINTAINER: all of it is one word. */
static void one_word(struct builder *b, uint32_t end, enum word_mode m)
{
    if (b->pos == end)
        error_here(b, SYNTAX_MISSING_ARGUMENT);
    else
        word_parse(b, NODE_WORD, end, m);
}

/* A word of an ENV, LABEL or ARG. */
struct pair_word {
    uint32_t equals, end; /* equals: where the first = stands; end: none does */
    bool plain;
};

static inline scan_bytes is_equals(scan_bytes v)
{
    return (scan_bytes)(v == '=');
}

static inline bool stops_equals(char c)
{
    return c == '=';
}

static inline void pair_word(struct pair_word *w, const struct builder *b, uint32_t end)
{
    w->end = word_end(b, end, &w->plain);
    w->equals = scan(b->view->p, b->pos, w->end, b->wide, is_equals, stops_equals);
}

/* pair = name "=" word; without the sign it is a name alone. */
static void pair(struct builder *b, const struct pair_word *w)
{
    if (w->plain && w->equals < w->end && build_pair(b, w->equals, w->end))
        return;
    bool nameless = w->equals == b->pos;
    enum word_mode mode = w->plain ? WORD_RAW : WORD_LEXED;
    node_id n = build_open(b, NODE_PAIR, 0);
    word_parse(b, NODE_NAME, w->equals, mode);
    if (w->equals < w->end) {
        build_emit(b, TOK_OPERATOR, w->equals + 1);
        word_parse(b, NODE_WORD, w->end, mode);
    }
    if (nameless)
        build_error(b, n, SYNTAX_BAD_PAIR);
    build_close(b, n);
}

/* ARG, and ENV or LABEL in the new form; `w` is the first word. */
static void pairs(struct builder *b, struct pair_word *w, uint32_t end, bool need_value)
{
    const char *p = b->view->p;
    if (b->pos == end)
        error_here(b, SYNTAX_MISSING_ARGUMENT);
    for (; b->pos < end; pair_word(w, b, end)) {
        if (w->equals == w->end && need_value)
            error_rest(b, w->end, SYNTAX_BAD_PAIR);
        else
            pair(b, w);
        build_emit(b, TOK_BLANK, skip_space(p, b->pos, end));
    }
}

/* The old form: name, white space, all the rest. */
static void legacy_pair(struct builder *b, uint32_t end)
{
    uint32_t name_end = field_end(b, b->pos, end);
    if (name_end == end) {
        error_rest(b, end, SYNTAX_BAD_PAIR);
        return;
    }
    node_id n = build_open(b, NODE_PAIR, 0);
    b->node[n].flags |= NODE_LEGACY;
    word_parse(b, NODE_NAME, name_end, WORD_LEXED);
    blank(b, end);
    word_parse(b, NODE_WORD, end, WORD_LEXED);
    build_close(b, n);
}

static void arg_args(struct builder *b, uint32_t end)
{
    struct pair_word first;
    pair_word(&first, b, end);
    pairs(b, &first, end, false);
}

static void env_args(struct builder *b, uint32_t end)
{
    struct pair_word first;
    pair_word(&first, b, end);
    if (b->pos < end && first.equals == first.end)
        legacy_pair(b, end);
    else
        pairs(b, &first, end, true);
}

/* SHELL: what reads shell forms from here on. */
static void shell_args(struct parser *p, uint32_t end, unsigned depth)
{
    struct builder *b = &p->b;
    node_id exec = b->nnode;
    enum json kind = b->pos < end ? exec_form(b, end, false) : JSON_STRINGS;
    if (kind == JSON_OTHER)
        return;
    if (kind == JSON_NOT) {
        error_rest(b, end, SYNTAX_BAD_JSON);
        return;
    }
    if (b->nnode == exec || !count_strings(b, exec)) {
        error_here(b, SYNTAX_MISSING_ARGUMENT);
        return;
    }
    if (!depth)
        p->reader = reader_of_exec(b, exec);
}

static bool is_stage_name(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool letter = (c | 32) >= 'a' && (c | 32) <= 'z';
        if (!letter && (i == 0 || ((c < '0' || c > '9') && !memchr("-_.", c, 3))))
            return false;
    }
    return s.n > 0;
}

/* from = image [AS alias] */
static void from_args(struct parser *p, uint32_t end, unsigned depth)
{
    struct builder *b = &p->b;
    const char *s = b->view->p;
    node_id self = b->open, image, alias = 0;
    if (b->pos == end) {
        error_here(b, SYNTAX_MISSING_ARGUMENT);
        return;
    }
    image = field_parse(b, NODE_IMAGE, end);
    blank(b, end);
    uint32_t as = b->pos, as_end = field_end(b, as, end);
    bool is_as = str_ieq(str_sub((struct str){s, end}, as, as_end), S("as"));
    uint32_t name = as_end;
    while (name < end && is_field_space(s[name]))
        name++;
    if (is_as && name < end && field_end(b, name, end) == end) {
        keyword(b, as_end);
        blank(b, end);
        alias = word_parse(b, NODE_ALIAS, end, WORD_RAW);
        if (!is_stage_name(str_sub((struct str){s, end}, name, end)))
            build_error(b, alias, SYNTAX_BAD_NAME);
    } else if (as < end) {
        error_rest(b, end, SYNTAX_UNEXPECTED_TOKEN);
    }
    if (depth)
        return;
    p->from_seen = true;
    stage_begin(p, source_of(b, image), flag_text_of(b, self, S("platform")),
                alias ? source_of(b, alias) : S(""));
}

/* Arguments where none may be; an empty JSON array is none. */
static void no_args(struct builder *b, uint32_t end)
{
    if (b->pos == end)
        return;
    if (rest_kind(b, end) != JSON_STRINGS) {
        error_rest(b, end, SYNTAX_UNEXPECTED_TOKEN);
        return;
    }
    node_id exec = b->nnode;
    json_parse(b, end, false);
    if (count_strings(b, exec))
        build_error(b, exec, SYNTAX_UNEXPECTED_TOKEN);
}

/* healthcheck = NONE | CMD command */
static void healthcheck_args(struct parser *p, uint32_t end)
{
    struct builder *b = &p->b;
    uint32_t from = b->pos, stop = from;
    if (from == end) {
        error_here(b, SYNTAX_MISSING_ARGUMENT);
        return;
    }
    while (stop < end && !is_byte_space(b->view->p[stop]))
        stop++;
    uint32_t args = skip_byte_space(b->view->p, stop, end);
    struct str type = str_sub((struct str){b->view->p, end}, from, stop);
    if (str_ieq(type, S("NONE"))) {
        keyword(b, stop);
        build_emit(b, TOK_BLANK, args);
        no_args(b, end);
        return;
    }
    bool cmd = str_ieq(type, S("CMD"));
    node_id n = cmd ? build_open(b, NODE_INSTRUCTION, INST_CMD)
                    : build_open_error(b, SYNTAX_UNEXPECTED_TOKEN);
    keyword(b, stop);
    build_emit(b, TOK_BLANK, args);
    if (cmd) {
        node_id command = b->nnode;
        command_args(p, end);
        if (b->nnode == command ||
            (b->node[command].kind == NODE_EXEC && !count_strings(b, command)))
            error_here(b, SYNTAX_MISSING_ARGUMENT);
    } else {
        no_args(b, end);
    }
    build_close(b, n);
}

/* onbuild = instruction, but for ONBUILD, FROM and MAINTAINER */
static void onbuild_args(struct parser *p, uint32_t end, unsigned depth)
{
    struct builder *b = &p->b;
    if (b->pos == end) {
        error_here(b, SYNTAX_MISSING_ARGUMENT);
        return;
    }
    if (depth >= ONBUILD_MAX) {
        error_rest(b, end, SYNTAX_TOO_DEEP);
        return;
    }
    enum instruction i =
        instruction_of(str_sub((struct str){b->view->p, end}, b->pos, end), b->view->room - b->pos);
    node_id bad = 0;
    if (i == INST_ONBUILD || i == INST_FROM || i == INST_MAINTAINER)
        bad = build_open_error(b, SYNTAX_BAD_ONBUILD);
    instruction_parse(p, b->pos, end, depth + 1);
    if (bad)
        build_close(b, bad);
}

static void arguments(struct parser *p, enum instruction i, uint32_t end, unsigned depth)
{
    struct builder *b = &p->b;
    switch (i) {
    case INST_UNKNOWN:
        return;
    case INST_ADD:
    case INST_COPY:
        copy_args(p, end, depth);
        return;
    case INST_ARG:
        arg_args(b, end);
        if (!p->from_seen && !depth)
            arg_before_stages(p, b->open);
        return;
    case INST_CMD:
    case INST_ENTRYPOINT:
        command_args(p, end);
        return;
    case INST_ENV:
    case INST_LABEL:
        env_args(b, end);
        return;
    case INST_EXPOSE:
        expose_args(b, end);
        return;
    case INST_FROM:
        from_args(p, end, depth);
        return;
    case INST_HEALTHCHECK:
        healthcheck_args(p, end);
        return;
    case INST_MAINTAINER:
        one_word(b, end, WORD_RAW);
        return;
    case INST_ONBUILD:
        onbuild_args(p, end, depth);
        return;
    case INST_RUN:
        run_args(p, end, depth);
        return;
    case INST_SHELL:
        shell_args(p, end, depth);
        return;
    case INST_STOPSIGNAL:
    case INST_USER:
    case INST_WORKDIR:
        one_word(b, end, WORD_LEXED);
        return;
    case INST_VOLUME:
        volume_args(b, end);
        return;
    }
}

/* Keyword, flags and blanks. Gives the end of the arguments: pos when there are none. */
static inline uint32_t head_parse(struct parser *p, enum instruction i, uint32_t stop, uint32_t end)
{
    struct builder *b = &p->b;
    const char *s = b->view->p;
    keyword(b, stop);
    uint32_t args = skip_byte_space(s, stop, end);
    if (args < end && s[args] == '-')
        args = flags_parse(p, i, end);
    args = skip_space(s, args, end);
    if (args == end)
        return b->pos;
    build_emit(b, TOK_BLANK, args);
    return end;
}

DFIX_COLD static void unknown_parse(struct parser *p, uint32_t from, uint32_t end)
{
    struct builder *b = &p->b;
    node_id n = build_open_error(b, SYNTAX_UNKNOWN_INSTRUCTION);
    build_emit(b, TOK_TEXT, head_parse(p, INST_UNKNOWN, field_end(b, from, end), end));
    build_close(b, n);
}

void instruction_parse(struct parser *p, uint32_t from, uint32_t end, unsigned depth)
{
    struct builder *b = &p->b;
    struct str line = str_sub((struct str){b->view->p, end}, from, end);
    enum instruction i = instruction_like(line);
    if (!is_instruction(line, i, b->view->room - from)) {
        unknown_parse(p, from, end);
        return;
    }
    node_id n = build_open(b, NODE_INSTRUCTION, i);
    uint32_t stop = from + instruction_spelling[i].n;
    arguments(p, i, head_parse(p, i, stop, end), depth);
    build_close(b, n);
}
