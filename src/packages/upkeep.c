/* Commands that keep a package manager in order around others: refreshed lists, tidying up. What
 * may go when a bare upgrade goes, and what still needs it. */
#include "dfix/upgrade.h"
#include "packages/packages.h"
#include "packages/words.h"

#include "dfix/command.h"
#include "dfix/manager.h"

static bool has_option(const struct install *in, const char *list)
{
    for (size_t i = 0; i < in->noption; i++)
        if (word_is_one_of(in->option[i].spelled, list))
            return true;
    return false;
}

/* `apt-get upgrade NAME` takes NAME along with all the rest; aptitude's and apk's take it alone. */
bool install_upgrades_all(const struct install *in)
{
    bool all = !in->npackage || in->manager->upgrades_along(in);

    return (in->verb == VERB_UPGRADE || in->verb == VERB_DIST_UPGRADE) && all &&
           !has_option(in, "simulate just-print dry-run recon no-act print-uris download-only "
                           "help");
}

bool install_updated(const struct image *im, const struct install *in)
{
    (void)im;
    return in->updated || has_option(in, in->manager->fresh_options);
}

bool install_updated_together(const struct image *im, const struct install *in)
{
    size_t ninstall;
    const struct install *install = image_installs(im, &ninstall);

    for (size_t i = 0; i < ninstall; i++) {
        const struct install *x = &install[i];
        if (x->manager == in->manager && x->verb == VERB_UPDATE &&
            (!x->conditional || in->conditional) && x->command < in->command &&
            x->instruction == in->instruction)
            return true;
    }
    return false;
}

/* ---- what a command is there for ---- */

static bool is_list_path(struct str path)
{
    for (size_t i = 0; managers[i]; i++)
        if (str_starts(path, str_of(managers[i]->lists_folder)))
            return true;
    return false;
}

static bool is_tidy_path(struct str path)
{
    for (size_t i = 0; managers[i]; i++)
        if (path_is_in(path, managers[i]->caches))
            return true;
    return is_list_path(path);
}

/* `rm`, and all its paths are such; `any`: one of them is. */
static bool removes(const struct command *c, bool (*is_path)(struct str), bool any)
{
    const struct field *f;
    size_t n = command_args(c, &f);
    bool all = n > 1 && !(c->wrappers & WRAP_XARGS), one = false;

    if (!str_eq(c->name, S("rm")))
        return false;
    for (size_t i = 1; i < n; i++) {
        bool known = f[i].value.certainty == VALUE_KNOWN, is = known && is_path(f[i].value.text);
        one |= is;
        all &= is || (known && str_starts(f[i].value.text, S("-")));
    }
    return any ? one : all && one;
}

/* No program at all: variables are set, or a heredoc is handed to the shell. */
static bool is_empty(const struct tree *t, node_id command)
{
    for (node_id k = node_first(t, command); k; k = node_sibling(t, k))
        if (node_kind(t, k) != NODE_ASSIGN &&
            !(node_kind(t, k) == NODE_REDIRECT &&
              (t->node[k].op == REDIR_HEREDOC || t->node[k].op == REDIR_HEREDOC_TABS)))
            return false;
    return true;
}

/* The next package call that the command is, or hides, after `after` (NULL: the first). */
static const struct install *call_of(const struct image *im, const struct command *c,
                                     const struct install *after)
{
    size_t n;
    const struct install *v = image_installs(im, &n);
    const struct install *in = after ? after + 1 : install_of_command(im, c->outer);

    for (; in && in < v + n && in->command == c->outer; in++)
        if (in->call == c)
            return in;
    return NULL;
}

/* Refreshes lists, tidies up, sets the shell up; `upgrades`: or is a bare upgrade. */
static bool attends(const struct image *im, const struct command *c, bool upgrades)
{
    const struct manager *m = manager_of_program(c->program);
    bool calls = false;

    if (command_holds(c)) /* its text's commands tell */
        return true;
    for (const struct install *in = NULL; (in = call_of(im, c, in));) {
        if (in->verb == VERB_OTHER)
            continue;
        if (in->verb != VERB_UPDATE && !(upgrades && install_upgrades_all(in)))
            return false;
        calls = true;
    }
    if (m)
        return calls || word_is_one_of(command_subcommand(c), m->tidy_words);
    return word_is_one_of(c->name, "set true : export") || removes(c, is_tidy_path, false);
}

/* Serves nothing but package calls, as all that it starts does. */
static bool is_attendant(const struct image *im, node_id command, bool upgrades)
{
    struct command_list all = commands_at(im, command);

    if (!all.n)
        return node_kind(im->tree, command) == NODE_COMMAND && is_empty(im->tree, command);
    for (size_t i = 0; i < all.n; i++)
        if (!attends(im, &all.v[i], upgrades))
            return false;
    return true;
}

/* ---- who needs the lists ---- */

static const char ordinary[][26] = {
#define ORDINARY(name) name,
#include "packages/ordinary_programs.def"
#undef ORDINARY
};

static bool is_ordinary(const struct command *c)
{
    return c->program == PROGRAM_PYTHON || name_among(c->name, ordinary[0], sizeof ordinary[0],
                                                      sizeof ordinary / sizeof ordinary[0]) != NULL;
}

static bool may_use_lists(const struct image *im, const struct command *c,
                          const struct manager *lists)
{
    const struct manager *m = manager_of_program(c->program);

    if (m ? m != lists : is_ordinary(c))
        return false;
    for (const struct install *in = NULL; (in = call_of(im, c, in));)
        if (in->verb == VERB_REMOVE)
            return false;
    return !attends(im, c, false) && !is_ordinary(c);
}

static bool node_may_use_lists(const struct image *im, node_id n, const struct manager *lists)
{
    struct command_list all = commands_at(im, n);

    for (size_t i = 0; i < all.n; i++)
        if (may_use_lists(im, &all.v[i], lists))
            return true;
    return !all.n && !is_attendant(im, n, false);
}

static bool removes_lists(const struct image *im, node_id n)
{
    struct command_list all = commands_at(im, n);

    for (size_t i = 0; i < all.n; i++)
        if (removes(&all.v[i], is_list_path, true))
            return true;
    return false;
}

static bool runs_commands(enum node_kind kind)
{
    return kind == NODE_COMMAND || kind == NODE_EXEC || kind == NODE_DATA;
}

/* Of a RUN: the first that may use the lists, unless the RUN brought them up to date before. */
static node_id run_user(const struct image *im, node_id run, const struct manager *lists)
{
    const struct tree *t = im->tree;

    for (node_id n = run + 1; n < t->node[run].after; n++) {
        if (!runs_commands(node_kind(t, n)))
            continue;
        const struct install *in = install_of_command(im, n);
        if (in && in->verb == VERB_UPDATE && in->manager == lists && !in->conditional)
            return 0;
        if (node_may_use_lists(im, n, lists))
            return n;
    }
    return 0;
}

/* Who may use a manager's lists: the first user of each RUN that has one. */
struct lists_users {
    VEC(node_id) user; /* in reading order */
    size_t *first;     /* by stage, and one more: in `user` */
    node_id *later;    /* by stage: the first in the stages that are built on it; 0: none */
    node_id *waiting;  /* by stage: the first of its ONBUILDs; 0: none */
};

static void users_add(const struct image *im, struct lists_users *u, unsigned stage, node_id run,
                      const struct manager *lists)
{
    node_id user = run_user(im, run, lists);

    if (!user)
        return;
    vec_push(image_own(im)->definitions.arena, &u->user, user);
    if (im->tree->node[run].parent && !u->waiting[stage])
        u->waiting[stage] = user;
}

static void users_carry(const struct image *im, struct lists_users *u)
{
    for (size_t i = im->nstage; i-- > 0;) {
        bool own = u->first[i] < u->first[i + 1];
        node_id first = own ? u->user.v[u->first[i]] : u->later[i];
        if (!first || im->stage[i].base != BASE_STAGE)
            continue;
        node_id *later = &u->later[im->stage[i].base_stage];
        if (!*later || first < *later)
            *later = first;
    }
}

static const struct lists_users *users_of(const struct image *im, const struct manager *lists)
{
    struct lists_users **at = &image_own(im)->late->lists_users[manager_number(lists)];
    struct arena *a = image_own(im)->definitions.arena;
    const struct tree *t = im->tree;

    struct lists_users *u = *at;
    if (u)
        return u;
    u = arena_new(a, struct lists_users, 1);
    u->first = arena_new(a, size_t, im->nstage + 1);
    u->later = arena_new(a, node_id, im->nstage);
    u->waiting = arena_new(a, node_id, im->nstage);
    for (unsigned i = 0; i < im->nstage; i++) {
        node_id end = i + 1 < im->nstage ? im->stage[i + 1].from : (node_id)t->nnode;
        u->first[i] = u->user.n;
        for (node_id n = im->stage[i].from; n < end; n++)
            if (node_kind(t, n) == NODE_INSTRUCTION && node_instruction(t, n) == INST_RUN)
                users_add(im, u, i, n, lists);
    }
    u->first[im->nstage] = u->user.n;
    users_carry(im, u);
    return *at = u;
}

/* The first that runs behind `from` in an image that has what the stage left. */
static node_id user_behind(const struct lists_users *u, unsigned stage, node_id from)
{
    struct bisect b = {.low = u->first[stage], .high = u->first[stage + 1]};

    while (bisect_next(&b))
        bisect_take(&b, u->user.v[b.at] < from);
    return b.low < u->first[stage + 1] ? u->user.v[b.low] : u->later[stage];
}

node_id lists_user(const struct image *im, const struct lists_left *left)
{
    const struct tree *t = im->tree;
    const struct lists_users *u = users_of(im, left->manager);
    node_id waiting = u->waiting[left->stage], end = left->here ? t->node[left->here].after : 0;
    bool gone = false;

    /* An ONBUILD in front runs behind, in the images that are built on this one. */
    if (waiting && waiting < left->from && node_up(t, waiting, NODE_INSTRUCTION) != left->here)
        return waiting;
    for (node_id n = left->from; n < end; n++) {
        if (!runs_commands(node_kind(t, n)))
            continue;
        if (removes_lists(im, n))
            gone = true;
        else if (node_may_use_lists(im, n, left->manager))
            return n;
    }
    return gone ? 0 : user_behind(u, left->stage, left->here ? end : left->from);
}

/* Does anything behind this call still want the lists that were brought up to date for it? */
static bool lists_needed(const struct image *im, const struct install *self)
{
    struct lists_left left = {.manager = self->manager,
                              .stage = self->stage,
                              .from = im->tree->node[self->command].after,
                              .here = self->instruction};

    return lists_user(im, &left) != 0;
}

/* ---- what goes ---- */

/* Is there nothing in the instruction but bare upgrades and what serves them? */
static bool is_all_there_is(const struct image *im, node_id instruction)
{
    const struct tree *t = im->tree;

    for (node_id n = instruction + 1; n < t->node[instruction].after; n++) {
        switch (node_kind(t, n)) {
        case NODE_COMMAND:
        case NODE_EXEC:
            if (!is_attendant(im, n, true))
                return false;
            break;
        case NODE_DATA:
        case NODE_IF:
        case NODE_LOOP:
        case NODE_FOR:
        case NODE_CASE:
        case NODE_FUNCTION:
        case NODE_SUBST:
        case NODE_TEST:
        case NODE_ARITH:
            return false;
        default:
            break;
        }
    }
    return true;
}

static node_id previous_sibling(const struct tree *t, node_id n)
{
    node_id found = 0;

    for (node_id k = node_first(t, t->node[n].parent); k && k < n; k = node_sibling(t, k))
        found = k;
    return found;
}

/* Brings lists up to date, and does nothing else. */
static bool updates(const struct image *im, node_id command)
{
    const struct install *in = install_of_command(im, command);
    return in && in->verb == VERB_UPDATE && is_attendant(im, command, false);
}

bool install_takes_along(const struct image *im, const struct install *in, node_id *first,
                         node_id *last)
{
    const struct tree *t = im->tree;
    node_id n;

    *first = *last = in->command;
    if (lists_needed(im, in))
        return false;
    if (is_all_there_is(im, in->instruction))
        return true;
    while ((n = previous_sibling(t, *first)) && node_kind(t, n) == NODE_COMMAND && updates(im, n))
        *first = n;
    while (*first != in->command && (n = node_sibling(t, *last)) &&
           node_kind(t, n) == NODE_COMMAND && is_attendant(im, n, false))
        *last = n;
    return false;
}
