#include "services/registry/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "services/registry/digest.h"
#include "services/registry/document.h"
#include "services/registry/json.h"

enum { FACTS_MAX = 64 * 1024 * 1024, POINTER_MAX = 64 * 1024, FACTS_FORMAT = 1 };

/* ---- files ---- */

bool memory_read_file(struct arena *a, struct str path, size_t max, struct str *out, struct err *e)
{
    const char *name = str_cstr(a, path);
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    if (fd < 0)
        return err_set(e, "%s: %s", name, strerror(errno));
    bool ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size <= max;
    if (!ok)
        err_set(e, "%s: not a file, or larger than %zu bytes", name, max);
    size_t n = ok ? (size_t)st.st_size : 0, at = 0;
    char *p = arena_new(a, char, n + 1);
    while (ok && at < n) {
        ssize_t got = read(fd, p + at, n - at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            ok = err_set(e, "%s: %s", name, strerror(errno));
        if (got <= 0)
            break;
        at += (size_t)got;
    }
    close(fd);
    *out = (struct str){p, at};
    return ok;
}

/* The folders above a path, made as needed. */
static void make_folders(char *path)
{
    for (char *p = path + 1; *p; p++)
        if (*p == '/') {
            *p = 0;
            mkdir(path, 0700);
            *p = '/';
        }
}

/* In the cache when there is one, since layers are large and /tmp may be memory. */
static bool open_layers(struct memory *m, struct err *e)
{
    const char *tmp = getenv("TMPDIR");
    struct str where = m->folder.n ? m->folder : str_of(tmp && tmp[0] == '/' ? tmp : "/tmp");
    if (m->layers.path.n)
        return true;
    if (m->folder.n)
        make_folders(
            arena_copy(m->arena, str_fmt(m->arena, STR_FMT "/", STR_ARG(where)).p, where.n + 2, 1));
    struct err why;
    return scratch_open(&m->layers, m->arena, where, LAYERS_PREFIX, &why) ||
           err_set(e, "no folder for layers can be made: %s", why.text);
}

static bool write_all(int fd, struct str bytes)
{
    while (bytes.n) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = str_from(bytes, (size_t)n);
    }
    return true;
}

/* Made where it goes with the run if that ends before the file is whole. */
static void write_file(struct memory *m, struct str path, struct str bytes)
{
    struct arena *a = arena_open();
    struct err e;
    bool there = m->folder.n && open_layers(m, &e);
    const char *name = there ? str_fmt(a, STR_FMT "/new", STR_ARG(m->layers.path)).p : NULL;
    int fd = there ? open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
    bool ok = fd >= 0 && write_all(fd, bytes);
    if (fd >= 0 && close(fd) != 0)
        ok = false;
    if (ok && rename(name, str_cstr(a, path)) != 0 && errno == ENOENT) {
        make_folders(arena_copy(a, str_cstr(a, path), path.n + 1, 1));
        ok = rename(name, str_cstr(a, path)) == 0;
    }
    if (fd >= 0)
        unlink(name); /* no longer there when all went well */
    arena_close(a);
}

void memory_open(struct memory *m, struct arena *a, struct str cache_dir)
{
    *m = (struct memory){.arena = a, .folder = S(""), .layers = {.path = S("")}};
    if (cache_dir.n)
        m->folder = str_fmt(a, STR_FMT "/registry", STR_ARG(cache_dir));
}

void memory_close(struct memory *m)
{
    scratch_close(&m->layers);
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
           memory_read_file(a, blob_path(m, a, digest), CONFIG_MAX, out, &e) &&
           digest_matches(digest, *out);
}

void memory_keep_blob(struct memory *m, struct str digest, struct str bytes)
{
    if (m->folder.n && digest_valid(digest))
        write_file(m, blob_path(m, m->arena, digest), bytes);
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
    json_object_set_new(j, "format", json_integer(FACTS_FORMAT));
    set(j, "distro", f->release.distro);
    set(j, "version", f->release.version);
    set(j, "codename", f->release.codename);
    set(j, "user", f->user);
    json_object_set_new(j, "user-known", json_boolean(f->user_known));
    json_object_set_new(j, "user-root", json_boolean(f->user_root));
    json_object_set_new(j, "user-looked-up", json_boolean(f->user_looked_up));
    set(j, "arch", f->arch);
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
        .installed_known = truth(j, "installed-known"),
        .sources_known = truth(j, "sources-known"),
        .preferences = truth(j, "preferences"),
        .onbuild = truth(j, "onbuild"),
        .spoke = S(""),
        .why = json_text(a, j, "why"),
    };
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
           memory_read_file(a, facts_path(m, a, digest), FACTS_MAX, &text, &e) &&
           memory_facts_parse(a, text, out);
}

void memory_keep_facts(struct memory *m, struct str digest, struct str text)
{
    if (m->folder.n && digest_valid(digest))
        write_file(m, facts_path(m, m->arena, digest), text);
}

/* ---- names ---- */

static struct str pointer_path(struct memory *m, struct arena *a, struct str name)
{
    return str_fmt(a, STR_FMT "/names/" STR_FMT, STR_ARG(m->folder),
                   STR_ARG(str_from(digest_of(a, name), 7)));
}

bool memory_pointer(struct memory *m, struct arena *a, struct str name, struct pointer *out)
{
    struct str text;
    struct err e;
    if (!m->folder.n || !memory_read_file(a, pointer_path(m, a, name), POINTER_MAX, &text, &e))
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
    write_file(m, pointer_path(m, m->arena, name), json_out(m->arena, j));
    json_decref(j);
}

/* ---- failures ---- */

static struct str failure_path(struct memory *m, struct arena *a, struct str name)
{
    return str_fmt(a, STR_FMT "/failures/" STR_FMT, STR_ARG(m->folder),
                   STR_ARG(str_from(digest_of(a, name), 7)));
}

bool memory_failure(struct memory *m, struct arena *a, struct str name, struct failure *out)
{
    struct str text;
    struct err e;
    if (!m->folder.n || !memory_read_file(a, failure_path(m, a, name), POINTER_MAX, &text, &e))
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
    write_file(m, failure_path(m, m->arena, name), json_out(m->arena, j));
    json_decref(j);
}

void memory_forget_failure(struct memory *m, struct str name)
{
    if (m->folder.n)
        unlink(failure_path(m, m->arena, name).p);
}

/* ---- layers ---- */

struct str memory_layer_path(struct memory *m, struct str digest, struct err *e)
{
    if (!open_layers(m, e))
        return S("");
    ptrdiff_t colon = str_chr(digest, ':');
    return str_fmt(m->arena, STR_FMT "/" STR_FMT "-" STR_FMT, STR_ARG(m->layers.path),
                   STR_ARG(str_sub(digest, 0, (size_t)colon)),
                   STR_ARG(str_from(digest, (size_t)colon + 1)));
}

void memory_drop_layer(struct memory *m, struct str path)
{
    (void)m;
    unlink(path.p);
}
