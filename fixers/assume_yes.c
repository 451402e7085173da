/* assume-yes: yum, dnf and zypper that ask whether to go on, in a build where nobody answers. */
#include "dfix/fixer.h"

static const char doc[] =
    "Adds -y to yum, dnf and microdnf, and -n to zypper. Without it they ask before they install\n"
    "anything, and the build fails there because nobody answers.\n\n"
    "Silent where the command line answers already, and where options are known only at build\n"
    "time. hadolint misses calls inside `sh -c`, behind sudo or env, by a full path, and in exec "
    "form.\n\n"
    "Safety: safe. A build that succeeded asked nothing.\n";

static const struct manager_code codes[] = {
    {&manager_yum, "DL3030"}, {&manager_zypper, "DL3034"}, {&manager_dnf, "DL3038"}, {NULL, NULL}};

static bool answers(const struct manager *m, const struct command *k)
{
    struct str options = str_of(m->yes_options), one;
    const struct command_option *o = NULL;

    for (; (o = command_option(k, NULL, o));)
        if (str_eq(o->name, S("setopt")) && str_starts(o->value.value.text, S("assumeyes")))
            return true;
    while (word_next(&options, &one))
        for (o = NULL; (o = command_option(k, NULL, o));)
            if (str_eq(o->name, one))
                return true;
    return false;
}

static void run(struct fix_ctx *c)
{
    for (const struct command *k = NULL; (k = command_next(c->image, k, PHASE_BUILD));) {
        const struct manager *m = manager_of_program(k->program);
        const char *code = m ? manager_code_of(codes, m) : NULL;
        struct str said = code ? command_subcommand(k) : S("");
        if (!said.n || !word_is_one_of(said, m->asks) || answers(m, k))
            continue;
        struct fix *f = fix_begin(c, k->outer, SAFE, "Add %s to " STR_FMT " " STR_FMT, m->yes,
                                  STR_ARG(k->name), STR_ARG(said));
        fix_code(f, code);
        fix_add_argument(f, k, m->does.yes_first ? 0 : command_head(k), str_of(m->yes));
    }
}

const struct fixer fixer_assume_yes = {
    .id = "assume-yes",
    .aliases = "DL3030 DL3034 DL3038",
    .title = "Let yum, dnf and zypper go on without asking",
    .why = "Nobody answers in a build: where it is asked, it fails.",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_WARNING,
    .run = run,
};
