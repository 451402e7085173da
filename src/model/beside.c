/* beside.c - bake files, compose and action.yml in the folder of the file and in those above it:
 * which named contexts its build is given, which images are built beside it, how its containers
 * run. */
#include "model/model.h"

enum { FILES = 24, TEXT_LONG = 1 << 17 };

struct search {
    const struct image *im;
    struct arena *arena;
    const struct build_context *context;
    VEC(struct plan_text) text;
    VEC(struct plan) plan;
};

/* Of the `.env` beside it; "" there is none, or it takes nothing from there. */
static struct str read_env(const struct search *s, unsigned level, struct str path,
                           struct str inside)
{
    struct context_entry found;
    struct str env = S(".env");

    if (!str_eq(inside, S(".")))
        env = str_fmt(s->arena, STR_FMT "/.env", STR_ARG(inside));
    bool reads = plan_file_has_env(path) &&
                 build_context_look(s->context, level, env, &found) == ANSWER_FOUND;
    return reads && !found.is_folder && found.text.n <= TEXT_LONG ? found.text : S("");
}

static void read_file(struct search *s, unsigned level, struct str path)
{
    struct context_entry found;

    if (s->text.n == FILES || build_context_look(s->context, level, path, &found) != ANSWER_FOUND ||
        found.is_folder || found.text.n > TEXT_LONG)
        return;
    struct str folder = build_context_folder(s->context, level), inside = folder_around(path);
    struct str env = read_env(s, level, path, inside);
    if (!str_eq(inside, S(".")))
        folder = str_fmt(s->arena, STR_FMT "/" STR_FMT, STR_ARG(folder), STR_ARG(inside));
    struct plan_list list = plans_of(s->arena, folder, path, found.text, env);
    vec_push(s->arena, &s->text, ((struct plan_text){path, found.text}));
    for (size_t i = 0; i < list.n; i++)
        vec_push(s->arena, &s->plan, list.v[i]);
}

/* Folders hold thousands of names, and most of them none that counts: .yml, .yaml, .hcl, .json. */
static bool is_plan(struct str name)
{
    char last = name.n ? name.p[name.n - 1] : 0;

    return (last == 'l' || last == 'n') && plan_file_is(name);
}

/* Folders that people keep compose files in, apart from the Dockerfiles; how long a name is. */
static const char apart[] = "docker .docker deploy deployment compose docker-compose .devcontainer "
                            "dev ops infra";
enum { APART_SHORT = 3, APART_LONG = 14 };

static bool is_apart(struct str name)
{
    return name.n >= APART_SHORT && name.n <= APART_LONG && str_chr(name, '_') == STR_NONE &&
           word_is_one_of(name, apart);
}

static bool counts(struct str name)
{
    return is_plan(name) || is_apart(name);
}

static void read_folder(struct search *s, unsigned level, struct str inside)
{
    struct context_entry found;
    struct str names, name;

    if (build_context_names(s->context, level, inside.n ? inside : S("."), counts, &found) !=
            ANSWER_FOUND ||
        !found.is_folder)
        return;
    names = found.text;
    while (str_cut(&names, '\n', &name))
        if (is_plan(name))
            read_file(s, level,
                      inside.n
                          ? str_fmt(s->arena, STR_FMT "/" STR_FMT, STR_ARG(inside), STR_ARG(name))
                          : name);
        else if (!inside.n && is_apart(name))
            read_folder(s, level, name);
}

const struct beside *image_beside(const struct image *im)
{
    const struct image_own *own = image_own(im);
    struct arena *a = own->definitions.arena;
    struct search s = {.im = im, .arena = a, .context = own->context};

    if (own->late->beside)
        return own->late->beside;
    for (unsigned i = 0; i < build_context_folders(s.context); i++)
        read_folder(&s, i, S(""));
    struct beside *b = own->late->beside = arena_new(a, struct beside, 1);
    *b = (struct beside){s.text.v, s.text.n, s.plan.v, s.plan.n};
    return b;
}

/* Is it the file in hand that it builds? Where the file's own name is not known, one beside it
 * counts as it. */
static bool builds_this(const struct image *im, const struct plan *p)
{
    const struct image_own *own = image_own(im);
    struct str folder = folder_around(p->dockerfile);

    if (!p->builds || !p->place_known)
        return p->builds;
    return str_eq(folder, own->context->folder) &&
           (!own->file.n || str_eq(own->file, path_basename(p->dockerfile)));
}

static bool names_image(const struct plan *p, struct str name)
{
    bool names = false;

    for (size_t i = 0; i < p->nimage && !names; i++)
        names = name.n && str_eq(plan_image_name(p->image[i]), name);
    return names;
}

bool plan_is_of(const struct image *im, const struct plan *p)
{
    const struct beside *b = image_beside(im);
    bool is = builds_this(im, p);

    for (size_t i = 0; i < b->nplan && !is && !p->builds; i++) {
        const struct plan *other = &b->plan[i];
        is = builds_this(im, other) && p->runs && other->runs && str_eq(p->name, other->name);
        for (size_t k = 0; k < p->nimage && !is && builds_this(im, other); k++)
            is = names_image(other, plan_image_name(p->image[k]));
    }
    return is;
}

/* A name that no context would be given, for it names a place in a registry. */
static bool is_bare(struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] == '/' || name.p[i] == ':' || name.p[i] == '@')
            return false;
    return name.n > 0;
}

bool image_is_context(const struct image *im, struct str name, struct str *by)
{
    const struct beside *b = is_bare(name) ? image_beside(im) : NULL;

    for (size_t i = 0; b && i < b->nplan; i++)
        for (size_t k = 0; k < b->plan[i].ncontext; k++)
            if (str_ieq(b->plan[i].context[k].name, name) && builds_this(im, &b->plan[i])) {
                *by = b->plan[i].file;
                return true;
            }
    return false;
}

bool image_is_built_beside(const struct image *im, struct str name, struct str *by)
{
    struct str plain = plan_image_name(name);
    const struct beside *b = image_beside(im);

    for (size_t i = 0; i < b->nplan; i++)
        if (b->plan[i].builds && b->plan[i].place_known && !builds_this(im, &b->plan[i]) &&
            names_image(&b->plan[i], plain)) {
            *by = b->plan[i].file;
            return true;
        }
    return false;
}
