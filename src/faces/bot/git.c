/* git.c - git, run for the bot: its environment, and what it says when it fails. */
#include "faces/bot/git.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "faces/bot/secrets.h"
#include "host/fetch.h"
#include "host/process.h"

enum { OUTPUT_MAX = 256 << 20, WORDS_MAX = 48 };
enum { LOCAL_MS = 600000 }; /* without a remote; a program that signs may wait for somebody */

/* What holds over every file of configuration. An attribute that the scratch repository's own file
 * takes away is gone for good, so that no filter of the operator's runs for a repository's files.
 */
static const char *const settings[][2] = {
    {"core.hooksPath", "/dev/null"},
    {"core.fsmonitor", "false"},
    {"core.untrackedCache", "false"},
    {"core.attributesFile", "/dev/null"},
    {"core.autocrlf", "false"},
    {"core.symlinks", "true"},
    {"core.pager", "cat"},
    {"protocol.ext.allow", "never"},
    {"submodule.recurse", "false"},
    {"fetch.recurseSubmodules", "false"},
    {"push.recurseSubmodules", "no"},
    {"push.gpgSign", "false"},
    {"filter.lfs.smudge", ""},
    {"filter.lfs.process", ""},
    {"filter.lfs.required", "false"},
    {"diff.external", ""},
    {"diff.noprefix", "false"},
    {"diff.mnemonicPrefix", "false"},
    {"gc.auto", "0"},
    {"maintenance.auto", "false"},
    {"http.followRedirects", "false"},
    {"log.showSignature", "false"},
    {"http.lowSpeedLimit", "1000"},
    {"http.lowSpeedTime", "60"},
};
enum { SETTINGS = sizeof(settings) / sizeof(settings[0]) };

/* Of the caller's GIT_ variables those that say who it is and by what way it goes. */
static bool is_kept(struct str variable)
{
    struct str name;

    if (!str_starts(variable, S("GIT_")))
        return true;
    str_cut(&variable, '=', &name);
    return str_starts(name, S("GIT_AUTHOR_")) || str_starts(name, S("GIT_COMMITTER_")) ||
           word_is_one_of(name, "GIT_SSH GIT_SSH_COMMAND GIT_SSH_VARIANT GIT_SSL_CAINFO "
                                "GIT_SSL_CAPATH GIT_SSL_CERT GIT_SSL_KEY GIT_EXEC_PATH "
                                "GIT_CONFIG_GLOBAL GIT_PROXY_SSL_CAINFO");
}

typedef VEC(const char *) words;

static void add_setting(struct git *g, words *env, size_t i, const char *key, const char *value)
{
    vec_push(g->arena, env, str_fmt(g->arena, "GIT_CONFIG_KEY_%zu=%s", i, key).p);
    vec_push(g->arena, env, str_fmt(g->arena, "GIT_CONFIG_VALUE_%zu=%s", i, value).p);
}

static const char *const *environment(struct git *g)
{
    static const char *const fixed[] = {"GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
                                        "GIT_ASKPASS=",          "GIT_LFS_SKIP_SMUDGE=1",
                                        "GIT_PAGER=cat",         "GIT_EDITOR=true",
                                        "GIT_OPTIONAL_LOCKS=0",  "LC_ALL=C"};
    words env = {0};
    size_t n = SETTINGS;

    for (const char *const *v = g->more; v && *v; v++) /* the first of a name counts */
        vec_push(g->arena, &env, *v);
    for (char **v = environ; *v; v++)
        if (is_kept(str_of(*v)) && !str_starts(str_of(*v), S("LC_ALL=")))
            vec_push(g->arena, &env, *v);
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
        vec_push(g->arena, &env, fixed[i]);
    for (size_t i = 0; i < SETTINGS; i++)
        add_setting(g, &env, i, settings[i][0], settings[i][1]);
    if (g->header.n)
        add_setting(g, &env, n++,
                    str_fmt(g->arena, "http." STR_FMT ".extraHeader", STR_ARG(g->header_url)).p,
                    str_cstr(g->arena, g->header));
    vec_push(g->arena, &env, str_fmt(g->arena, "GIT_CONFIG_COUNT=%zu", n).p);
    if (g->dir.n)
        vec_push(g->arena, &env, str_fmt(g->arena, "GIT_DIR=" STR_FMT, STR_ARG(g->dir)).p);
    vec_push(g->arena, &env, NULL);
    return env.v;
}

/* The line that tells most of what it said: the first that begins so, or else the last. */
static struct str reason(struct str said)
{
    static const char *const begins[] = {" ! ", "error: RPC", "fatal: ", "error: ", "remote: "};
    struct str line, last = S("");

    for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
        for (struct str rest = said; str_cut(&rest, '\n', &line);)
            if (str_starts(line, str_of(begins[i])))
                return str_trim(line);
    for (struct str rest = said; str_cut(&rest, '\n', &line);)
        if (str_trim(line).n)
            last = str_trim(line);
    return last;
}

/* What git was to do. */
static const char *task_of(const char *const *list)
{
    while (*list && **list == '-')
        list += strcmp(*list, "-C") == 0 ? 2 : 1;
    return *list ? *list : "";
}

static bool asks_a_remote(const char *task)
{
    return word_is_one_of(str_of(task), "ls-remote fetch push credential");
}

static bool refuse_late(const char *task, int64_t limit, struct err *e)
{
    return err_set(
        e, "git %s was stopped because it took longer than %lld s%s", task, (long long)limit / 1000,
        asks_a_remote(task) ? "; see whether the remote answers, or raise --deadline" : "");
}

bool git_run(struct git *g, struct str input, struct str *out, struct err *e,
             const char *const *list)
{
    const char *argv[WORDS_MAX + 2] = {"git"}, *task = task_of(list);
    int64_t began = clock_ms();
    size_t n = 1;

    for (; list[n - 1] && n < WORDS_MAX; n++)
        argv[n] = list[n - 1];
    struct process_run r = {.argv = argv,
                            .env = environment(g),
                            .input = input,
                            .max = OUTPUT_MAX,
                            .limit = asks_a_remote(task) ? g->limit : LOCAL_MS,
                            .apart = true};
    bool good = process_run(g->arena, &r);
    g->spent += clock_ms() - began;
    *out = r.out;
    g->said = r.said;
    g->ran = r.status != -1 && !r.late;
    if (good)
        return true;
    if (r.late)
        return refuse_late(task, r.limit, e);
    if (r.status == -1)
        return err_set(e, "git cannot be run; install it");
    struct str why = secrets_hide(g->arena, g->secrets, reason(r.said));
    return err_set(e, "git %s: " STR_FMT, task, STR_ARG(why.n ? why : S("failed")));
}

bool git_is_object(struct str name)
{
    if (name.n != 40 && name.n != 64)
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (!((name.p[i] >= '0' && name.p[i] <= '9') || (name.p[i] >= 'a' && name.p[i] <= 'f')))
            return false;
    return true;
}
