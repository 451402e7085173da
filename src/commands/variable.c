/* variable.c - what a variable holds for a command. */
#include "commands/list.h"
#include "model/scope.h"

/* The text of a word from some byte on: what `export NAME=` is cut off. */
static struct value value_from(struct arena *a, struct value v, uint32_t skip)
{
    if (v.certainty != VALUE_KNOWN || !skip)
        return v;
    struct piece *p = arena_new(a, struct piece, 1);
    *p = (struct piece){.text = str_from(v.text, skip), .known = true};
    return value_of_pieces(a, p, 1);
}

/* NAME=value in front of the command itself. */
static bool set_for_it(const struct command *c, struct arena *a, struct str name, struct value *out)
{
    const struct tree *t = c->scope->tree;

    for (node_id n = 0; (n = node_next(t, c->node, n, NODE_ASSIGN));) {
        node_id word = node_next(t, n, 0, NODE_WORD), key = node_next(t, n, 0, NODE_NAME);
        if (!key || !word || !str_eq(node_text(t, key), name))
            continue;
        *out = scope_value(c->scope, a, word);
        return true;
    }
    return false;
}

/* `env NAME=value`, `sudo NAME=value` before the program. */
static bool set_by_wrapper(const struct command *c, struct str name, struct value *out)
{
    const struct field *word;

    if (!c->at)
        return false;
    size_t n = command_words(c, &word);
    for (size_t i = 1; i < c->at && i < n; i++) {
        struct str text = word[i].value.text;
        if (!str_starts(text, name) || text.n <= name.n || text.p[name.n] != '=')
            continue;
        *out = word[i].value;
        out->text = str_from(text, name.n + 1);
        return true;
    }
    return false;
}

/* By what the same shell did before. */
static bool set_by_shell(const struct command *c, struct arena *a, struct str name,
                         struct value *out)
{
    struct assignment set;
    enum assigned how = assigned_before(c->scope, c->node, name, &set);

    *out = (struct value){.certainty = VALUE_UNKNOWN, .text = S("")};
    if (how == ASSIGNED_KNOWN && set.word)
        *out = value_from(a, scope_value(c->scope, a, set.word), set.skip);
    return how != ASSIGNED_NOT;
}

bool command_variable(const struct command *c, struct arena *a, struct str name, struct value *out)
{
    bool argument;

    *out = (struct value){.certainty = VALUE_UNKNOWN, .text = S("")};
    if (set_by_wrapper(c, name, out))
        return true;
    if (c->node && (set_for_it(c, a, name, out) || set_by_shell(c, a, name, out)))
        return true;
    if (c->holder != UINT32_MAX)
        return command_variable(&c->list->v[c->holder], a, name, out);
    const struct definition *d =
        c->scope->definitions ? definition_at(c->scope, c->node, name, &argument) : NULL;
    if (d && d->word)
        *out = scope_value(c->scope, a, d->word);
    return d;
}
