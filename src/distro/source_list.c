/* Where packages come from: the two forms of apt's source lists, lines and stanzas of fields, and
 * apk's repositories. */
#include "dfix/sources.h"

enum { SOURCES_MAX = 4096 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct str without_comment(struct str line)
{
    ptrdiff_t hash = str_chr(line, '#');
    return str_trim(hash == STR_NONE ? line : str_sub(line, 0, (size_t)hash));
}

/* Variables such as $(ARCH), and anything that is not a printable word. */
static bool is_literal(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] >= 127 || s.p[i] == '$')
            return false;
    return s.n > 0;
}

static bool is_no(struct str s)
{
    static const char *const no[] = {"no", "false", "without", "off", "disable", "0"};

    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        if (str_ieq(s, str_of(no[i])))
            return true;
    return false;
}

static void add(struct arena *a, struct source_list *out, struct source s)
{
    s.uri = str_without_end(s.uri, '/');
    if (!is_literal(s.uri) || !is_literal(s.suite) || out->list.n == SOURCES_MAX) {
        out->broken = true;
        return;
    }
    s.uri = str_dup(a, s.uri);
    s.suite = str_dup(a, s.suite);
    s.components = str_dup(a, s.components);
    s.signed_by = str_dup(a, s.signed_by);
    s.tag = S("");
    vec_push(a, &out->list, s);
}

/* amd64,arm64 or amd64 arm64. One that is not known could be any: all of them. */
static arch_set archs_of(struct str list)
{
    arch_set all = 0;

    for (size_t from = 0, to; from < list.n; from = to + 1) {
        for (to = from; to < list.n && list.p[to] != ',' && !is_blank(list.p[to]);)
            to++;
        arch_set one = arch_of(str_sub(list, from, to));
        if (to > from && !one)
            return 0;
        all |= one;
    }
    return all;
}

/* snapshot=20240131T120000Z: the archive as it was then, which is not looked up. */
static bool is_snapshot(struct str value)
{
    return value.n && !is_no(value) && !str_ieq(value, S("yes")) && !str_ieq(value, S("enable"));
}

static void read_options(struct str options, struct source *s, bool *broken)
{
    struct str value, name;

    while (word_next(&options, &value)) {
        if (!str_cut(&value, '=', &name))
            continue;
        if (str_ieq(name, S("signed-by")))
            s->signed_by = value;
        else if (str_ieq(name, S("arch")))
            s->archs = archs_of(value);
        else if (str_ieq(name, S("trusted")))
            s->trusted = !is_no(value);
        else if (str_ieq(name, S("snapshot")))
            *broken |= is_snapshot(value);
    }
}

static void read_line(struct arena *a, struct str line, struct source_list *out)
{
    struct source s = {.signed_by = S("")};
    struct str type;

    if (!word_next(&line, &type) || str_eq(type, S("deb-src")))
        return;
    line = str_trim(line);
    if (str_starts(line, S("["))) {
        ptrdiff_t close = str_chr(line, ']');
        read_options(str_sub(line, 1, close == STR_NONE ? line.n : (size_t)close), &s,
                     &out->broken);
        line = close == STR_NONE ? S("") : str_from(line, (size_t)close + 1);
    }
    if (!str_eq(type, S("deb")) || !word_next(&line, &s.uri) || !word_next(&line, &s.suite)) {
        out->broken = true;
        return;
    }
    s.components = str_trim(line);
    add(a, out, s);
}

void sources_read_lines(struct arena *a, struct str text, struct source_list *out)
{
    struct str line;

    while (str_cut(&text, '\n', &line))
        read_line(a, without_comment(line), out);
}

/* ---- deb822: fields of several words, folded lines ---- */

struct fields {
    struct buf types, uris, suites, components, archs, signed_by, trusted, enabled, snapshot;
    bool any;
};

static struct buf *field_named(struct fields *f, struct str name)
{
    const struct {
        struct str name;
        struct buf *to;
    } known[] = {{S("Types"), &f->types},         {S("URIs"), &f->uris},
                 {S("Suites"), &f->suites},       {S("Components"), &f->components},
                 {S("Signed-By"), &f->signed_by}, {S("Enabled"), &f->enabled},
                 {S("Architectures"), &f->archs}, {S("Trusted"), &f->trusted},
                 {S("Snapshot"), &f->snapshot}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (str_ieq(name, known[i].name))
            return known[i].to;
    return NULL;
}

static void stanza_end(struct arena *a, struct fields *f, struct source_list *out)
{
    struct str uris = buf_str(&f->uris), uri, suites, suite;
    /* A key in the file itself is more than a name: said as what it is. */
    struct str key = str_trim(buf_str(&f->signed_by));
    if (str_find(key, S("BEGIN PGP")) != STR_NONE)
        key = S("(in the file)");
    bool wanted = f->any && !is_no(str_trim(buf_str(&f->enabled)));
    out->broken |= wanted && is_snapshot(str_trim(buf_str(&f->snapshot)));
    if (wanted && (!f->types.n || !f->uris.n || !f->suites.n))
        out->broken = true;
    else if (wanted && words_have(buf_str(&f->types), S("deb")))
        while (word_next(&uris, &uri))
            for (suites = buf_str(&f->suites); word_next(&suites, &suite);)
                add(a, out,
                    (struct source){.uri = uri,
                                    .suite = suite,
                                    .components = str_trim(buf_str(&f->components)),
                                    .signed_by = key,
                                    .archs = archs_of(buf_str(&f->archs)),
                                    .trusted =
                                        f->trusted.n && !is_no(str_trim(buf_str(&f->trusted)))});
    struct buf none = {.arena = a};
    *f = (struct fields){none, none, none, none, none, none, none, none, none, false};
}

void sources_read_deb822(struct arena *a, struct str text, struct source_list *out)
{
    struct fields f = {.any = false};
    struct buf *into = NULL;
    struct str line;
    stanza_end(a, &f, out);
    while (str_cut(&text, '\n', &line)) {
        if (str_starts(line, S("#")))
            continue;
        if (!str_trim(line).n) {
            stanza_end(a, &f, out);
            into = NULL;
            continue;
        }
        struct str value = str_trim(line);
        if (line.p[0] != ' ' && line.p[0] != '\t') {
            ptrdiff_t colon = str_chr(line, ':');
            if (colon == STR_NONE) {
                out->broken = true;
                continue;
            }
            f.any = true;
            into = field_named(&f, str_sub(line, 0, (size_t)colon));
            value = str_trim(str_from(line, (size_t)colon + 1));
        }
        if (into) {
            buf_char(into, ' ');
            buf_add(into, value);
        }
    }
    stanza_end(a, &f, out);
}

/* ---- what moves candidates ---- */

bool preferences_matter(struct str text)
{
    struct str line;
    while (str_cut(&text, '\n', &line)) {
        line = str_trim(line);
        if (line.n && line.p[0] != '#')
            return true;
    }
    return false;
}

bool apt_conf_matters(struct arena *a, struct str text)
{
    static const char *const keys[] = {"default-release", "target-release", "dir::etc",
                                       "dir::state",      "#clear",         "#include"};
    struct str low = str_lower(a, text), line;
    while (str_cut(&low, '\n', &line)) {
        line = str_trim(line);
        if (str_starts(line, S("//")))
            continue;
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
            if (str_find(line, str_of(keys[i])) != STR_NONE)
                return true;
    }
    return false;
}

/* ---- apk's repositories ---- */

static bool read_repository(struct str line, struct source *out)
{
    struct str none = S("");
    bool whole = true;

    *out = (struct source){.suite = none, .components = none, .signed_by = none, .tag = none};
    word_next(&line, &out->uri);
    if (str_starts(out->uri, S("@"))) {
        out->tag = str_from(out->uri, 1);
        whole = out->tag.n > 0 && word_next(&line, &out->uri);
    }
    return whole && !str_trim(line).n;
}

void sources_read_repositories(struct arena *a, struct str text, struct source_list *out)
{
    struct str line;

    while (str_cut(&text, '\n', &line)) {
        struct source s;
        line = str_trim(line);
        if (!line.n || line.p[0] == '#')
            continue;
        out->broken |= !read_repository(line, &s) || out->list.n == SOURCES_MAX;
        if (out->list.n == SOURCES_MAX)
            return;
        s.uri = str_dup(a, s.uri);
        s.tag = str_dup(a, s.tag);
        vec_push(a, &out->list, s);
    }
}
