/* Completions for shells, from the tables of options, rules and formats. */
#include "faces/formats/formats.h"

static const char commands[] =
    "rules explain init index advisories gate report accept tree verify completion schema lsp pr";

/* What an option's value may be; "": a file, or anything. */
static struct str values_of(struct arena *a, enum option_id id)
{
    struct buf b = {.arena = a};
    struct rule_words r;

    switch (id) {
    case OPT_FORMAT:
        return format_names(a);
    case OPT_COLOR:
        return S("auto, always, never");
    case OPT_FAIL_ON:
        return S("info, warning, error");
    case OPT_SELECT:
    case OPT_IGNORE:
        for (size_t i = 0; rule_words(i, &r); i++)
            if (r.fixer)
                buf_fmt(&b, "%s%s", i ? ", " : "", r.id);
        return buf_str(&b);
    default:
        return S("");
    }
}

/* "a, b" as "a b" */
static struct str as_words(struct arena *a, struct str list)
{
    struct buf b = {.arena = a};

    for (size_t i = 0; i < list.n; i++)
        if (list.p[i] != ',')
            buf_char(&b, list.p[i]);
    return buf_str(&b);
}

static struct str rule_ids(struct arena *a)
{
    struct buf b = {.arena = a};
    struct rule_words r;

    for (size_t i = 0; rule_words(i, &r); i++)
        buf_fmt(&b, "%s%s", i ? " " : "", r.id);
    return buf_str(&b);
}

static void bash(struct arena *a)
{
    fputs("# bash completion for dfix\n_dfix() {\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
          "    [ \"$cur\" = = ] && cur=\n"
          "    [ \"$prev\" = = ] && prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
          "    COMPREPLY=()\n    case $prev in\n",
          stdout);
    for (int i = 0; i < OPTIONS; i++) {
        struct str values = as_words(a, values_of(a, (enum option_id)i));
        if (!values.n)
            continue;
        printf("    --%s", option_specs[i].name);
        if (option_specs[i].letter)
            printf(" | -%c", option_specs[i].letter);
        printf(") COMPREPLY=($(compgen -W '" STR_FMT "' -- \"$cur\")) ;;\n", STR_ARG(values));
    }
    printf("    explain) COMPREPLY=($(compgen -W '" STR_FMT "' -- \"$cur\")) ;;\n",
           STR_ARG(rule_ids(a)));
    fputs("    completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- \"$cur\")) ;;\n"
          "    schema) COMPREPLY=($(compgen -W 'policy report pr' -- \"$cur\")) ;;\n"
          "    esac\n    [ ${#COMPREPLY[@]} -gt 0 ] && return\n    case $cur in\n"
          "    -*) COMPREPLY=($(compgen -W '",
          stdout);
    for (int i = 0; i < OPTIONS; i++)
        printf("%s--%s", i ? " " : "", option_specs[i].name);
    printf("' -- \"$cur\")) ;;\n    *)\n        COMPREPLY=($(compgen -f -- \"$cur\"))\n"
           "        [ \"$COMP_CWORD\" -eq 1 ] && COMPREPLY+=($(compgen -W '%s' -- \"$cur\"))\n"
           "        ;;\n    esac\n}\ncomplete -o filenames -F _dfix dfix\n",
           commands);
}

/* Text in single quotes, without what _arguments would take for its own. */
static void put_plain(const char *text)
{
    for (; *text; text++)
        if (!strchr("'[]:`\\", *text))
            putchar(*text);
}

static void zsh(struct arena *a)
{
    fputs("#compdef dfix\n_arguments -s \\\n", stdout);
    for (int i = 0; i < OPTIONS; i++) {
        const struct option_spec *s = &option_specs[i];
        struct str values = as_words(a, values_of(a, (enum option_id)i));
        bool optional = s->arg && s->arg[0] == '[';
        printf("  '--%s%s[", s->name, !s->arg ? "" : optional ? "=-" : "=");
        put_plain(s->help);
        putchar(']');
        if (s->arg) {
            fputs(optional ? "::" : ":", stdout);
            put_plain(s->arg);
            if (values.n)
                printf(":(" STR_FMT ")", STR_ARG(values));
            else
                fputs(":_files", stdout);
        }
        fputs("' \\\n", stdout);
    }
    printf("  '1:command or file:{_alternative \"commands:command:(%s)\" \"files:file:_files\"}' "
           "\\\n  '*:file:_files'\n",
           commands);
}

static void fish(struct arena *a)
{
    struct str rest = str_of(commands), word;

    while (str_cut(&rest, ' ', &word))
        printf("complete -c dfix -n __fish_use_subcommand -a " STR_FMT "\n", STR_ARG(word));
    printf("complete -c dfix -n '__fish_seen_subcommand_from explain' -f -a '" STR_FMT "'\n",
           STR_ARG(rule_ids(a)));
    for (int i = 0; i < OPTIONS; i++) {
        const struct option_spec *s = &option_specs[i];
        struct str values = as_words(a, values_of(a, (enum option_id)i));
        printf("complete -c dfix -l %s", s->name);
        if (s->letter)
            printf(" -s %c", s->letter);
        if (s->arg && s->arg[0] != '[')
            fputs(values.n ? " -x" : " -r", stdout);
        if (values.n)
            printf(" -a '" STR_FMT "'", STR_ARG(values));
        fputs(" -d '", stdout);
        put_plain(s->help);
        fputs("'\n", stdout);
    }
}

int command_completion(struct arena *a, const struct command_line *c)
{
    struct str shell = c->word.n == 1 ? c->word.v[0] : S("");

    if (str_eq(shell, S("bash")))
        bash(a);
    else if (str_eq(shell, S("zsh")))
        zsh(a);
    else if (str_eq(shell, S("fish")))
        fish(a);
    else {
        say_error("dfix: completion takes one of bash, zsh, fish");
        return EXIT_FAILED;
    }
    return EXIT_CLEAN;
}

int command_schema(struct arena *a, const struct command_line *c)
{
    struct str which = c->word.n == 1 ? c->word.v[0] : S("");

    (void)a;
    if (str_eq(which, S("policy")))
        policy_schema(stdout);
    else if (str_eq(which, S("report")))
        report_schema(stdout);
    else if (str_eq(which, S("pr")))
        bot_schema(stdout);
    else {
        say_error("dfix: schema takes one of policy, report, pr");
        return EXIT_FAILED;
    }
    return EXIT_CLEAN;
}
