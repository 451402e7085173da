/* apk-no-cache: apk add that leaves the package index behind in the image. */
#include "dfix/fixer.h"

static const char doc[] =
    "Adds --no-cache to apk add: the index is fetched but not stored, so it "
    "neither adds to the image\n"
    "nor gets older than its layer.\n\n"
    "Silent where a cache mount keeps /var/cache/apk, and where the command "
    "does not use the network.\n\n"
    "Not changed, with the reason: before Alpine 3.3, whose apk was the first "
    "with the option,\n"
    "and where a later `rm` without -f needs the stored index.\n\n"
    "Safety: safe. Only the stored copy of the index is gone.\n";

static bool keeps_cache(const struct tree *t, const struct command *k)
{
    struct span at;

    for (node_id f = 0; (f = node_next(t, k->instruction, f, NODE_FLAG));)
        if ((flag_key(t, f, S("target"), &at) || flag_key(t, f, S("dst"), &at) ||
             flag_key(t, f, S("destination"), &at)) &&
            str_starts(str_sub(t->text, at.start, at.end), S("/var/cache/apk")))
            return true;
    return false;
}

/* Does the stage's apk not know the option yet? */
static bool is_old(const struct image *im, const struct command *k)
{
    if (k->stage == UINT32_MAX || !str_eq(im->stage[k->stage].release.distro, S("alpine")))
        return false;
    return word_is_one_of(im->stage[k->stage].release.version, "2.6 2.7 3.0 3.1 3.2");
}

static void run(struct fix_ctx *c)
{
    for (const struct command *k = NULL;
         (k = command_next_of(c->image, k, PROGRAM_APK, PHASE_BUILD));)
        if (command_is(k, PROGRAM_APK, "add") && !command_has(k, "no-cache") &&
            !command_has(k, "no-network") && !keeps_cache(c->tree, k)) {
            struct fix *f = fix_begin(c, k->outer, SAFE, "Add --no-cache to apk add");
            struct str why = call_cache_needed(c->image, c->arena, k);
            if (is_old(c->image, k))
                fix_refuse(f, "apk has no such option before Alpine 3.3");
            else if (why.n)
                fix_refuse(f, str_cstr(c->arena, why));
            else
                fix_add_argument(f, k, command_head(k), S("--no-cache"));
        }
}

const struct fixer fixer_apk_no_cache = {
    .id = "apk-no-cache",
    .aliases = "DL3019",
    .title = "Add --no-cache to apk add",
    .why = "A stored index makes the image larger and is soon out of date.",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_INFO,
    .run = run,
};
