/* plans.c - the targets of bake files, the services of compose and GitHub's actions: what each
 * builds, under which names, from which named contexts, and how its container is run. */
#include "plans/plans.h"

enum { LISTED = 64, INHERITED = 16 };

struct reader {
    struct arena *arena;
    struct str folder, file, env;
    const struct data *root, *all; /* all targets, or all services */
    struct plan plan;              /* in hand */
    struct str context, dockerfile;
    VEC(struct plan_context) contexts;
    VEC(struct str) image;
    VEC(struct plan_mount) mount;
    VEC(struct plan) list;
};

static bool is_yaml(struct str name)
{
    return str_ends(name, S(".yml")) || str_ends(name, S(".yaml"));
}

static bool is_bake(struct str name)
{
    return str_starts(name, S("docker-bake")) &&
           (str_ends(name, S(".hcl")) || str_ends(name, S(".json")));
}

static bool is_action(struct str name)
{
    return str_eq(name, S("action.yml")) || str_eq(name, S("action.yaml"));
}

bool plan_file_is(struct str name)
{
    return is_bake(name) || is_action(name) ||
           (is_yaml(name) && str_find(name, S("compose")) != STR_NONE);
}

bool plan_file_has_env(struct str name)
{
    return is_yaml(name) && !is_action(path_basename(name));
}

/* ---- texts with variables ---- */

/* NAME=value, the value perhaps in quotes, else up to a remark. */
static bool read_env_line(struct str line, struct str name, struct str *value)
{
    struct str rest = str_trim(line);

    if (str_starts(rest, S("export ")))
        rest = str_trim(str_from(rest, 7));
    if (!str_starts(rest, name))
        return false;
    rest = str_trim(str_from(rest, name.n));
    if (!str_starts(rest, S("=")))
        return false;
    rest = str_trim(str_from(rest, 1));
    bool quoted = rest.n && (rest.p[0] == '"' || rest.p[0] == '\'');
    ptrdiff_t end = quoted ? str_chr(str_from(rest, 1), rest.p[0]) : str_find(rest, S(" #"));
    if (quoted && end == STR_NONE)
        return false;
    if (end != STR_NONE)
        rest = str_sub(rest, quoted, (size_t)end + quoted);
    *value = str_trim(rest);
    return true;
}

/* What `.env` gives the variable, whose last line of that name counts. */
static bool env_value(const struct reader *r, struct str name, struct str *value)
{
    struct str rest = r->env, line;
    bool found = false;

    while (name.n && str_cut(&rest, '\n', &line))
        found |= read_env_line(line, name, value);
    return found;
}

/* What `.env` says, else the default that bake's `variable` or compose's ${NAME:-default} gives. */
static struct str default_of(const struct reader *r, struct str inside, bool *known)
{
    struct str value;
    size_t n = 0;

    while (n < inside.n && char_is_of_name(inside.p[n]))
        n++;
    struct str name = str_sub(inside, 0, n), rest = str_from(inside, n);
    if (env_value(r, name, &value) && (value.n || !str_starts(rest, S(":-")))) {
        *known &= str_chr(value, '$') == STR_NONE;
        return value;
    }
    rest = str_starts(rest, S(":")) ? str_from(rest, 1) : rest;
    const struct data *d = data_at(data_at(data_at(r->root, S("variable")), name), S("default"));
    if (str_starts(rest, S("-"))) {
        *known &= str_chr(rest, '$') == STR_NONE;
        return str_from(rest, 1);
    }
    *known &= d && d->kind == DATA_TEXT && str_chr(d->text, '$') == STR_NONE && !rest.n;
    return *known ? d->text : S("");
}

/* The text with its defaults; what none is given for stays, so that a `$` is left in it. */
static struct str expand(const struct reader *r, struct str text)
{
    struct buf b = {.arena = r->arena};

    while (text.n) {
        ptrdiff_t at = str_find(text, S("${")), end;
        struct str rest = at == STR_NONE ? S("") : str_from(text, (size_t)at + 2);
        end = str_chr(rest, '}');
        if (at == STR_NONE || end == STR_NONE)
            break;
        bool known = true;
        struct str value = default_of(r, str_sub(rest, 0, (size_t)end), &known);
        buf_add(&b, str_sub(text, 0, (size_t)at));
        buf_add(&b, known ? value : S("$"));
        text = str_from(rest, (size_t)end + 1);
    }
    if (!b.n)
        return text;
    buf_add(&b, text);
    return buf_str(&b);
}

static struct str text_at(const struct reader *r, const struct data *map, struct str key)
{
    return expand(r, data_text(map, key));
}

static bool is_known(struct str text)
{
    return str_chr(text, '$') == STR_NONE;
}

struct str plan_image_name(struct str image)
{
    ptrdiff_t at = str_chr(image, '@');
    struct str name = at == STR_NONE ? image : str_sub(image, 0, (size_t)at);
    ptrdiff_t colon = str_rchr(name, ':'), slash = str_rchr(name, '/');

    if (colon != STR_NONE && colon > slash)
        name = str_sub(name, 0, (size_t)colon);
    return is_known(name) ? name : S("");
}

/* ---- what both have ---- */

/* The file that is built: where the context lies elsewhere, it is nobody's here. */
static void find_place(struct reader *r)
{
    struct plan *p = &r->plan;
    struct str context = r->context.n ? r->context : S("."), path;
    bool remote = str_find(context, S("://")) != STR_NONE || str_starts(context, S("git@"));

    p->place_known = is_known(context) && is_known(r->dockerfile);
    if (!p->place_known || remote || context.n + r->folder.n > 1024)
        return;
    path = str_starts(context, S("/"))
               ? context
               : str_fmt(r->arena, STR_FMT "/" STR_FMT, STR_ARG(r->folder), STR_ARG(context));
    if (str_starts(r->dockerfile, S("/")))
        path = r->dockerfile;
    else
        path = str_fmt(r->arena, STR_FMT "/" STR_FMT, STR_ARG(path),
                       STR_ARG(r->dockerfile.n ? r->dockerfile : S("Dockerfile")));
    p->dockerfile = path_clean(r->arena, path);
}

static void add_context(struct reader *r, struct str name, struct str value)
{
    if (name.n && r->contexts.n < LISTED)
        vec_push(r->arena, &r->contexts, ((struct plan_context){name, value}));
}

/* A map, or a list of name=value. */
static void add_contexts(struct reader *r, const struct data *d)
{
    for (const struct data *v = d ? d->first : NULL; v; v = v->next) {
        struct str value = v->text, name = v->key;
        if (d->kind == DATA_LIST && !str_cut(&value, '=', &name))
            continue;
        add_context(r, name, expand(r, value));
    }
}

static void add_image(struct reader *r, struct str image)
{
    if (image.n && r->image.n < LISTED)
        vec_push(r->arena, &r->image, image);
}

static void begin_plan(struct reader *r, struct str name)
{
    r->plan = (struct plan){
        .file = r->file, .name = name, .dockerfile = S(""), .target = S(""), .user = S("")};
    r->context = r->dockerfile = S("");
    r->contexts.n = r->image.n = r->mount.n = 0;
}

static void end_plan(struct reader *r)
{
    struct plan *p = &r->plan;

    if (p->builds)
        find_place(r);
    p->context = arena_copy(r->arena, r->contexts.v, r->contexts.n, sizeof *r->contexts.v);
    p->ncontext = r->contexts.n;
    p->image = arena_copy(r->arena, r->image.v, r->image.n, sizeof *r->image.v);
    p->nimage = r->image.n;
    p->mount = arena_copy(r->arena, r->mount.v, r->mount.n, sizeof *r->mount.v);
    p->nmount = r->mount.n;
    vec_push(r->arena, &r->list, *p);
}

static void keep_first(struct str *kept, struct str text)
{
    if (!kept->n)
        *kept = text;
}

/* ---- bake ---- */

/* The target's own, then what those say that it inherits. */
static void read_target(struct reader *r, const struct data *target, unsigned *budget)
{
    const struct data *tags = data_at(target, S("tags")), *from = data_at(target, S("inherits"));

    if (!target || target->kind != DATA_MAP || !*budget)
        return;
    --*budget;
    keep_first(&r->context, text_at(r, target, S("context")));
    keep_first(&r->dockerfile, text_at(r, target, S("dockerfile")));
    keep_first(&r->plan.target, text_at(r, target, S("target")));
    if (data_at(target, S("dockerfile-inline")))
        r->plan.builds = false;
    add_contexts(r, data_at(target, S("contexts")));
    for (const struct data *d = tags ? tags->first : NULL; d; d = d->next)
        add_image(r, expand(r, d->text));
    for (const struct data *d = from ? from->first : NULL; d; d = d->next)
        if (d->kind == DATA_TEXT)
            read_target(r, data_at(r->all, d->text), budget);
}

/* ---- compose ---- */

static bool is_hosts(struct str from)
{
    return from.n && str_chr(S("./~$"), from.p[0]) != STR_NONE;
}

/* FROM:TO:MODE; what stands between colons may hold ${NAME:-default}. */
static void add_short_mount(struct reader *r, struct str text)
{
    struct str part[3] = {S(""), S(""), S("")}, rest = expand(r, text);
    size_t n = 0;

    while (n < 3 && str_cut(&rest, ':', &part[n]))
        n++;
    struct plan_mount m = {.from = n > 1 ? part[0] : S(""), .to = n > 1 ? part[1] : part[0]};
    m.bind = is_hosts(m.from);
    while (n == 3 && str_cut(&part[2], ',', &rest))
        m.read_only |= str_eq(rest, S("ro"));
    vec_push(r->arena, &r->mount, m);
}

static void add_mount(struct reader *r, const struct data *d)
{
    if (r->mount.n >= LISTED)
        return;
    if (d->kind == DATA_TEXT)
        add_short_mount(r, d->text);
    struct plan_mount m = {.from = text_at(r, d, S("source")), .to = text_at(r, d, S("target"))};
    m.bind = str_eq(data_text(d, S("type")), S("bind"));
    m.read_only = str_eq(data_text(d, S("read_only")), S("true"));
    bool known = m.bind || str_eq(data_text(d, S("type")), S("volume"));
    if (d->kind == DATA_MAP && m.to.n && known)
        vec_push(r->arena, &r->mount, m);
}

/* Capabilities but for that of low ports, which user-switch speaks of itself. */
static bool adds_capability(const struct data *service)
{
    const struct data *all = data_at(service, S("cap_add"));
    bool adds = false;

    for (const struct data *d = all ? all->first : NULL; d; d = d->next)
        adds |= d->kind == DATA_TEXT && !str_ends(d->text, S("NET_BIND_SERVICE"));
    return adds;
}

static const char *why_root(const struct data *service)
{
    const struct data *devices = data_at(service, S("devices"));

    if (str_eq(data_text(service, S("privileged")), S("true")))
        return "privileged: true";
    if (str_eq(data_text(service, S("network_mode")), S("host")))
        return "network_mode: host";
    if (str_eq(data_text(service, S("pid")), S("host")))
        return "pid: host";
    if (adds_capability(service))
        return "cap_add";
    return devices && devices->first ? "devices" : NULL;
}

static void read_build(struct reader *r, const struct data *build)
{
    if (!build)
        return;
    r->plan.builds = true;
    if (build->kind == DATA_TEXT)
        keep_first(&r->context, expand(r, build->text));
    keep_first(&r->context, text_at(r, build, S("context")));
    keep_first(&r->dockerfile, text_at(r, build, S("dockerfile")));
    keep_first(&r->plan.target, text_at(r, build, S("target")));
    add_contexts(r, data_at(build, S("additional_contexts")));
    if (data_at(build, S("dockerfile_inline")))
        r->plan.builds = false;
}

/* The service's own, then what that one says which it extends. */
static void read_service(struct reader *r, const struct data *service, unsigned *budget)
{
    const struct data *volumes = data_at(service, S("volumes")),
                      *from = data_at(service, S("extends"));

    if (!service || service->kind != DATA_MAP || !*budget)
        return;
    --*budget;
    read_build(r, data_at(service, S("build")));
    add_image(r, text_at(r, service, S("image")));
    keep_first(&r->plan.user, text_at(r, service, S("user")));
    if (!r->plan.as_root)
        r->plan.as_root = why_root(service);
    for (const struct data *d = volumes ? volumes->first : NULL; d; d = d->next)
        add_mount(r, d);
    if (from && from->kind == DATA_TEXT)
        read_service(r, data_at(r->all, from->text), budget);
    else if (from && !data_at(from, S("file")))
        read_service(r, data_at(r->all, data_text(from, S("service"))), budget);
}

/* Each target of a bake file, or each service of compose. */
static void read_all(struct reader *r, bool bake)
{
    r->all = data_at(r->root, bake ? S("target") : S("services"));
    for (const struct data *d = r->all ? r->all->first : NULL; d; d = d->next) {
        unsigned budget = INHERITED;
        begin_plan(r, d->key);
        r->plan.builds = bake;
        r->plan.runs = !bake;
        if (bake)
            read_target(r, d, &budget);
        else
            read_service(r, d, &budget);
        end_plan(r);
    }
}

/* `runs: {using: docker, image: Dockerfile}`, its path from the folder of action.yml. */
static void read_action(struct reader *r)
{
    const struct data *runs = data_at(r->root, S("runs"));
    struct str image = data_text(runs, S("image"));

    if (!str_eq(data_text(runs, S("using")), S("docker")) || !image.n ||
        str_find(image, S("://")) != STR_NONE)
        return;
    begin_plan(r, S(""));
    r->dockerfile = image;
    r->plan.builds = r->plan.runs = r->plan.action = true;
    end_plan(r);
}

struct plan_list plans_of(struct arena *a, struct str folder, struct str name, struct str text,
                          struct str env)
{
    struct reader r = {.arena = a, .folder = folder, .file = name, .env = env};

    r.root = str_ends(name, S(".hcl")) ? data_of_hcl(a, text) : data_of_yaml(a, text);
    if (is_action(path_basename(name)))
        read_action(&r);
    else
        read_all(&r, is_bake(path_basename(name)));
    return (struct plan_list){r.list.v, r.list.n};
}
