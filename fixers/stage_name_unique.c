/* stage-name-unique: of two stages of one name, only the last can be copied from. */
#include "dfix/fixer.h"

static const char doc[] =
    "Two stages of one name: what names them is the one or the other, depending on where it\n"
    "stands. The earlier one gets a number behind its name, and what refers to it too;\n"
    "`--target` goes on to find the last.\n\n"
    "Safety: unsafe. What meant the later stage may have been found in the earlier one.\n";

/* What is known of a name, by the first stage that has it. */
struct held {
    unsigned last;   /* the last stage so far */
    unsigned number; /* behind the last new name */
};

/* NAME-1, or the next number that is free. */
static struct str free_name(struct fix_ctx *c, struct str name, unsigned *number)
{
    struct str found;

    do
        found = str_fmt(c->arena, STR_FMT "-%u", STR_ARG(name), ++*number);
    while (image_stage_named(c->image, c->arena, found) != UINT32_MAX);
    return found;
}

static void offer(struct fix_ctx *c, const struct stage *s, struct held *held)
{
    const struct stage *earlier = &c->image->stage[held->last];
    unsigned line = image_line(c->image, earlier->from);
    struct str name = free_name(c, s->name, &held->number);
    struct fix *f = fix_begin(c, s->alias, UNSAFE,
                              "Rename the stage " STR_FMT " of line %u to " STR_FMT
                              ", as this one has its name",
                              STR_ARG(s->name), line, STR_ARG(name));

    fix_code(f, "DL3024 DuplicateStageName");
    fix_rename_stage(f, held->last, name);
}

static void run(struct fix_ctx *c)
{
    struct held *held = arena_new(c->arena, struct held, c->image->nstage);

    for (unsigned i = 0; i < c->image->nstage; i++) {
        const struct stage *s = &c->image->stage[i];
        if (!s->name.n)
            continue;
        unsigned first = image_stage_named(c->image, c->arena, s->name);
        if (first < i)
            offer(c, s, &held[first]);
        held[first].last = i;
    }
}

const struct fixer fixer_stage_name_unique = {
    .id = "stage-name-unique",
    .aliases = "DL3024 DuplicateStageName",
    .title = "Give each stage a name of its own",
    .doc = doc,
    .safety = UNSAFE,
    .severity = SEVERITY_ERROR,
    .run = run,
};
