/* The option table as people read it: --help, the man page, the README's table. */
#include "faces/options.h"

#include <string.h>

enum { WIDTH = 80, LEFT = 26 };

static const struct usage {
    const char *words, *what;
} usages[] = {
    {"dfix [--diff | --fix | --check] [OPTION]... [PATH... | -]",
     "Check or fix Dockerfiles. Folders are searched; without a PATH, the current one."},
    {"dfix rules [--format markdown | json | html]",
     "List the rules, which are on for a Dockerfile here, and who says so; html writes a page for "
     "each into the folder of --output."},
    {"dfix explain RULE",
     "Explain a rule: what it does, when it stays silent, and how safe it is."},
    {"dfix init", "Write a commented dfix.yaml for the Dockerfiles of this folder."},
    {"dfix index [list | show PACKAGE... | update | verify | prune]",
     "Manage the cache of package indexes: list it, look up packages, fetch newer indexes, check "
     "every byte, remove what is damaged or has not been used for 30 days."},
    {"dfix accept [add ID... | list | renew ID... | import FILE...]",
     "Risks that somebody takes: write them into .dfix/accept.yaml with an owner and an end, list "
     "them (--format openvex, csaf or html too), renew them, take over the ignore files of trivy, "
     "grype, osv-scanner and Snyk, OpenVEX and CSAF."},
    {"dfix report --html FILE [--runs DIR] [PATH | RUN.ndjson]...",
     "One page on what is open, by owner, base, age and fix, on accepted risks and the trend; of "
     "files that are checked now, or of stored runs (of dfix, dfix gate and dfix pr)."},
    {"dfix gate --env ENV [NAME@DIGEST | --layout DIR | --sbom FILE]",
     "May this image go to that environment? 0: it may, 1: it may not, 2: that could not be "
     "judged."},
    {"dfix verify [--allow KINDS] OLD NEW | PATCH | --git REV [FILE...]",
     "Say in words what a build of NEW would do otherwise than one of OLD, or what a patch "
     "changes; "
     "exit with 1 when that is of a kind that is not allowed."},
    {"dfix advisories [list | show | package | issue | changelog | update] [NAME]",
     "Manage the cache of security advisories: list its feeds, look up vulnerabilities and "
     "packages "
     "(debian:12 openssl=3.0.11-1 judges a version), fetch newer feeds by ecosystem (debian, "
     "jammy, "
     "alpine:3.20, pypi, npm, go, maven, rubygems, crates.io) or take them from files, and say "
     "what "
     "a package of Debian's or Ubuntu's names as fixed in its own changelog (debian:12 libssl3, or "
     "./libssl3.deb)."},
    {"dfix completion bash | zsh | fish", "Print completions for a shell."},
    {"dfix schema policy | report | pr",
     "Print the JSON schema of dfix.yaml, of --format json, or of a line of `dfix pr --json`."},
    {"dfix tree [--json | --buildkit] FILE", "Show how a file is parsed."},
    {"dfix lsp", "Serve an editor: the Language Server Protocol on standard input and output."},
    {"dfix pr [--repo URL | --dir PATH | --repos FILE] [--patches DIR] [--dry-run]",
     "Open pull requests for what can be fixed, and look after them."},
};
enum { USAGES = sizeof(usages) / sizeof(usages[0]) };

static const char *const exit_status[] = {
    "0: no findings that count, or all of them were fixed.",
    "1: findings of severity warning or above (`--fail-on` changes that), or a patch was printed. "
    "Hints of severity info never count.",
    "2: a file could not be read, judged or written, or a fact that an edit or finding needed was "
    "not available. A base image that could not be read does not count where the built-in tables "
    "answer instead. With `--offline` a missing fact counts as \"not checked\"; the status is 2 "
    "only for a rule named by `--select`.",
    "`--exit-zero` and `--no-fail` turn 1 into 0, but never 2.",
    "A filter (`dfix --fix -`): 0 when it printed the file, fixed or not; 2 only for bad options, "
    "bad policy or an I/O error, and then it prints its input unchanged.",
};
enum { EXIT_LINES = sizeof(exit_status) / sizeof(exit_status[0]) };

void text_wrapped(FILE *out, struct str text, size_t column, size_t indent)
{
    struct str rest = text, word;
    bool begun = false;

    for (; str_cut(&rest, ' ', &word); begun = true) {
        if (begun && column + 1 + word.n > WIDTH) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
            begun = false;
        }
        fprintf(out, "%s" STR_FMT, begun ? " " : "", STR_ARG(word));
        column += begun + word.n;
    }
    fputc('\n', out);
}

/* "-s, --select RULES" */
static void put_option(char *out, size_t size, const struct option_spec *s)
{
    char letter[5] = "    ";

    if (s->letter)
        snprintf(letter, sizeof(letter), "-%c, ", s->letter);
    snprintf(out, size, "%s--%s%s%s", letter, s->name, s->arg && s->arg[0] != '[' ? " " : "",
             s->arg ? s->arg : "");
}

void options_help(FILE *out)
{
    const char *group = "";

    fputs("dfix fixes Dockerfiles: it pins, narrows and hardens what linters only report.\n\n",
          out);
    for (size_t i = 0; i < USAGES; i++) {
        fprintf(out, "  %s\n      ", usages[i].words);
        text_wrapped(out, str_of(usages[i].what), 6, 6);
    }
    for (int i = 0; i < OPTIONS; i++) {
        const struct option_spec *s = &option_specs[i];
        char left[64];
        if (strcmp(group, s->group) != 0)
            fprintf(out, "\n%s:\n", s->group);
        group = s->group;
        put_option(left, sizeof(left), s);
        fprintf(out, "  %-*s ", LEFT, left);
        text_wrapped(out, str_of(s->help), 3 + LEFT, 3 + LEFT);
    }
    fputs("\nExit status:\n", out);
    for (size_t i = 0; i < EXIT_LINES; i++) {
        fputs("  ", out);
        text_wrapped(out, str_of(exit_status[i]), 2, 5);
    }
}

/* ---- the man page ---- */

/* Text for roff: its own characters told apart, `code` in bold. */
void roff_text(FILE *out, const char *text)
{
    bool code = false;

    if (*text == '.' || *text == '\'')
        fputs("\\&", out);
    for (const char *p = text; *p; p++)
        if (*p == '-')
            fputs("\\-", out);
        else if (*p == '\\')
            fputs("\\e", out);
        else if (*p == '`')
            fputs((code = !code) ? "\\fB" : "\\fR", out);
        else
            fputc(*p, out);
    fputc('\n', out);
}

/* A paragraph with its head. */
void roff_item(FILE *out, const char *head, const char *text)
{
    fputs(".TP\n\\fB", out);
    for (const char *p = head; *p; p++)
        if (*p == '-')
            fputs("\\-", out);
        else
            fputc(*p, out);
    fputs("\\fR\n", out);
    roff_text(out, text);
}

static void man_options(FILE *out)
{
    const char *group = "";

    fputs(".SH OPTIONS\n", out);
    for (int i = 0; i < OPTIONS; i++) {
        const struct option_spec *s = &option_specs[i];
        char head[64];
        put_option(head, sizeof(head), s);
        if (strcmp(group, s->group) != 0)
            fprintf(out, ".SS %s\n", s->group);
        group = s->group;
        roff_item(out, head + strspn(head, " "), s->help);
    }
}

void options_man(FILE *out)
{
    static const struct usage files[] = {
        {"dfix.yaml",
         "The policy: rules and their options, architectures, where indexes and images come from. "
         "Searched from a Dockerfile's folder up to the repository root."},
        {"$XDG_CONFIG_HOME/dfix/dfix.yaml",
         "The user's own policy (in ~/.config by default). A repository's file overrides it, "
         "except for mirrors, keys and registries, which count only here and in `--config`."},
        {"$XDG_CACHE_HOME/dfix", "Package indexes and registry answers (in ~/.cache by default)."},
    };
    static const struct usage examples[] = {
        {"dfix --diff | git apply", "Fix all Dockerfiles of a repository."},
        {"dfix --fix --select pin-apt,pin-apk docker/", "Fix files in place with two rules only."},
        {"dfix --fix --stdin-filename api/Dockerfile -", "A filter, for editors."},
        {"# dfix ignore=pin-apt until=2027-03-01 because the mirror is frozen",
         "In a Dockerfile, above an instruction: do not change it."},
    };

    fprintf(out, ".TH DFIX 1 \"\" \"dfix %s\" \"User Commands\"\n", DFIX_VERSION);
    fputs(".SH NAME\ndfix \\- fix Dockerfiles\n.SH SYNOPSIS\n.nf\n", out);
    for (size_t i = 0; i < USAGES; i++)
        roff_text(out, usages[i].words);
    fputs(".fi\n.SH DESCRIPTION\n", out);
    roff_text(
        out,
        "Reads Dockerfiles and proposes the smallest edits that make the image safer: versions "
        "pinned from the signed package index, base images from approved mirrors, a user that "
        "is not root, upgrades narrowed to what needs one.");
    fputs(".SH COMMANDS\n", out);
    for (size_t i = 0; i < USAGES; i++)
        roff_item(out, usages[i].words, usages[i].what);
    man_options(out);
    fputs(".SH EXIT STATUS\n", out);
    for (size_t i = 0; i < EXIT_LINES; i++) {
        fputs(i ? ".PP\n" : "", out);
        roff_text(out, exit_status[i]);
    }
    fputs(".SH FILES\n", out);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        roff_item(out, files[i].words, files[i].what);
    fputs(".SH EXAMPLES\n", out);
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
        roff_item(out, examples[i].words, examples[i].what);
}

struct str options_meant(struct arena *a, struct str word)
{
    struct str known[OPTIONS + USAGES];
    size_t n = 0;

    for (size_t i = 1; i < USAGES; i++) {
        struct str rest = str_of(usages[i].words), dfix;
        str_cut(&rest, ' ', &dfix);
        str_cut(&rest, ' ', &known[n++]);
    }
    size_t commands = n;
    /* Those of one command are meant only behind its name. */
    for (int i = 0; i < OPTIONS; i++)
        if (strncmp(option_specs[i].group, "dfix ", 5) != 0)
            known[n++] = str_of(option_specs[i].name);
    struct str near = str_nearest(word, known, n);
    bool command = false;
    for (size_t i = 0; i < commands; i++)
        command |= str_eq(near, known[i]);
    return near.n ? str_fmt(a, "dfix %s" STR_FMT, command ? "" : "--", STR_ARG(near)) : near;
}

struct str options_table(struct arena *a)
{
    struct buf b = {.arena = a};

    buf_add(&b, S("| option | what it does |\n| --- | --- |\n"));
    for (int i = 0; i < OPTIONS; i++) {
        const struct option_spec *s = &option_specs[i];
        bool own = strncmp(s->group, "dfix ", 5) == 0;
        buf_add(&b, S("| `"));
        if (s->letter)
            buf_fmt(&b, "-%c`, `", s->letter);
        buf_fmt(&b, "--%s%s%s` | ", s->name, s->arg && s->arg[0] != '[' ? " " : "",
                s->arg ? s->arg : "");
        if (own)
            buf_fmt(&b, "`%s`: ", s->group);
        buf_fmt(&b, "%s |\n", s->help);
    }
    return buf_str(&b);
}

struct str options_exit_status(struct arena *a)
{
    struct buf b = {.arena = a};

    for (size_t i = 0; i < EXIT_LINES; i++)
        buf_fmt(&b, "- %s\n", exit_status[i]);
    return buf_str(&b);
}
