/* no-sudo: sudo in a build, which runs as root unless the file says otherwise. */
#include "dfix/fixer.h"

static const char doc[] =
    "Removes sudo where the instruction already runs as root. Elsewhere it is only reported; use "
    "USER\n"
    "instead, or gosu in the program that the container starts.\n\n"
    "Safety: unsafe. sudo sets its own PATH and drops most variables; without it they are kept.\n";

/* Which of the command's words is sudo; the program's place when it has none of its own. */
static size_t sudo_at(const struct field *word, const struct command *k)
{
    size_t at = 0;

    while (at < k->at && !str_eq(word[at].value.text, S("sudo")) &&
           !str_ends(word[at].value.text, S("/sudo")))
        at++;
    return at;
}

static bool has_options(struct str behind)
{
    return str_starts(behind, S("-")) || str_chr(behind, '=') != STR_NONE;
}

static void run(struct fix_ctx *c)
{
    for (const struct command *k = NULL; (k = command_next(c->image, k, PHASE_BUILD));) {
        const struct field *word;
        if (k->program != PROGRAM_SUDO && !(k->wrappers & WRAP_SUDO))
            continue;
        command_words(k, &word);
        size_t at = sudo_at(word, k);
        bool root = image_user_at(c->image, k->instruction).who == WHO_ROOT;
        if (at < k->at && root && !has_options(word[at + 1].value.text))
            fix_unwrap(fix_begin(c, k->outer, UNSAFE, "Remove sudo, as this already runs as root"),
                       k, at, at + 1);
        else if (at < k->at || k->program == PROGRAM_SUDO)
            fix_help(fix_hint(c, k->outer, "The build uses sudo"),
                     "switch users with USER instead");
    }
}

const struct fixer fixer_no_sudo = {
    .id = "no-sudo",
    .aliases = "DL3004",
    .title = "Avoid sudo",
    .why = "In a build, USER says who runs a command; sudo only adds a way to become root.",
    .doc = doc,
    .safety = UNSAFE,
    .severity = SEVERITY_ERROR,
    .security = true,
    .run = run,
};
