/* sources.c - where a system's package manager looks: sources.list(5), apk's repositories. */
#include "services/registry/installed.h"

enum { SOURCES_MAX = 4096 };

static bool next_word(struct str *s, struct str *word)
{
    *s = str_trim(*s);
    size_t n = 0;
    while (n < s->n && s->p[n] != ' ' && s->p[n] != '\t')
        n++;
    *word = str_sub(*s, 0, n);
    *s = str_from(*s, n);
    return n > 0;
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

static void add(struct arena *a, struct source_list *out, struct source s)
{
    if (!is_literal(s.uri) || !is_literal(s.suite) || out->list.n == SOURCES_MAX) {
        out->broken = true;
        return;
    }
    vec_push(a, &out->list,
             (struct source){.uri = str_dup(a, s.uri),
                             .suite = str_dup(a, s.suite),
                             .components = str_dup(a, s.components),
                             .signed_by = str_dup(a, s.signed_by),
                             .tag = S("")});
}

/* deb [ options ] uri suite [component...] */
static void apt_line(struct arena *a, struct str line, struct source_list *out)
{
    struct str word, signed_by = S("");
    struct source s = {
        .uri = S(""), .suite = S(""), .components = S(""), .signed_by = S(""), .tag = S("")};
    if (!next_word(&line, &word))
        return;
    if (str_eq(word, S("deb-src")))
        return;
    if (!str_eq(word, S("deb"))) {
        out->broken = true;
        return;
    }
    line = str_trim(line);
    if (str_starts(line, S("["))) {
        ptrdiff_t close = str_chr(line, ']');
        if (close == STR_NONE) {
            out->broken = true;
            return;
        }
        struct str options = str_sub(line, 1, (size_t)close);
        line = str_from(line, (size_t)close + 1);
        while (next_word(&options, &word))
            if (str_starts(word, S("signed-by=")))
                signed_by = str_from(word, 10);
    }
    if (!next_word(&line, &s.uri) || !next_word(&line, &s.suite)) {
        out->broken = true;
        return;
    }
    s.components = str_trim(line);
    s.signed_by = signed_by;
    add(a, out, s);
}

void sources_apt_lines(struct arena *a, struct str text, struct source_list *out)
{
    struct str line;
    while (str_cut(&text, '\n', &line)) {
        line = without_comment(line);
        if (line.n)
            apt_line(a, line, out);
    }
}

/* ---- deb822: fields of several words, folded lines ---- */

struct fields {
    struct buf types, uris, suites, components, signed_by, enabled;
    bool any;
};

static struct buf *field_named(struct fields *f, struct str name)
{
    const struct {
        struct str name;
        struct buf *to;
    } known[] = {{S("Types"), &f->types},         {S("URIs"), &f->uris},
                 {S("Suites"), &f->suites},       {S("Components"), &f->components},
                 {S("Signed-By"), &f->signed_by}, {S("Enabled"), &f->enabled}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (str_ieq(name, known[i].name))
            return known[i].to;
    return NULL;
}

static bool has_word(struct str list, struct str what)
{
    struct str word;
    while (next_word(&list, &word))
        if (str_eq(word, what))
            return true;
    return false;
}

static bool is_no(struct str s)
{
    static const char *const no[] = {"no", "false", "without", "off", "disable", "0"};
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        if (str_ieq(s, str_of(no[i])))
            return true;
    return false;
}

static void stanza_end(struct arena *a, struct fields *f, struct source_list *out)
{
    struct str uris = buf_str(&f->uris), uri, suites, suite;
    /* A key in the file itself is more than a name: said as what it is. */
    struct str key = str_trim(buf_str(&f->signed_by));
    if (str_find(key, S("BEGIN PGP")) != STR_NONE)
        key = S("(in the file)");
    bool wanted = f->any && !is_no(str_trim(buf_str(&f->enabled)));
    if (wanted && (!f->types.n || !f->uris.n || !f->suites.n))
        out->broken = true;
    else if (wanted && has_word(buf_str(&f->types), S("deb")))
        while (next_word(&uris, &uri))
            for (suites = buf_str(&f->suites); next_word(&suites, &suite);)
                add(a, out,
                    (struct source){.uri = uri,
                                    .suite = suite,
                                    .components = str_trim(buf_str(&f->components)),
                                    .signed_by = key,
                                    .tag = S("")});
    struct buf none = {.arena = a};
    *f = (struct fields){none, none, none, none, none, none, false};
}

void sources_apt_deb822(struct arena *a, struct str text, struct source_list *out)
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

/* ---- apk: [@tag] uri, whose end is the branch and the repository ---- */

void sources_apk(struct arena *a, struct str text, struct source_list *out)
{
    struct str line, word;
    while (str_cut(&text, '\n', &line)) {
        line = without_comment(line);
        if (!next_word(&line, &word))
            continue;
        if (word.p[0] == '@') { /* only for packages asked for with that tag */
            continue;
        }
        struct str uri = word;
        while (str_ends(uri, S("/")))
            uri.n--;
        ptrdiff_t last = str_rchr(uri, '/');
        ptrdiff_t before =
            last == STR_NONE ? STR_NONE : str_rchr(str_sub(uri, 0, (size_t)last), '/');
        if (before <= 0 || str_trim(line).n) {
            out->broken = true;
            continue;
        }
        add(a, out,
            (struct source){.uri = str_sub(uri, 0, (size_t)before),
                            .suite = str_from(uri, (size_t)before + 1),
                            .components = S(""),
                            .signed_by = S(""),
                            .tag = S("")});
    }
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
