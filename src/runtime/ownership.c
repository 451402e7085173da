/* Owners: whom a file gives its folders to, and which of them stay root's. */
#include "dfix/command.h"
#include "dfix/file.h"
#include "dfix/user.h"
#include "runtime/runtime.h"

enum { VOLUMES = 64 }; /* looked at */

static bool is_instruction(const struct tree *t, node_id n, enum instruction i)
{
    return node_kind(t, n) == NODE_INSTRUCTION && node_instruction(t, n) == i;
}

/* ---- the user that things are given to ---- */

/* One user, as long as all that is seen is of one name. */
struct owner {
    struct str user;
    bool several;
    bool unknown; /* another one, that is not known */
};

static void add_owner(struct owner *o, struct str user)
{
    if (user_is_root(user))
        return;
    if (!o->user.n)
        o->user = user;
    o->several |= !str_eq(user_name(o->user), user_name(user));
}

/* "app:app" of `chown -R app:app /srv`, and of `app.app`, an old way to write that; "app" of
 * `app:`. */
static struct str normal_owner(struct arena *a, struct str user)
{
    if (str_ends(user, S(":")) || str_ends(user, S(".")))
        return str_sub(user, 0, user.n - 1);
    ptrdiff_t dot = str_chr(user, ':') == STR_NONE ? str_chr(user, '.') : STR_NONE;
    struct str name = dot == STR_NONE ? S("") : str_sub(user, 0, (size_t)dot);
    if (name.n && str_eq(name, str_from(user, (size_t)dot + 1)))
        return str_fmt(a, STR_FMT ":" STR_FMT, STR_ARG(name), STR_ARG(name));
    return user;
}

static void add_said_owner(struct arena *a, struct owner *o, struct str user)
{
    if (str_eq(user, S("?")))
        o->unknown = true;
    else if (user.n && !str_starts(user, S(":"))) /* ":app": the group alone */
        add_owner(o, normal_owner(a, user));
}

/* COPY --chown=USER in the stage; `chown USER` in it and those that it is built on. */
static void find_owners(const struct image *im, struct arena *a, unsigned stage,
                        struct owner *copied, struct owner *given)
{
    size_t n;
    const struct deed *deed = image_deeds(im, &n);

    for (size_t i = 0; i < n; i++) {
        const struct deed *d = &deed[i];
        bool chown = d->kind == DEED_OWNER && d->command->program == PROGRAM_CHOWN;
        if (d->node == d->instruction && d->stage == stage)
            add_said_owner(a, copied, d->owner);
        else if (chown && image_is_built_on(im, stage, d->stage) &&
                 !command_has(d->command, "reference"))
            add_said_owner(a, given, d->owner);
    }
}

bool image_owner_unknown(const struct image *im, struct arena *a, unsigned stage)
{
    struct owner copied = {.user = S("")}, given = {.user = S("")};

    find_owners(im, a, stage, &copied, &given);
    return copied.unknown || given.unknown;
}

struct str image_chown_user(const struct image *im, struct arena *a, unsigned stage)
{
    struct owner copied = {.user = S("")}, given = {.user = S("")};

    find_owners(im, a, stage, &copied, &given);
    if (copied.unknown || copied.several)
        return S("");
    if (copied.user.n)
        return copied.user;
    return given.several ? S("") : given.user;
}

/* ---- folders ---- */

static bool is_within(struct str path, struct str parent)
{
    parent = path_without_slash(parent);
    return str_eq(path, parent) ||
           (parent.n > 1 && str_starts(path, parent) && path.p[parent.n] == '/');
}

/* Can the place, of which not all is known, be the path or a folder that it is in? */
static bool may_be_around(struct arena *a, const struct place *p, struct str path)
{
    struct str pattern = str_dup(a, p->path), at = path;
    char *byte = (char *)(uintptr_t)pattern.p;
    bool may = false;

    for (size_t i = 0; i < pattern.n; i++)
        byte[i] = byte[i] == PATH_OWN ? (char)PATH_ANY : byte[i];
    for (bool top = false; !top && !may; at = folder_around(at)) {
        may = path_may_be(pattern, at);
        top = at.n < 2;
    }
    return may;
}

/* May the deed change the owner or the mode of the path, or of what it is in? `sure`: a path that
 * is not written out may not be any. */
static bool gives_away(struct arena *a, const struct deed *d, struct str path, bool sure)
{
    bool install = d->command && d->command->program == PROGRAM_INSTALL;
    struct str rest;

    if ((d->kind != DEED_OWNER && d->kind != DEED_MODE && !install) || !d->to.path.n)
        return false;
    if (!place_is_said(&d->to))
        return !sure && may_be_around(a, &d->to, path);
    if (d->to.path.p[0] != '/')
        return !sure && str_eq(d->to.path, S("."));
    return place_fits(&d->to, path, true, &rest) != FITS_NOT && d->to.path.n > 1;
}

static bool is_given_away(const struct image *im, unsigned stage, struct str path, bool sure)
{
    struct arena *a = image_own(im)->definitions.arena;
    size_t n;
    const struct deed *deed = image_deeds(im, &n);

    for (size_t i = 0; i < n; i++)
        if (gives_away(a, &deed[i], path, sure) && image_is_built_on(im, stage, deed[i].stage))
            return true;
    return false;
}

bool image_gives_away(const struct image *im, unsigned stage, struct str path)
{
    return is_given_away(im, stage, path, true);
}

/* COPY --chown does not change the owner of a folder that is there. */
static bool stays_root(const struct image *im, unsigned stage, struct str path)
{
    return path.n > 1 && !is_within(path, S("/tmp")) && !is_within(path, S("/var/tmp")) &&
           !is_within(path, S("/proc")) && !is_within(path, S("/dev")) &&
           !is_given_away(im, stage, path, false);
}

/* The program that SHELL names, of the stage or those below; "" not known. */
static struct str shell_before(const struct image *im, struct arena *a, unsigned stage,
                               node_id instruction)
{
    const struct tree *t = im->tree;

    for (;; stage = im->stage[stage].base_stage) {
        const struct stage *s = &im->stage[stage];
        node_id last = 0;
        for (node_id n = s->from; n && n <= s->last && n < instruction; n = node_sibling(t, n))
            if (is_instruction(t, n, INST_SHELL) && node_next(t, n, 0, NODE_EXEC))
                last = n;
        if (last) {
            struct str shell;
            node_id first = node_next(t, node_next(t, last, 0, NODE_EXEC), 0, NODE_STRING);
            return first && node_value(t, first, a, &shell) ? shell : S("");
        }
        if (s->base != BASE_STAGE)
            return s->facts && s->facts->nshell ? s->facts->shell[0] : S("sh");
    }
}

bool image_shell_is_posix(const struct image *im, struct arena *a, unsigned stage,
                          node_id instruction)
{
    return word_is_one_of(path_basename(shell_before(im, a, stage, instruction)),
                          "sh bash dash ash zsh ksh");
}

struct str image_working_folder(const struct image *im, struct arena *a, unsigned stage)
{
    struct str at = file_folder(im, stage);

    (void)a;
    return at.n > 1 && at.p[0] == '/' ? at : S("");
}

/* Does what is done before the volume speak of the path? */
static bool is_made(const struct image *im, unsigned stage, struct str path, node_id volume)
{
    size_t n;
    const struct deed *deed = image_deeds(im, &n);

    for (size_t i = 0; i < n && deed[i].outer < volume; i++)
        if (str_find(deed[i].to.path, path) != STR_NONE &&
            image_is_built_on(im, stage, deed[i].stage))
            return true;
    for (const struct command *c = NULL;
         (c = command_next(im, c, PHASE_BUILD)) && c->outer < volume;) {
        const struct field *f;
        size_t count = image_is_built_on(im, stage, c->stage) ? command_args(c, &f) : 0;
        for (size_t i = 1; i < count; i++)
            if (str_find(f[i].value.text, path) != STR_NONE)
                return true;
    }
    return false;
}

/* A volume in a folder that is given away, though nothing makes it before: the runtime does, as
 * root. */
static bool is_new(const struct image *im, unsigned stage, struct str path, node_id volume)
{
    return path.n > 1 && is_given_away(im, stage, path, true) && !is_made(im, stage, path, volume);
}

/* Does the build put something into the volume before it is one? */
static bool is_filled(const struct image *im, unsigned stage, struct str path, node_id volume)
{
    size_t n;
    const struct deed *deed = image_deeds(im, &n);
    bool filled = false;

    for (size_t i = 0; i < n && deed[i].outer < volume && !filled; i++) {
        const struct deed *d = &deed[i];
        bool puts = d->kind <= DEED_UNPACK || d->kind == DEED_FOLDER || d->kind == DEED_TOUCH;
        bool below = d->to.path.n > path.n && is_within(d->to.path, path);
        bool inside = str_eq(d->to.path, path) && d->kind <= DEED_UNPACK;
        filled = puts && (below || inside) && image_is_built_on(im, stage, d->stage);
    }
    return filled;
}

static bool is_listed(const struct folder *v, size_t n, struct str path)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(v[i].path, path))
            return true;
    return false;
}

static bool is_plain_path(struct str path)
{
    for (size_t i = 0; i < path.n; i++) {
        char x = path.p[i];
        bool letter = (x >= 'a' && x <= 'z') || (x >= 'A' && x <= 'Z') || (x >= '0' && x <= '9');
        if (!letter && x != '-' && x != '_' && x != '/') /* nor a dot: docker.sock is no folder */
            return false;
    }
    return path.n > 1 && path.p[0] == '/';
}

/* The system's own folders stay as they are. */
static bool is_givable(const struct image *im, unsigned stage, struct str path, node_id volume)
{
    static const char whole[] = "/usr /opt /var /srv /home /mnt /root /media /var/log /var/lib";
    static const char within[] = "/etc /usr /bin /sbin /lib /lib64 /sys /boot /root /run /var/run";
    struct str rest = str_of(within), one;

    while (str_cut(&rest, ' ', &one))
        if (is_within(path, one))
            return false;
    return is_plain_path(path) && !word_is_one_of(path, whole) &&
           im->stage[stage].release.distro.n && image_user_at(im, volume).who == WHO_ROOT;
}

size_t image_root_folders(const struct image *im, struct arena *a, unsigned stage,
                          const struct folder **out)
{
    const struct tree *t = im->tree;
    const struct stage *s = &im->stage[stage];
    VEC(struct folder) list = {0};
    struct str at = image_working_folder(im, a, stage);
    unsigned volumes = 0;

    for (node_id n = s->from; n && n <= s->last; n = node_sibling(t, n)) {
        if (!is_instruction(t, n, INST_VOLUME))
            continue;
        for (node_id w = n + 1; w < t->node[n].after && volumes < VOLUMES; w++, volumes++) {
            if (node_kind(t, w) != NODE_WORD && node_kind(t, w) != NODE_STRING)
                continue;
            struct value v = image_value(im, a, w);
            bool known = v.certainty == VALUE_KNOWN; /* else nobody can give it away */
            struct str path = known ? path_without_slash(v.text) : node_text(t, w);
            bool roots = !known || stays_root(im, stage, path) || is_new(im, stage, path, n);
            if (roots && !is_listed(list.v, list.n, path))
                vec_push(a, &list,
                         ((struct folder){path, n, is_givable(im, stage, path, n),
                                          is_filled(im, stage, path, n)}));
        }
    }
    if (stays_root(im, stage, at) && !is_listed(list.v, list.n, at))
        vec_push(a, &list, ((struct folder){.path = at}));
    *out = list.v;
    return list.n;
}
