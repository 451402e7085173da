/* apk-no-cache: apk add that leaves the package index behind in the image. */
#include "dfix/fixer.h"

static const char doc[] = "Adds --no-cache to apk add: the index is fetched but not stored, so it "
                          "neither adds to the image\n"
                          "nor gets older than its layer.\n\n"
                          "Silent where a cache mount keeps /var/cache/apk, and where the command "
                          "does not use the network.\n\n"
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

static void run(struct fix_ctx *c)
{
    for (const struct command *k = NULL; (k = command_next(c->image, k, PHASE_BUILD));)
        if (command_is(k, PROGRAM_APK, "add") && !command_has(k, "no-cache") &&
            !command_has(k, "no-network") && !keeps_cache(c->tree, k)) {
            struct fix *f = fix_begin(c, k->outer, SAFE, "Add --no-cache to apk add");
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
