/* Users: who is in force where, and what stays out of reach for whom. */
#include "dfix/user.h"

enum { VOLUMES = 64 }; /* looked at for a message */

struct str user_name(struct str user)
{
    ptrdiff_t colon = str_chr(user, ':');
    return colon == STR_NONE ? user : str_sub(user, 0, (size_t)colon);
}

struct str user_group(struct str user)
{
    ptrdiff_t colon = str_chr(user, ':');
    return colon == STR_NONE ? S("") : str_from(user, (size_t)colon + 1);
}

bool user_is_number(struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] < '0' || name.p[i] > '9')
            return false;
    return name.n > 0 && name.n <= 10;
}

bool user_is_root(struct str user)
{
    struct str name = user_name(user);

    if (str_starts(name, S("+")))
        name = str_from(name, 1);
    if (!name.n || str_eq(name, S("root")))
        return true;
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] != '0')
            return false;
    return true;
}

static struct user user_of(struct str value)
{
    return (struct user){.who = user_is_root(value) ? WHO_ROOT : WHO_USER, .value = value};
}

/* How many of the file's users come before this node. */
static size_t users_before(const struct image *im, node_id n)
{
    size_t low = 0, high = im->nuser;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (im->user[middle].instruction < n)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct user image_written_user(const struct image *im, node_id instruction)
{
    size_t i = users_before(im, instruction);
    struct user u = {.who = WHO_UNKNOWN, .value = S("")};

    if (i < im->nuser && im->user[i].instruction == instruction &&
        im->user[i].user.certainty == VALUE_KNOWN) {
        const struct value *v = &im->user[i].user;
        u = user_of(v->text);
        for (size_t k = 0; k < v->npiece; k++)
            u.argument |= v->piece[k].default_;
    }
    u.written = instruction;
    u.stage = image_stage_of(im, instruction);
    return u;
}

static struct user base_user(const struct stage *s)
{
    struct user u = {.who = WHO_UNKNOWN, .value = S("")};

    if (s->base == BASE_SCRATCH)
        return user_of(S(""));
    if (s->base != BASE_IMAGE)
        return u;
    if (s->facts && s->facts->user_known) {
        u = user_of(s->facts->user);
        if (s->facts->user_root)
            u.who = WHO_ROOT;
    } else if (s->known.user_known) {
        u = user_of(s->known.user);
    }
    return u;
}

struct user image_last_user(const struct image *im, unsigned stage)
{
    for (;;) {
        const struct stage *s = &im->stage[stage];
        size_t n = users_before(im, im->tree->node[s->last].after);
        if (n && im->user[n - 1].stage == stage)
            return image_written_user(im, im->user[n - 1].instruction);
        if (s->base != BASE_STAGE)
            return base_user(s);
        stage = s->base_stage;
    }
}

struct user image_first_user(const struct image *im, unsigned stage)
{
    const struct stage *s = &im->stage[stage];
    return s->base == BASE_STAGE ? image_last_user(im, s->base_stage) : base_user(s);
}

struct user image_user_at(const struct image *im, node_id instruction)
{
    unsigned stage = image_stage_of(im, instruction);
    size_t n = users_before(im, instruction);

    if (stage >= im->nstage)
        return (struct user){.who = WHO_UNKNOWN, .value = S("")};
    if (n && im->user[n - 1].stage == stage)
        return image_written_user(im, im->user[n - 1].instruction);
    return image_first_user(im, stage);
}

/* ---- what the user cannot have ---- */

static unsigned port_of(struct str text)
{
    unsigned port = 0;

    for (size_t i = 0; i < text.n && i < 5 && text.p[i] >= '0' && text.p[i] <= '9'; i++)
        port = port * 10 + (unsigned)(text.p[i] - '0');
    return port;
}

static bool is_instruction(const struct tree *t, node_id n, enum instruction i)
{
    return node_kind(t, n) == NODE_INSTRUCTION && node_instruction(t, n) == i;
}

struct str image_low_ports(const struct image *im, struct arena *a, unsigned stage)
{
    const struct tree *t = im->tree;
    const struct stage *s = &im->stage[stage];
    struct buf b = {.arena = a};

    for (node_id n = s->from; n && n <= s->last; n = node_sibling(t, n))
        for (node_id w = 0;
             is_instruction(t, n, INST_EXPOSE) && (w = node_next(t, n, w, NODE_WORD));) {
            struct value v = image_value(im, a, w);
            unsigned port = v.certainty == VALUE_KNOWN ? port_of(v.text) : 0;
            if (port > 0 && port < 1024)
                buf_fmt(&b, "%s%u", b.n ? ", " : "", port);
        }
    return b.n ? buf_str(&b) : S("");
}

/* ---- owners ---- */

struct str image_chown_user(const struct image *im, struct arena *a, unsigned stage)
{
    const struct tree *t = im->tree;
    const struct stage *s = &im->stage[stage];
    struct str found = S("");

    for (node_id n = s->from; n && n <= s->last; n = node_sibling(t, n)) {
        node_id flag = is_instruction(t, n, INST_COPY) || is_instruction(t, n, INST_ADD)
                           ? instruction_flag(t, n, S("chown"))
                           : 0;
        node_id word = flag ? node_next(t, flag, 0, NODE_WORD) : 0;
        struct str user;
        if (!word)
            continue;
        if (!node_value(t, word, a, &user))
            return S("");
        if (user_is_root(user))
            continue;
        if (found.n && !str_eq(found, user))
            return S("");
        found = user;
    }
    return found;
}

/* "/srv" for "/srv/", "/" and "" for what is nobody's to give. */
static struct str folder(struct str path)
{
    while (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    return path;
}

static bool is_within(struct str path, struct str parent)
{
    parent = folder(parent);
    return str_eq(path, parent) ||
           (parent.n > 1 && str_starts(path, parent) && path.p[parent.n] == '/');
}

/* Does a command of the instruction change the owner or the mode of the path, or of what it is
 * in? A path that is not written out may be any. */
static bool gives_away(const struct image *im, struct arena *a, node_id instruction,
                       struct str path)
{
    const struct tree *t = im->tree;

    for (node_id n = instruction + 1; n < t->node[instruction].after; n++) {
        const struct field *f;
        size_t count = node_kind(t, n) == NODE_COMMAND ? image_fields(im, a, n, &f) : 0;
        if (!count || f[0].value.certainty != VALUE_KNOWN)
            continue;
        struct str program = f[0].value.text;
        if (!str_eq(program, S("chown")) && !str_eq(program, S("chmod")) &&
            !str_eq(program, S("chgrp")) && !str_eq(program, S("install")))
            continue;
        for (size_t i = 1; i < count; i++)
            if (f[i].value.certainty != VALUE_KNOWN || str_eq(f[i].value.text, S(".")) ||
                str_eq(f[i].value.text, S("./")) || is_within(path, f[i].value.text))
                return true;
    }
    return false;
}

/* COPY --chown does not change the owner of a folder that is there. */
static bool stays_root(const struct image *im, struct arena *a, unsigned stage, struct str path)
{
    const struct tree *t = im->tree;
    const struct stage *s = &im->stage[stage];

    if (path.n < 2 || is_within(path, S("/tmp")) || is_within(path, S("/var/tmp")) ||
        is_within(path, S("/proc")) || is_within(path, S("/dev")))
        return false;
    for (node_id n = s->from; n && n <= s->last; n = node_sibling(t, n))
        if (is_instruction(t, n, INST_RUN) && gives_away(im, a, n, path))
            return false;
    return true;
}

static void add_folder(struct buf *b, struct str path)
{
    struct str rest = buf_str(b), one;

    while (b->n && str_cut(&rest, ',', &one))
        if (str_eq(str_trim(one), path))
            return;
    buf_fmt(b, "%s" STR_FMT, b->n ? ", " : "", STR_ARG(path));
}

/* The folder that the last of the stage's WORKDIRs leads to; "" none, or not known. */
static struct str working_folder(const struct image *im, struct arena *a, unsigned stage)
{
    const struct tree *t = im->tree;
    const struct stage *s = &im->stage[stage];
    struct str at = S("");

    for (node_id n = s->from; n && n <= s->last; n = node_sibling(t, n)) {
        node_id w = is_instruction(t, n, INST_WORKDIR) ? node_next(t, n, 0, NODE_WORD) : 0;
        if (!w)
            continue;
        struct value v = image_value(im, a, w);
        if (v.certainty != VALUE_KNOWN || !v.text.n)
            at = S("");
        else if (v.text.p[0] == '/')
            at = folder(v.text);
        else if (at.n)
            at = str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(at), STR_ARG(folder(v.text)));
    }
    return at;
}

struct str image_root_folders(const struct image *im, struct arena *a, unsigned stage)
{
    const struct tree *t = im->tree;
    const struct stage *s = &im->stage[stage];
    struct str at = working_folder(im, a, stage);
    struct buf b = {.arena = a};
    unsigned volumes = 0;

    if (stays_root(im, a, stage, at))
        add_folder(&b, at);
    for (node_id n = s->from; n && n <= s->last; n = node_sibling(t, n)) {
        if (!is_instruction(t, n, INST_VOLUME))
            continue;
        for (node_id w = n + 1; w < t->node[n].after && volumes < VOLUMES; w++, volumes++) {
            struct str path = S("");
            if (node_kind(t, w) == NODE_WORD) {
                struct value v = image_value(im, a, w);
                path = v.certainty == VALUE_KNOWN ? v.text : S("");
            } else if (node_kind(t, w) == NODE_STRING && !node_value(t, w, a, &path)) {
                path = S("");
            }
            if (stays_root(im, a, stage, folder(path)))
                add_folder(&b, folder(path));
        }
    }
    return b.n ? buf_str(&b) : S("");
}
