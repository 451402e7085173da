/* The accounts that a file makes, or gives another number: useradd and adduser, groupadd and
 * addgroup, usermod and groupmod, as the shadow tools, Debian's adduser and BusyBox read their
 * words. */
#include "dfix/command.h"
#include "dfix/user.h"
#include "runtime/runtime.h"

typedef VEC(struct account) account_list;

/* A build argument's default: a build may give another. */
static bool is_default(const struct field *f)
{
    for (size_t i = 0; i < f->value.npiece; i++)
        if (f->value.piece[i].default_)
            return true;
    return false;
}

/* The value of an option of the command; "" not given, or not known. */
static struct str value_of(const struct command *c, const char *name)
{
    const struct command_option *o = NULL, *last = NULL;

    while ((o = command_option(c, name, o)))
        last = o;
    bool known = last && last->has_value && last->value.value.certainty == VALUE_KNOWN;
    return known && !is_default(&last->value) ? last->value.value.text : S("");
}

/* What each program does, and to what. */
enum act { ACT_NONE, ACT_MAKE, ACT_CHANGE, ACT_REMOVE };
struct tool {
    enum act act;
    bool group;
    bool shadow; /* the account is its last operand; else its only one */
    const char *uid, *gid;
};

static struct tool tool_of(enum program p)
{
    switch (p) {
    case PROGRAM_USERADD:
        return (struct tool){ACT_MAKE, false, true, "uid", "gid"};
    case PROGRAM_GROUPADD:
        return (struct tool){ACT_MAKE, true, true, NULL, "gid"};
    case PROGRAM_ADDUSER: /* -G, or --gid in Debian's */
        return (struct tool){ACT_MAKE, false, false, "uid", "ingroup"};
    case PROGRAM_ADDGROUP:
        return (struct tool){ACT_MAKE, true, false, NULL, "gid"};
    case PROGRAM_USERMOD:
        return (struct tool){ACT_CHANGE, false, true, "uid", "gid"};
    case PROGRAM_GROUPMOD:
        return (struct tool){ACT_CHANGE, true, true, NULL, "gid"};
    case PROGRAM_USERDEL:
    case PROGRAM_DELUSER:
        return (struct tool){ACT_REMOVE, false, false, NULL, NULL};
    case PROGRAM_GROUPDEL:
    case PROGRAM_DELGROUP:
        return (struct tool){ACT_REMOVE, true, false, NULL, NULL};
    default:
        return (struct tool){ACT_NONE, false, false, NULL, NULL};
    }
}

/* Which account; false: it cannot be told, or it is none: `adduser USER GROUP`, `deluser USER
 * GROUP` only change who is in a group. */
static bool read_name(const struct command *c, const struct tool *t, struct account *out)
{
    const struct field *const *operand;
    size_t n = command_operands(c, &operand);

    if (!n || command_is_open(c) || (n > 1 && !t->shadow))
        return false;
    out->name = operand[n - 1]->value.text;
    out->argument = is_default(operand[n - 1]);
    return out->name.n > 0;
}

static bool read_account(const struct command *c, const struct tool *t, struct account *out)
{
    *out = (struct account){.name = S(""),
                            .uid = S(""),
                            .gid = S(""),
                            .group = t->group,
                            .gone = t->act == ACT_REMOVE,
                            .command = c->outer,
                            .stage = c->stage};
    if ((t->act == ACT_MAKE && command_in_branch(c)) || !read_name(c, t, out))
        return false;
    /* usermod and groupmod: what else they change is of no matter here. */
    if (t->act == ACT_CHANGE && !command_has(c, t->group ? "gid" : "uid"))
        return false;
    if (command_may_not_run(c)) /* it may be there already, with another number */
        return true;
    out->uid = t->uid ? value_of(c, t->uid) : S("");
    out->gid = t->gid ? value_of(c, t->gid) : S("");
    if (!out->gid.n && c->program == PROGRAM_ADDUSER)
        out->gid = value_of(c, "gid");
    if (!user_is_number(out->uid))
        out->uid = S("");
    return true;
}

static struct accounts index_accounts(const struct image *im, struct arena *a,
                                      const account_list *list)
{
    struct accounts l = {.v = list->v, .n = list->n, .size = 16};
    unsigned *stage = arena_new(a, unsigned, list->n);

    while (l.size < 2 * l.n)
        l.size *= 2;
    l.last = arena_new(a, uint32_t, l.size);
    l.earlier = arena_new(a, uint32_t, l.n);
    for (size_t i = 0; i < l.n; i++) {
        uint32_t *last = &l.last[str_hash(l.v[i].name) & (l.size - 1)];
        l.earlier[i] = *last; /* an index and one */
        *last = (uint32_t)i + 1;
        l.some_gone |= l.v[i].gone;
        stage[i] = l.v[i].stage;
    }
    l.by_stage = by_stage_of(im, a, stage, l.n);
    return l;
}

struct accounts image_accounts(const struct image *im, struct arena *a)
{
    account_list list = {0};

    for (const struct command *c = NULL; (c = command_next(im, c, PHASE_BUILD));) {
        struct tool t = tool_of(c->program);
        struct account one;
        if (t.act != ACT_NONE && read_account(c, &t, &one))
            vec_push(a, &list, one);
    }
    return index_accounts(im, a, &list);
}

/* ---- asked of them ---- */

static const struct account *account_named(const struct image *im, const struct accounts *l,
                                           unsigned stage, struct str name, bool group)
{
    for (uint32_t i = l->last[str_hash(name) & (l->size - 1)]; i; i = l->earlier[i - 1]) {
        const struct account *x = &l->v[i - 1];
        if (x->group == group && str_eq(x->name, name) && image_is_built_on(im, stage, x->stage))
            return x;
    }
    return NULL;
}

bool account_gone(const struct image *im, const struct accounts *l, unsigned stage, struct str user)
{
    const struct account *x = l->some_gone ? account_named(im, l, stage, user, false) : NULL;
    return x && x->gone;
}

const struct account *account_made(const struct image *im, const struct accounts *l, unsigned stage,
                                   bool *several)
{
    struct stage_walk w = by_stage_from(l->by_stage, stage);
    const struct account *found = NULL;
    size_t i;

    *several = false;
    while (!*several && by_stage_back(&w, &i)) {
        const struct account *x = &l->v[i];
        if (x->group || user_is_root(x->uid.n ? x->uid : x->name) ||
            account_gone(im, l, stage, x->name))
            continue;
        *several = found && !str_eq(found->name, x->name);
        found = found ? found : x;
    }
    return found;
}

/* Accounts that every image of a distro brings, by number: base-passwd's of Debian and Ubuntu,
 * alpine-baselayout's of Alpine. */
static const struct fixed {
    const char *distros, *name, *id;
    bool user, group;
} fixed[] = {
    {"debian ubuntu alpine", "nobody", "65534", true, false},
    {"alpine", "nobody", "65534", false, true},
    {"debian ubuntu", "nogroup", "65534", false, true},
    {"debian ubuntu", "www-data", "33", true, true},
};

static struct str fixed_id(const struct stage *s, struct str name, bool group)
{
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        if (str_eq(str_of(fixed[i].name), name) && (group ? fixed[i].group : fixed[i].user) &&
            s->release.distro.n &&
            str_find(str_of(fixed[i].distros), s->release.distro) != STR_NONE)
            return str_of(fixed[i].id);
    return S("");
}

static struct str uid_of(const struct image *im, const struct accounts *l, unsigned stage,
                         struct str name)
{
    const struct account *x = account_named(im, l, stage, name, false);
    const struct stage *s = &im->stage[stage];

    if (x)
        return x->uid;
    if (s->known.spare_uid.n && str_eq(s->known.spare_user, name))
        return s->known.spare_uid;
    return fixed_id(s, name, false);
}

static struct str gid_of(const struct image *im, const struct accounts *l, unsigned stage,
                         struct str name)
{
    const struct account *x = account_named(im, l, stage, name, true);

    if (x) /* of one that is gone none is known */
        return user_is_number(x->gid) ? x->gid : S("");
    return fixed_id(&im->stage[stage], name, true);
}

struct str user_numbered(const struct image *im, struct arena *a, const struct accounts *l,
                         unsigned stage, struct str user)
{
    struct str name = user_name(user), group = user_group(user);
    const struct known_image *known = &im->stage[stage].known;
    struct str uid = user_is_number(name) ? name : uid_of(im, l, stage, name);
    struct str gid = user_is_number(group) ? group : gid_of(im, l, stage, group);

    /* The group that the image's own user has by itself is taken without being named. */
    bool own = str_eq(name, group) && str_eq(name, known->spare_user);
    if (!uid.n || !group.n || (!gid.n && own))
        return uid;
    return gid.n ? str_fmt(a, STR_FMT ":" STR_FMT, STR_ARG(uid), STR_ARG(gid)) : S("");
}
