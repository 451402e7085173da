/* narrow-upgrade on two real bases. Debian 11 as its main suite has it, against bullseye-security
 * through a mirror of apt's own making: what is named is what `apt-get -s dist-upgrade` would
 * bring, and all of it is Debian-Security's. (Seven advisories of the data cover 12 of these
 * binaries, one of them for time zones alone; the others were fixed since.) Alpine 3.12.12
 * against its index and its secdb: four packages could move, one has a fix waiting. */
#include "cmocka_all.h"

#include <jansson.h>

#include "dfix/dfix.h"
#include "dfix/manager.h"
#include "boxed.h"
#include "host/files.h"
#include "world/installed.h"
#include "world/world.h"

static struct settings settings_of(const char *const *pair)
{
    static struct setting mode[2];
    static struct rule_settings rule;
    static struct str select;

    mode[0] = (struct setting){S("mode"), S("narrow")};
    mode[1] = (struct setting){str_of(pair[0]), str_of(pair[1])};
    rule = (struct rule_settings){
        .rule = S("narrow-upgrade"), .level = LEVEL_UNSAFE, .option = mode, .noption = 2};
    select = S("narrow-upgrade");
    return (struct settings){.rule = &rule,
                             .nrule = 1,
                             .select = &select,
                             .nselect = 1,
                             .unsafe = true,
                             .max_age = -1,
                             .archs = arch_of(S("amd64")),
                             .today = S("2026-11-24")};
}
static const char *const plain[] = {"comments", "no"}, *const reasons[] = {"comments", "yes"},
                         *const exact[] = {"style", "exact"};

static struct result fixed(const char *dockerfile, const struct settings *s, const struct lookup *l)
{
    struct result r = dfix_fix(arena, str_of(dockerfile), &dfix_rules, s, l);

    for (int round = 0; r.pending && round < 5 && l->resolve && l->resolve(l->self); round++)
        r = dfix_fix(arena, str_of(dockerfile), &dfix_rules, s, l);
    assert_false(r.pending);
    assert_false(r.broken);
    return r;
}

static const char *said(const struct result *r)
{
    struct buf b = {.arena = arena};

    for (size_t i = 0; i < r->nfinding; i++)
        buf_fmt(&b, STR_FMT "\n", STR_ARG(r->finding[i].message));
    return str_cstr(arena, buf_str(&b));
}

/* ---- Debian ---- */

static const char mirror_script[] =
    "set -e; \"%s/tools/apt-mirror\" \"$PWD/mirror\" bullseye,bullseye-updates,bullseye-security "
    "amd64 >mirror.log 2>&1; "
    "find mirror -name Packages.xz | while read -r x; do "
    "mkdir -p \"${x%%/*}/by-hash/SHA256\"; "
    "ln \"$x\" \"${x%%/*}/by-hash/SHA256/$(sha256sum <\"$x\" | cut -d' ' -f1)\"; done; "
    "xz -dc \"%s/data/debian/dpkg-status-bullseye-11.11-minbase.xz\" >status";

/* NAME=VERSION a line, sorted, of what apt would bring in from the security suite. */
static const char oracle_script[] =
    "set -e; mkdir -p st/lists/partial cache/archives/partial etc/preferences.d; cp status "
    "st/status; "
    "for s in debian:bullseye debian:bullseye-updates debian-security:bullseye-security; do "
    "echo \"deb [trusted=yes] file://$PWD/mirror/${s%:*} ${s#*:} main\"; done >etc/sources.list; "
    "printf 'Dir::State \"%s\"; Dir::State::lists \"%s\"; Dir::State::status \"%s\"; "
    "Dir::Cache \"%s\"; Dir::Etc \"%s\"; Dir::Etc::sourceparts \"/dev/null\"; "
    "Dir::Etc::parts \"/dev/null\"; APT::Architecture \"amd64\"; "
    "APT::Architectures { \"amd64\"; }; APT::Sandbox::User \"root\"; "
    "Acquire::Check-Valid-Until \"false\"; Acquire::Languages \"none\";\\n' "
    "\"$PWD/st\" \"$PWD/st/lists\" \"$PWD/st/status\" \"$PWD/cache\" \"$PWD/etc\" >apt.conf; "
    "export APT_CONFIG=$PWD/apt.conf; apt-get update -qq >apt.log 2>&1; "
    "apt-get -s dist-upgrade | LC_ALL=C sort | "
    "sed -n 's/^Inst \\([^ ]*\\) \\[[^]]*\\] (\\([^ ]*\\) .*/\\1=\\2/p' >offered; "
    "apt-get -s dist-upgrade | LC_ALL=C sort | "
    "sed -n '/Debian-Security/s/^Inst \\([^ ]*\\) \\[[^]]*\\] (\\([^ ]*\\) .*/\\1=\\2/p' >security";

/* The packages that the fix named, one a line. */
static struct str named(struct str text)
{
    struct buf b = {.arena = arena};
    struct str line;

    while (str_cut(&text, '\n', &line)) {
        line = str_trim(line);
        if (str_ends(line, S(" \\")))
            line = str_sub(line, 0, line.n - 2);
        if (str_chr(line, '=') != STR_NONE && str_chr(line, ' ') == STR_NONE)
            buf_fmt(&b, STR_FMT "\n", STR_ARG(line));
    }
    return b.n ? buf_str(&b) : S("");
}

static size_t lines_of(struct str text)
{
    struct str line;
    size_t n = 0;

    while (str_cut(&text, '\n', &line))
        n += line.n > 0;
    return n;
}

static bool make_mirror(void)
{
    bool debian = access("/etc/debian_version", F_OK) == 0 && have_program("apt-get");

    if (access(DFIX_SHARED "/data/debian", F_OK) != 0 || !debian) {
        print_message("skipped: no ../shared/data, or not a Debian host\n");
        return false;
    }
    if (sandbox_run(&box, mirror_script, DFIX_SHARED, DFIX_SHARED) == 0)
        return true;
    print_message("skipped: the host's apt cannot fetch bullseye: " STR_FMT "\n",
                  STR_ARG(sandbox_read(&box, arena, "mirror.log")));
    return false;
}

static void bullseye_gets_what_security_has(void **state)
{
    (void)state;
    if (!whole()) {
        print_message("skipped: it asks the network; ./dev test all runs it\n");
        skip();
    }
    if (!make_mirror())
        skip();
    if (sandbox_run(&box, "%s", oracle_script) != 0)
        fail_msg("apt: " STR_FMT, STR_ARG(sandbox_read(&box, arena, "apt.log")));
    struct str security = sandbox_read(&box, arena, "security");
    struct settings s = settings_of(exact);
    struct index_settings index = {.distro = S("debian"),
                                   .mirror = str_fmt(arena, "file://%s/mirror/debian", box.dir),
                                   .security =
                                       str_fmt(arena, "file://%s/mirror/debian-security", box.dir),
                                   .keyring = S(""),
                                   .snapshot = S(""),
                                   .ports = S("")};
    s.index = &index;
    s.nindex = 1;
    s.installed_file = str_fmt(arena, "%s/status", box.dir);
    s.cache_dir = str_fmt(arena, "%s/dfix-cache", box.dir);
    s.max_layers = -1;
    struct world *w = world_open(&s);
    struct result r = fixed("FROM debian:bullseye\nRUN apt-get update && apt-get upgrade -y\n", &s,
                            world_lookup(w));

    print_message("%zu upgrades on offer, %zu of them by security\n",
                  lines_of(sandbox_read(&box, arena, "offered")), lines_of(security));
    assert_true(lines_of(security) >= 28);
    if (!str_eq(named(r.text), security))
        fail_msg(STR_FMT "\nbut apt:\n" STR_FMT "\n%s", STR_ARG(r.text), STR_ARG(security),
                 said(&r));

    /* The same list is not that of another release. */
    r = fixed("FROM debian:bookworm\nRUN apt-get update && apt-get upgrade -y\n", &s,
              world_lookup(w));
    assert_int_equal(r.edits.n, 0);
    world_close(w);
}

/* ---- Alpine ---- */

struct alpine {
    VEC(struct offer) offer; /* with `name` beside it */
    VEC(struct str) name;
    json_t *secdb;
    struct installed_list base;
};

static void read_index(struct alpine *x, struct str text)
{
    struct str line, name = S(""), version = S(""), origin = S("");

    while (str_cut(&text, '\n', &line)) {
        if (str_starts(line, S("P:")))
            name = str_from(line, 2);
        else if (str_starts(line, S("V:")))
            version = str_from(line, 2);
        else if (str_starts(line, S("o:")))
            origin = str_from(line, 2);
        if (line.n || !name.n)
            continue;
        vec_push(arena, &x->name, name);
        vec_push(arena, &x->offer,
                 (struct offer){.version = version,
                                .suite = S("v3.12/main"),
                                .component = S("main"),
                                .source = origin,
                                .source_version = version,
                                .archs = arch_of(S("amd64"))});
        name = S("");
    }
}

static enum answer alpine_package(struct alpine *x, struct str name, struct package_info *out)
{
    out->why = S("");
    for (size_t i = 0; i < x->name.n; i++)
        if (str_eq(x->name.v[i], name)) {
            out->offer = &x->offer.v[i];
            out->noffer = 1;
            return ANSWER_FOUND;
        }
    return ANSWER_ABSENT;
}

static enum answer alpine_base(struct alpine *x, struct base_facts *out)
{
    struct str none = S("");

    *out = (struct base_facts){.release = {none, none, none},
                               .user = none,
                               .digest = none,
                               .arch = none,
                               .spoke = S("file"),
                               .why = none};
    out->installed = x->base.list.v;
    out->ninstalled = x->base.list.n;
    out->installed_known = out->installed_given = true;
    return ANSWER_FOUND;
}

/* {"packages": [{"pkg": {"name": ..., "secfixes": {"1.2.12-r2": ["CVE-2022-37434"]}}}]} */
static enum answer alpine_advisories(struct alpine *x, struct str source, struct advisory_list *out)
{
    VEC(struct advisory) list = {0};
    size_t i, k;
    json_t *one, *fixes, *ids, *id;
    const char *version;

    json_array_foreach(json_object_get(x->secdb, "packages"), i, one)
    {
        json_t *package = json_object_get(one, "pkg");
        if (!str_eq(str_of(json_string_value(json_object_get(package, "name"))), source))
            continue;
        fixes = json_object_get(package, "secfixes");
        json_object_foreach(fixes, version, ids)
        {
            json_array_foreach(ids, k, id) vec_push(
                arena, &list, (struct advisory){str_of(json_string_value(id)), str_of(version)});
        }
    }
    *out = (struct advisory_list){list.v, list.n};
    return list.n ? ANSWER_FOUND : ANSWER_ABSENT;
}

static enum answer alpine_ask(void *self, const struct question *q, struct reply *out)
{
    switch (q->kind) {
    case ASK_PACKAGE:
        return alpine_package(self, q->name, &out->package);
    case ASK_BASE:
        return alpine_base(self, &out->base);
    case ASK_ADVISORIES:
        return alpine_advisories(self, q->name, &out->advisories);
    case ASK_IMAGE:
    case ASK_NAMES:
    case ASK_NEEDS:
    case ASK_MATCHES:
    case ASK_REMARKS:
    case ASK_LIFE:
    case ASK_POM:
    case ASK_DEB:
    case ASK_FILE:
        break;
    }
    return ANSWER_UNAVAILABLE;
}

static bool open_alpine(struct alpine *x, const char *base)
{
    struct err e;

    *x = (struct alpine){.secdb = NULL};
    if (access(DFIX_SHARED "/data/secdb", F_OK) != 0) {
        print_message("skipped: no ../shared/data\n");
        return false;
    }
    assert_int_equal(
        sandbox_run(
            &box,
            "set -e; d=\"%s\"; tar -xzOf \"$d/apk/APKINDEX-v3.12.12-45-main-x86_64.tar.gz\" "
            "APKINDEX >index; xz -dc \"$d/secdb/3.12-main.json.xz\" >secdb",
            DFIX_SHARED "/data"),
        0);
    read_index(x, sandbox_read(&box, arena, "index"));
    struct str secdb = sandbox_read(&box, arena, "secdb");
    x->secdb = json_loadb(secdb.p, secdb.n, 0, NULL);
    assert_non_null(x->secdb);
    struct str path = str_fmt(arena, "%s/data/alpine/%s/lib/apk/db/installed", DFIX_SHARED, base);
    if (!installed_read(arena, path, &x->base, &e))
        fail_msg("%s", e.text);
    return true;
}

static struct lookup lookup_of(struct alpine *x)
{
    return (struct lookup){.self = x, .ask = alpine_ask};
}

static void alpine_gets_zlib_alone(void **state)
{
    (void)state;
    struct alpine x;
    unsigned newer = 0;

    if (!open_alpine(&x, "3.12.12"))
        skip();
    for (size_t i = 0; i < x.base.list.n; i++) {
        struct package_info info;
        const struct installed *p = &x.base.list.v[i];
        if (alpine_package(&x, p->name, &info) == ANSWER_FOUND)
            newer += apk_compare(p->version, info.offer[0].version) < 0;
    }
    assert_int_equal(newer, 4);
    struct settings s = settings_of(reasons);
    struct lookup l = lookup_of(&x);
    struct result r = fixed("FROM alpine:3.12\nRUN apk -U upgrade --available\n", &s, &l);
    struct str want = S("FROM alpine:3.12\n"
                        "RUN apk -U add --upgrade \\\n"
                        "    # CVE-2022-37434\n"
                        "    \"zlib>=1.2.12-r2\"\n");
    if (!str_eq(r.text, want))
        fail_msg(STR_FMT "\n%s", STR_ARG(r.text), said(&r));
    json_decref(x.secdb);
}

static void alpine_of_another_release_is_refused(void **state)
{
    (void)state;
    struct alpine x;

    if (!open_alpine(&x, "3.20.3"))
        skip();
    struct settings s = settings_of(plain);
    struct lookup l = lookup_of(&x);
    struct result r = fixed("FROM alpine:3.12\nRUN apk -U upgrade\n", &s, &l);
    assert_int_equal(r.edits.n, 0);
    assert_non_null(strstr(said(&r), "are not those of alpine 3.12"));
    json_decref(x.secdb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bullseye_gets_what_security_has, set_up, tear_down),
        cmocka_unit_test_setup_teardown(alpine_gets_zlib_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(alpine_of_another_release_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
