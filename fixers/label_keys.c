/* label-keys: names of labels that are not what Docker asks for. */
#include "dfix/fixer.h"

#include <stdlib.h>

static const char doc[] =
    "A label's name has small letters, digits, `.`, `-`, `_` and `/`, begins with a letter, and "
    "has\n"
    "no two separators together. This rule writes it so: `LABEL Build..Date` becomes "
    "`build.date`.\n\n"
    "Only reported: names in the namespaces that Docker keeps for itself (`com.docker.`,\n"
    "`io.docker.`, `org.dockerproject.`), names made from variables, and names that begin\n"
    "with a digit. Not changed: names whose new\n"
    "spelling the stage has already, and `RUN`, `INSTALL`, `UNINSTALL` and the like, which the "
    "atomic\n"
    "command reads in capitals.\n\n"
    "Safety: unsafe. Somebody may ask for the label by its old name.\n";

static bool is_quote(char c)
{
    return c == '"' || c == '\'';
}

/* As it is written, without quotes: a variable in it is no name that holds. */
static struct str key_of(const struct tree *t, node_id pair)
{
    node_id name = node_next(t, pair, 0, NODE_NAME);
    struct str s = name ? node_text(t, name) : S("");

    while (s.n && is_quote(s.p[0]))
        s = str_from(s, 1);
    while (s.n && is_quote(s.p[s.n - 1]))
        s.n--;
    return s;
}

static bool is_separator(char c)
{
    return c == '.' || c == '-';
}

static bool is_wanted(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || is_separator(c) || c == '_' ||
           c == '/';
}

/* The name as it should be; it may be no name yet. */
static struct str respelled(struct arena *a, struct str key)
{
    struct str small = str_lower(a, key);
    struct buf b = {.arena = a};

    for (size_t i = 0; i < small.n; i++) {
        char c = is_wanted(small.p[i]) ? small.p[i] : '-';
        bool letter = c >= 'a' && c <= 'z';
        if ((!b.n && !letter) || (b.n && is_separator(c) && is_separator(b.p[b.n - 1])))
            continue;
        buf_char(&b, c);
    }
    struct str s = buf_str(&b);
    while (s.n && (is_separator(s.p[s.n - 1]) || s.p[s.n - 1] == '_' || s.p[s.n - 1] == '/'))
        s.n--;
    return s;
}

/* A label, and what it would be called. */
struct named {
    unsigned stage;
    node_id pair;
    struct str key, to;
    bool taken; /* another name of the stage would be the same */
};

static int by_name(const void *x, const void *y)
{
    const struct named *a = x, *b = y;

    if (a->stage != b->stage)
        return a->stage < b->stage ? -1 : 1;
    int c = str_cmp(a->to, b->to);
    c = c ? c : str_cmp(a->key, b->key);
    return c ? c : (a->pair > b->pair) - (a->pair < b->pair);
}

static int by_place(const void *x, const void *y)
{
    const struct named *a = x, *b = y;
    return (a->pair > b->pair) - (a->pair < b->pair);
}

/* All labels of the file, in reading order. */
static size_t find_labels(struct fix_ctx *c, struct named **out)
{
    const struct tree *t = c->tree;
    VEC(struct named) list = {0};

    for (node_id n = 0; (n = instruction_next(t, n));)
        for (node_id p = 0;
             node_instruction(t, n) == INST_LABEL && (p = node_next(t, n, p, NODE_PAIR));)
            vec_push(c->arena, &list,
                     (struct named){image_stage_of(c->image, n), p, key_of(t, p),
                                    respelled(c->arena, key_of(t, p)), false});
    if (list.n)
        qsort(list.v, list.n, sizeof *list.v, by_name);
    for (size_t i = 1; i < list.n; i++) {
        struct named *a = &list.v[i - 1], *b = &list.v[i];
        if (a->stage == b->stage && str_eq(a->to, b->to) && (a->taken || !str_eq(a->key, b->key)))
            a->taken = b->taken = true;
    }
    if (list.n)
        qsort(list.v, list.n, sizeof *list.v, by_place);
    *out = list.v;
    return list.n;
}

static bool begins_with_digit(struct str key)
{
    while (key.n && memchr("._-/ ", key.p[0], 5))
        key = str_from(key, 1);
    return key.n && key.p[0] >= '0' && key.p[0] <= '9';
}

static void look(struct fix_ctx *c, const struct named *x)
{
    const struct tree *t = c->tree;
    node_id name = node_next(t, x->pair, 0, NODE_NAME);
    struct str key = x->key, to = x->to, value;

    if (!name || label_key_is_valid(key))
        return;
    if (label_key_is_reserved(key)) {
        fix_help(fix_hint(c, name, "The label " STR_FMT " is in a namespace of Docker's own",
                          STR_ARG(key)),
                 "begin it with a domain of yours");
        return;
    }
    if (begins_with_digit(key) || !node_value(t, name, c->arena, &value) ||
        !label_key_is_valid(to)) {
        fix_help(fix_hint(c, name, "The label " STR_FMT " is not a valid name", STR_ARG(key)),
                 "use small letters, digits, `.` and `-`");
        return;
    }
    struct fix *f = fix_begin(c, name, UNSAFE, "Call the label " STR_FMT, STR_ARG(to));
    if (x->taken)
        fix_refuse(f, "the stage has a label of that name");
    if (word_is_one_of(key, "RUN RUN_OPTS RUN_OPTS_FILE INSTALL UNINSTALL UPDATE STOP DEBUG HELP"))
        fix_refuse(f, "the atomic command reads it in capitals");
    fix_replace(f, name, to);
}

static void run(struct fix_ctx *c)
{
    struct named *label;
    size_t n = find_labels(c, &label);

    for (size_t i = 0; i < n; i++)
        look(c, &label[i]);
}

const struct fixer fixer_label_keys = {
    .id = "label-keys",
    .aliases = "DL3048",
    .title = "Spell the names of labels as Docker asks for",
    .why = "Tools that read labels expect names in small letters, with a domain in front.",
    .doc = doc,
    .safety = UNSAFE,
    .severity = SEVERITY_INFO,
    .off = true,
    .run = run,
};
