/* wrappers.c - programs that start another command: sudo -E, env A=b, timeout 60. Which they are
 * stands in programs.def. */
#include "commands/commands.h"

static bool known(const struct field *f)
{
    return f->value.certainty == VALUE_KNOWN;
}

/* How the model tells of a wrapper. */
static unsigned wrapper_of(enum program p)
{
    switch (p) {
    case PROGRAM_SUDO:
    case PROGRAM_DOAS:
        return WRAP_SUDO;
    case PROGRAM_ENV:
        return WRAP_ENV;
    case PROGRAM_XARGS:
        return WRAP_XARGS;
    case PROGRAM_BUSYBOX:
        return WRAP_BUSYBOX;
    default:
        return WRAP_OTHER;
    }
}

/* `eval TEXT` is a script; runuser starts a command itself only where its user is an option. */
static bool hands_over(const struct program_row *p, const struct field *f, size_t n)
{
    if (p->program == PROGRAM_EVAL)
        return n > 2;
    if (p->program != PROGRAM_RUNUSER)
        return p->flags & WRAPS;
    for (size_t i = 1; i < n && known(&f[i]) && str_starts(f[i].value.text, S("-")); i++)
        if (str_starts(f[i].value.text, S("-u")) || str_starts(f[i].value.text, S("--user")))
            return true;
    return false;
}

size_t wrapper_step(const struct field *f, size_t n, unsigned *which)
{
    const struct program_row *p =
        n && known(f) ? program_row_of(path_basename(f->value.text)) : NULL;

    if (!p || !hands_over(p, f, n))
        return 0;
    size_t words = wrapper_words(p, f, n);
    if (words >= n) /* `sudo -i`, `env`: itself what runs */
        return 0;
    *which |= wrapper_of(p->program);
    return words;
}
