/* lines.c - lock files that programs write line by line: poetry.lock and Cargo.lock (TOML's
 * [[package]] tables), yarn.lock, go.mod, Gemfile.lock. */
#include "locks/locks.h"

/* ---- [[package]] ---- */

struct table {
    struct str name, version, source;
    uint32_t line;
    bool open;
};

static void end_table(struct lock_reader *r, struct table *t, bool wants_source)
{
    if (t->open && (!wants_source || t->source.n)) /* Cargo: without one it is the project's own */
        lock_add(r, t->name, t->version, t->line);
    *t = (struct table){S(""), S(""), S(""), 0, false};
}

/* Cargo.lock gives each package a source; poetry.lock only some, in a table of their own. */
static bool is_cargo(struct str text)
{
    return str_find(text, S("\nsource = \"")) != STR_NONE &&
           str_find(text, S("[metadata]\npython-versions")) == STR_NONE &&
           str_find(text, S("content-hash")) == STR_NONE;
}

void lock_read_toml(struct lock_reader *r, struct str text)
{
    struct str line;
    bool cargo = is_cargo(text), within = false;
    struct table t = {S(""), S(""), S(""), 0, false};
    for (uint32_t number = 1; str_cut(&text, '\n', &line); number++) {
        line = str_trim(line);
        if (str_starts(line, S("["))) {
            within = str_eq(line, S("[[package]]"));
            if (within) {
                end_table(r, &t, cargo);
                t.open = true;
                t.line = number;
            }
            continue;
        }
        struct str value = line, key;
        if (!within || !str_cut(&value, '=', &key))
            continue;
        key = str_trim(key);
        if (str_eq(key, S("name")))
            t.name = lock_unquoted(value);
        else if (str_eq(key, S("version")))
            t.version = lock_unquoted(value);
        else if (str_eq(key, S("source")))
            t.source = lock_unquoted(value);
    }
    end_table(r, &t, cargo);
}

/* ---- yarn ---- */

/* Up to the `@` that is not the first byte; `rest` is what stands behind it. */
static struct str before_at(struct str s, struct str *rest)
{
    ptrdiff_t at = s.n > 1 ? str_chr(str_from(s, 1), '@') : STR_NONE;
    *rest = at == STR_NONE ? S("") : str_from(s, (size_t)at + 2);
    return at == STR_NONE ? S("") : str_sub(s, 0, (size_t)at + 1);
}

/* `"@scope/name@npm:^1, ..."`, `name@^1`, and under another name `other@npm:name@^1`. */
static struct str yarn_name(struct str header)
{
    struct str first = header;
    str_cut(&header, ',', &first);
    first = lock_unquoted(first);
    if (str_starts(first, S("\"")))
        first = str_from(first, 1);
    struct str range, name = before_at(first, &range), real, rest;
    if (!str_starts(range, S("npm:")))
        return name;
    real = before_at(str_from(range, 4), &rest);
    return real.n ? real : name;
}

/* A folder of the project, or another name for it, is nobody's package. */
static bool is_local(struct str header)
{
    return str_find(header, S("@workspace:")) != STR_NONE ||
           str_find(header, S("@file:")) != STR_NONE || str_find(header, S("@link:")) != STR_NONE ||
           str_find(header, S("@portal:")) != STR_NONE;
}

void lock_read_yarn(struct lock_reader *r, struct str text)
{
    struct str line, header = S("");
    uint32_t at = 0;
    for (uint32_t number = 1; str_cut(&text, '\n', &line); number++) {
        line = str_without_end(line, '\r');
        bool indented = str_starts(line, S(" "));
        struct str plain = str_trim(line);
        if (!indented && str_ends(plain, S(":")) && plain.p[0] != '#') {
            header = str_sub(plain, 0, plain.n - 1);
            at = number;
            if (str_eq(header, S("__metadata")))
                header = S("");
        } else if (header.n && str_starts(line, S("  version")) && line.n > 9 &&
                   (line.p[9] == ' ' || line.p[9] == ':')) {
            struct str version = lock_unquoted(str_from(line, 10));
            if (is_local(header))
                lock_add_unknown(r, yarn_name(header), "it is a folder of the project");
            else
                lock_add(r, yarn_name(header), version, at);
            header = S("");
        }
    }
}

/* ---- Go ---- */

static struct str without_remark(struct str line)
{
    ptrdiff_t at = str_find(line, S("//"));
    return str_trim(at == STR_NONE ? line : str_sub(line, 0, (size_t)at));
}

/* "old [v] => new v", "old => ../folder" */
static void replace_module(struct lock_reader *r, struct str line)
{
    ptrdiff_t arrow = str_find(line, S("=>"));
    struct str left = arrow == STR_NONE ? S("") : str_sub(line, 0, (size_t)arrow), old, name,
               version;
    struct str right = arrow == STR_NONE ? S("") : str_from(line, (size_t)arrow + 2);
    if (!word_next(&left, &old) || !word_next(&right, &name))
        return;
    struct str only = S("");
    word_next(&left, &only);
    bool whole = word_next(&right, &version);
    bool met = false;
    size_t kept = 0;
    for (size_t i = 0; i < r->entry.n; i++) {
        struct lock_entry e = r->entry.v[i];
        bool same = str_eq(e.name, old) && (!only.n || str_eq(e.version, only));
        met |= same;
        if (same && whole)
            e = (struct lock_entry){name, version, e.line};
        if (!same || whole)
            r->entry.v[kept++] = e;
    }
    r->entry.n = kept;
    if (met && !whole)
        lock_add_unknown(r, old, "it is replaced by a folder");
}

void lock_read_go(struct lock_reader *r, struct str text)
{
    struct str line, word, block = S("");
    VEC(struct str) replaced = {0};
    for (uint32_t number = 1; str_cut(&text, '\n', &line); number++) {
        struct str rest = without_remark(line), verb = block;
        if (str_eq(rest, S(")"))) {
            block = S("");
            continue;
        }
        if (!block.n && !word_next(&rest, &verb))
            continue;
        if (!block.n && str_eq(str_trim(rest), S("("))) {
            block = verb;
            continue;
        }
        if (str_eq(verb, S("replace"))) {
            vec_push(r->arena, &replaced, rest);
        } else if (str_eq(verb, S("require")) && word_next(&rest, &word)) {
            struct str version = S("");
            word_next(&rest, &version);
            lock_add(r, lock_unquoted(word), version, number);
        }
    }
    for (size_t i = 0; i < replaced.n; i++)
        replace_module(r, replaced.v[i]);
}

/* ---- Bundler ---- */

/* "nokogiri (1.13.0-x86_64-linux)": the platform is no part of the version. */
static struct str gem_version(struct str s)
{
    static const char *const platforms[] = {"-x86",       "-arm",   "-aarch64", "-java",
                                            "-universal", "-mingw", "-mswin",   "-x64"};
    for (size_t i = 0; i < sizeof platforms / sizeof platforms[0]; i++) {
        ptrdiff_t at = str_find(s, str_of(platforms[i]));
        if (at > 0)
            return str_sub(s, 0, (size_t)at);
    }
    return s;
}

void lock_read_gems(struct lock_reader *r, struct str text)
{
    struct str line, section = S("");
    bool specs = false;
    for (uint32_t number = 1; str_cut(&text, '\n', &line); number++) {
        line = str_without_end(line, '\r');
        if (line.n && line.p[0] != ' ') {
            section = line;
            specs = false;
            continue;
        }
        specs |= str_eq(str_trim(line), S("specs:"));
        bool entry = specs && str_starts(line, S("    ")) && line.n > 4 && line.p[4] != ' ';
        ptrdiff_t open = str_chr(line, '(');
        if (!entry || open == STR_NONE || !str_ends(line, S(")")))
            continue;
        struct str name = str_trim(str_sub(line, 0, (size_t)open));
        if (str_eq(section, S("GEM")))
            lock_add(r, name, gem_version(str_sub(line, (size_t)open + 1, line.n - 1)), number);
        else
            lock_add_unknown(r, name, "it is installed from a folder or repository");
    }
}
