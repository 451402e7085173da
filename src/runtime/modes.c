/* The mode that a file gives to the program that its image starts: may others run it? */
#include "dfix/command.h"
#include "runtime/runtime.h"

enum others { OTHERS_UNSAID, OTHERS_MAY, OTHERS_MAY_NOT };

struct search {
    const struct image *im;
    struct arena *arena;
    struct str program; /* its path, as it is started */
    enum others others;
    bool given;  /* to another owner than root */
    bool closed; /* others may not read it: ADD makes what it fetches so */
    bool locked; /* others may not enter the folder that it is in */
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

static bool is_whole(struct str path)
{
    return str_starts(path, S("/"));
}

/* The program's file: by its path, by a pattern of it, or by its name where a path is not whole. */
static bool is_it(const struct search *x, struct str path)
{
    struct str name = path_basename(path), program = path_basename(x->program);
    bool same =
        str_eq(name, program) || (str_chr(name, '*') != STR_NONE && str_glob(name, program, false));

    if (!is_whole(path) || !is_whole(x->program))
        return same;
    return same && str_eq(str_sub(path, 0, path.n - name.n),
                          str_sub(x->program, 0, x->program.n - program.n));
}

/* A folder that it is in. */
static bool is_around(const struct search *x, struct str path)
{
    struct str folder = path_without_slash(path);

    return folder.n > 1 && x->program.n > folder.n && str_starts(x->program, folder) &&
           x->program.p[folder.n] == '/';
}

/* chmod MODE of a folder around it: its own mode stays, but who may get there changes. */
static void take_folder(struct search *x, struct str mode)
{
    enum others kept = x->others;
    bool closed = x->closed;

    x->others = OTHERS_UNSAID;
    take_mode(x, mode);
    x->locked = x->others == OTHERS_UNSAID ? x->locked : x->others == OTHERS_MAY_NOT;
    x->others = kept;
    x->closed = closed;
}

static bool is_roots(struct str user)
{
    return word_is_one_of(user, "root 0 root: 0: root:root 0:0 root.root root:0 0:root") || !user.n;
}

/* What a chmod, a chown or an install does to one path. */
static void take_path(struct search *x, const struct command *c, struct str path, struct str value)
{
    bool around = is_around(x, path);
    bool it = is_it(x, path) || (around && command_has(c, "recursive"));

    if (c->program == PROGRAM_CHOWN) {
        if (it || around)
            x->given = !is_roots(value);
        return;
    }
    if (it)
        take_mode(x, value);
    if (around)
        take_folder(x, value);
}

/* chmod [-R] MODE PATH..., chown [-R] USER PATH...; a mode may begin as options do: -x. */
static void look_at_change(struct search *x, const struct command *c)
{
    const struct field *f;
    size_t n = command_args(c, &f);
    struct str value = S("");

    for (size_t i = 1; i < n; i++) {
        struct str word = f[i].value.text;
        bool known = f[i].value.certainty == VALUE_KNOWN;
        bool mode = word.n > 1 && word.p[0] == '-' && str_chr(S("rwx"), word.p[1]) != STR_NONE;
        if (word.n > 1 && word.p[0] == '-' && !mode)
            continue;
        if (!value.n)
            value = known ? word : S("?");
        else if (known)
            take_path(x, c, word, value);
    }
}

static struct str option_text(const struct command *c, const char *name, struct str otherwise)
{
    const struct command_option *o = command_option(c, name, NULL);
    return o && o->has_value ? o->value.value.text : otherwise;
}

/* install -m MODE -o USER FROM TO */
static void look_at_install(struct search *x, const struct command *c)
{
    const struct field *const *path;
    size_t n = command_operands(c, &path);
    struct str mode = option_text(c, "mode", S(""));

    for (size_t i = 0; i < n; i++) {
        if (path[i]->value.certainty != VALUE_KNOWN || !is_it(x, path[i]->value.text))
            continue;
        x->given = !is_roots(option_text(c, "owner", S("root")));
        if (mode.n)
            take_mode(x, mode);
    }
}

static void look_at_command(struct search *x, const struct command *c)
{
    if (c->program == PROGRAM_CHMOD || c->program == PROGRAM_CHOWN)
        look_at_change(x, c);
    else if (c->program == PROGRAM_INSTALL)
        look_at_install(x, c);
}

/* What is not known is no path that is looked for. */
static struct str known_or_mark(const struct value *v)
{
    return v->certainty == VALUE_KNOWN ? v->text : S("?");
}

/* Where a source of COPY comes to lie. */
static struct str target_of(const struct search *x, struct str from, struct str to, bool several)
{
    if (!several && !str_ends(to, S("/")) && !str_eq(to, S(".")))
        return to;
    return str_fmt(x->arena, STR_FMT "%s" STR_FMT, STR_ARG(to), str_ends(to, S("/")) ? "" : "/",
                   STR_ARG(path_basename(path_without_slash(from))));
}

static void look_at_copy(struct search *x, node_id n)
{
    const struct tree *t = x->im->tree;
    node_id chmod = instruction_flag(t, n, S("chmod"));
    node_id chown = instruction_flag(t, n, S("chown"));
    node_id word = chmod ? node_next(t, chmod, 0, NODE_WORD) : 0;
    node_id owner = chown ? node_next(t, chown, 0, NODE_WORD) : 0;
    const struct value *word_of;
    size_t count = copy_words(x->im, x->arena, n, &word_of);
    bool it = false, fetched = false;

    for (size_t i = 0; i + 1 < count; i++) {
        struct str from = known_or_mark(&word_of[i]), last = known_or_mark(&word_of[count - 1]);
        struct str to = target_of(x, from, last, count > 2);
        bool there = is_it(x, to), this_one = there || is_it(x, from);
        bool inside = chmod && is_around(x, last);
        it |= there || (this_one && (!is_whole(to) || is_around(x, to)));
        it |= inside && !str_starts(from, S("http"));
        fetched |=
            this_one && node_instruction(t, n) == INST_ADD && str_find(from, S("://")) != STR_NONE;
    }
    if (!it)
        return;
    struct value mode = {.text = S("")}, user = {.text = S("root")};
    if (word)
        mode = image_value(x->im, x->arena, word);
    if (owner)
        user = image_value(x->im, x->arena, owner);
    x->others = fetched ? OTHERS_MAY_NOT : OTHERS_UNSAID; /* 0600 */
    x->closed = fetched;
    x->given = user.certainty != VALUE_KNOWN ? owner != 0 : !is_roots(user.text);
    if (word && mode.certainty == VALUE_KNOWN)
        take_mode(x, mode.text);
}

bool image_may_run(const struct image *im, struct arena *a, unsigned stage, struct str program)
{
    const struct tree *t = im->tree;
    struct search x = {.im = im, .arena = a, .program = program};
    const struct command *c = command_next(im, NULL, PHASE_BUILD);

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        enum instruction op =
            node_kind(t, n) == NODE_INSTRUCTION ? node_instruction(t, n) : INST_UNKNOWN;
        unsigned where = image_stage_of(im, n);
        bool there = where != UINT32_MAX && image_is_built_on(im, stage, where);
        if (there && (op == INST_COPY || op == INST_ADD))
            look_at_copy(&x, n);
        for (; c && c->outer < t->node[n].after; c = command_next(im, c, PHASE_BUILD))
            if (there)
                look_at_command(&x, c);
    }
    return x.given ||
           (x.others != OTHERS_MAY_NOT && !x.locked && !(x.closed && is_script(program)));
}
