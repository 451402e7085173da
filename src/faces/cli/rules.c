/* dfix rules, dfix explain: the fixers' own words. */
#include "faces/formats/formats.h"

bool no_rule(struct str name, struct err *e)
{
    struct str near = dfix_fixer_near(name);

    if (near.n)
        return err_set(e, "dfix: no rule " STR_FMT "; did you mean " STR_FMT "?", STR_ARG(name),
                       STR_ARG(near));
    return err_set(e, "dfix: no rule " STR_FMT "; `dfix rules` lists them", STR_ARG(name));
}

static const char *decided_by(enum decided d)
{
    switch (d) {
    case DECIDED_BY_POLICY:
        return "policy";
    case DECIDED_BY_HADOLINT:
        return "hadolint's settings";
    case DECIDED_BY_WORDS:
        return "command line";
    default:
        return "default";
    }
}

/* As they are for a Dockerfile here, and who says so. Codes may be many: they come last. */
static void list_rules(const struct settings *s)
{
    size_t n, wide = 0, wide_by = 0;
    const struct fixer *const *f = dfix_fixers(&n);

    for (size_t i = 0; i < n; i++) {
        size_t name = strlen(f[i]->id), by = strlen(decided_by(dfix_decided_by(s, f[i])));
        wide = name > wide ? name : wide;
        wide_by = by > wide_by ? by : wide_by;
    }
    for (size_t i = 0; i < n; i++)
        printf("%-*s %-6s %-3s %-*s %s%s%s\n", (int)wide, f[i]->id, safety_name(f[i]->safety),
               dfix_is_on(s, f[i]) ? "on" : "off", (int)wide_by,
               decided_by(dfix_decided_by(s, f[i])), f[i]->title, f[i]->aliases[0] ? ": " : "",
               f[i]->aliases);
}

int command_rules(struct arena *a, const struct command_line *c)
{
    struct workspace w;
    struct wishes wishes;
    struct err e;

    if (c->word.n) {
        fputs("dfix: rules takes no argument; use `dfix explain RULE` for one rule\n", stderr);
        return EXIT_FAILED;
    }
    if (c->set[OPT_FORMAT] || c->set[OPT_JSON])
        return rules_print(a, c);
    if (!settings_wishes(a, c, &wishes, &e) || !workspace_open(&w, a, &wishes, &e)) {
        say_error(e.text);
        return EXIT_FAILED;
    }
    const struct config *config = policies_for(&w.policies, S("Dockerfile"), &e);
    if (config)
        list_rules(&config->settings);
    else
        say_error(e.text);
    workspace_close(&w);
    return config ? EXIT_CLEAN : EXIT_FAILED;
}

/* What the engine itself finds. */
static const struct rule_words own[] = {
    {
        .id = "suppression",
        .aliases = "",
        .title = "A suppression comment that has no effect",
        .why = "Whoever wrote it believes that it holds.",
        .doc =
            "A suppression comment that has no effect: it gives no reason, names no rule, has "
            "expired,\n"
            "or there is nothing to suppress.\n\n"
            "    # dfix ignore=RULE[,RULE] [until=YYYY-MM-DD] because REASON\n\n"
            "Write it above the instruction, in it, or at the end of its last line. It counts up "
            "to the\n"
            "day of `until=`. RULE is a name of `dfix rules` or a code (DL3008). What hadolint's "
            "own\n"
            "comments name (`# hadolint ignore=DL3008`) is not changed, but reported.\n",
        .severity = SEVERITY_WARNING,
    },
    {
        .id = "syntax",
        .aliases = "",
        .title = "A syntax error",
        .why = "No rule sees what follows it.",
        .doc = "A syntax error, for which BuildKit rejects the file or the shell rejects its "
               "command. No\n"
               "rule sees what follows it. An unknown instruction, an open quote, no FROM.\n",
        .severity = SEVERITY_ERROR,
    },
    {
        .id = "file",
        .aliases = "",
        .title = "A file that is reported and not changed",
        .why = "What a build makes of it is not known.",
        .doc = "A file that BuildKit refuses, a template, or one whose first comments say that it "
               "is\n"
               "generated. Its findings are reported; it is not changed.\n",
        .severity = SEVERITY_INFO,
    },
};
enum { OWN = sizeof(own) / sizeof(own[0]) };

bool rule_words(size_t i, struct rule_words *out)
{
    size_t n;
    const struct fixer *const *f = dfix_fixers(&n);

    if (i >= n + OWN)
        return false;
    *out = i >= n ? own[i - n]
                  : (struct rule_words){f[i]->id,  f[i]->aliases,  f[i]->title,  f[i]->why,
                                        f[i]->doc, f[i]->severity, f[i]->safety, f[i]};
    return true;
}

size_t rule_words_index(const char *id)
{
    struct rule_words r;
    size_t i = 0;

    while (rule_words(i, &r) && strcmp(r.id, id) != 0)
        i++;
    return i;
}

/* Paragraphs and items, which the source breaks where it likes. */
static void explain_doc(struct arena *a, struct str doc)
{
    struct buf part = {.arena = a};

    while (doc.n || part.n) {
        struct str line = S("");
        bool more = doc.n && str_cut(&doc, '\n', &line);
        bool item = str_starts(line, S("- "));
        if (part.n && (!line.n || item)) {
            text_wrapped(stdout, buf_str(&part), 0, part.p[0] == '-' ? 2 : 0);
            part.n = 0;
        }
        if (more && !line.n)
            putchar('\n');
        buf_fmt(&part, "%s" STR_FMT, part.n ? " " : "", STR_ARG(str_trim(line)));
    }
}

static void explain_options(const struct fixer *f)
{
    printf("\nAt most: %s. %s\n", safety_name(f->safety),
           f->off ? "Off unless selected or set in policy." : "On by default.");
    for (const struct option_doc *o = f->options; o && o->name; o++) {
        printf("%s  rules.%s.%s (%s; default: %s)\n      ",
               o == f->options ? "\nOptions in dfix.yaml:\n" : "", f->id, o->name, o->values,
               o->fallback[0] ? o->fallback : "none");
        text_wrapped(stdout, str_of(o->doc), 6, 6);
    }
    printf("\nTo exclude one instruction, write above it:\n  # dfix ignore=%s because ...\n",
           f->id);
}

static void explain(struct arena *a, const struct rule_words *r)
{
    printf("# %s%s%s%s\n\n%s.\n", r->id, r->aliases[0] ? " (" : "", r->aliases,
           r->aliases[0] ? ")" : "", r->title);
    if (r->why)
        text_wrapped(stdout, str_of(r->why), 0, 0);
    putchar('\n');
    explain_doc(a, str_of(r->doc));
    rules_example(a, r->id);
    if (r->fixer)
        explain_options(r->fixer);
}

static bool has_name(const struct rule_words *r, struct str name)
{
    return str_ieq(name, str_of(r->id)) || str_listed(str_of(r->aliases), name) ||
           (r->fixer && code_is_of(name, r->fixer->family));
}

/* A code that several rules share explains them all. */
int command_explain(struct arena *a, const struct command_line *c)
{
    struct rule_words r;
    unsigned found = 0;
    struct err e;

    if (c->word.n != 1) {
        fputs("dfix: explain takes one rule; `dfix rules` lists them\n", stderr);
        return EXIT_FAILED;
    }
    for (size_t i = 0; rule_words(i, &r); i++)
        if (has_name(&r, c->word.v[0])) {
            fputs(found ? "\n" : "", stdout);
            explain(a, &r);
            found++;
        }
    if (!found) {
        no_rule(c->word.v[0], &e);
        say_error(e.text);
    }
    return found ? EXIT_CLEAN : EXIT_FAILED;
}
