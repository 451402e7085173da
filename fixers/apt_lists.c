/* apt-lists: apt-get update that leaves the package lists in the layer. */
#include "dfix/fixer.h"

static const char doc[] =
    "Appends `rm -rf /var/lib/apt/lists/*` to the RUN that brings the package lists up to date: "
    "they\n"
    "are old when the next layer is built, and tens of megabytes large.\n\n"
    "Silent where the same RUN removes them, where a cache mount keeps them out of the image, and "
    "in\n"
    "stages that neither end the file nor have others built on them. hadolint takes any `rm -rf` "
    "for\n"
    "the removal of the lists, wants a second mount beside one on /var/lib/apt, and misses calls "
    "inside\n"
    "`sh -c`, behind sudo or env, and by a full path.\n\n"
    "Not changed, with the reason: RUNs that are not one chain of `&&` (or a list under `set -e`), "
    "and\n"
    "lists that something may need later: an install without an `update` of its own in its RUN, in "
    "this\n"
    "stage or one that is built on it, or a program that may install packages.\n\n"
    "Safety: safe. Only the lists are gone.\n";

static bool is_update(const struct command *k)
{
    const struct command_option *o = NULL;

    if (manager_of_program(k->program) != &manager_apt || command_verb(k) != VERB_UPDATE)
        return false;
    while ((o = command_option(k, "option", o)))
        if (str_starts(o->value.value.text, S("Dir"))) /* another root's, or lists elsewhere */
            return false;
    return true;
}

/* Are the lists removed later in the instruction, or brought up to date once more? */
static bool is_followed_up(const struct fix_ctx *c, const struct command *k)
{
    for (const struct command *n = k;
         (n = command_next(c->image, n, PHASE_BUILD)) && n->instruction == k->instruction;)
        if (manager_apt.cleans(n) || is_update(n))
            return true;
    return false;
}

static void run(struct fix_ctx *c)
{
    for (const struct command *k = NULL; (k = command_next(c->image, k, PHASE_BUILD));) {
        if (!is_update(k) || !command_in_image(c->image, k) || is_followed_up(c, k) ||
            mount_holds(c->image, k->instruction, manager_apt.lists_folder))
            continue;
        struct fix *f = fix_begin(c, k->outer, SAFE, "Delete the apt lists at the end of the RUN");
        struct str why = call_keeps(c->image, c->arena, k);
        if (why.n)
            fix_refuse(f, str_cstr(c->arena, why));
        else
            fix_append_command(f, k, S("rm -rf /var/lib/apt/lists/*"));
    }
}

const struct fixer fixer_apt_lists = {
    .id = "apt-lists",
    .aliases = "DL3009",
    .title = "Delete the apt lists after installing packages",
    .why = "The lists make the layer larger by tens of megabytes and are old when the next one is "
           "built.",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_INFO,
    .run = run,
};
