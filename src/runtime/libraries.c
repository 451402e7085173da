/* libraries.c - the libraries that the build context says a program is made with, where they tell
 * what it needs: Docker's socket, devices, a home, or a place for its data. */
#include "files/files.h"
#include "runtime/start.h"

/* Files that name a program's libraries, and who reads them. */
static const struct manifest {
    const char *file, *programs;
    const char *docker, *keeping, *caching; /* blanks between */
} manifests[] = {
    {"go.mod", "go xx-go goreleaser make mage task",
     "github.com/docker/docker github.com/moby/moby/client github.com/fsouza/go-dockerclient",
     "github.com/mattn/go-sqlite3 modernc.org/sqlite github.com/glebarez/sqlite "
     "github.com/glebarez/go-sqlite gorm.io/driver/sqlite zombiezen.com/go/sqlite "
     "crawshaw.io/sqlite github.com/ncruces/go-sqlite3 go.etcd.io/bbolt github.com/boltdb/bolt "
     "github.com/coreos/bbolt github.com/asdine/storm github.com/dgraph-io/badger "
     "github.com/syndtr/goleveldb github.com/cockroachdb/pebble github.com/tidwall/buntdb "
     "github.com/nutsdb/nutsdb github.com/blevesearch/bleve github.com/pocketbase/pocketbase "
     "github.com/marcboeker/go-duckdb",
     ""},
    {"package.json", "npm yarn pnpm bun", "dockerode",
     "sqlite3 better-sqlite3 sqlite connect-sqlite3 nedb nedb-promises @seald-io/nedb lowdb level "
     "leveldown classic-level lmdb node-persist node-json-db node-localstorage "
     "session-file-store winston-daily-rotate-file file-stream-rotator rotating-file-stream",
     ""},
    {"requirements.txt", "pip pip3 uv python python3", "docker",
     "tinydb aiosqlite pysqlite3 sqlitedict plyvel lmdb duckdb diskcache chromadb",
     "huggingface_hub huggingface-hub transformers diffusers sentence-transformers datasets "
     "openai-whisper faster-whisper easyocr keras tensorflow-datasets kagglehub"},
    {"pyproject.toml", "pip pip3 uv poetry pdm", "docker",
     "tinydb aiosqlite pysqlite3 sqlitedict plyvel lmdb duckdb diskcache chromadb",
     "huggingface_hub huggingface-hub transformers diffusers sentence-transformers datasets "
     "openai-whisper faster-whisper easyocr keras tensorflow-datasets kagglehub"},
    {"Gemfile", "bundle bundler", "", "sqlite3", ""},
    {"Cargo.lock", "cargo", "bollard", "rusqlite rocksdb sled redb heed fjall persy", ""},
};
/* The same of .NET's projects, whose files are called after them. */
static const struct manifest projects = {
    "", "dotnet", "Docker.DotNet",
    "Microsoft.EntityFrameworkCore.Sqlite Microsoft.Data.Sqlite System.Data.SQLite "
    "System.Data.SQLite.Core LiteDB IdentityServer4 Duende.IdentityServer "
    "Duende.IdentityServer.AspNetIdentity",
    ""};
static const char compilers[] = "go xx-go goreleaser make mage task npm yarn pnpm bun cargo gcc";

/* ---- the names in them ---- */

struct names {
    const struct manifest *of;
    struct str rest;         /* of the text */
    const struct data *next; /* of package.json: what it depends on */
};

static struct names names_of(const struct manifest *m, struct arena *a, struct str text)
{
    bool json = str_eq(str_of(m->file), S("package.json"));

    return (struct names){m, json ? S("") : text, json ? package_dependencies(a, text) : NULL};
}

/* The name that a line asks for, not what something else needs, nor a group of a Gemfile's. */
static struct str name_of_line(const struct manifest *m, struct str line)
{
    static const char *const begins[] = {"require ", "name = ", "gem ", "\"", "'"};
    bool ruby = str_eq(str_of(m->file), S("Gemfile"));
    size_t n = 0;

    if (str_find(line, S("// indirect")) != STR_NONE || (ruby && !str_starts(line, S("gem "))))
        return S("");
    line = str_trim(line);
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++)
        if (str_starts(line, str_of(begins[i])))
            line = str_trim(str_from(line, strlen(begins[i])));
    while (n < line.n && str_chr(S(" \t\"'=<>~!;,#"), line.p[n]) == STR_NONE)
        n++;
    return str_sub(line, 0, n);
}

/* example.org/x of example.org/x/v4 */
static struct str without_major(struct str name)
{
    struct str last = path_basename(name);
    bool major = last.n > 1 && last.n < 4 && last.p[0] == 'v' && last.p[1] >= '0' &&
                 last.p[1] <= '9' && last.n < name.n;

    return major ? str_sub(name, 0, name.n - last.n - 1) : name;
}

/* <PackageReference Include="NAME" */
static bool project_name(struct str *rest, struct str *name)
{
    for (ptrdiff_t at; (at = str_find(*rest, S("<PackageReference "))) != STR_NONE;) {
        *rest = str_from(*rest, (size_t)at + 1);
        ptrdiff_t end = str_chr(*rest, '>');
        struct str element = end == STR_NONE ? *rest : str_sub(*rest, 0, (size_t)end);
        ptrdiff_t value = str_find(element, S(" Include=\""));
        if (value == STR_NONE)
            continue;
        element = str_from(element, (size_t)value + sizeof " Include=\"" - 1);
        str_cut(&element, '"', name);
        return true;
    }
    return false;
}

static bool name_next(struct names *x, struct str *name)
{
    struct str line;

    if (x->of == &projects)
        return project_name(&x->rest, name);
    if (x->next) {
        *name = x->next->key;
        x->next = x->next->next;
        return true;
    }
    while (str_cut(&x->rest, '\n', &line)) {
        *name = without_major(name_of_line(x->of, line));
        if (name->n)
            return true;
    }
    return false;
}

/* ---- whose they are ---- */

static bool builds_with(const struct image *im, const char *programs)
{
    for (const struct command *c = NULL; (c = command_next(im, c, PHASE_BUILD));)
        if (word_is_one_of(c->name, programs))
            return true;
    return false;
}

/* Nothing builds it here: it comes from the context, where the repository's own tools put it. */
static bool comes_built(const struct started *s)
{
    const struct field *f;
    size_t n = started_words(s, &f);

    return n && !starts_interpreter(f, n) && !builds_with(s->im, compilers);
}

/* Asked of each manifest for each kind of library. */
static bool builds_from(const struct image *im, const struct manifest *m)
{
    const struct image_own *own = image_own(im);
    signed char **all = &own->late->manifests;

    if (!*all)
        *all = arena_new(own->definitions.arena, signed char, sizeof manifests / sizeof *manifests);
    signed char *builds = &(*all)[m - manifests];
    if (!*builds)
        *builds = builds_with(im, m->programs) ? 1 : -1;
    return *builds > 0;
}

static bool is_read(const struct started *s, const struct manifest *m, struct str *text)
{
    bool folder;

    if (!builds_from(s->im, m) && !(str_eq(str_of(m->file), S("go.mod")) && comes_built(s)))
        return false;
    return build_context_read(image_own(s->im)->context, str_of(m->file), &folder, text) ==
               ANSWER_FOUND &&
           !folder;
}

typedef bool library_test(const struct manifest *m, struct str name);

static struct str name_in(const struct started *s, const struct manifest *m, struct str text,
                          library_test *is)
{
    struct str name;

    for (struct names x = names_of(m, s->arena, text); name_next(&x, &name);)
        if (is(m, name))
            return name;
    return S("");
}

/* In the project files that the build copies one by one, as is done to restore first. */
static struct str project_library(const struct started *s, library_test *is, struct str *file)
{
    size_t n;
    const struct deed *deed = image_deeds(s->im, &n);
    struct str found = S(""), text;
    bool folder;

    if (!builds_with(s->im, projects.programs))
        return found;
    for (size_t i = 0; i < n && !found.n; i++) {
        const struct deed *d = &deed[i];
        bool project =
            d->kind == DEED_COPY && d->origin == ORIGIN_CONTEXT && d->from.known &&
            (str_ends(d->from.path, S(".csproj")) || str_ends(d->from.path, S(".fsproj")));
        if (!project || build_context_read(image_own(s->im)->context, d->from.path, &folder,
                                           &text) != ANSWER_FOUND)
            continue;
        *file = path_basename(d->from.path);
        found = name_in(s, &projects, text, is);
    }
    return found;
}

static struct str library_of(const struct started *s, library_test *is, struct str *file)
{
    struct str text, found = S("");

    if (!build_context_folders(image_own(s->im)->context))
        return found;
    for (size_t i = 0; i < sizeof manifests / sizeof manifests[0] && !found.n; i++) {
        const struct manifest *m = &manifests[i];
        if (!is_read(s, m, &text))
            continue;
        *file = str_of(m->file);
        found = name_in(s, m, text, is);
    }
    return found.n ? found : project_library(s, is, file);
}

/* ---- what they tell ---- */

static bool talks_to_docker(const struct manifest *m, struct str name)
{
    return word_is_one_of(name, m->docker);
}

struct str started_docker_library(const struct started *s, struct str *file)
{
    return library_of(s, talks_to_docker, file);
}

/* Names of distributions' packages that others give to something else: npm's motion draws. */
static bool works_as_root(const struct manifest *m, struct str name)
{
    (void)m;
    return why_package(name) && !word_is_one_of(name, "motion fuse iproute bridge-utils");
}

struct str started_root_library(const struct started *s, struct str *file)
{
    return library_of(s, works_as_root, file);
}

static bool caches(const struct manifest *m, struct str name)
{
    return word_is_one_of(name, m->caching);
}

bool started_caches(const struct started *s)
{
    struct str file;

    return library_of(s, caches, &file).n > 0;
}

static bool keeps(const struct manifest *m, struct str name)
{
    return word_is_one_of(name, m->keeping);
}

/* Has the file a folder for what its program keeps: a volume, or one that it gives away? */
static bool has_place(const struct started *s)
{
    const struct folder *v;
    size_t n = image_root_folders(s->im, s->arena, s->stage, &v);
    bool volume = false;

    for (size_t i = 0; i < n; i++)
        volume |= v[i].volume != 0;
    return volume || image_stage_runs(s->im, s->stage, "chown chgrp") ||
           image_chown_user(s->im, s->arena, s->stage).n;
}

struct str started_keeping(const struct started *s)
{
    struct str file, library = has_place(s) ? S("") : library_of(s, keeps, &file);

    return library.n
               ? str_fmt(s->arena,
                         STR_FMT " asks for " STR_FMT ", which keeps data in files; give them a "
                                 "folder of their own and `chown` it first",
                         STR_ARG(file), STR_ARG(library))
               : S("");
}
