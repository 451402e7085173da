/* Keeps what one run learned from registries for the next, in a folder of the cache. */
#include "registry/memory.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/cache.h"
#include "host/digest.h"
#include "registry/document.h"
#include "host/json.h"
#include "host/scratch.h"

enum { FACTS_MAX = 64 * 1024 * 1024, POINTER_MAX = 64 * 1024, FACTS_FORMAT = 2 };
enum { SEAL = 1, LINE = 64 /* more than a seal has */ };

/* Lost when it cannot be written: that only costs time. */
static void write_file(struct memory *m, struct str path, struct str bytes)
{
    struct err e;
    if (m->folder.n)
        cache_write(path, bytes, false, &e);
}

/* ---- seals: what is not named by its digest begins with a sum of itself and its name ---- */

static struct str seal_of(struct arena *a, struct str path, struct str text)
{
    struct buf b = {.arena = a};
    buf_add(&b, str_from(path, (size_t)(str_rchr(path, '/') + 1)));
    buf_char(&b, '\n');
    buf_add(&b, text);
    return str_fmt(a, "dfix registry %d %016llx\n", SEAL,
                   (unsigned long long)str_hash(buf_str(&b)));
}

static void write_sealed(struct memory *m, struct str path, struct str text)
{
    struct arena *a = arena_open();
    struct buf b = {.arena = a};
    buf_add(&b, seal_of(a, path, text));
    buf_add(&b, text);
    write_file(m, path, buf_str(&b));
    arena_close(a);
}

static bool read_sealed(struct arena *a, struct str path, size_t max, struct str *out,
                        struct err *e)
{
    if (!cache_read(a, path, max + LINE, out, e))
        return false;
    ptrdiff_t end = str_chr(*out, '\n');
    struct str seal = str_sub(*out, 0, end == STR_NONE ? 0 : (size_t)end + 1);
    *out = str_from(*out, seal.n);
    return str_eq(seal, seal_of(a, path, *out)) ||
           err_set(e, STR_FMT " is damaged (wrong checksum)", STR_ARG(path));
}

void memory_open(struct memory *m, struct arena *a, struct str cache_dir)
{
    *m = (struct memory){.arena = a, .folder = S(""), .layers = S(""), .names = S("")};
    if (!cache_dir.n)
        return;
    m->folder = str_fmt(a, STR_FMT "/registry", STR_ARG(cache_dir));
    m->names = str_fmt(a, STR_FMT "/names", STR_ARG(m->folder));
}

void memory_close(struct memory *m)
{
    scratch_remove(m->layers);
    m->layers = S("");
}

/* ---- blobs ---- */

static struct str blob_path(struct memory *m, struct arena *a, struct str digest)
{
    ptrdiff_t colon = str_chr(digest, ':');
    return str_fmt(a, STR_FMT "/blobs/" STR_FMT "/" STR_FMT, STR_ARG(m->folder),
                   STR_ARG(str_sub(digest, 0, (size_t)colon)),
                   STR_ARG(str_from(digest, (size_t)colon + 1)));
}

bool memory_blob(struct memory *m, struct arena *a, struct str digest, struct str *out)
{
    struct err e;
    return m->folder.n && digest_valid(digest) &&
           cache_read(a, blob_path(m, a, digest), CONFIG_MAX, out, &e) &&
           digest_matches(digest, *out);
}

void memory_keep_blob(struct memory *m, struct str digest, struct str bytes)
{
    struct arena_mark before = arena_mark(m->arena);
    if (m->folder.n && digest_valid(digest))
        write_file(m, blob_path(m, m->arena, digest), bytes);
    arena_rewind(m->arena, before);
}

/* ---- facts ---- */

static json_t *texts_json(const struct str *v, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_of(v[i]));
    return list;
}

static void set(json_t *j, const char *key, struct str value)
{
    if (value.n)
        json_object_set_new(j, key, json_of(value));
}

static struct str json_out(struct arena *a, const json_t *j)
{
    char *text = json_dumps(j, JSON_COMPACT);
    struct str out = str_dup(a, str_of(text));
    free(text);
    return out;
}

static json_t *facts_json(const struct base_facts *f)
{
    json_t *j = json_object(), *list = json_array(), *sources = json_array();
    json_t *contents = json_array();
    json_object_set_new(j, "format", json_integer(FACTS_FORMAT));
    set(j, "distro", f->release.distro);
    set(j, "version", f->release.version);
    set(j, "codename", f->release.codename);
    set(j, "user", f->user);
    json_object_set_new(j, "user-known", json_boolean(f->user_known));
    json_object_set_new(j, "user-root", json_boolean(f->user_root));
    json_object_set_new(j, "user-looked-up", json_boolean(f->user_looked_up));
    set(j, "arch", f->arch);
    set(j, "created", f->created);
    json_object_set_new(j, "env", texts_json(f->env, f->nenv));
    json_object_set_new(j, "entrypoint", texts_json(f->entrypoint, f->nentrypoint));
    json_object_set_new(j, "command", texts_json(f->command, f->ncommand));
    json_object_set_new(j, "shell", texts_json(f->shell, f->nshell));
    json_object_set_new(j, "ports", texts_json(f->port, f->nport));
    for (size_t i = 0; i < f->ninstalled; i++) {
        const struct installed *p = &f->installed[i];
        const struct str row[] = {p->name, p->version, p->arch, p->source, p->source_version};
        json_array_append_new(list, texts_json(row, 5));
    }
    for (size_t i = 0; i < f->nsource; i++) {
        const struct source *s = &f->source[i];
        const struct str row[] = {s->uri, s->suite, s->components, s->signed_by};
        json_array_append_new(sources, texts_json(row, 4));
    }
    for (size_t i = 0; i < f->ncontent; i++) {
        const struct content *c = &f->content[i];
        const struct str row[] = {c->ecosystem, c->name, c->version, c->path};
        json_array_append_new(contents, texts_json(row, 4));
    }
    if (f->contents_known)
        json_object_set(j, "contents", contents);
    json_decref(contents);
    set(j, "contents-why", f->contents_why);
    json_object_set_new(j, "installed", list);
    json_object_set_new(j, "installed-known", json_boolean(f->installed_known));
    json_object_set_new(j, "sources", sources);
    json_object_set_new(j, "sources-known", json_boolean(f->sources_known));
    json_object_set_new(j, "preferences", json_boolean(f->preferences));
    json_object_set_new(j, "onbuild", json_boolean(f->onbuild));
    set(j, "why", f->why);
    return j;
}

static bool truth(const json_t *j, const char *key)
{
    return json_is_true(json_object_get(j, key));
}

static struct str cell(struct arena *a, const json_t *row, size_t i)
{
    return json_text_of(a, json_array_get(row, i));
}

static size_t texts(struct arena *a, const json_t *j, const char *key, const struct str **out)
{
    return json_texts(a, json_object_get(j, key), SIZE_MAX, out);
}

static void contents_fill(struct arena *a, const json_t *list, struct base_facts *f)
{
    struct content *c = arena_new(a, struct content, json_array_size(list) + 1);

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        c[f->ncontent++] =
            (struct content){cell(a, row, 0), cell(a, row, 1), cell(a, row, 2), cell(a, row, 3)};
    }
    f->content = c;
    f->contents_known = json_is_array(list);
}

static void facts_fill(struct arena *a, const json_t *j, struct base_facts *f)
{
    const json_t *list = json_object_get(j, "installed"), *sources = json_object_get(j, "sources");
    *f = (struct base_facts){
        .release = {json_text(a, j, "distro"), json_text(a, j, "version"),
                    json_text(a, j, "codename")},
        .user = json_text(a, j, "user"),
        .user_known = truth(j, "user-known"),
        .user_root = truth(j, "user-root"),
        .user_looked_up = truth(j, "user-looked-up"),
        .digest = S(""),
        .arch = json_text(a, j, "arch"),
        .created = json_text(a, j, "created"),
        .installed_known = truth(j, "installed-known"),
        .sources_known = truth(j, "sources-known"),
        .preferences = truth(j, "preferences"),
        .onbuild = truth(j, "onbuild"),
        .contents_why = json_text(a, j, "contents-why"),
        .spoke = S(""),
        .why = json_text(a, j, "why"),
    };
    contents_fill(a, json_object_get(j, "contents"), f);
    f->nenv = texts(a, j, "env", &f->env);
    f->nentrypoint = texts(a, j, "entrypoint", &f->entrypoint);
    f->ncommand = texts(a, j, "command", &f->command);
    f->nshell = texts(a, j, "shell", &f->shell);
    f->nport = texts(a, j, "ports", &f->port);
    struct installed *p = arena_new(a, struct installed, json_array_size(list) + 1);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        p[f->ninstalled++] = (struct installed){cell(a, row, 0), cell(a, row, 1), cell(a, row, 2),
                                                cell(a, row, 3), cell(a, row, 4)};
    }
    f->installed = p;
    struct source *s = arena_new(a, struct source, json_array_size(sources) + 1);
    for (size_t i = 0; i < json_array_size(sources); i++) {
        const json_t *row = json_array_get(sources, i);
        s[f->nsource++] = (struct source){.uri = cell(a, row, 0),
                                          .suite = cell(a, row, 1),
                                          .components = cell(a, row, 2),
                                          .signed_by = cell(a, row, 3),
                                          .tag = S("")};
    }
    f->source = s;
}

static struct str facts_path(struct memory *m, struct arena *a, struct str digest)
{
    ptrdiff_t colon = str_chr(digest, ':');
    return str_fmt(a, STR_FMT "/facts/" STR_FMT "-" STR_FMT, STR_ARG(m->folder),
                   STR_ARG(str_sub(digest, 0, (size_t)colon)),
                   STR_ARG(str_from(digest, (size_t)colon + 1)));
}

struct str memory_facts_text(struct arena *a, const struct base_facts *f)
{
    json_t *j = facts_json(f);
    struct str text = json_out(a, j);
    json_decref(j);
    return text;
}

bool memory_facts_parse(struct arena *a, struct str text, struct base_facts *out)
{
    json_t *j = json_object_of(text);
    bool ok = json_integer_value(json_object_get(j, "format")) == FACTS_FORMAT;
    if (ok)
        facts_fill(a, j, out);
    json_decref(j);
    return ok;
}

bool memory_facts(struct memory *m, struct arena *a, struct str digest, struct base_facts *out)
{
    struct str text;
    struct err e;
    return m->folder.n && digest_valid(digest) &&
           read_sealed(a, facts_path(m, a, digest), FACTS_MAX, &text, &e) &&
           memory_facts_parse(a, text, out);
}

void memory_keep_facts(struct memory *m, struct str digest, struct str text)
{
    struct arena_mark before = arena_mark(m->arena);
    if (m->folder.n && digest_valid(digest))
        write_sealed(m, facts_path(m, m->arena, digest), text);
    arena_rewind(m->arena, before);
}

/* ---- names ---- */

/* Of what is kept by an image's name. */
static struct str path_by_name(struct memory *m, struct arena *a, const char *folder,
                               struct str name)
{
    struct str sum = str_from(digest_of(a, name), sizeof("sha256:") - 1);

    return str_fmt(a, STR_FMT "/%s/" STR_FMT, STR_ARG(m->folder), folder, STR_ARG(sum));
}

static struct str pointer_path(struct memory *m, struct arena *a, struct str name)
{
    return path_by_name(m, a, "names", name);
}

/* Where nothing was ever kept no name need be summed. */
static bool has_names(struct memory *m)
{
    m->has_names = m->has_names || (m->folder.n && access(m->names.p, F_OK) == 0);
    return m->has_names;
}

bool memory_pointer(struct memory *m, struct arena *a, struct str name, struct pointer *out)
{
    struct str text;
    struct err e;
    if (!has_names(m) || !read_sealed(a, pointer_path(m, a, name), POINTER_MAX, &text, &e))
        return false;
    json_t *j = json_object_of(text);
    *out =
        (struct pointer){json_text(a, j, "digest"), json_text(a, j, "better-tag"),
                         json_integer_value(json_object_get(j, "asked")), truth(j, "tags-asked")};
    bool ok = str_eq(json_text(a, j, "name"), name) && digest_valid(out->digest);
    json_decref(j);
    return ok;
}

void memory_keep_pointer(struct memory *m, struct str name, const struct pointer *p)
{
    if (!m->folder.n)
        return;
    json_t *j = json_object();
    set(j, "name", name);
    set(j, "digest", p->digest);
    set(j, "better-tag", p->better_tag);
    json_object_set_new(j, "asked", json_integer(p->asked));
    json_object_set_new(j, "tags-asked", json_boolean(p->tags_asked));
    struct arena_mark before = arena_mark(m->arena);
    write_sealed(m, pointer_path(m, m->arena, name), json_out(m->arena, j));
    arena_rewind(m->arena, before);
    json_decref(j);
}

/* ---- failures ---- */

static struct str failure_path(struct memory *m, struct arena *a, struct str name)
{
    return path_by_name(m, a, "failures", name);
}

bool memory_failure(struct memory *m, struct arena *a, struct str name, struct failure *out)
{
    struct str text;
    struct err e;
    if (!m->folder.n || !read_sealed(a, failure_path(m, a, name), POINTER_MAX, &text, &e))
        return false;
    json_t *j = json_object_of(text);
    *out = (struct failure){truth(j, "absent"), json_text(a, j, "why"),
                            json_integer_value(json_object_get(j, "asked"))};
    bool ok = str_eq(json_text(a, j, "name"), name) && out->why.n;
    json_decref(j);
    return ok;
}

void memory_keep_failure(struct memory *m, struct str name, const struct failure *f)
{
    if (!m->folder.n)
        return;
    json_t *j = json_object();
    set(j, "name", name);
    set(j, "why", f->why);
    json_object_set_new(j, "absent", json_boolean(f->absent));
    json_object_set_new(j, "asked", json_integer(f->asked));
    struct arena_mark before = arena_mark(m->arena);
    write_sealed(m, failure_path(m, m->arena, name), json_out(m->arena, j));
    arena_rewind(m->arena, before);
    json_decref(j);
}

void memory_forget_failure(struct memory *m, struct str name)
{
    if (m->folder.n)
        unlink(failure_path(m, m->arena, name).p);
}

/* ---- layers ---- */

/* In the cache when there is one, since layers are large and /tmp may be memory. */
static bool make_layer_folder(struct memory *m, struct err *e)
{
    struct str where = m->folder.n ? m->folder : scratch_temporary();
    struct err why;
    if (!m->folder.n || cache_make_folder(m->arena, m->folder, &why))
        m->layers =
            scratch_folder(m->arena, where, m->folder.n ? LAYERS_PREFIX : SCRATCH_PREFIX, &why);
    return m->layers.n > 0 || err_set(e, "no folder for layers can be made: %s", why.text);
}

struct str memory_layer_path(struct memory *m, struct str digest, struct err *e)
{
    if (!m->layers.n && !make_layer_folder(m, e))
        return S("");
    ptrdiff_t colon = str_chr(digest, ':');
    return str_fmt(m->arena, STR_FMT "/" STR_FMT "-" STR_FMT, STR_ARG(m->layers),
                   STR_ARG(str_sub(digest, 0, (size_t)colon)),
                   STR_ARG(str_from(digest, (size_t)colon + 1)));
}

void memory_drop_layer(struct memory *m, struct str path)
{
    unlink(str_cstr(m->arena, path));
}

/* ---- care ---- */

enum { POINTER_DAYS = 30, FAILURE_DAYS = 1, DAY = 24 * 60 * 60 };

struct care {
    struct str folder; /* below that of the memory */
    bool sealed;
    int days; /* not read for so long: nobody needs it */
};

static const struct care cares[] = {{{"blobs/sha256", 12}, false, POINTER_DAYS},
                                    {{"blobs/sha512", 12}, false, POINTER_DAYS},
                                    {{"facts", 5}, true, POINTER_DAYS},
                                    {{"names", 5}, true, POINTER_DAYS},
                                    {{"failures", 8}, true, FAILURE_DAYS}};

static bool is_whole(struct arena *a, const struct care *care, struct str path, struct err *e)
{
    struct str text, name = str_from(path, (size_t)(str_rchr(path, '/') + 1));
    if (care->sealed)
        return read_sealed(a, path, FACTS_MAX, &text, e);
    struct str digest =
        str_fmt(a, STR_FMT ":" STR_FMT, STR_ARG(str_from(care->folder, 6)), STR_ARG(name));
    return cache_read(a, path, CONFIG_MAX, &text, e) &&
           (digest_matches(digest, text) ||
            err_set(e, STR_FMT " is damaged (its bytes do not match its digest)", STR_ARG(path)));
}

static bool is_unused(const char *path, int days, int64_t now)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return false;
    int64_t used = st.st_atim.tv_sec > st.st_mtim.tv_sec ? st.st_atim.tv_sec : st.st_mtim.tv_sec;
    return now - used > (int64_t)days * DAY;
}

static void care_for(const struct care *care, struct str folder, int64_t prune,
                     struct cache_care *out)
{
    struct arena *a = arena_open();
    DIR *d = opendir(str_cstr(a, folder));
    struct arena_mark mark = arena_mark(a);
    for (struct dirent *x; d && (x = readdir(d)); arena_rewind(a, mark)) {
        struct str path = str_fmt(a, STR_FMT "/%s", STR_ARG(folder), x->d_name);
        struct err e;
        if (x->d_name[0] == '.')
            continue;
        bool temporary = str_ends(path, S(".tmp"));
        bool whole = !temporary && is_whole(a, care, path, &e);
        out->files += !temporary;
        out->whole += whole;
        bool waste = !whole || is_unused(path.p, care->days, prune);
        if (prune ? waste : !whole && !temporary) {
            if (!prune)
                out->damaged(out->user, e.text);
            else if (unlink(path.p) == 0)
                out->removed++;
        }
    }
    if (d)
        closedir(d);
    arena_close(a);
}

void memory_care(struct str cache_dir, int64_t prune, struct cache_care *out)
{
    struct arena *a = arena_open();
    struct str folder = str_fmt(a, STR_FMT "/registry", STR_ARG(cache_dir));
    for (size_t i = 0; i < sizeof cares / sizeof cares[0]; i++)
        care_for(&cares[i],
                 str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(folder), STR_ARG(cares[i].folder)), prune,
                 out);
    if (prune)
        out->removed += scratch_sweep(folder, LAYERS_PREFIX);
    arena_close(a);
}
