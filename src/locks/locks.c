/* locks.c - the kinds of lock files. */
#include "locks/locks.h"

static const struct lock_kind kinds[] = {
    {"requirements*.txt", "pypi", "pip pip3 python python3 uv", lock_read_requirements},
    {"poetry.lock", "pypi", "poetry", lock_read_toml},
    {"package-lock.json", "npm", "npm", lock_read_npm},
    {"npm-shrinkwrap.json", "npm", "npm", lock_read_npm},
    {"yarn.lock", "npm", "yarn", lock_read_yarn},
    {"go.mod", "go", "go", lock_read_go},
    {"Gemfile.lock", "rubygems", "bundle bundler", lock_read_gems},
    {"Cargo.lock", "crates.io", "cargo", lock_read_toml},
    {"pom.xml", "maven", "mvn mvnw", lock_read_pom},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

size_t lock_kinds(const struct lock_kind **out)
{
    *out = kinds;
    return KINDS;
}

const struct lock_kind *lock_kind(struct str path)
{
    struct str name = path_basename(path);
    for (size_t i = 0; i < KINDS; i++)
        if (str_glob(str_of(kinds[i].name), name, false))
            return &kinds[i];
    return NULL;
}

void lock_read(struct arena *a, const struct lock_kind *kind, struct str text,
               const struct lock_files *files, struct lock *out)
{
    struct lock_reader r = {.arena = a, .out = out, .files = files};
    *out = (struct lock){.ecosystem = kind->ecosystem};
    kind->read(&r, text);
    out->v = r.entry.v;
    out->n = r.entry.n;
    out->unknown = r.unknown.v;
    out->nunknown = r.unknown.n;
    out->more = r.more.v;
    out->nmore = r.more.n;
}

void lock_add(struct lock_reader *r, struct str name, struct str version, uint32_t line)
{
    if (!name.n || !version.n) {
        r->out->broken = true;
        return;
    }
    vec_push(r->arena, &r->entry, (struct lock_entry){name, version, line});
}

void lock_add_unknown(struct lock_reader *r, struct str name, const char *why)
{
    vec_push(r->arena, &r->unknown, (struct lock_unknown){name, str_of(why)});
}

void lock_add_file(struct lock_reader *r, struct str path)
{
    vec_push(r->arena, &r->more, path);
}

struct str lock_unquoted(struct str s)
{
    s = str_trim(s);
    bool quoted = s.n >= 2 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.n - 1] == s.p[0];
    return quoted ? str_sub(s, 1, s.n - 1) : s;
}
