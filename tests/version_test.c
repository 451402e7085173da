/* version_test.c - the version orders: the distributions' own test data, the
 * laws of an order on random versions, dpkg and fnmatch(3) as oracles. */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmocka_all.h"
#include "dfix/lookup.h"
#include "dfix/manager.h"
#include "dfix/version.h"
#include "sandbox.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static uint64_t seed = 88172645463325252u;

static unsigned pick(unsigned n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed >> 33) % n;
}

static int sign(int x)
{
    return (x > 0) - (x < 0);
}

static FILE *data(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/data/versions/%s", DFIX_SHARED, name);
    FILE *f = fopen(path, "r");
    if (!f)
        print_message("skipped: %s is not there\n", path);
    return f;
}

/* ---- data ---- */

static void dpkg_data(void **state)
{
    (void)state;
    FILE *f = data("dpkg-version.data");
    if (!f)
        skip();
    char line[256], a[128], b[128], rest[2];
    int want, rows = 0;
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#' || line[0] == '\n')
            continue;
        if (sscanf(line, "%127s %127s %d %1s", a, b, &want, rest) != 3)
            fail_msg("not read: %s", line);
        assert_true(deb_valid(str_of(a)));
        assert_true(deb_valid(str_of(b)));
        if (sign(deb_compare(str_of(a), str_of(b))) != want ||
            sign(deb_compare(str_of(b), str_of(a))) != -want)
            fail_msg("%s %s: not %d", a, b, want);
        rows++;
    }
    fclose(f);
    assert_true(rows > 30);
}

/* "a < b"; "~" is the fuzzy match, "!~" its contrary, "<~" one or the other. */
static void apk_row(const char *a, const char *op, const char *b)
{
    struct str x = str_of(a), y = str_of(b);
    bool valid = apk_valid(x) && apk_valid(y), fuzzy = apk_fuzzy(x, y), holds;
    int d = valid ? sign(apk_compare(x, y)) : 0;
    if (strcmp(op, "~") == 0)
        holds = fuzzy;
    else if (strcmp(op, "!~") == 0)
        holds = !fuzzy;
    else if (!valid)
        holds = true; /* apk sorts them as text; here they have no order */
    else if (op[1] == '~')
        holds = fuzzy || d == (op[0] == '<' ? -1 : 1);
    else
        holds = d == (op[0] == '<' ? -1 : op[0] == '>') && sign(apk_compare(y, x)) == -d;
    if (!holds)
        fail_msg("not so: %s %s %s", a, op, b);
}

static void apk_data(void **state)
{
    (void)state;
    FILE *f = data("apk-version.data");
    if (!f)
        skip();
    char line[256], a[128], op[16], b[128];
    int orders = 0, words = 0, invalid = 0;
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "#\n")] = 0;
        int n = sscanf(line, "%127s %15s %127s", a, op, b);
        if (n == 3) {
            apk_row(a, op, b);
            invalid += !apk_valid(str_of(a)) || !apk_valid(str_of(b));
            orders++;
        } else if (n == 1 && strcmp(a, "!") != 0) {
            bool refused = a[0] == '!';
            if (apk_valid(str_of(a + refused)) == refused)
                fail_msg("validity of %s", a);
            words++;
        } else if (n > 0 && strcmp(a, "!") != 0) {
            fail_msg("not read: %s", line);
        }
    }
    fclose(f);
    assert_true(orders > 700 && words > 25);
    assert_int_equal(invalid, 4); /* with _foo, with bc, with _post1 twice */
}

/* ---- validity ---- */

static void apk_validity(void **state)
{
    (void)state;
    static const char *const bad[] = {"",      "1.0bc", "23_foo", "1.",      "1..2", "1.0-",
                                      "1.0-r", "1.0-1", "1 0",    "1.0_",    "v1",   "1.0~",
                                      "1.0$x", "1;rm",  "1-r1 ",  "1.0_p1a", "1.0_"};
    for (size_t i = 0; i < COUNT(bad); i++)
        if (apk_valid(str_of(bad[i])))
            fail_msg("valid: %s", bad[i]);
    assert_false(apk_valid((struct str){"1.0\0", 4}));
    assert_true(apk_valid(S("8.14.1-r2")));
    assert_true(apk_valid(S("1.1.1w-r1")));
}

static void deb_validity(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",     "1-",    ":1",      "a:1",      "1:",          "-1", "1_2",
        "1 2",  "x1",    "1-1_2",   "1;reboot", "$(id)",       "~1", "1`id`",
        "1\n2", "1-2:3", "1:2-3:4", "1/2",      "2147483648:1"};
    for (size_t i = 0; i < COUNT(bad); i++)
        if (deb_valid(str_of(bad[i])))
            fail_msg("valid: %s", bad[i]);
    static const char *const good[] = {"1",       "1:2:3-4", "7.88.1-10+deb12u15",
                                       "1.0-1-2", "0~~",     "2147483647:1"};
    for (size_t i = 0; i < COUNT(good); i++)
        if (!deb_valid(str_of(good[i])))
            fail_msg("not valid: %s", good[i]);
    struct deb_version v = deb_split(S("1:2.39.5-0-1+deb12u3"));
    assert_true(str_eq(v.epoch, S("1")) && str_eq(v.upstream, S("2.39.5-0")) &&
                str_eq(v.revision, S("1+deb12u3")));
}

static void deb_outgrown(void **state)
{
    static const struct {
        const char *version;
        bool outgrows;
    } cases[] = {
        {"252.38-1~deb12u1", true},  {"15.14-0+deb12u1", true},
        {"2025b-0+deb12u2", true},   {"14.11-0ubuntu0.22.04.1", true},
        {"1:11.8-1~deb12u1", true},  {"3.0.15-1~deb12u1", false}, /* 3.0 may hold */
        {"2.06-13+deb12u1", false},                               /* the same upstream version */
        {"2.40-1", false},           {"252.38-0ubuntu1", false},  /* came with the release */
        {"20230311+deb12u1", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (deb_outgrows(str_of(cases[i].version)) != cases[i].outgrows)
            fail_msg("%s", cases[i].version);
}

static void names(void **state)
{
    (void)state;
    static const char *const good[] = {"g++", "libstdc++6", "2048-qt", "0ad", "lib32gcc-s1", "a.b"};
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(deb_name_valid(str_of(good[i])) && apk_name_valid(str_of(good[i])));
    static const char *const bad[] = {"",    "+a",  "a b", "a;b", "a$b", "a`b",
                                      "a'b", "-rf", "a/b", "a=b", "a\nb"};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(deb_name_valid(str_of(bad[i])) || apk_name_valid(str_of(bad[i])));
    assert_false(deb_name_valid(S("a")));
    assert_false(deb_name_valid(S("Abc")));
    assert_true(apk_name_valid(S("R")));
    assert_true(apk_name_valid(S("py3-Flask_x")));
}

/* ---- laws ---- */

static void add_from(char *to, size_t cap, const char *class, unsigned least, unsigned most)
{
    size_t n = strlen(to);
    unsigned count = least + pick(most - least + 1);
    while (count-- && n + 1 < cap)
        to[n++] = class[pick((unsigned)strlen(class))];
    to[n] = 0;
}

static void add(char *to, size_t cap, const char *text)
{
    size_t n = strlen(to);
    while (*text && n + 1 < cap)
        to[n++] = *text++;
    to[n] = 0;
}

static void random_deb(char *to, size_t cap)
{
    *to = 0;
    if (pick(4) == 0) {
        add_from(to, cap, "012", 1, 2);
        add(to, cap, ":");
    }
    add_from(to, cap, "0129", 1, 2);
    add_from(to, cap, "01.aZ+~", 0, 4);
    if (pick(2)) {
        add(to, cap, "-");
        add_from(to, cap, "01.a~+", 1, 3);
    }
}

static void random_apk(char *to, size_t cap)
{
    static const char *const suffix[] = {"_alpha", "_rc", "_pre", "_git", "_p", "_hg"};
    *to = 0;
    add_from(to, cap, "012", 1, 2);
    for (unsigned n = pick(3); n; n--) {
        add(to, cap, ".");
        add_from(to, cap, "012", 1, 2);
    }
    if (pick(4) == 0)
        add_from(to, cap, "abz", 1, 1);
    for (unsigned n = pick(3); n; n--) {
        add(to, cap, suffix[pick(6)]);
        add_from(to, cap, "012", 0, 2);
    }
    if (pick(5) == 0) {
        add(to, cap, "~");
        add_from(to, cap, "0af", 1, 2);
    }
    if (pick(2)) {
        add(to, cap, "-r");
        add_from(to, cap, "012", 1, 2);
    }
}

enum { SAMPLE = 40, LENGTH = 64 };

static void check_triples(char text[SAMPLE][LENGTH], int d[SAMPLE][SAMPLE])
{
    for (int i = 0; i < SAMPLE; i++) {
        assert_int_equal(d[i][i], 0);
        for (int j = 0; j < SAMPLE; j++) {
            if (d[i][j] != -d[j][i])
                fail_msg("%s, %s: not antisymmetric", text[i], text[j]);
            for (int k = 0; k < SAMPLE; k++)
                if (d[i][j] <= 0 && d[j][k] <= 0 &&
                    d[i][k] != (d[i][j] < 0 || d[j][k] < 0 ? -1 : 0))
                    fail_msg("%s, %s, %s: not transitive", text[i], text[j], text[k]);
        }
    }
}

static void check_laws(const struct manager *m, void (*make)(char *, size_t))
{
    static char text[SAMPLE][LENGTH];
    static int d[SAMPLE][SAMPLE];
    for (int round = 0; round < 60; round++) {
        for (int i = 0; i < SAMPLE; i++) {
            make(text[i], LENGTH);
            if (!version_valid(m, str_of(text[i])))
                fail_msg("made an invalid %s", text[i]);
        }
        for (int i = 0; i < SAMPLE; i++)
            for (int j = 0; j < SAMPLE; j++)
                d[i][j] = sign(version_compare(m, str_of(text[i]), str_of(text[j])));
        check_triples(text, d);
    }
}

static void laws(void **state)
{
    (void)state;
    check_laws(&manager_apt, random_deb);
    check_laws(&manager_apk, random_apk);
}

static void fuzzy_holds_for_itself(void **state)
{
    (void)state;
    char v[LENGTH];
    for (int i = 0; i < 2000; i++) {
        random_apk(v, sizeof v);
        assert_true(apk_fuzzy(str_of(v), str_of(v)));
        char *r = strstr(v, "-r");
        size_t n = r ? (size_t)(r - v) : strlen(v);
        assert_true(apk_fuzzy(str_of(v), (struct str){v, n}));
    }
    assert_false(apk_fuzzy(S("8.140.1-r0"), S("8.14")));
    assert_false(apk_fuzzy(S("8.1-r0"), S("8.14")));
    assert_false(apk_fuzzy(S("8.14-r0"), S("8.14.1")));
    assert_true(apk_fuzzy(S("1.1.1w-r1"), S("1.1.1")));
}

/* ---- oracles ---- */

static void dpkg_agrees(void **state)
{
    (void)state;
    needs("dpkg");
    enum { PAIRS = 150 };
    static char a[PAIRS][LENGTH], b[PAIRS][LENGTH];
    char path[] = "/tmp/dfix-version-XXXXXX", command[512];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *f = fdopen(fd, "w");
    for (int i = 0; i < PAIRS; i++) {
        random_deb(a[i], LENGTH);
        random_deb(b[i], LENGTH);
        fprintf(f, "%s %s\n", a[i], b[i]);
    }
    fclose(f);
    snprintf(command, sizeof command,
             "while read -r a b; do if dpkg --compare-versions $a lt $b; then echo -1;"
             " elif dpkg --compare-versions $a gt $b; then echo 1; else echo 0; fi; done <%s",
             path);
    f = popen(command, "r");
    assert_non_null(f);
    for (int i = 0; i < PAIRS; i++) {
        int want;
        assert_int_equal(fscanf(f, "%d", &want), 1);
        if (sign(deb_compare(str_of(a[i]), str_of(b[i]))) != want)
            fail_msg("%s %s: dpkg says %d", a[i], b[i], want);
    }
    pclose(f);
    unlink(path);
}

static void fnmatch_agrees(void **state)
{
    (void)state;
    char version[32], pattern[32], stem[32];
    for (int i = 0; i < 200000; i++) {
        *version = *pattern = 0;
        add_from(version, sizeof version, "ab1.-A", 0, 8);
        add_from(pattern, sizeof pattern, i % 2 ? "ab1.-*?A" : "ab1*[]!-^a", 1, 8);
        size_t n = strlen(pattern);
        bool prefix = pattern[n - 1] == '*';
        snprintf(stem, sizeof stem, "%.*s", (int)(prefix ? n - 1 : n), pattern);
        bool want = fnmatch(stem, version, FNM_CASEFOLD) == 0 ||
                    (prefix ? strncasecmp(stem, version, strlen(stem)) == 0
                            : strcasecmp(stem, version) == 0);
        if (deb_matches(str_of(version), str_of(pattern)) != want)
            fail_msg("'%s' against '%s': fnmatch says %d", version, pattern, want);
    }
}

/* Where apt is not plain fnmatch(3): a final star makes a literal prefix. */
static void apt_patterns(void **state)
{
    (void)state;
    assert_true(deb_matches(S("7.88.1-10"), S("7.88.*")));
    assert_true(deb_matches(S("7.88.1-10"), S("7.88*")));
    assert_false(deb_matches(S("7.8.1-10"), S("7.88.*")));
    assert_false(deb_matches(S("7.881-10"), S("7.88.*")));
    assert_true(deb_matches(S("7.88.1-10"), S("*")));
    assert_true(deb_matches(S("7.88.1-10"), S("7.*-10")));
    assert_false(deb_matches(S("7.88.1-10"), S("7.*-1*"))); /* fnmatch of "7.*-1" */
    assert_true(deb_matches(S("1:2.3"), S("1:2.*")));
    assert_false(deb_matches(S("1:2.3"), S("2.*")));
    assert_false(deb_matches(S("7.88.1"), S("7.88")));
    char many[600];
    memset(many, '*', sizeof many);
    assert_false(deb_matches(S("1"), (struct str){many, sizeof many}));
}

static void archs(void **state)
{
    (void)state;
    assert_int_equal(arch_of(S("amd64")), arch_of(S("x86_64")));
    assert_int_equal(arch_of(S("linux/arm64/v8")), arch_of(S("aarch64")));
    assert_int_equal(arch_of(S("linux/arm/v7")), arch_of(S("armhf")));
    assert_int_not_equal(arch_of(S("arm/v6")), arch_of(S("armhf")));
    assert_int_equal(arch_of(S("all")), 0);
    assert_int_equal(arch_of(S("")), 0);
    for (unsigned i = 0; arch_name(i).n; i++)
        assert_int_equal(arch_of(arch_name(i)), (arch_set)1 << i);
    assert_true(str_eq(arch_apk(0), S("x86_64")));
    assert_int_equal(arch_name(99).n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dpkg_data),    cmocka_unit_test(apk_data),
        cmocka_unit_test(apk_validity), cmocka_unit_test(deb_validity),
        cmocka_unit_test(deb_outgrown), cmocka_unit_test(names),
        cmocka_unit_test(laws),         cmocka_unit_test(fuzzy_holds_for_itself),
        cmocka_unit_test(dpkg_agrees),  cmocka_unit_test(fnmatch_agrees),
        cmocka_unit_test(apt_patterns), cmocka_unit_test(archs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
