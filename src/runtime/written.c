/* written.c - which of the paths on its line a command writes to. */
#include "dfix/command.h"
#include "runtime/runtime.h"

enum writes { WRITES_NOTHING, WRITES_ALL, WRITES_LAST };

static enum writes how(const struct command *c)
{
    switch (c->program) {
    case PROGRAM_CHMOD:
    case PROGRAM_MKDIR:
    case PROGRAM_MKFIFO:
    case PROGRAM_MV:
    case PROGRAM_RM:
    case PROGRAM_RMDIR:
    case PROGRAM_TEE:
    case PROGRAM_TOUCH:
        return WRITES_ALL;
    case PROGRAM_CP:
    case PROGRAM_INSTALL:
    case PROGRAM_LN:
        return command_has(c, "target-directory") ? WRITES_NOTHING : WRITES_LAST;
    case PROGRAM_SED:
        return command_has(c, "in-place") ? WRITES_ALL : WRITES_NOTHING;
    default:
        return WRITES_NOTHING;
    }
}

static bool begins_with_script(const struct command *c)
{
    return c->program == PROGRAM_SED && !command_has(c, "expression") && !command_has(c, "file");
}

size_t command_written(const struct command *c, const struct field *const **out)
{
    enum writes to = how(c);
    size_t n = to == WRITES_NOTHING ? 0 : command_operands(c, out);
    size_t skip = to == WRITES_LAST && n ? n - 1 : begins_with_script(c);

    if (n <= skip)
        return 0;
    *out += skip;
    return n - skip;
}
