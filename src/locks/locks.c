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

void lock_read(struct arena *a, const struct lock_kind *kind, struct str text, struct lock *out)
{
    kind->read(a, text, out);
    out->ecosystem = kind->ecosystem;
}

void lock_begin(struct lock_reader *r, struct arena *a, struct lock *out)
{
    *out = (struct lock){.n = 0};
    *r = (struct lock_reader){.arena = a, .out = out};
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

void lock_end(struct lock_reader *r)
{
    r->out->v = r->entry.v;
    r->out->n = r->entry.n;
    r->out->unknown = r->unknown.v;
    r->out->nunknown = r->unknown.n;
    r->out->more = r->more.v;
    r->out->nmore = r->more.n;
}

struct str lock_unquoted(struct str s)
{
    s = str_trim(s);
    bool quoted = s.n >= 2 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.n - 1] == s.p[0];
    return quoted ? str_sub(s, 1, s.n - 1) : s;
}
