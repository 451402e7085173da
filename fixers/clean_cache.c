/* clean-cache: package managers that leave what they downloaded in the layer. */
#include "dfix/fixer.h"

static const char doc[] =
    "Appends `yum clean all`, `dnf clean all`, `zypper clean` or `yarn cache clean` to the RUN "
    "that\n"
    "installs packages: what was downloaded for that is not kept in the layer, where nothing reads "
    "it\n"
    "again.\n\n"
    "Silent where the same RUN cleans up behind the install, in whatever way, where a cache mount "
    "keeps\n"
    "the cache out of the image, and for yarn in stages that neither end the file nor have others "
    "built\n"
    "on them. hadolint takes any `rm -rf` for the removal of a cache, is content with a cleanup "
    "before\n"
    "the last install, and misses calls inside `sh -c`, behind sudo or env, and by a full path.\n\n"
    "Not changed, with the reason: RUNs that are not one chain of `&&` (or a list under `set "
    "-e`),\n"
    "installs that may not run, and caches that something later works from.\n\n"
    "Safety: safe. Only the cache is gone. Unsafe for yarn where the project may bring a yarn that "
    "keeps\n"
    "its packages there.\n";

static const struct manager_code codes[] = {{&manager_yum, "DL3032"},
                                            {&manager_zypper, "DL3036"},
                                            {&manager_dnf, "DL3040"},
                                            {&manager_yarn, "DL3060"},
                                            {NULL, NULL}};

static bool fills(const struct command *k)
{
    const struct manager *m = manager_of_program(k->program);
    struct str said = m && *m->fills ? command_subcommand(k) : S("");

    return said.n && word_is_one_of(said, m->fills);
}

/* microdnf does not see what dnf has downloaded, nor the other way round. */
static bool share_cache(const struct command *k, const struct command *n)
{
    bool micro = k->program == PROGRAM_MICRODNF;
    return !manager_of_program(n->program) || micro == (n->program == PROGRAM_MICRODNF);
}

/* Does a later command of its instruction clean up, or fill the cache again? */
static bool is_followed_up(const struct fix_ctx *c, const struct command *k)
{
    const struct manager *m = manager_of_program(k->program);

    for (const struct command *n = k;
         (n = command_next(c->image, n, PHASE_BUILD)) && n->instruction == k->instruction;)
        if (share_cache(k, n) &&
            (m->cleans(n) || (fills(n) && manager_of_program(n->program) == m)))
            return true;
    return false;
}

static bool is_clean(const struct fix_ctx *c, const struct command *k)
{
    const struct manager *m = manager_of_program(k->program);
    bool yarn = m == &manager_yarn;

    return is_followed_up(c, k) || mount_holds(c->image, k->instruction, m->caches) ||
           (yarn && !command_in_image(c->image, k));
}

static void clean(struct fix_ctx *c, const struct command *k, const char *code)
{
    const struct manager *m = manager_of_program(k->program);
    enum safety safety = m->cache_serves(c->image, c->arena, k) ? UNSAFE : SAFE;
    struct fix *f = fix_begin(c, k->outer, safety, "Run `" STR_FMT " %s` at the end of the RUN",
                              STR_ARG(k->name), m->clean);
    struct str why = call_keeps(c->image, c->arena, k);

    fix_code(f, code);
    if (why.n)
        fix_refuse(f, str_cstr(c->arena, why));
    else if (command_may_not_run(k))
        fix_refuse(f, "it may not run");
    else
        fix_append_command(f, k, str_fmt(c->arena, STR_FMT " %s", STR_ARG(k->name), m->clean));
}

static void run(struct fix_ctx *c)
{
    for (const struct command *k = NULL; (k = command_next(c->image, k, PHASE_BUILD));) {
        const char *code = fills(k) ? manager_code_of(codes, manager_of_program(k->program)) : NULL;
        if (code && !is_clean(c, k))
            clean(c, k, code);
    }
}

const struct fixer fixer_clean_cache = {
    .id = "clean-cache",
    .aliases = "DL3032 DL3036 DL3040 DL3060",
    .title = "Clean up the caches of yum, dnf, zypper and yarn",
    .why = "What was downloaded to be installed stays in the layer, where nothing reads it again.",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_WARNING,
    .run = run,
};
