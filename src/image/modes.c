/* The mode that a file gives to the program that its image starts: may others run it? */
#include "values.h"

enum others { OTHERS_UNSAID, OTHERS_MAY, OTHERS_MAY_NOT };

struct search {
    const struct image *im;
    struct arena *arena;
    struct str program; /* its path, as it is started */
    enum others others;
    bool given;  /* to another owner than root */
    bool closed; /* others may not read it: ADD makes what it fetches so */
};

/* 755 */
static bool of_number(struct str mode, enum others *others)
{
    for (size_t i = 0; i < mode.n; i++)
        if (mode.p[i] < '0' || mode.p[i] > '7')
            return false;
    if (!mode.n)
        return false;
    *others = (mode.p[mode.n - 1] - '0') & 1 ? OTHERS_MAY : OTHERS_MAY_NOT;
    return true;
}

/* One of u+x,go=rx: whose, how and what. */
static void of_clause(struct str clause, enum others *others)
{
    size_t i = 0;
    while (i < clause.n && str_chr(S("ugoa"), clause.p[i]) != STR_NONE)
        i++;
    if (i == clause.n)
        return;
    struct str who = str_sub(clause, 0, i);
    char how = clause.p[i];
    bool runs = str_chr(str_from(clause, i), 'x') != STR_NONE;
    bool all = !who.n || str_chr(who, 'o') != STR_NONE || str_chr(who, 'a') != STR_NONE;

    if (how == '=' && all)
        *others = runs ? OTHERS_MAY : OTHERS_MAY_NOT;
    else if (runs && all)
        *others = how == '+' ? OTHERS_MAY : OTHERS_MAY_NOT;
    else if (runs && how != '-' && *others == OTHERS_UNSAID)
        *others = OTHERS_MAY_NOT; /* before, it could not be run at all, it seems */
}

static void take_mode(struct search *x, struct str mode)
{
    struct str clause;

    if (of_number(mode, &x->others)) {
        x->closed = !((mode.p[mode.n - 1] - '0') & 4);
        return;
    }
    x->closed &= str_chr(mode, 'r') == STR_NONE;
    while (str_cut(&mode, ',', &clause))
        of_clause(clause, &x->others);
}

/* What an interpreter reads has to be readable, too. */
static bool is_script(struct str path)
{
    return str_ends(path, S(".sh")) || str_ends(path, S(".py")) || str_ends(path, S(".pl")) ||
           str_ends(path, S(".rb")) || str_ends(path, S(".js"));
}

/* The program, by the name of its file; `deep`: or a folder that it is in. */
static bool is_it(const struct search *x, struct str path, bool deep)
{
    struct str folder = path_without_slash(path), name = path_basename(folder);
    bool within = deep && folder.n > 1 && str_starts(x->program, folder) &&
                  x->program.n > folder.n && x->program.p[folder.n] == '/';

    return within || str_eq(name, path_basename(x->program)) ||
           (str_chr(name, '*') != STR_NONE && str_glob(name, path_basename(x->program), false));
}

/* chmod [-R] MODE PATH..., chown [-R] USER PATH..., install -m MODE FROM TO */
static void look_at_command(struct search *x, const struct field *f, size_t n)
{
    struct str program = command_program(f), mode = S("");
    bool install = str_eq(program, S("install")), owner = str_eq(program, S("chown"));
    bool deep = false;

    if (!install && !owner && !str_eq(program, S("chmod")))
        return;
    for (size_t i = 1; i < n; i++) {
        struct str word = f[i].value.text;
        bool option = str_starts(word, S("-")) && str_chr(S("rwx"), word.p[1]) == STR_NONE;
        if (f[i].value.certainty != VALUE_KNOWN)
            continue;
        if (install && str_starts(word, S("-m"))) {
            mode = word.n > 2 ? str_from(word, 2) : i + 1 < n ? f[++i].value.text : S("");
        } else if (option) {
            deep |= str_chr(word, 'R') != STR_NONE || str_eq(word, S("--recursive"));
            owner |= install && str_starts(word, S("-o"));
        } else if (!mode.n && !install) {
            mode = word;
        } else if (is_it(x, word, deep)) {
            x->given |= owner;
            if (mode.n && !str_eq(program, S("chown")))
                take_mode(x, mode);
        }
    }
}

static void look_at_copy(struct search *x, node_id n)
{
    const struct tree *t = x->im->tree;
    node_id chmod = instruction_flag(t, n, S("chmod")), list = node_next(t, n, 0, NODE_EXEC);
    node_id word = chmod ? node_next(t, chmod, 0, NODE_WORD) : 0;
    bool it = false, fetched = false;

    for (node_id w = node_first(t, list ? list : n); w; w = node_sibling(t, w))
        if (node_kind(t, w) == NODE_WORD || node_kind(t, w) == NODE_STRING) {
            struct value v = image_value(x->im, x->arena, w);
            bool known = v.certainty == VALUE_KNOWN;
            it |= known && is_it(x, v.text, false);
            fetched |= known && node_instruction(t, n) == INST_ADD &&
                       str_find(v.text, S("://")) != STR_NONE;
        }
    if (!it)
        return;
    x->others = fetched ? OTHERS_MAY_NOT : OTHERS_UNSAID; /* 0600 */
    x->closed = fetched;
    x->given = instruction_flag(t, n, S("chown"));
    struct value mode = word ? image_value(x->im, x->arena, word) : (struct value){.text = S("")};
    if (word && mode.certainty == VALUE_KNOWN)
        take_mode(x, mode.text);
}

bool image_may_run(const struct image *im, struct arena *a, unsigned stage, struct str program)
{
    const struct tree *t = im->tree;
    struct search x = {.im = im, .arena = a, .program = program};

    for (node_id n = 1; n < t->nnode; n++) {
        enum node_kind k = node_kind(t, n);
        unsigned where =
            k == NODE_COMMAND || k == NODE_INSTRUCTION ? image_stage_of(im, n) : UINT32_MAX;
        const struct field *f;
        if (where == UINT32_MAX || !image_is_built_on(im, stage, where))
            continue;
        if (k == NODE_INSTRUCTION &&
            (node_instruction(t, n) == INST_COPY || node_instruction(t, n) == INST_ADD)) {
            look_at_copy(&x, n);
        } else if (k == NODE_COMMAND) {
            unsigned wrappers = 0;
            size_t count = image_fields(im, a, n, &f), at = wrappers_end(f, count, &wrappers);
            if (at < count)
                look_at_command(&x, f + at, count - at);
        }
    }
    return x.given || (x.others != OTHERS_MAY_NOT && !(x.closed && is_script(program)));
}
