/* source.c - the Dockerfile beside an image: what its rules say of it, and which line brings a
 * package. It names lines and is never the proof of what the image holds. */
#include "faces/gate/gate_face.h"

#include <stdlib.h>

#include "dfix/inventory.h"
#include "host/files.h"

static const char *const asked[] = {"pin-alive", "trusted-from", "secret-in-env", "no-secrets",
                                    "pin-digest"};

/* Only these rules, whatever the policy of the place says of others; none of them may be off. */
static struct settings settings_for(struct gate_command *c)
{
    struct settings s = c->settings;
    struct str *select = arena_new(c->arena, struct str, sizeof(asked) / sizeof(asked[0]));

    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
        select[i] = str_of(asked[i]);
    s.select = select;
    s.nselect = sizeof(asked) / sizeof(asked[0]);
    s.levels = NULL;
    s.rule = NULL;
    s.nrule = s.nignore = s.nfile_rules = 0;
    s.hadolint = (struct hadolint_settings){.no_pragmas = true, .schema = S("")};
    s.forbid = select;
    s.nforbid = s.nselect;
    return s;
}

struct brings {
    struct inventory held;
    const struct image *image;
};

/* By its name alone, where no index tells more. */
static uint32_t line_by_name(const struct image *im, const struct component *c)
{
    uint32_t line = 0;
    size_t n = 0;
    const struct install *in = im ? image_installs(im, &n) : NULL;

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; in[i].verb == VERB_INSTALL && k < in[i].npackage; k++)
            if (str_eq(in[i].package[k].name, c->name))
                line = image_line_at(im, in[i].package[k].span.start);
    return line;
}

/* The line that brings it in: by its name, along with another package, or as a part of the base;
 * the last such line counts. */
static uint32_t line_of(const struct gate_source *s, const struct component *c)
{
    const struct brings *b = s->of;
    uint32_t line = 0;

    for (size_t i = 0; i < b->held.n; i++) {
        const struct component *x = &b->held.v[i].is;
        if (str_eq(x->name, c->name) && x->line)
            line = x->line;
    }
    if (!line)
        line = line_by_name(b->image, c);
    if (!line && s->result->nbase)
        line = s->result->base[s->result->nbase - 1].place.line;
    return line;
}

/* Without an image, what the file is known to bring is all that there is. */
static void add_inventory(struct gate_command *c, const struct inventory *held)
{
    for (size_t i = 0; c->in.source_only && i < held->n; i++)
        vec_push(c->arena, &c->component, held->v[i].is);
    c->first_gap = c->component.n;
    for (size_t i = 0; c->in.source_only && i < held->ngap; i++) {
        const struct inventory_gap *gap = &held->gap[i];
        struct component none = {.ecosystem = S(""),
                                 .name = gap->what,
                                 .version = S(""),
                                 .source = S(""),
                                 .source_version = S(""),
                                 .arch = S(""),
                                 .by = S("")};
        vec_push(c->arena, &c->component, none);
        vec_push(c->arena, &c->gap, gap->why);
    }
}

static const struct brings *brings_of(struct gate_command *c, struct str folder)
{
    struct brings *b = arena_new(c->arena, struct brings, 1);
    const struct lookup *l = world_lookup(c->world);

    b->image = dfix_image(&c->job.result);
    for (int round = 0; b->image && round < 8; round++) {
        inventory_of(c->arena, b->image, l, folder, &b->held);
        if (!b->held.pending || !l->resolve(l->self))
            break;
    }
    return b;
}

static void work_on(struct gate_command *c, struct settings *own)
{
    const struct lookup *l = world_lookup(c->world);

    for (int round = 0; round < 8; round++) {
        c->job.result = dfix_check(c->arena, c->job.text, &dfix_rules, own, l);
        if (!c->job.result.pending || !l->resolve(l->self))
            return;
    }
}

bool gate_take_source(struct gate_command *c, struct err *e)
{
    struct settings *own = arena_new(c->arena, struct settings, 1);
    const char *name = str_cstr(c->arena, c->file);

    if (!c->file.n)
        return true;
    if (!file_read(c->arena, name, LIMIT_TEXT, &c->job.text, e))
        return false;
    char *real = realpath(name, NULL);
    c->in.file = real ? str_dup(c->arena, str_of(real)) : path_absolute(c->arena, c->file);
    free(real);
    *own = settings_for(c);
    own->folder = path_folder(c->arena, c->in.file);
    work_on(c, own);
    if (c->job.result.over.n || c->job.result.binary)
        return err_set(e, "dfix: %s cannot be judged: " STR_FMT, name,
                       STR_ARG(c->job.result.over.n ? c->job.result.over : S("it is not a text")));
    const struct brings *held = brings_of(c, own->folder);
    add_inventory(c, &held->held);
    c->source = (struct gate_source){
        .file = c->file, .result = &c->job.result, .line = line_of, .of = held};
    c->in.source = &c->source;
    return true;
}

/* ---- the image's environment, by the same rules ---- */

/* A key's fingerprint, a path, or nothing at all is no secret. */
static bool holds_something(struct str value)
{
    bool hex = value.n == 40 || value.n == 64;

    for (size_t i = 0; hex && i < value.n; i++)
        hex = strchr("0123456789abcdefABCDEF", value.p[i]) != NULL;
    return value.n && value.p[0] != '/' && !hex;
}

void gate_take_secrets(struct gate_command *c, const struct gate_image *p)
{
    struct settings own = settings_for(c);
    struct lookup nobody = {0};

    for (size_t i = 0; i < p->facts->nenv; i++) {
        struct str value = p->facts->env[i], name;
        str_cut(&value, '=', &name);
        if (!str_is_name(name) || !holds_something(value))
            continue;
        struct str text = str_fmt(c->arena, "FROM scratch\nENV " STR_FMT "=x\n", STR_ARG(name));
        struct result r = dfix_check(c->arena, text, &dfix_rules, &own, &nobody);
        bool secret = false;
        for (size_t k = 0; k < r.nfinding; k++)
            secret |= str_eq(str_of(r.finding[k].rule), S("secret-in-env"));
        if (secret)
            vec_push(c->arena, &c->secret, (struct gate_secret){p->platform, name});
    }
}
