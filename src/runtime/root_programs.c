/* Programs that an image starts as root on purpose. */
#include "commands/commands.h"
#include "runtime/runtime.h"

enum reason {
#define REASON(id, why) REASON_##id,
#define ROOT_PROGRAM(name, reason)
#include "runtime/root_programs.def"
#undef REASON
#undef ROOT_PROGRAM
    REASONS
};
static const char *const reasons[REASONS] = {
#define REASON(id, why) why,
#define ROOT_PROGRAM(name, reason)
#include "runtime/root_programs.def"
#undef REASON
#undef ROOT_PROGRAM
};
static const struct root_program {
    char name[30];
    unsigned char reason;
} root_programs[] = {
#define REASON(id, why)
#define ROOT_PROGRAM(name, reason) {name, REASON_##reason},
#include "runtime/root_programs.def"
#undef REASON
#undef ROOT_PROGRAM
};

/* Why a program begins as root; NULL: nothing says so. */
static const char *why_program(struct str word)
{
    const struct root_program *p = (const struct root_program *)name_among(
        path_basename(word), root_programs[0].name, sizeof root_programs[0],
        sizeof root_programs / sizeof root_programs[0]);

    return p ? reasons[p->reason] : NULL;
}

/* Each program that only starts another may be one of them; behind one that is not known another
 * may follow. */
static struct str why_words(struct arena *a, const struct command *c)
{
    const struct field *f;
    size_t n = command_words(c, &f);

    for (size_t i = c->wrappers & WRAP_FIND ? c->at : 0; i < n && i < c->end;) {
        struct str word = f[i].value.text;
        unsigned wrappers = 0;
        bool known = f[i].value.certainty == VALUE_KNOWN;
        const char *why = known ? why_program(word) : NULL;
        if (why)
            return str_fmt(a, STR_FMT ", which it starts, %s", STR_ARG(path_basename(word)), why);
        size_t step = known ? wrapper_step(f + i, n - i, &wrappers) : 1;
        if (!step)
            return S("");
        i += step;
    }
    return S("");
}

/* What the shell itself writes, in a text of its own. */
static bool writes_to_system(struct arena *a, const struct scope *sc)
{
    for (node_id n = 1; n < sc->tree->nnode; n++)
        if (node_kind(sc->tree, n) == NODE_REDIRECT && is_system_path(redirect_output(sc, a, n)))
            return true;
    return false;
}

/* `npm ci && node x.js`: it writes where the image keeps its packages. */
static bool installs(const struct command *c)
{
    const struct field *f;
    size_t n = command_args(c, &f);

    if (!word_is_one_of(c->name, "pip pip2 pip3 npm yarn pnpm bundle composer gem cpanm uv poetry"))
        return false;
    for (size_t i = 1; i < n; i++) {
        struct str word = f[i].value.text;
        if (f[i].value.certainty == VALUE_KNOWN && !str_starts(word, S("-")))
            return word_is_one_of(word, "install i ci add update upgrade sync require");
    }
    return false;
}

struct str root_program(struct arena *a, struct command_list all)
{
    struct str why = S("");
    const struct scope *read = NULL;

    for (size_t i = 0; i < all.n && !why.n; i++) {
        const struct command *c = &all.v[i];
        bool of_text = c->within || !c->instruction;
        why = why_words(a, c);
        if (!why.n && installs(c))
            why = str_fmt(a, STR_FMT " installs packages when it starts", STR_ARG(c->name));
        const char *needs = why.n || !of_text ? NULL : command_needs_root(a, c);
        if (needs)
            why = str_fmt(a, "the program it starts %s", needs);
    }
    for (size_t i = 0; i < all.n && !why.n; i++) {
        const struct command *c = &all.v[i];
        if (c->scope != read && (c->within || !c->instruction) && writes_to_system(a, c->scope))
            why = S("the program it starts writes to a system directory");
        read = c->scope;
    }
    return why;
}

struct str root_program_of_script(struct arena *a, struct str text)
{
    struct command_list all;

    return commands_of_text(a, text, &all) ? root_program(a, all) : S("");
}
