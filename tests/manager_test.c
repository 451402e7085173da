/* Every package manager says all that is asked of one, and says it of itself alone. */
#include "dfix/manager.h"

#include <stddef.h>
#include <string.h>

#include "cmocka_all.h"
#include "dfix/command.h"
#include "dfix/pick.h"

/* All before `does` is a pointer: to a function, a text or a list. */
static void every_operation_is_set(void **state)
{
    (void)state;
    static const unsigned char unset[sizeof(void *)];

    for (size_t i = 0; managers[i]; i++)
        for (size_t at = 0; at < offsetof(struct manager, does); at += sizeof unset)
            if (memcmp((const unsigned char *)managers[i] + at, unset, sizeof unset) == 0)
                fail_msg("%s: the field at %zu is not set",
                         managers[i]->name ? managers[i]->name : "?", at);
}

static void numbers_lead_back(void **state)
{
    (void)state;
    unsigned n = 0;

    for (; managers[n]; n++) {
        assert_int_equal(manager_number(managers[n]), n);
        assert_ptr_equal(manager_numbered(n), managers[n]);
    }
    assert_null(manager_numbered(n));
    /* What compiled indexes on disk hold. */
    assert_ptr_equal(manager_numbered(0), &manager_apt);
    assert_ptr_equal(manager_numbered(1), &manager_apk);
}

static bool share(const char *a, const char *b)
{
    struct str x = str_of(a), y = str_of(b);
    return str_starts(x, y) || str_starts(y, x);
}

static void no_two_claim_the_same(void **state)
{
    (void)state;

    for (size_t i = 0; managers[i]; i++) {
        const struct manager *m = managers[i];
        assert_int_not_equal(m->programs[0], 0);
        for (const unsigned *p = m->programs; *p; p++)
            assert_ptr_equal(manager_of_program(*p), m);
        for (const struct manager_call *c = m->calls; c->text; c++)
            assert_true(str_find(str_of(c->text), str_of(c->program)) != STR_NONE);
        for (size_t k = 0; managers[k]; k++)
            if (k != i)
                assert_false(share(m->purl, managers[k]->purl) ||
                             share(m->settings, managers[k]->settings));
    }
    assert_null(manager_of_program(PROGRAM_UNKNOWN));
    assert_ptr_equal(manager_of_program(PROGRAM_PIP), &manager_pip);
    assert_ptr_equal(manager_of_program(PROGRAM_MICRODNF), &manager_dnf);
    assert_false(manager_has_index(&manager_pip));
    assert_true(manager_has_index(&manager_apk));
    assert_null(manager_of_program(PROGRAM_CURL));
    assert_ptr_equal(manager_of_distro(S("ubuntu")), &manager_apt);
    assert_ptr_equal(manager_of_distro(S("alpine")), &manager_apk);
    assert_null(manager_of_distro(S("fedora")));
}

static void names_of_its_packages_are_read(void **state)
{
    (void)state;

    for (size_t i = 0; managers[i]; i++)
        for (const char *const *name = managers[i]->identity; *name; name++) {
            struct package p = {.kind = PACKAGE_UNKNOWN};
            managers[i]->package_read(&p, str_of(*name));
            assert_int_equal(p.kind, PACKAGE_NAME);
            assert_true(str_eq(p.name, str_of(*name)));
            assert_true(managers[i]->name_valid(p.name));
        }
}

static void words_are_read(void **state)
{
    (void)state;
    static const struct {
        const struct manager *manager;
        const char *word;
        enum package_kind kind;
        const char *name, *qualifier, *operator_, *version;
    } v[] = {
        {&manager_apt, "curl:i386=7.88.*", PACKAGE_CONSTRAINED, "curl", "i386", "=", "7.88.*"},
        {&manager_apt, "curl/bookworm-backports", PACKAGE_CONSTRAINED, "curl", "", "/",
         "bookworm-backports"},
        {&manager_apt, "curl:i386-", PACKAGE_REMOVED, "curl", "i386-", "", ""},
        {&manager_apt, "g++", PACKAGE_NAME, "g++", "", "", ""},
        {&manager_apt, "curl+", PACKAGE_ADDED, "curl+", "", "", ""},
        {&manager_apt, "lamp-server^", PACKAGE_TASK, "lamp-server^", "", "", ""},
        {&manager_apt, "libc6*", PACKAGE_PATTERN, "libc6*", "", "", ""},
        {&manager_apt, "./x.deb", PACKAGE_FILE, "", "", "", ""},
        {&manager_apk, "curl=~8.14", PACKAGE_CONSTRAINED, "curl", "", "=~", "8.14"},
        {&manager_apk, "curl@edge", PACKAGE_CONSTRAINED, "curl", "", "@", "edge"},
        {&manager_apk, "!curl", PACKAGE_REMOVED, "!curl", "", "", ""},
        {&manager_apk, "/bin/sh", PACKAGE_PROVIDES, "/bin/sh", "", "", ""},
        {&manager_apk, "so:libz.so.1", PACKAGE_PROVIDES, "so:libz.so.1", "", "", ""},
        {&manager_apk, "x.apk", PACKAGE_FILE, "", "", "", ""},
    };

    for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
        struct str none = S("");
        struct package p = {PACKAGE_UNKNOWN, .name = none, .qualifier = none, .operator_ = none,
                            .version = none};
        v[i].manager->package_read(&p, str_of(v[i].word));
        if (p.kind != v[i].kind || !str_eq(p.name, str_of(v[i].name)) ||
            !str_eq(p.qualifier, str_of(v[i].qualifier)) ||
            !str_eq(p.operator_, str_of(v[i].operator_)) ||
            !str_eq(p.version, str_of(v[i].version)))
            fail_msg("%s of %s", v[i].word, v[i].manager->name);
    }
}

/* A version belongs to itself, whatever the manager calls that. */
static void versions_agree_with_themselves(void **state)
{
    (void)state;
    static const char *const version[] = {"1.2.3-r4", "1.2.3-4", "7.88.1-10", "8.14.1-r2"};

    for (size_t i = 0; managers[i]; i++)
        for (size_t k = 0; k < sizeof version / sizeof version[0]; k++) {
            const struct manager *m = managers[i];
            struct str v = str_of(version[k]);
            if (!m->version_valid(v))
                continue;
            assert_int_equal(m->version_compare(v, v), 0);
            assert_true(m->constraint_known(S("="), v) && m->constraint_holds(S("="), v, v));
            assert_false(m->constraint_open(S("="), v));
            assert_true(str_starts(v, m->version_upstream(v)));
            struct str core = m->pin_core(v);
            assert_true(core.n && core.p >= v.p && core.p + core.n <= v.p + v.n);
            struct arena *a = arena_open();
            struct str pin = str_fmt(a, STR_FMT "%s", STR_ARG(core), m->star);
            assert_true(m->pin_matches(v, pin));
            assert_true(m->constraint_open(str_of(m->open_operator), pin));
            assert_true(m->constraint_holds(str_of(m->open_operator), pin, v));
            arena_close(a);
        }
}

static void suites_lead_to_releases(void **state)
{
    (void)state;
    static const struct {
        const struct manager *manager;
        const char *suite, *distro, *version;
    } v[] = {{&manager_apt, "bookworm-security", "debian", "12"},
             {&manager_apt, "jammy", "ubuntu", "22.04"},
             {&manager_apk, "v3.20/main", "alpine", "3.20"}};

    for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
        struct release r;
        assert_true(v[i].manager->release_of(str_of(v[i].suite), &r));
        assert_true(str_eq(r.distro, str_of(v[i].distro)));
        assert_true(str_eq(r.version, str_of(v[i].version)));
        assert_ptr_equal(manager_of_distro(r.distro), v[i].manager);
    }
}

/* What is done to sources counts for the calls behind it, in its stage and those built on it. */
static void sources_count_for_calls_behind_them(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t calls, sources;
    } v[] = {
        {"FROM x\nRUN add-apt-repository ppa:a/b\nRUN apt-get install -y c\n", 1, 1},
        {"FROM x\nRUN add-apt-repository ppa:a/b && apt-get install -y c\n", 1, 1},
        {"FROM x\nRUN apt-get install -y c\nRUN add-apt-repository ppa:a/b\n", 1, 0},
        {"FROM x\nRUN add-apt-repository ppa:a/b\n", 0, 0},
        {"FROM x AS y\nRUN add-apt-repository ppa:a/b\nFROM y\nRUN apt-get install -y c\n", 1, 1},
        {"FROM x AS y\nRUN add-apt-repository ppa:a/b\nFROM x\nRUN apt-get install -y c\n", 1, 0},
        {"FROM x AS y\nRUN apk add c\nFROM y\nRUN echo z >/etc/apk/repositories\n", 1, 0},
    };

    for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
        struct arena *a = arena_open();
        const struct image *im = image_of(a, tree_parse(a, str_of(v[i].text)), NULL, NULL);
        const struct added_source *first, *again;
        size_t calls, sources, n;
        image_installs(im, &calls);
        first = image_sources(im, &sources);
        again = image_sources(im, &n);
        if (calls != v[i].calls || sources != v[i].sources)
            fail_msg("%zu calls, %zu sources of %s", calls, sources, v[i].text);
        assert_ptr_equal(first, again);
        arena_close(a);
    }
}

/* Beyond a hundred they are not followed, and that is said. */
static void many_sources_are_too_many(void **state)
{
    (void)state;
    static const struct {
        unsigned added;
        const char *why;
    } v[] = {{100, ""}, {101, "the file adds more than 100 sources before it"}};

    for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
        struct arena *a = arena_open();
        struct buf b = {.arena = a};
        buf_add(&b, S("FROM debian:12\nCOPY <<E /etc/apt/sources.list.d/x.list\n"));
        for (unsigned k = 0; k < v[i].added; k++)
            buf_fmt(&b, "deb http://x%u.example/d bookworm main\n", k);
        buf_add(&b, S("E\nRUN apt-get update && apt-get install -y curl\n"));
        const struct image *im = image_of(a, tree_parse(a, buf_str(&b)), NULL, NULL);
        const struct source *source;
        size_t n;
        const struct install *in = image_installs(im, &n);
        assert_true(n > 0);
        struct str why = install_sources(im, a, &in[n - 1], &source, &n);
        assert_string_equal(str_cstr(a, why), v[i].why);
        arena_close(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_is_set),
        cmocka_unit_test(numbers_lead_back),
        cmocka_unit_test(no_two_claim_the_same),
        cmocka_unit_test(names_of_its_packages_are_read),
        cmocka_unit_test(words_are_read),
        cmocka_unit_test(versions_agree_with_themselves),
        cmocka_unit_test(suites_lead_to_releases),
        cmocka_unit_test(sources_count_for_calls_behind_them),
        cmocka_unit_test(many_sources_are_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
