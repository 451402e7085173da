/* dfix rules, dfix explain: the fixers' own words. */
#include "faces/faces.h"

bool no_rule(struct str name, struct err *e)
{
    struct str near = dfix_fixer_near(name);

    if (near.n)
        return err_set(e, "dfix: no rule " STR_FMT "; did you mean " STR_FMT "?", STR_ARG(name),
                       STR_ARG(near));
    return err_set(e, "dfix: no rule " STR_FMT "; `dfix rules` lists them", STR_ARG(name));
}

int command_rules(struct arena *a, const struct command_line *c)
{
    size_t n;
    const struct fixer *const *f = dfix_fixers(&n);

    (void)a;
    if (c->word.n) {
        fputs("dfix: rules takes no argument; use `dfix explain RULE` for one rule\n", stderr);
        return EXIT_FAILED;
    }
    for (size_t i = 0; i < n; i++)
        printf("%-16s %-16s %-7s %-4s %s\n", f[i]->id, f[i]->aliases, safety_name(f[i]->safety),
               f[i]->off ? "off" : "on", f[i]->title);
    return EXIT_CLEAN;
}

/* What the engine itself finds. */
static const char suppression[] =
    "# suppression\n\n"
    "A suppression comment that has no effect: it gives no reason, names no rule,\nhas expired, or "
    "there is nothing to suppress.\n\n"
    "  # dfix ignore=RULE[,RULE] [until=YYYY-MM-DD] because REASON\n\n"
    "Write it above the instruction, in it, or at the end of its last line, and counts up to\n"
    "the day of `until=`. RULE is a name of `dfix rules` or a code (DL3008). What hadolint's own\n"
    "comments name (`# hadolint ignore=DL3008`) is not changed, but reported.\n";

static const char syntax[] =
    "# syntax\n\n"
    "A syntax error, for which BuildKit rejects the file or the shell rejects its command. No "
    "rule\nsees what follows it. An unknown instruction, an open quote, no FROM.\n";

static void explain(const struct fixer *f)
{
    printf("# %s%s%s%s\n\n%s.\n\n%s", f->id, f->aliases[0] ? " (" : "", f->aliases,
           f->aliases[0] ? ")" : "", f->title, f->doc);
    printf("\nAt most: %s. %s\n", safety_name(f->safety),
           f->off ? "Off unless selected or set in policy." : "On by default.");
    for (const struct option_doc *o = f->options; o && o->name; o++)
        printf("%s  rules.%s.%s (%s; default: %s)\n      %s\n",
               o == f->options ? "\nOptions in dfix.yaml:\n" : "", f->id, o->name, o->values,
               o->fallback[0] ? o->fallback : "none", o->doc);
    printf("\nTo exclude one instruction, write above it:\n  # dfix ignore=%s because ...\n",
           f->id);
}

int command_explain(struct arena *a, const struct command_line *c)
{
    (void)a;
    if (c->word.n != 1) {
        fputs("dfix: explain takes one rule; `dfix rules` lists them\n", stderr);
        return EXIT_FAILED;
    }
    if (str_eq(c->word.v[0], S("suppression"))) {
        fputs(suppression, stdout);
        return EXIT_CLEAN;
    }
    if (str_eq(c->word.v[0], S("syntax"))) {
        fputs(syntax, stdout);
        return EXIT_CLEAN;
    }
    const struct fixer *f = dfix_fixer(c->word.v[0]);
    struct err e;
    if (!f) {
        no_rule(c->word.v[0], &e);
        say_error(e.text);
        return EXIT_FAILED;
    }
    explain(f);
    return EXIT_CLEAN;
}
