/* Is a stream coloured? The option first, then what the environment says, then whether somebody
 * looks at it. */
#include "faces/faces.h"

#include <stdlib.h>
#include <unistd.h>

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value && value[0];
}

/* FORCE_COLOR=0 and CLICOLOR_FORCE=0 force nothing. */
static bool is_forced(const char *name)
{
    const char *value = getenv(name);
    return value && value[0] && strcmp(value, "0") != 0;
}

static bool by_itself(FILE *out)
{
    const char *clicolor = getenv("CLICOLOR"), *term = getenv("TERM");

    if (is_set("NO_COLOR"))
        return false;
    if (is_forced("FORCE_COLOR") || is_forced("CLICOLOR_FORCE"))
        return true;
    if (clicolor && strcmp(clicolor, "0") == 0)
        return false;
    return isatty(fileno(out)) && !(term && strcmp(term, "dumb") == 0);
}

bool colour_of(const struct command_line *c, enum colour *out, struct err *e)
{
    struct str when = options_value(c, OPT_COLOR);

    *out = str_eq(when, S("always"))  ? COLOUR_ALWAYS
           : str_eq(when, S("never")) ? COLOUR_NEVER
                                      : COLOUR_AUTO;
    return !c->set[OPT_COLOR] || *out || str_eq(when, S("auto")) ||
           err_set(e, "dfix: --color: " STR_FMT " is not one of auto, always, never",
                   STR_ARG(when));
}

bool colour_is_wanted(enum colour when, FILE *out)
{
    return when == COLOUR_AUTO ? by_itself(out) : when == COLOUR_ALWAYS;
}
