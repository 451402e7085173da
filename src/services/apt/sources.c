#include "services/apt/sources.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "services/files.h"

enum { SOURCES_MAX = 1 << 20, FILES_MAX = 1000 };

/* ---- words ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool next_word(struct str *rest, struct str *word)
{
    size_t from = 0, to;
    while (from < rest->n && is_blank(rest->p[from]))
        from++;
    for (to = from; to < rest->n && !is_blank(rest->p[to]);)
        to++;
    *word = str_sub(*rest, from, to);
    *rest = str_from(*rest, to);
    return word->n > 0;
}

bool sources_has_word(struct str list, struct str word)
{
    struct str w;
    while (next_word(&list, &w))
        if (str_eq(w, word))
            return true;
    return false;
}

static struct str without_slash(struct str uri)
{
    while (uri.n && uri.p[uri.n - 1] == '/')
        uri.n--;
    return uri;
}

static void add_source(struct arena *a, struct apt_source s, apt_sources *out)
{
    s.uri = without_slash(s.uri);
    if (s.uri.n && s.suite.n)
        vec_push(a, out, s);
}

/* ---- sources.list: deb [ option=value ... ] uri suite [component ...] ---- */

static void parse_options(struct arena *a, struct str options, struct apt_source *s)
{
    struct str word, name;
    while (next_word(&options, &word)) {
        if (!str_cut(&word, '=', &name))
            continue;
        struct str value = str_dup(a, word);
        char *p = arena_new(a, char, value.n + 1);
        for (size_t i = 0; i < value.n; i++)
            p[i] = value.p[i] == ',' ? ' ' : value.p[i];
        value.p = p;
        if (str_ieq(name, S("signed-by")))
            s->signed_by = value;
        else if (str_ieq(name, S("arch")))
            s->archs = value;
    }
}

static void parse_line(struct arena *a, struct str line, apt_sources *out)
{
    struct apt_source s = {.archs = S(""), .signed_by = S("")};
    struct str type;
    ptrdiff_t comment = str_chr(line, '#');
    if (comment != STR_NONE)
        line = str_sub(line, 0, (size_t)comment);
    if (!next_word(&line, &type) || !str_eq(type, S("deb")))
        return;
    line = str_trim(line);
    if (str_starts(line, S("["))) {
        ptrdiff_t end = str_chr(line, ']');
        if (end == STR_NONE)
            return;
        parse_options(a, str_sub(line, 1, (size_t)end), &s);
        line = str_from(line, (size_t)end + 1);
    }
    if (!next_word(&line, &s.uri) || !next_word(&line, &s.suite))
        return;
    s.components = str_trim(line);
    add_source(a, s, out);
}

void sources_parse_list(struct arena *a, struct str text, apt_sources *out)
{
    struct str line;
    while (str_cut(&text, '\n', &line))
        parse_line(a, line, out);
}

/* ---- deb822: stanzas of fields ---- */

struct stanza {
    struct str types, uris, suites, components, archs, signed_by, enabled;
};

static const struct stanza empty_stanza = {{"", 0}, {"", 0}, {"", 0}, {"", 0},
                                           {"", 0}, {"", 0}, {"", 0}};

static struct str *stanza_field(struct stanza *s, struct str name)
{
    const struct {
        const char *name;
        struct str *field;
    } fields[] = {{"Types", &s->types},         {"URIs", &s->uris},
                  {"Suites", &s->suites},       {"Components", &s->components},
                  {"Architectures", &s->archs}, {"Signed-By", &s->signed_by},
                  {"Enabled", &s->enabled}};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (str_ieq(name, str_of(fields[i].name)))
            return fields[i].field;
    return NULL;
}

static void end_stanza(struct arena *a, struct stanza *s, apt_sources *out)
{
    struct str uris = s->uris, uri, suite;
    bool off = str_ieq(str_trim(s->enabled), S("no")) || str_ieq(str_trim(s->enabled), S("false"));
    bool key_inside = str_find(s->signed_by, S("BEGIN PGP")) != STR_NONE;
    if (!off && sources_has_word(s->types, S("deb")))
        while (next_word(&uris, &uri))
            for (struct str suites = s->suites; next_word(&suites, &suite);)
                add_source(a,
                           (struct apt_source){.uri = uri,
                                               .suite = suite,
                                               .components = s->components,
                                               .archs = s->archs,
                                               .signed_by = key_inside ? S("") : s->signed_by},
                           out);
    *s = empty_stanza;
}

void sources_parse_deb822(struct arena *a, struct str text, apt_sources *out)
{
    struct stanza s = empty_stanza;
    struct str line, *field = NULL;
    while (str_cut(&text, '\n', &line)) {
        if (str_starts(line, S("#")))
            continue;
        if (str_trim(line).n == 0) {
            end_stanza(a, &s, out);
            field = NULL;
        } else if (is_blank(line.p[0])) {
            if (field) /* it ran on: the slice grows over this line */
                field->n = (size_t)(line.p + line.n - field->p);
        } else {
            ptrdiff_t colon = str_chr(line, ':');
            field = colon == STR_NONE ? NULL : stanza_field(&s, str_sub(line, 0, (size_t)colon));
            if (field)
                *field = str_from(line, (size_t)colon + 1);
        }
    }
    end_stanza(a, &s, out);
}

/* ---- where apt's files are ---- */

struct apt_dirs {
    struct str root, state, lists, etc, list, parts;
};

/* Key "value" */
static void read_option(struct str statement, struct apt_dirs *d)
{
    struct str name, value;
    if (!next_word(&statement, &name))
        return;
    value = str_trim(statement);
    if (value.n < 2 || value.p[0] != '"' || value.p[value.n - 1] != '"')
        return;
    value = str_sub(value, 1, value.n - 1);
    const struct {
        const char *name;
        struct str *into;
    } options[] = {{"Dir", &d->root},
                   {"Dir::State", &d->state},
                   {"Dir::State::lists", &d->lists},
                   {"Dir::Etc", &d->etc},
                   {"Dir::Etc::sourcelist", &d->list},
                   {"Dir::Etc::sourceparts", &d->parts}};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (str_ieq(name, str_of(options[i].name)))
            *options[i].into = value;
}

/* A path below another one, unless it is absolute. */
static struct str below(struct arena *a, struct str folder, struct str path)
{
    if (str_starts(path, S("/")))
        return path;
    if (str_ends(folder, S("/")))
        folder.n--;
    return str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(folder), STR_ARG(path));
}

static struct apt_dirs find_dirs(struct arena *a)
{
    struct apt_dirs d = {S("/"),       S("var/lib/apt"),  S("lists"),
                         S("etc/apt"), S("sources.list"), S("sources.list.d")};
    const char *config = getenv("APT_CONFIG");
    struct str text, statement;
    struct err e;
    if (config && file_read(a, config, SOURCES_MAX, &text, &e))
        while (str_cut(&text, ';', &statement))
            read_option(str_trim(statement), &d);
    d.state = below(a, d.root, d.state);
    d.etc = below(a, d.root, d.etc);
    d.lists = below(a, d.state, d.lists);
    d.list = below(a, d.etc, d.list);
    d.parts = below(a, d.etc, d.parts);
    return d;
}

static int by_name(const void *x, const void *y)
{
    return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

static void read_parts(struct arena *a, struct str folder, apt_sources *out)
{
    VEC(struct str) names = {0};
    DIR *d = opendir(str_cstr(a, folder));
    if (!d)
        return;
    for (struct dirent *entry; (entry = readdir(d)) && names.n < FILES_MAX;) {
        struct str name = str_of(entry->d_name);
        if (str_ends(name, S(".list")) || str_ends(name, S(".sources")))
            vec_push(a, &names, str_dup(a, name));
    }
    closedir(d);
    if (names.n)
        qsort(names.v, names.n, sizeof names.v[0], by_name);
    for (size_t i = 0; i < names.n; i++) {
        struct str text;
        struct err e;
        if (!file_read(a, str_cstr(a, below(a, folder, names.v[i])), SOURCES_MAX, &text, &e))
            continue;
        if (str_ends(names.v[i], S(".list")))
            sources_parse_list(a, text, out);
        else
            sources_parse_deb822(a, text, out);
    }
}

struct apt_host sources_read(struct arena *a)
{
    struct apt_dirs d = find_dirs(a);
    apt_sources found = {0};
    struct str text;
    struct err e;
    if (file_read(a, str_cstr(a, d.list), SOURCES_MAX, &text, &e))
        sources_parse_list(a, text, &found);
    read_parts(a, d.parts, &found);
    struct apt_host host = {.lists = S(""), .source = found.v, .nsource = found.n};
    if (access(str_cstr(a, d.lists), R_OK) == 0)
        host.lists = d.lists;
    return host;
}

/* ---- names of lists, as apt makes them from URLs ---- */

struct str sources_list_path(struct arena *a, struct str lists, struct str uri, struct str suite,
                             struct str file)
{
    struct buf b = {.arena = a};
    ptrdiff_t scheme = str_find(uri, S("://"));
    struct str rest = scheme == STR_NONE ? uri : str_from(uri, (size_t)scheme + 3);
    ptrdiff_t slash = str_chr(rest, '/');
    size_t host = slash == STR_NONE ? rest.n : (size_t)slash;
    ptrdiff_t at = str_rchr(str_sub(rest, 0, host), '@');
    if (at != STR_NONE)
        rest = str_from(rest, (size_t)at + 1);
    struct str url = str_fmt(a, STR_FMT "/dists/" STR_FMT "/" STR_FMT, STR_ARG(rest),
                             STR_ARG(suite), STR_ARG(file));
    buf_fmt(&b, STR_FMT "/", STR_ARG(lists));
    for (size_t i = 0; i < url.n; i++) {
        unsigned char c = (unsigned char)url.p[i];
        if (c == '/')
            buf_char(&b, '_');
        else if (c <= 0x20 || c >= 0x7f || strchr("\\|{}[]<>\"^~_=!@#$%^&*", c))
            buf_fmt(&b, "%%%02x", c);
        else
            buf_char(&b, (char)c);
    }
    return str_dup(a, buf_str(&b));
}
