/* numeric-user: USER with a name, which says nothing to those who only see the number. */
#include "dfix/fixer.h"

static const char doc[] =
    "Replaces the name in USER by its number. Kubernetes' runAsNonRoot cannot check a name, and a "
    "host\n"
    "that runs the image may have no such user. Where the number is not known, the name is only "
    "reported.\n\n"
    "Silent where the value is a number, or known only at build time. The user that the image runs "
    "as in\n"
    "the end is user-switch's. hadolint takes every variable that is no ARG for a name.\n\n"
    "Safety: unsafe. The number is that of today's image.\n";

/* root is 0 everywhere, as is its group. */
static struct str number_of(const struct fix_ctx *c, const struct accounts *l, unsigned stage,
                            struct str user)
{
    struct str group = user_group(user);

    if (user_is_root(user_name(user)) && (!group.n || str_eq(group, S("root"))))
        return group.n ? S("0:0") : S("0");
    return stage == UINT32_MAX ? S("") : user_numbered(c->image, c->arena, l, stage, user);
}

/* user-switch speaks of it. */
static bool is_final(const struct fix_ctx *c, node_id instruction)
{
    size_t n = c->image->nstage;
    struct user last = {0};

    if (n)
        last = image_last_user(c->image, (unsigned)n - 1);
    return last.who == WHO_USER && last.written == instruction && last.stage + 1 == n;
}

static void judge(struct fix_ctx *c, const struct accounts *l, node_id instruction)
{
    unsigned stage = image_stage_of(c->image, instruction);
    node_id word = node_next(c->tree, instruction, 0, NODE_WORD);
    struct value v;
    struct str plain;

    if (!word || (stage != UINT32_MAX && c->image->stage[stage].windows))
        return;
    v = image_value(c->image, c->arena, word);
    if (v.certainty != VALUE_KNOWN || !v.text.n || user_is_number(user_name(v.text)) ||
        is_final(c, instruction))
        return;
    struct str number = number_of(c, l, stage, v.text);
    if (number.n && node_value(c->tree, word, c->arena, &plain)) {
        struct fix *f = fix_begin(c, instruction, UNSAFE,
                                  "Use numeric user " STR_FMT " instead of name " STR_FMT,
                                  STR_ARG(number), STR_ARG(v.text));
        fix_replace(f, word, number);
        return;
    }
    fix_help(fix_hint(c, instruction, "The user " STR_FMT " is a name", STR_ARG(v.text)),
             "write its number");
}

static void run(struct fix_ctx *c)
{
    struct accounts accounts = {0};
    bool read = false;

    for (node_id n = node_first(c->tree, 0); n; n = node_sibling(c->tree, n)) {
        if (node_kind(c->tree, n) != NODE_INSTRUCTION || node_instruction(c->tree, n) != INST_USER)
            continue;
        if (!read)
            accounts = image_accounts(c->image, c->arena);
        read = true;
        judge(c, &accounts, n);
    }
}

const struct fixer fixer_numeric_user = {
    .id = "numeric-user",
    .aliases = "DL3066",
    .title = "Name users by their numbers",
    .why = "A host that runs the image may not know the name, and cannot check that it is not "
           "root.",
    .doc = doc,
    .safety = UNSAFE,
    .severity = SEVERITY_INFO,
    .off = true,
    .run = run,
};
