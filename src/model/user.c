/* Users: who is in force where, and what stays out of reach for whom. */
#include "dfix/user.h"
#include "model/model.h"

static struct user user_of(struct str value)
{
    return (struct user){.who = user_is_root(value) ? WHO_ROOT : WHO_USER, .value = value};
}

/* How many of the file's users come before this node. */
static size_t users_before(const struct image *im, node_id n)
{
    struct bisect b = {.high = im->nuser};

    while (bisect_next(&b))
        bisect_take(&b, im->user[b.at].instruction < n);
    return b.low;
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
    bool as_in_tables = s->facts && s->facts->user_known && s->known.user_known &&
                        str_eq(s->facts->user, s->known.user);
    if (s->facts && s->facts->user_known) {
        u = user_of(s->facts->user);
        if (s->facts->user_root)
            u.who = WHO_ROOT;
        else if (!s->facts->user_looked_up && !as_in_tables)
            u.who = WHO_UNKNOWN; /* by any name etc/passwd may mean root */
    } else if (s->known.user_known) {
        u = user_of(s->known.user);
    }
    return u;
}

struct user image_last_user(const struct image *im, unsigned stage)
{
    const struct image_own *own = image_own(im);
    size_t last = own->last_user[stage];

    return last ? image_written_user(im, im->user[last - 1].instruction)
                : base_user(&im->stage[image_root_stage(im, stage)]);
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

bool image_stage_has(const struct image *im, unsigned stage, enum instruction which)
{
    const struct tree *t = im->tree;

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n))
        if (is_instruction(t, n, which) && image_stage_of(im, n) != UINT32_MAX &&
            image_is_built_on(im, stage, image_stage_of(im, n)))
            return true;
    return false;
}

struct str image_low_ports(const struct image *im, struct arena *a, unsigned stage)
{
    const struct tree *t = im->tree;
    struct buf b = {.arena = a};

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n))
        for (node_id w = 0; is_instruction(t, n, INST_EXPOSE) &&
                            image_is_built_on(im, stage, image_stage_of(im, n)) &&
                            (w = node_next(t, n, w, NODE_WORD));) {
            struct value v = image_value(im, a, w);
            unsigned port = v.certainty == VALUE_KNOWN ? port_of(v.text) : 0;
            if (port > 0 && port < 1024)
                buf_fmt(&b, "%s%u", b.n ? ", " : "", port);
        }
    return b.n ? buf_str(&b) : S("");
}
