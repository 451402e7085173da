/* assigned.c - what a shell's variable holds at a place, as far as the instruction around it
 * says. Known is what an assignment wrote that has surely run by then, with nothing after it
 * that may have changed the variable: not a branch, a loop, a function, `read`, `.` or eval. */
#include "model/model.h"

enum effect {
    EFFECT_NONE,
    EFFECT_SETS,  /* to a word that is written */
    EFFECT_SPOILS /* to what is not known */
};

/* Each variable costs a look at the whole instruction: of one with more nodes, several times what
 * the largest real ones have, nothing is known. */
enum { NODES_MAX = 8192 };

static bool is_too_large(const struct tree *t, node_id instruction)
{
    return t->node[instruction].after - instruction > NODES_MAX;
}

static bool holds(const struct tree *t, node_id n, node_id inner)
{
    return n <= inner && inner < t->node[n].after;
}

/* The nearest ancestor of that kind that does not hold `other` too; 0: none. */
static node_id own_ancestor(const struct tree *t, node_id n, enum node_kind k, node_id other)
{
    node_id up = node_up(t, n, k);
    return up && !holds(t, up, other) ? up : 0;
}

static bool loops_together(const struct tree *t, node_id a, node_id b)
{
    for (node_id up = t->node[a].parent; up; up = t->node[up].parent) {
        enum node_kind k = node_kind(t, up);
        if ((k == NODE_LOOP || k == NODE_FOR) && holds(t, up, b))
            return true;
    }
    return false;
}

static bool is_pipeline(const struct tree *t, node_id n)
{
    node_id first = node_kind(t, n) == NODE_PIPELINE ? node_first(t, n) : 0;
    return first && node_sibling(t, first);
}

/* Does what happens at e happen in the very process that reaches `at`? */
static bool is_same_process(const struct tree *t, node_id e, node_id at)
{
    for (node_id n = e; n && !holds(t, n, at); n = t->node[n].parent) {
        enum node_kind k = node_kind(t, n);
        if (k == NODE_SUBSHELL || k == NODE_SUBST || k == NODE_PROCESS || k == NODE_HEREDOC ||
            is_pipeline(t, t->node[n].parent) || str_eq(operator_after(t, n), S("&")))
            return false;
    }
    return true;
}

/* Assignments of plain words, and the builtins that do not fail. */
static bool succeeds(const struct tree *t, node_id command)
{
    node_id word = node_next(t, command, 0, NODE_WORD);
    if (node_kind(t, command) != NODE_COMMAND || node_next(t, command, 0, NODE_REDIRECT))
        return false;
    for (node_id n = command; n < t->node[command].after; n++)
        if (node_kind(t, n) == NODE_SUBST)
            return false;
    return !word || word_is_one_of(node_text(t, word), "set export readonly : true");
}

/* In a list of && and ||: does n run whenever `at`, which comes later or behind the list, does? */
static bool runs_in_list(const struct tree *t, node_id list, node_id n, node_id at)
{
    bool sure = true, joined = holds(t, list, at), directly = false;
    for (node_id k = node_first(t, list); k != n; k = node_sibling(t, k)) {
        directly = str_eq(operator_after(t, k), S("&&"));
        sure = sure && directly && succeeds(t, k);
    }
    if (sure || !joined || !directly)
        return sure;
    for (node_id k = n; !holds(t, k, at); k = node_sibling(t, k))
        if (!str_eq(operator_after(t, k), S("&&")))
            return false;
    return true;
}

/* Has the command n run whenever `at`, which comes later, is reached? */
static bool runs_before(const struct tree *t, node_id n, node_id at)
{
    for (node_id up; !holds(t, n, at); n = up) {
        up = t->node[n].parent;
        switch (node_kind(t, up)) {
        case NODE_ANDOR:
            if (!runs_in_list(t, up, n, at))
                return false;
            break;
        case NODE_IF:
        case NODE_LOOP: /* the first condition */
            if (n != node_first(t, up))
                return false;
            break;
        case NODE_FOR:
        case NODE_CASE:
        case NODE_FUNCTION:
            return false;
        default:
            break;
        }
    }
    return true;
}

/* Effects on one variable */

static bool is_name(struct str text, struct str name, char after)
{
    return text.n > name.n && text.p[name.n] == after && str_starts(text, name);
}

/* Both have seven letters, which is cheap to ask of every command. */
static bool passes_on(struct str program)
{
    return program.n == 7 && word_is_one_of(program, "command builtin");
}

/* Can the program be one that changes variables, going by its length and first letter? */
static bool may_change(struct str program)
{
    char c = program.n ? program.p[0] : 0;

    switch (program.n) {
    case 1:
        return c == '.';
    case 3:
        return c == 'l';
    case 4:
        return c == 'e' || c == 'r';
    case 5:
        return c == 'l' || c == 'u';
    case 6:
        return c == 's' || c == 'e' || c == 'p';
    case 7:
        return c == 'd' || c == 't' || c == 'm' || c == 'g';
    case 8:
    case 9:
        return c == 'r';
    default:
        return false;
    }
}

static node_id program_word(const struct tree *t, node_id command)
{
    node_id w = node_next(t, command, 0, NODE_WORD);
    while (w && passes_on(node_text(t, w)))
        w = node_next(t, command, w, NODE_WORD);
    return w;
}

/* name=value; before a command's name it holds for that command only. */
static enum effect assign_effect(const struct tree *t, node_id n, node_id at, struct str name,
                                 struct assignment *out)
{
    struct str key = node_text(t, node_next(t, n, 0, NODE_NAME));
    node_id command = t->node[n].parent, program = node_next(t, command, 0, NODE_WORD);
    if (!str_eq(key, name))
        return is_name(key, name, '[') ? EFFECT_SPOILS : EFFECT_NONE;
    if (program) {
        bool special =
            program < n || node_first(t, program) ||
            word_is_one_of(node_text(t, program), ". : eval exec export readonly set trap unset");
        bool seen = holds(t, command, at) ? node_up(t, at, NODE_ASSIGN) > n
                                          : node_up(t, at, NODE_FUNCTION) != 0;
        return special || seen ? EFFECT_SPOILS : EFFECT_NONE;
    }
    if ((t->node[n].flags & NODE_APPEND) || node_next(t, n, 0, NODE_ARRAY))
        return EFFECT_SPOILS;
    *out = (struct assignment){node_next(t, n, 0, NODE_WORD), 0};
    return EFFECT_SETS;
}

/* export, local and their like: each argument may be name=value. */
static enum effect declare_effect(const struct tree *t, node_id command, node_id program,
                                  struct str name, struct assignment *out)
{
    bool keeps = word_is_one_of(node_text(t, program), "export readonly"), odd = false;
    enum effect e = EFFECT_NONE;
    for (node_id w = program; (w = node_next(t, command, w, NODE_WORD));) {
        struct str text = node_text(t, w);
        char first = text.n ? text.p[0] : 'x';
        if (first == '-') {
            odd = odd || !word_is_one_of(text, "-- -x -g -gx -r");
        } else if (is_name(text, name, '=')) {
            *out = (struct assignment){w, (uint32_t)name.n + 1};
            e = odd ? EFFECT_SPOILS : EFFECT_SETS;
        } else if (is_name(text, name, '+') || is_name(text, name, '[') ||
                   (str_eq(text, name) && !keeps) || first == '$' || first == '`' ||
                   ((first == '"' || first == '\'') && str_find(text, name) != STR_NONE)) {
            e = EFFECT_SPOILS;
        }
    }
    return e;
}

static enum effect command_effect(const struct tree *t, node_id command, struct str name,
                                  struct assignment *out)
{
    node_id program = program_word(t, command);
    struct str text = program ? node_text(t, program) : S("");
    if (is_name(text, name, '+') || is_name(text, name, '['))
        return EFFECT_SPOILS; /* a+=b is a command's name where bash is not the shell */
    if (!may_change(text))
        return EFFECT_NONE;
    if (word_is_one_of(text, ". source eval"))
        return EFFECT_SPOILS;
    if (word_is_one_of(text, "export readonly local declare typeset"))
        return declare_effect(t, command, program, name, out);
    if (!word_is_one_of(text, "read mapfile readarray getopts unset let printf"))
        return EFFECT_NONE;
    bool printf_v = !str_eq(text, S("printf"));
    for (node_id w = program; (w = node_next(t, command, w, NODE_WORD));) {
        struct str arg = node_text(t, w);
        printf_v = printf_v || str_starts(arg, S("-v"));
        if (printf_v && str_find(arg, name) != STR_NONE)
            return EFFECT_SPOILS;
    }
    return EFFECT_NONE;
}

static bool arith_sets(struct str text, struct str name)
{
    return str_find(text, name) != STR_NONE &&
           (str_chr(text, '=') != STR_NONE || str_find(text, S("++")) != STR_NONE ||
            str_find(text, S("--")) != STR_NONE);
}

static bool in_body(const struct tree *t, node_id loop, node_id at)
{
    node_id body = node_kind(t, loop) == NODE_FOR ? node_next(t, loop, 0, NODE_LIST) : 0;
    return body && holds(t, body, at);
}

static enum effect effect_of(const struct tree *t, node_id n, node_id at, struct str name,
                             struct assignment *out)
{
    node_id key;
    switch (node_kind(t, n)) {
    case NODE_ASSIGN:
        return assign_effect(t, n, at, name, out);
    case NODE_COMMAND:
        return command_effect(t, n, name, out);
    case NODE_FOR:
        key = node_next(t, n, 0, NODE_NAME);
        return key && str_eq(node_text(t, key), name) ? EFFECT_SPOILS : EFFECT_NONE;
    case NODE_PARAM:
        key = t->node[n].op == PARAM_ASSIGN ? node_next(t, n, 0, NODE_NAME) : 0;
        return key && str_eq(node_text(t, key), name) ? EFFECT_SPOILS : EFFECT_NONE;
    case NODE_ARITH:
        return arith_sets(node_text(t, n), name) ? EFFECT_SPOILS : EFFECT_NONE;
    default:
        return EFFECT_NONE;
    }
}

/* Can the node have an effect on any variable? Cheap to ask of each. */
static bool may_have_effect(const struct tree *t, node_id n)
{
    switch (node_kind(t, n)) {
    case NODE_ASSIGN:
    case NODE_COMMAND:
    case NODE_FOR:
    case NODE_ARITH:
        return true;
    case NODE_PARAM:
        return t->node[n].op == PARAM_ASSIGN;
    default:
        return false;
    }
}

/* A heredoc that is read by the shell of the instruction itself, as `RUN <<EOF`. */
static bool is_whole_script(const struct tree *t, node_id instruction)
{
    node_id shell = node_next(t, instruction, 0, NODE_SHELL);
    for (node_id n = shell; shell && n < t->node[shell].after; n++)
        if (node_kind(t, n) == NODE_COMMAND && node_next(t, n, 0, NODE_WORD))
            return false;
    return true;
}

/* In the body of a heredoc what is not quoted is expanded by the shell around it. */
static bool is_expanded_outside(const struct tree *t, node_id instruction, node_id doc)
{
    return doc && !(t->node[doc].flags & NODE_QUOTED) && !is_whole_script(t, instruction);
}

enum assigned assigned_before(const struct tree *t, node_id at, struct str name,
                              struct assignment *out)
{
    node_id instruction = node_up(t, at, NODE_INSTRUCTION), doc = node_up(t, at, NODE_HEREDOC);
    enum assigned known = ASSIGNED_NOT;
    bool outside = is_expanded_outside(t, instruction, doc);

    if (is_too_large(t, instruction))
        return ASSIGNED_UNKNOWN;
    for (node_id n = instruction + 1; n < t->node[instruction].after; n++) {
        struct assignment a = {0, 0};
        enum effect e = may_have_effect(t, n) ? effect_of(t, n, at, name, &a) : EFFECT_NONE;
        if (e == EFFECT_NONE)
            continue;
        node_id command = node_kind(t, n) == NODE_ASSIGN ? t->node[n].parent : n;
        node_id function = own_ancestor(t, at, NODE_FUNCTION, n);
        if (node_up(t, n, NODE_HEREDOC) != doc) {
            if (!doc)
                continue;
            return ASSIGNED_UNKNOWN;
        }
        if (!is_same_process(t, n, at))
            continue;
        if (outside || own_ancestor(t, n, NODE_FUNCTION, at))
            return ASSIGNED_UNKNOWN;
        bool later = n > at || (holds(t, n, at) && !in_body(t, n, at));
        if (later && !function && !loops_together(t, n, at))
            continue;
        if (later || (function && known != ASSIGNED_NOT))
            return ASSIGNED_UNKNOWN;
        bool sure = e == EFFECT_SETS && runs_before(t, command, function ? function : at);
        known = sure ? ASSIGNED_KNOWN : ASSIGNED_UNKNOWN;
        *out = a;
    }
    return known;
}

/* The loop whose variable `at` is, when nothing in it, nor a function, changes it; 0: none. */
node_id loop_of(const struct tree *t, node_id at, struct str name)
{
    node_id instruction = node_up(t, at, NODE_INSTRUCTION), loop = at;
    if (is_too_large(t, instruction))
        return 0;
    while ((loop = node_up(t, loop, NODE_FOR))) {
        node_id key = node_next(t, loop, 0, NODE_NAME);
        if (key && str_eq(node_text(t, key), name) && in_body(t, loop, at))
            break;
    }
    for (node_id n = instruction + 1; loop && n < t->node[instruction].after; n++) {
        struct assignment a;
        bool there = holds(t, loop, n) ? n != loop : own_ancestor(t, n, NODE_FUNCTION, at) != 0;
        if (there && effect_of(t, n, at, name, &a) != EFFECT_NONE && is_same_process(t, n, at))
            return 0;
    }
    return loop;
}

/* What `set` does to the positional parameters: *last is the word before the first of them. */
static enum effect set_effect(const struct tree *t, node_id command, node_id *last)
{
    node_id w = program_word(t, command);
    struct str program = w ? node_text(t, w) : S("");
    if (word_is_one_of(program, "shift eval . source"))
        return EFFECT_SPOILS;
    if (!str_eq(program, S("set")))
        return EFFECT_NONE;
    for (*last = w; (w = node_next(t, command, w, NODE_WORD)); *last = w) {
        struct str text = node_text(t, w);
        if (str_eq(text, S("--"))) {
            *last = w;
            return EFFECT_SETS;
        }
        if (!str_starts(text, S("-")) && !str_starts(text, S("+")))
            return EFFECT_SETS;
        if (str_ends(text, S("o")) && node_next(t, command, w, NODE_WORD))
            w = node_next(t, command, w, NODE_WORD);
    }
    return EFFECT_NONE;
}

node_id set_before(const struct tree *t, node_id at, node_id *last)
{
    node_id instruction = node_up(t, at, NODE_INSTRUCTION), found = 0;
    if (node_up(t, at, NODE_FUNCTION) || node_up(t, at, NODE_HEREDOC) ||
        is_too_large(t, instruction))
        return 0;
    for (node_id n = instruction + 1; n < t->node[instruction].after; n++) {
        node_id before = 0;
        enum effect e = node_kind(t, n) == NODE_COMMAND ? set_effect(t, n, &before) : EFFECT_NONE;
        if (e == EFFECT_NONE || !is_same_process(t, n, at) || node_up(t, n, NODE_FUNCTION))
            continue;
        bool later = n > at || holds(t, n, at);
        if (later && !loops_together(t, n, at))
            continue;
        if (later)
            return 0;
        found = e == EFFECT_SETS && runs_before(t, n, at) ? n : 0;
        *last = before;
    }
    return found;
}
