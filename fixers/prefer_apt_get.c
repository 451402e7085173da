/* prefer-apt-get: apt, whose command line is made for people and may change, in a build. */
#include "dfix/fixer.h"

static const char doc[] =
    "Replaces apt by apt-get, where apt-get has the subcommand, and by apt-cache for `search`,\n"
    "`show` and the like. apt is made for people: it warns in each build that its command line may "
    "change.\n\n"
    "`apt upgrade` may install new packages and becomes `apt-get upgrade --with-new-pkgs`. Only\n"
    "reported: `apt list`, which needs dpkg-query, and `apt edit-sources`.\n\n"
    "Safety: safe for what apt-get has; unsafe for apt-cache, whose output differs.\n";

static const char of_apt_get[] =
    "install reinstall remove purge autoremove auto-remove autopurge update upgrade full-upgrade "
    "dist-upgrade build-dep satisfy clean autoclean auto-clean check source download changelog";
static const char of_apt_cache[] = "search show showsrc policy depends rdepends madison pkgnames";

static void judge(struct fix_ctx *c, const struct command *k)
{
    struct str said = command_subcommand(k);
    bool apt_get = word_is_one_of(said, of_apt_get);

    if (!apt_get && !word_is_one_of(said, of_apt_cache)) {
        struct fix *f = fix_hint(c, k->outer, "apt is made for people, not for builds");
        fix_help(f, "%s",
                 str_eq(said, S("list")) ? "use dpkg-query --list instead"
                                         : "use apt-get or apt-cache instead");
        return;
    }
    const char *other = apt_get ? "apt-get" : "apt-cache";
    struct fix *f = fix_begin(c, k->outer, apt_get ? SAFE : UNSAFE,
                              "Use %s " STR_FMT " instead of apt " STR_FMT, other, STR_ARG(said),
                              STR_ARG(said));
    fix_reword(f, k, 0, str_of(other));
    if (str_eq(said, S("full-upgrade")))
        fix_reword(f, k, command_head(k), S("dist-upgrade")); /* older ones know no other */
    if (str_eq(said, S("upgrade")) && !command_has(k, "with-new-pkgs"))
        fix_add_argument(f, k, command_head(k), S("--with-new-pkgs"));
}

static void run(struct fix_ctx *c)
{
    for (const struct command *k = NULL;
         (k = command_next_of(c->image, k, PROGRAM_APT, PHASE_BUILD));)
        judge(c, k);
}

const struct fixer fixer_prefer_apt_get = {
    .id = "prefer-apt-get",
    .aliases = "DL3027",
    .title = "Use apt-get in builds, not apt",
    .why = "apt's command line may change from one version to the next, as it warns in each build.",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_WARNING,
    .run = run,
};
