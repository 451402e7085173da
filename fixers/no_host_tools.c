/* no-host-tools: programs that look after a machine, in a build, which has none. */
#include "dfix/fixer.h"

static const char doc[] = "Reports `ssh`, `vim`, `shutdown`, `service`, `ps`, `free`, `top`, "
                          "`kill` and `mount` in a build:\n"
                          "they look after a machine or a session, and a build has neither. A "
                          "service that a RUN starts is\n"
                          "gone when the RUN ends.\n\n"
                          "hadolint looks at the first word of a command only; here the program "
                          "counts, behind `sudo` or in\n"
                          "`sh -c` too.\n\n"
                          "Safety: only reported.\n";

static void run(struct fix_ctx *c)
{
    for (const struct command *k = NULL; (k = command_next(c->image, k, PHASE_BUILD));)
        if (word_is_one_of(k->name, "free kill mount ps service shutdown ssh top vim"))
            fix_help(fix_hint(c, k->outer, STR_FMT " has no use in a build", STR_ARG(k->name)),
                     "leave it out");
}

const struct fixer fixer_no_host_tools = {
    .id = "no-host-tools",
    .aliases = "DL3001",
    .title = "Leave out programs that only make sense on a host",
    .why = "A build has no session and no services: what they start or show is gone when the RUN "
           "ends.",
    .doc = doc,
    .safety = HINT,
    .severity = SEVERITY_INFO,
    .off = true,
    .run = run,
};
