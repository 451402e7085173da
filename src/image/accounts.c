/* The accounts that a file makes, or gives another number: useradd and adduser, groupadd and
 * addgroup, usermod and groupmod, as the shadow tools, Debian's adduser and BusyBox read their
 * words. */
#include "dfix/user.h"
#include "values.h"

struct words {
    const struct field *v;
    size_t n, at;
};

static bool known(const struct field *f)
{
    return f->value.certainty == VALUE_KNOWN;
}

/* A build argument's default: a build may give another. */
static bool is_default(const struct field *f)
{
    for (size_t i = 0; i < f->value.npiece; i++)
        if (f->value.piece[i].default_)
            return true;
    return false;
}

/* Does the letter take a value in this program? BusyBox and Debian's adduser share -u, -G
 * and -g with useradd, -h and -s too; the letters that differ take no value there. */
static bool takes_value(bool shadow, bool group, char letter)
{
    const char *letters = group ? "gKPRU" : shadow ? "bcdefgGkKpRsuZ" : "hgsGuk";
    for (; *letters; letters++)
        if (*letters == letter)
            return true;
    return false;
}

static const char *const long_with_value[] = {
    "base-dir", "comment",      "home-dir", "home", "expiredate", "inactive", "gid",
    "ingroup",  "groups",       "skel",     "key",  "password",   "root",     "shell",
    "uid",      "selinux-user", "gecos",    "conf", "firstuid",   "lastuid",  "prefix",
    "firstgid", "lastgid",      "users",    NULL,
};

static bool is_long_with_value(struct str name)
{
    for (size_t i = 0; long_with_value[i]; i++)
        if (str_eq(name, str_of(long_with_value[i])))
            return true;
    return false;
}

/* The value of an option: glued to it, or the next word. "" when not known. */
static struct str option_value(struct words *w, struct str glued, bool has)
{
    if (has)
        return is_default(&w->v[w->at - 1]) ? S("") : glued;
    if (w->at >= w->n)
        return S("");
    const struct field *f = &w->v[w->at++];
    return known(f) && !is_default(f) ? f->value.text : S("");
}

static void read_long(struct words *w, struct str word, struct account *out)
{
    struct str name = str_from(word, 2), value = S("");
    ptrdiff_t eq = str_chr(name, '=');
    bool has = eq != STR_NONE;

    if (has) {
        value = str_from(name, (size_t)eq + 1);
        name = str_sub(name, 0, (size_t)eq);
    }
    if (!is_long_with_value(name))
        return;
    value = option_value(w, value, has);
    if (str_eq(name, S("uid")))
        out->uid = value;
    else if (str_eq(name, S("gid")) || str_eq(name, S("ingroup")))
        out->gid = value;
}

static void read_short(struct words *w, struct str word, bool shadow, bool group,
                       struct account *out)
{
    for (size_t i = 1; i < word.n; i++) {
        char letter = word.p[i];
        if (!takes_value(shadow, group, letter))
            continue;
        struct str value = option_value(w, str_from(word, i + 1), i + 1 < word.n);
        if (letter == 'u')
            out->uid = value;
        else if ((group || shadow) ? letter == 'g' : letter == 'G')
            out->gid = value;
        return;
    }
}

static bool read_account(struct words *w, bool shadow, bool group, struct account *out)
{
    *out = (struct account){.name = S(""), .uid = S(""), .gid = S(""), .group = group};
    while (w->at < w->n) {
        const struct field *f = &w->v[w->at++];
        struct str word = f->value.text;
        if (!known(f))
            return false;
        if (str_eq(word, S("--")))
            continue;
        if (str_starts(word, S("--")))
            read_long(w, word, out);
        else if (word.n > 1 && word.p[0] == '-')
            read_short(w, word, shadow, group, out);
        else if (shadow || !out->name.n) {
            out->name = word;
            out->argument = is_default(f);
        } else
            return false; /* adduser USER GROUP: makes no account */
    }
    if (!user_is_number(out->uid))
        out->uid = S("");
    return out->name.n > 0;
}

/* usermod -u, groupmod -g: what else they change is of no matter here. */
static bool gives_number(const struct words *w, bool group)
{
    struct str letter = group ? S("-g") : S("-u"), name = group ? S("--gid") : S("--uid");
    struct str clustered = group ? S("-og") : S("-ou");

    for (size_t i = 1; i < w->n; i++) {
        struct str word = w->v[i].value.text;
        if (str_starts(word, letter) || str_starts(word, name) || str_starts(word, clustered))
            return true;
    }
    return false;
}

typedef VEC(struct account) account_list;

/* userdel NAME; `deluser NAME GROUP` only takes it out of the group. */
static bool read_removal(struct words *w, bool group, struct account *out)
{
    *out =
        (struct account){.name = S(""), .uid = S(""), .gid = S(""), .group = group, .gone = true};
    for (; w->at < w->n; w->at++) {
        struct str word = w->v[w->at].value.text;
        if (!known(&w->v[w->at]) || (out->name.n && !str_starts(word, S("-"))))
            return false;
        if (!str_starts(word, S("-")))
            out->name = word;
    }
    return out->name.n > 0;
}

/* Where a command stands: of the file, however deep in texts for other shells. */
struct spot {
    const struct image *im;
    node_id command;
    bool branch, after_or;
    unsigned depth;
};

static void read_command(const struct spot *at, struct arena *a, struct words w,
                         account_list *list);

/* sh -c 'useradd ...' */
static bool read_script(const struct spot *at, struct arena *a, const struct words *w,
                        account_list *list)
{
    struct script *s = at->depth < SCRIPTS_DEEP ? script_of(a, w->v + w->at, w->n - w->at) : NULL;

    if (!s)
        return false;
    for (node_id k = 1; k < s->image.tree->nnode; k++) {
        struct spot inner = *at;
        struct words words = {0};
        if (node_kind(s->image.tree, k) != NODE_COMMAND)
            continue;
        inner.depth++;
        inner.branch |= node_in_branch(s->image.tree, k);
        inner.after_or |= node_after_or(s->image.tree, k);
        words.n = image_fields(&s->image, a, k, &words.v);
        read_command(&inner, a, words, list);
    }
    return true;
}

static void read_command(const struct spot *at, struct arena *a, struct words w, account_list *list)
{
    struct account one;
    unsigned wrappers = 0;

    w.at = wrappers_end(w.v, w.n, &wrappers);
    if (w.at >= w.n || !known(&w.v[w.at]) || read_script(at, a, &w, list))
        return;
    struct str program = path_basename(w.v[w.at++].value.text);
    bool removal = word_is_one_of(program, "userdel deluser groupdel delgroup");
    bool change = word_is_one_of(program, "usermod groupmod");
    bool shadow = change || word_is_one_of(program, "useradd groupadd");
    bool group = word_is_one_of(program, "groupadd addgroup groupmod groupdel delgroup");
    if (removal
            ? !read_removal(&w, group, &one)
            : (!shadow && !group && !str_eq(program, S("adduser"))) || (at->branch && !change) ||
                  !read_account(&w, shadow, group, &one) || (change && !gives_number(&w, group)))
        return;
    if (at->branch || at->after_or) /* it may be there already, with another number */
        one.uid = one.gid = S("");
    one.command = at->command;
    one.stage = image_stage_of(at->im, at->command);
    vec_push(a, list, one);
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
    const struct tree *t = im->tree;
    account_list list = {0};

    for (node_id k = 1; k < t->nnode; k++) {
        struct words w = {0};
        node_id up = node_kind(t, k) == NODE_EXEC ? t->node[k].parent : 0;
        bool exec =
            up && node_kind(t, up) == NODE_INSTRUCTION && node_instruction(t, up) == INST_RUN;
        if (node_kind(t, k) != NODE_COMMAND && !exec)
            continue;
        struct spot at = {im, k, node_in_branch(t, k), node_after_or(t, k), 0};
        w.n = image_fields(im, a, k, &w.v);
        read_command(&at, a, w, &list);
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
