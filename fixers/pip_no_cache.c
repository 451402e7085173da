/* pip-no-cache: pip install that leaves what it downloaded in the image. */
#include "dfix/fixer.h"

static const char doc[] =
    "Adds --no-cache-dir to pip install: what pip downloads and builds is not kept in the layer, "
    "where\n"
    "nothing reads it again.\n\n"
    "Silent where PIP_NO_CACHE_DIR says so, where a cache mount keeps the folder out of the "
    "image,\n"
    "for runs that install nothing, and for the pip of releases before Debian 9 and Ubuntu 16.04,\n"
    "which has neither the cache nor the option. Not changed where a later `rm` without -f needs "
    "the\n"
    "cache. hadolint misses calls inside `sh -c`, behind sudo or env, "
    "and\n"
    "those of virtual environments by their path.\n\n"
    "Safety: safe. Only pip's cache is gone.\n";

/* As pip reads it; what is known only at build time may be. */
static bool is_set(const struct value *v)
{
    static const char yes[] = "1 true True TRUE on On ON yes Yes YES";
    return v->certainty != VALUE_KNOWN || word_is_one_of(v->text, yes);
}

/* pip before 6, as old releases package it: it has no such cache, and would refuse the option. */
static bool is_old(const struct image *im, const struct command *k)
{
    static const char old_ubuntu[] = "10.04 12.04 12.10 13.04 13.10 14.04 14.10 15.04 15.10";
    struct release r = {.distro = S("")};
    if (k->stage != UINT32_MAX)
        r = im->stage[k->stage].release;
    bool old = (str_eq(r.distro, S("debian")) && word_is_one_of(r.version, "6 7 8")) ||
               (str_eq(r.distro, S("ubuntu")) && word_is_one_of(r.version, old_ubuntu));
    size_t n;
    const struct install *in = image_installs(im, &n);

    for (size_t i = 0; old && i < n; i++)
        for (size_t p = 0; p < in[i].npackage; p++)
            if (word_is_one_of(in[i].package[p].name, "python-pip python3-pip") &&
                image_is_built_on(im, k->stage, in[i].stage))
                return true;
    return false;
}

static bool keeps_no_cache(struct fix_ctx *c, const struct command *k)
{
    struct value v;

    if (command_has(k, "no-cache-dir") || command_has(k, "no-cache") || /* for short */
        command_has(k, "dry-run") || command_has(k, "help") || is_old(c->image, k))
        return true;
    if (command_variable(k, c->arena, S("PIP_NO_CACHE_DIR"), &v) && is_set(&v))
        return true;
    return mount_holds(c->image, k->instruction, manager_pip.caches);
}

static void run(struct fix_ctx *c)
{
    for (const struct command *k = NULL;
         (k = command_next_of(c->image, k, PROGRAM_PIP, PHASE_BUILD));)
        if (command_is(k, PROGRAM_PIP, "install") && !keeps_no_cache(c, k)) {
            struct fix *f = fix_begin(c, k->outer, SAFE, "Add --no-cache-dir to pip install");
            struct str why = call_cache_needed(c->image, c->arena, k);
            if (why.n)
                fix_refuse(f, str_cstr(c->arena, why));
            else
                fix_add_argument(f, k, command_head(k), S("--no-cache-dir"));
        }
}

const struct fixer fixer_pip_no_cache = {
    .id = "pip-no-cache",
    .aliases = "DL3042",
    .title = "Add --no-cache-dir to pip install",
    .why = "What pip downloaded stays in the layer, where nothing reads it again.",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_WARNING,
    .run = run,
};
