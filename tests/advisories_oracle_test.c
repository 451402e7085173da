/* Matches against a plain matcher of the test's own, which reads the documents as trees and knows
 * no index: every package of three releases (Alpine 3.12 and 3.16 by their indexes, Debian 11 by a
 * base), and of the Alpine bases at hand. */
#include <jansson.h>
#include <stdio.h>

#include "dfix/version.h"
#include "feeds.h"
#include "reader/unpack.h"

static bool add_block(void *user, struct str block, struct err *e)
{
    (void)e;
    buf_add(user, block);
    return true;
}

static struct str plain(struct arena *a, struct str xz)
{
    struct buf b = {.arena = a};
    struct err e;
    struct unpacker *u = unpack_open(PACKING_XZ, 64 << 20, add_block, &b);
    assert_true(unpack_feed(u, xz, &e) && unpack_finish(u, &e));
    unpack_close(u);
    return buf_str(&b);
}

static json_t *tree(struct str text, size_t flags)
{
    json_error_t why;
    json_t *j = json_loadb(text.p, text.n, flags, &why);
    if (!j)
        fail_msg("%s", why.text);
    return j;
}

/* ---- what ours says, as lines ---- */

static void add_line(struct buf *b, const char *id, struct str fixed)
{
    buf_fmt(b, "%s < " STR_FMT "\n", id, STR_ARG(fixed));
}

static int by_text(const void *x, const void *y)
{
    return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

static struct str sorted(struct arena *a, struct str lines)
{
    VEC(struct str) v = {0};
    struct str line;
    struct buf out = {.arena = a};
    while (str_cut(&lines, '\n', &line))
        if (line.n)
            vec_push(a, &v, line);
    if (v.n)
        qsort(v.v, v.n, sizeof *v.v, by_text);
    for (size_t i = 0; i < v.n; i++)
        if (!i || !str_eq(v.v[i], v.v[i - 1]))
            buf_fmt(&out, STR_FMT "\n", STR_ARG(v.v[i]));
    return out.n ? buf_str(&out) : S("");
}

static struct str ours(struct test_feeds *t, struct arena *a, const struct component *c)
{
    struct match_list l;
    struct buf b = {.arena = a};
    advisories_match(a, &t->held, c, false, &l);
    for (size_t i = 0; i < l.n; i++)
        if (l.v[i].verdict == VERDICT_AFFECTED)
            add_line(&b, str_cstr(a, l.v[i].is.id), l.v[i].fixed);
    return sorted(a, b.n ? buf_str(&b) : S(""));
}

static size_t compared, found;

static void same(const struct component *c, struct str mine, struct str plainly)
{
    compared++;
    found += plainly.n > 0;
    if (!str_eq(mine, plainly))
        fail_msg(STR_FMT " " STR_FMT ":\n" STR_FMT "but plainly\n" STR_FMT, STR_ARG(c->name),
                 STR_ARG(c->version), STR_ARG(mine), STR_ARG(plainly));
}

/* ---- Alpine ---- */

static void secdb_of(struct arena *a, const json_t *db, struct str name, struct str version,
                     struct buf *out)
{
    size_t i, k;
    json_t *entry, *ids, *id;
    const char *fixed;
    json_array_foreach(json_object_get(db, "packages"), i, entry)
    {
        json_t *pkg = json_object_get(entry, "pkg");
        const char *of = json_string_value(json_object_get(pkg, "name"));
        if (!of || !str_eq(str_of(of), name))
            continue;
        json_object_foreach(json_object_get(pkg, "secfixes"), fixed, ids)
        {
            if (strcmp(fixed, "0") == 0 || !apk_valid(str_of(fixed)) ||
                apk_compare(version, str_of(fixed)) >= 0)
                continue;
            json_array_foreach(ids, k, id)
            {
                struct str rest = str_of(json_string_value(id)), word;
                while (word_next(&rest, &word))
                    add_line(out, str_cstr(a, word), str_of(fixed));
            }
        }
    }
}

/* "P:name V:version o:origin", blocks with an empty line between. */
static void each_package(struct test_feeds *t, struct str text, const char *ecosystem,
                         json_t *const *db, size_t n)
{
    struct str line, name = S(""), version = S(""), origin = S("");
    struct arena *a = arena_open();
    struct arena_mark mark = arena_mark(a);
    while (str_cut(&text, '\n', &line)) {
        if (line.n > 2 && line.p[1] == ':') {
            struct str value = str_from(line, 2);
            name = line.p[0] == 'P' ? value : name;
            version = line.p[0] == 'V' ? value : version;
            origin = line.p[0] == 'o' ? value : origin;
        }
        if (line.n || !name.n)
            continue;
        struct component c = component_of(ecosystem, name, version);
        struct buf b = {.arena = a};
        c.source = origin;
        for (size_t i = 0; i < n; i++)
            secdb_of(a, db[i], origin.n ? origin : name, version, &b);
        same(&c, ours(t, a, &c), sorted(a, b.n ? buf_str(&b) : S("")));
        name = version = origin = S("");
        arena_rewind(a, mark);
    }
    arena_close(a);
}

static void alpine(const char *release, const char *packages)
{
    struct test_feeds *t = feeds_open();
    struct arena *a = t->arena;
    static const char *const repositories[] = {"main", "community"};
    json_t *db[2] = {NULL, NULL};
    struct str bytes, text;
    for (size_t i = 0; i < 2; i++) {
        if (!feeds_add_shared(t, str_fmt(a, "secdb/%s-%s.json.xz", release, repositories[i]).p,
                              &bytes)) {
            feeds_close(t);
            skip();
            return;
        }
        db[i] = tree(plain(a, bytes), 0);
    }
    const char *path = str_fmt(a, "%s/data/%s", DFIX_SHARED, packages).p;
    if (strstr(packages, ".tar.gz")) { /* the last file in it */
        FILE *p = popen(str_fmt(a, "tar -xzOf '%s' APKINDEX 2>/dev/null", path).p, "r");
        struct buf b = {.arena = a};
        char block[65536];
        assert_non_null(p);
        for (size_t n; (n = fread(block, 1, sizeof block, p)) > 0;)
            buf_add(&b, (struct str){block, n});
        pclose(p);
        text = buf_str(&b);
    } else {
        struct err e;
        assert_true(file_read(a, path, 16 << 20, &text, &e));
    }
    compared = found = 0;
    each_package(t, text, str_fmt(a, "alpine:%s", release).p, db, 2);
    print_message("alpine %s: %zu packages, %zu with matches\n", release, compared, found);
    assert_true(compared > 10);
    for (size_t i = 0; i < 2; i++)
        json_decref(db[i]);
    feeds_close(t);
}

static void test_alpine_indexes(void **state)
{
    (void)state;
    alpine("3.12", "apk/APKINDEX-v3.12.12-45-main-x86_64.tar.gz");
    alpine("3.16", "apk/APKINDEX-v3.16.3-13-main-x86_64.tar.gz");
}

static void test_alpine_bases(void **state)
{
    (void)state;
    alpine("3.12", "alpine/3.12.12/lib/apk/db/installed");
    alpine("3.16", "alpine/3.16.9/lib/apk/db/installed");
    alpine("3.20", "alpine/3.20.3/lib/apk/db/installed");
}

/* ---- Debian, by OSV's documents ---- */

static const char *text_of(const json_t *j, const char *name)
{
    const char *s = json_string_value(json_object_get(j, name));
    return s ? s : "";
}

/* The evaluation of the schema, for events in the order in which they stand. */
static bool in_ranges(const json_t *affected, struct str version, struct str *fixed)
{
    size_t i, k;
    json_t *range, *event;
    bool hit = false;
    json_array_foreach(json_object_get(affected, "ranges"), i, range)
    {
        bool open = false;
        struct str end = S("");
        json_array_foreach(json_object_get(range, "events"), k, event)
        {
            const char *from = text_of(event, "introduced"), *to = text_of(event, "fixed");
            if (*from && (strcmp(from, "0") == 0 || deb_compare(version, str_of(from)) >= 0))
                open = true;
            if (*to && deb_compare(version, str_of(to)) >= 0)
                open = false;
            else if (*to && open)
                end = str_of(to);
        }
        if (open) {
            hit = true;
            *fixed = end;
        }
    }
    return hit;
}

static void osv_of(json_t *const *doc, size_t n, const char *ecosystem, struct str name,
                   struct str version, struct buf *out)
{
    for (size_t d = 0; d < n; d++) {
        size_t i;
        json_t *affected;
        json_array_foreach(json_object_get(doc[d], "affected"), i, affected)
        {
            json_t *package = json_object_get(affected, "package");
            struct str fixed = S("");
            if (strcmp(text_of(package, "ecosystem"), ecosystem) != 0 ||
                !str_eq(str_of(text_of(package, "name")), name))
                continue;
            if (in_ranges(affected, version, &fixed))
                add_line(out, text_of(doc[d], "id"), fixed);
        }
    }
}

static size_t lines_of(struct arena *a, struct str text, json_t ***out)
{
    VEC(json_t *) v = {0};
    struct str line;
    while (str_cut(&text, '\n', &line))
        if (line.n)
            vec_push(a, &v, tree(line, 0));
    *out = v.v;
    return v.n;
}

static struct str field(struct str block, const char *name)
{
    struct str line, wanted = str_of(name);
    while (str_cut(&block, '\n', &line))
        if (str_starts(line, wanted))
            return str_trim(str_from(line, wanted.n));
    return S("");
}

static void debian(const char *documents)
{
    struct test_feeds *t = feeds_open();
    struct arena *a = t->arena;
    struct str bytes, status, path;
    struct err e;
    if (!feeds_add_shared(t, documents, &bytes)) {
        feeds_close(t);
        skip();
        return;
    }
    json_t **doc;
    size_t n = lines_of(a, plain(a, bytes), &doc);
    path = str_fmt(a, "%s/data/debian/dpkg-status-bullseye-11.11-minbase.xz", DFIX_SHARED);
    assert_true(file_read(a, path.p, 16 << 20, &bytes, &e));
    status = plain(a, bytes);
    compared = found = 0;
    while (status.n) {
        ptrdiff_t end = str_find(status, S("\n\n"));
        size_t length = end == STR_NONE ? status.n : (size_t)end + 1;
        struct str block = str_sub(status, 0, length), source = field(block, "Source:"), first;
        status = str_from(status, length < status.n ? length + 1 : length);
        struct component c =
            component_of("debian:11", field(block, "Package:"), field(block, "Version:"));
        if (!c.name.n)
            continue;
        first = source;
        ptrdiff_t open = str_chr(source, '(');
        c.source = str_cut(&first, ' ', &c.source) ? c.source : c.name;
        c.source = c.source.n ? c.source : c.name;
        if (open != STR_NONE)
            c.source_version = str_sub(source, (size_t)open + 1, source.n - 1);
        struct buf b = {.arena = a};
        osv_of(doc, n, "Debian:11", c.source, c.source_version.n ? c.source_version : c.version,
               &b);
        same(&c, ours(t, a, &c), sorted(a, b.n ? buf_str(&b) : S("")));
    }
    print_message("debian 11, %s: %zu packages, %zu with matches\n", documents, compared, found);
    assert_true(compared > 90 && found > 0);
    for (size_t i = 0; i < n; i++)
        json_decref(doc[i]);
    feeds_close(t);
}

static void test_debian(void **state)
{
    (void)state;
    debian("debian/osv-debian-dsa-dla-2023-2025.jsonl.xz");
    debian("debian/osv-debian-cve-for-bullseye-base.jsonl.xz");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_alpine_indexes),
                                       cmocka_unit_test(test_alpine_bases),
                                       cmocka_unit_test(test_debian)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
