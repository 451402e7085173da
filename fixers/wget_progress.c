/* wget-progress: wget that fills the build's log with its progress bar. */
#include "dfix/fixer.h"

static const char doc[] =
    "Adds --progress=dot:giga to wget: its bar is redrawn for each step of a download, which adds\n"
    "thousands of lines to a build's log.\n\n"
    "Silent where wget is quiet or logs to a file. Not changed where wget may be BusyBox's,\n"
    "which has no such option: on Alpine, and where the release of the base image is unknown.\n\n"
    "Safety: safe. Only the output changes.\n";

static bool is_quiet(const struct command *k)
{
    static const char *const silent[] = {"progress",    "quiet",         "no-verbose",
                                         "output-file", "append-output", "nv"};

    for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++)
        if (command_has(k, silent[i]))
            return true;
    const struct command_option *n = command_option(k, "n", NULL);
    return n && str_starts(n->value.value.text, S("v")); /* -nv */
}

/* Its messages, the bar among them, go to a file or to /dev/null. */
static bool logs_elsewhere(const struct command *k)
{
    const struct tree *t = k->scope->tree;

    for (node_id n = 0; (n = node_next(t, k->node, n, NODE_REDIRECT));) {
        struct str text = node_text(t, n);
        if (str_starts(text, S("&>")) || (str_starts(text, S("2>")) && !str_starts(text, S("2>&"))))
            return true;
    }
    return false;
}

static void run(struct fix_ctx *c)
{
    for (const struct command *k = NULL;
         (k = command_next_of(c->image, k, PROGRAM_WGET, PHASE_BUILD));) {
        if (is_quiet(k) || logs_elsewhere(k) || k->stage == UINT32_MAX)
            continue;
        struct str distro = c->image->stage[k->stage].release.distro;
        struct fix *f = fix_begin(c, k->outer, SAFE, "Add --progress=dot:giga to wget");
        bool gnu = str_eq(distro, S("debian")) || str_eq(distro, S("ubuntu"));
        if (gnu && !(k->wrappers & WRAP_BUSYBOX))
            fix_add_argument(f, k, 0, S("--progress=dot:giga"));
        else
            fix_refuse(f, "wget may be BusyBox's, which has no --progress");
    }
}

const struct fixer fixer_wget_progress = {
    .id = "wget-progress",
    .aliases = "DL3047",
    .title = "Keep wget's progress bar out of the log",
    .why = "The bar is redrawn for each step of a download and fills the log.",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_INFO,
    .run = run,
};
