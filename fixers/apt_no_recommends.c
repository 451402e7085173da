/* apt-no-recommends: apt-get install that brings packages nobody named. */
#include "dfix/fixer.h"

static const char doc[] =
    "Adds --no-install-recommends to apt-get install: recommended packages make the image larger "
    "and\n"
    "need to be kept up to date.\n\n"
    "Silent where the command line already asks for or refuses recommended packages. hadolint\n"
    "misses apt.\n\n"
    "Safety: unsafe. Something may depend on a package that was only recommended; name it.\n";

static bool decides(const struct command *k)
{
    const struct command_option *o = NULL;

    while ((o = command_option(k, "option", o)))
        if (str_find(o->value.value.text, S("Install-Recommends")) != STR_NONE)
            return true;
    return command_has(k, "no-install-recommends") || command_has(k, "install-recommends");
}

static void look(struct fix_ctx *c, enum program apt)
{
    for (const struct command *k = NULL; (k = command_next_of(c->image, k, apt, PHASE_BUILD));)
        if (command_is(k, apt, "install") && !decides(k)) {
            struct fix *f = fix_begin(c, k->outer, UNSAFE, "Add --no-install-recommends");
            fix_add_argument(f, k, command_head(k), S("--no-install-recommends"));
        }
}

static void run(struct fix_ctx *c)
{
    look(c, PROGRAM_APT_GET);
    look(c, PROGRAM_APT);
}

const struct fixer fixer_apt_no_recommends = {
    .id = "apt-no-recommends",
    .aliases = "DL3015",
    .title = "Add --no-install-recommends to apt-get install",
    .why = "Recommended packages make the image larger and need to be kept up to date.",
    .doc = doc,
    .safety = UNSAFE,
    .severity = SEVERITY_INFO,
    .off = true,
    .run = run,
};
