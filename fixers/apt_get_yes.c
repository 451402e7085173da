/* apt-get-yes: apt-get install that asks whether to go on, in a build where nobody answers. */
#include "dfix/fixer.h"

static const char doc[] =
    "Adds -y to apt-get install, and to apt install. Without it apt-get asks before it installs "
    "more than what is\n"
    "named, and the build fails there because nobody answers.\n\n"
    "Silent where -y, --force-yes or two -q are given, for runs that change nothing (-s), and "
    "where\n"
    "options are known only at build time. hadolint misses apt.\n\n"
    "Safety: safe. A build that succeeded asked nothing.\n";

static bool is_quiet_twice(const struct command *k)
{
    const struct command_option *quiet = command_option(k, "quiet", NULL);

    return quiet && (command_option(k, "quiet", quiet) ||
                     (quiet->has_value && str_eq(quiet->value.value.text, S("2"))));
}

static bool asks(const struct command *k)
{
    return !command_has(k, "yes") && !command_has(k, "force-yes") && !command_has(k, "simulate") &&
           !is_quiet_twice(k);
}

static void look(struct fix_ctx *c, enum program apt, const char *name)
{
    for (const struct command *k = NULL; (k = command_next_of(c->image, k, apt, PHASE_BUILD));)
        if (command_is(k, apt, "install") && asks(k)) {
            struct fix *f = fix_begin(c, k->outer, SAFE, "Add -y to %s install", name);
            fix_add_argument(f, k, command_head(k), S("-y"));
        }
}

static void run(struct fix_ctx *c)
{
    look(c, PROGRAM_APT_GET, "apt-get");
    look(c, PROGRAM_APT, "apt");
}

const struct fixer fixer_apt_get_yes = {
    .id = "apt-get-yes",
    .aliases = "DL3014",
    .title = "Add -y to apt-get install",
    .why = "apt-get asks before it installs, and in a build nobody answers.",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_WARNING,
    .run = run,
};
