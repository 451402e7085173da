/* image.c - what is judged, and what it holds: an image by its digest, read from its registry or
 * from an OCI layout, or an inventory of one. */
#include "faces/gate/gate_face.h"

#include "accept/purl.h"
#include "dfix/policy.h"
#include "dfix/reference.h"
#include "host/digest.h"
#include "host/files.h"
#include "registry/layout.h"
#include "world/installed.h"

enum { ROUNDS = 64 };
#define LAYOUT_NAME "dfix.invalid/layout"

/* ---- packages ---- */

static uint64_t hash_of(const struct component *x)
{
    return str_hash(x->name) * 31 + str_hash(x->version) * 7 + str_hash(x->ecosystem);
}

/* Where the component stands, or would stand. */
static uint32_t *slot_of(struct gate_command *c, const struct component *x)
{
    uint64_t h = hash_of(x);

    for (size_t i = (size_t)(h ^ h >> 32) & (c->nslot - 1);; i = (i + 1) & (c->nslot - 1)) {
        const struct component *y = c->slot[i] ? &c->component.v[c->slot[i] - 1] : NULL;
        if (!y || (str_eq(x->name, y->name) && str_eq(x->version, y->version) &&
                   str_eq(x->ecosystem, y->ecosystem)))
            return &c->slot[i];
    }
}

static void make_slots(struct gate_command *c)
{
    if (c->nslot > 2 * c->component.n)
        return;
    c->nslot = c->nslot ? c->nslot * 2 : 1024;
    c->slot = arena_new(c->arena, uint32_t, c->nslot);
    for (size_t i = 0; i < c->component.n; i++)
        *slot_of(c, &c->component.v[i]) = (uint32_t)i + 1;
}

/* Platforms mostly hold the same, and a language's package lies in many places: each counts once.
 */
static void add_component(struct gate_command *c, struct component x)
{
    make_slots(c);
    uint32_t *slot = slot_of(c, &x);
    if (*slot)
        return;
    vec_push(c->arena, &c->component, x);
    *slot = (uint32_t)c->component.n;
}

static struct component component_of(struct str ecosystem, struct str name, struct str version)
{
    struct str none = S("");

    return (struct component){.ecosystem = ecosystem,
                              .name = name,
                              .version = version,
                              .source = none,
                              .source_version = none,
                              .arch = none,
                              .brought = BROUGHT_BY_IMAGE,
                              .by = none};
}

static void add_packages(struct gate_command *c, const struct release *release,
                         const struct installed *v, size_t n)
{
    struct str ecosystem = ecosystem_of_release(c->arena, release);

    for (size_t i = 0; i < n; i++) {
        struct component x = component_of(ecosystem, v[i].name, v[i].version);
        x.source = v[i].source;
        x.source_version = v[i].source_version;
        x.arch = v[i].arch;
        add_component(c, x);
    }
}

/* Languages' packages in the image's own files. */
static void add_contents(struct gate_command *c, const struct base_facts *f)
{
    for (size_t i = 0; i < f->ncontent; i++) {
        const struct content *p = &f->content[i];
        struct component x =
            component_of(p->ecosystem, ecosystem_name(c->arena, p->ecosystem, p->name), p->version);
        x.by = p->path;
        add_component(c, x);
    }
}

/* ---- one platform ---- */

static enum answer ask_platform(struct gate_command *c, struct str name, arch_set arch,
                                struct base_facts *facts)
{
    const struct lookup *l = world_lookup(c->world);
    enum answer answer = ANSWER_PENDING;

    for (int round = 0; answer == ANSWER_PENDING && round < ROUNDS; round++) {
        answer = lookup_base(l, name, arch, BASE_BY_CONTENTS, facts);
        if (answer == ANSWER_PENDING && !l->resolve(l->self))
            break;
    }
    return answer;
}

static bool add_platform(struct gate_command *c, struct str name, arch_set arch, struct err *e)
{
    struct base_facts *f = arena_new(c->arena, struct base_facts, 1);
    enum answer answer = ask_platform(c, name, arch, f);

    if (answer != ANSWER_FOUND)
        return err_set(e, "dfix: " STR_FMT ": %s", STR_ARG(name),
                       f->why.n ? str_cstr(c->arena, f->why) : "its registry does not answer");
    struct str why = f->why.n ? f->why : S("its package database could not be read");
    vec_push(c->arena, &c->platform,
             (struct gate_image){.platform = f->arch,
                                 .digest = f->digest,
                                 .facts = f,
                                 .packages_known = f->installed_known,
                                 .user_known = f->user_known && f->user_looked_up,
                                 .why = why});
    add_packages(c, &f->release, f->installed, f->ninstalled);
    add_contents(c, f);
    gate_take_secrets(c, &c->platform.v[c->platform.n - 1]);
    return true;
}

static bool take_image(struct gate_command *c, struct str name, struct err *e)
{
    const struct lookup *l = world_lookup(c->world);
    struct image_info info;
    enum answer answer = ANSWER_PENDING;

    for (int round = 0; answer == ANSWER_PENDING && round < ROUNDS; round++) {
        answer = lookup_image(l, name, &info);
        if (answer == ANSWER_PENDING && !l->resolve(l->self))
            break;
    }
    if (answer != ANSWER_FOUND || !info.archs)
        return err_set(e, "dfix: " STR_FMT ": %s", STR_ARG(name),
                       info.why.n ? str_cstr(c->arena, info.why)
                                  : "no platform of it is one that dfix knows");
    arch_set wanted = c->wishes.archs ? info.archs & c->wishes.archs : info.archs;
    c->whole = wanted == info.archs && !info.others;
    c->in.others = info.others;
    c->in.digest = info.digest;
    if (!wanted)
        return err_set(e, "dfix: " STR_FMT ": it has no image for the platforms of --platform",
                       STR_ARG(name));
    for (unsigned bit = 0; bit < ARCH_MAX; bit++)
        if (wanted >> bit & 1 && !add_platform(c, name, (arch_set)1 << bit, e))
            return false;
    return true;
}

/* ---- by name ---- */

static bool take_named(struct gate_command *c, struct str word, struct err *e)
{
    struct reference r;

    if (!reference_parse(word, &r))
        return err_set(e, "dfix: " STR_FMT " is no image's name", STR_ARG(word));
    if (!digest_valid(r.digest))
        return err_set(e,
                       "dfix: " STR_FMT
                       ": name the image by its digest (NAME@sha256:…); what a tag "
                       "points at moves on",
                       STR_ARG(word));
    c->in.name = word;
    c->in.image = reference_name(c->arena, &r);
    c->in.trusted_registry = policy_lists(c->settings.trusted, c->settings.ntrusted, c->in.image) &&
                             !policy_blocks(&c->settings, c->in.image);
    return take_image(
        c, str_fmt(c->arena, STR_FMT "@" STR_FMT, STR_ARG(c->in.image), STR_ARG(r.digest)), e);
}

/* ---- a layout on disk ---- */

/* DIR, or DIR:TAG where it holds several. */
static bool layout_digest(struct gate_command *c, struct str word, struct str *folder,
                          struct str *digest, struct err *e)
{
    ptrdiff_t colon = str_rchr(word, ':');
    struct str text, tag = S("");
    struct manifest index;

    *folder = word;
    if (colon > 0 && str_chr(str_from(word, (size_t)colon), '/') == STR_NONE) {
        *folder = str_sub(word, 0, (size_t)colon);
        tag = str_from(word, (size_t)colon + 1);
    }
    if (!file_read(c->arena, path_join(c->arena, *folder, S("index.json")).p, MANIFEST_MAX, &text,
                   e) ||
        !manifest_parse(c->arena, text, S("application/vnd.oci.image.index.v1+json"), &index, e))
        return false;
    *digest = S("");
    for (size_t i = 0; i < index.nchild; i++) {
        const struct descriptor *d = &index.child[i];
        if (tag.n && !str_eq(d->name, tag) && !str_eq(d->full_name, tag))
            continue;
        if (digest->n && !str_eq(*digest, d->digest))
            return err_set(e, "dfix: " STR_FMT ": it holds several images; name one as DIR:TAG",
                           STR_ARG(word));
        *digest = d->digest;
    }
    return digest->n ||
           err_set(e, "dfix: " STR_FMT ": there is no such image in it", STR_ARG(word));
}

/* The world answers from the layout as it would from a registry, and holds each blob against its
 * digest. */
static void add_layout(struct gate_command *c, struct str folder)
{
    struct settings *s = &c->settings;
    struct mirror *v = arena_new(c->arena, struct mirror, s->nlayout + 1);

    if (s->nlayout)
        memcpy(v, s->layout, s->nlayout * sizeof(*v));
    v[s->nlayout] = (struct mirror){S(LAYOUT_NAME), path_absolute(c->arena, folder)};
    s->layout = v;
    s->nlayout++;
}

static bool take_layout(struct gate_command *c, struct str word, struct err *e)
{
    struct str folder, digest;

    if (!layout_digest(c, word, &folder, &digest, e))
        return false;
    add_layout(c, folder);
    c->in.name = word;
    c->world = world_open(&c->settings);
    return take_image(c, str_fmt(c->arena, LAYOUT_NAME "@" STR_FMT, STR_ARG(digest)), e);
}

/* ---- an inventory ---- */

/* By the names that advisories go by: group:artifact, @scope/name, host/path. */
static struct str language_name(struct arena *a, const struct purl *p, struct str ecosystem)
{
    const char *between = str_eq(ecosystem, S("maven")) ? ":" : "/";
    struct str name =
        p->space.n ? str_fmt(a, STR_FMT "%s" STR_FMT, STR_ARG(p->space), between, STR_ARG(p->name))
                   : p->name;

    return ecosystem_name(a, ecosystem, name);
}

/* What languages' package managers have brought. What is of no ecosystem that is known, or is not
 * a package URL, is there all the same, and counts as not checked. */
static void add_languages(struct gate_command *c, const struct installed_list *list)
{
    for (size_t i = 0; i < list->other.n; i++) {
        struct str url = list->other.v[i];
        struct purl p;
        bool is_read = purl_parse(c->arena, url, &p);
        if (is_read && word_is_one_of(p.type, "oci docker generic github"))
            continue;
        struct str ecosystem = is_read ? ecosystem_of_purl(c->arena, url, NULL) : S("");
        add_component(c, component_of(ecosystem,
                                      is_read ? language_name(c->arena, &p, ecosystem) : url,
                                      is_read ? p.version : S("")));
    }
}

static void add_used(struct gate_command *c, struct str path)
{
    struct str text;
    struct err e;

    if (file_read(c->arena, str_cstr(c->arena, path), INSTALLED_FILE_MAX, &text, &e))
        vec_push(c->arena, &c->used, (struct gate_used){path, digest_of(c->arena, text)});
}

static struct str why_not_known(const struct installed_list *list, bool known)
{
    if (list->broken)
        return S("the inventory has a package that cannot be read");
    return known ? S("an inventory does not say it")
                 : S("the inventory does not say of which release it is");
}

/* Beside an image it can only add to what the image is known to hold. */
static bool take_sbom(struct gate_command *c, struct str path, struct err *e)
{
    struct installed_list list;
    struct base_facts *f = arena_new(c->arena, struct base_facts, 1);
    struct str none = S("");

    if (!installed_read(c->arena, path, &list, e))
        return false;
    c->in.inventory = true;
    add_used(c, path);
    add_languages(c, &list);
    if (c->world)
        return true;
    *f = base_facts_none();
    f->release = list.release;
    c->in.name = path;
    c->world = world_open(&c->settings);
    bool known = !list.broken && (f->release.distro.n || !list.list.n);
    vec_push(c->arena, &c->platform,
             (struct gate_image){.platform = none,
                                 .digest = none,
                                 .facts = f,
                                 .packages_known = known,
                                 .why = why_not_known(&list, known)});
    add_packages(c, &f->release, list.list.v, list.list.n);
    return true;
}

static bool take_main(struct gate_command *c, struct err *e)
{
    const struct command_line *line = c->line;

    if (line->set[OPT_LAYOUT])
        return take_layout(c, options_value(line, OPT_LAYOUT), e);
    if (!line->word.n && line->set[OPT_SBOM])
        return true;
    c->world = world_open(&c->settings);
    if (line->word.n)
        return take_named(c, line->word.v[0], e);
    if (!c->file.n)
        return err_set(e, "dfix: gate needs an image: NAME@DIGEST, --layout DIR or --sbom FILE");
    c->in.source_only = true;
    c->in.name = c->file;
    return true;
}

bool gate_take(struct gate_command *c, struct err *e)
{
    if (c->line->set[OPT_LAYOUT] + c->line->word.n > 1)
        return err_set(e, "dfix: gate judges one image: NAME@DIGEST or --layout");
    return take_main(c, e) &&
           (!c->line->set[OPT_SBOM] || take_sbom(c, options_value(c->line, OPT_SBOM), e));
}
