/* Image references: distribution's grammar. */
#include "dfix/image.h"

#include "cmocka_all.h"

#define HEX32 "0123456789abcdef0123456789abcdef"

static void assert_str(struct str got, const char *want, const char *in)
{
    if (!str_eq(got, str_of(want)))
        fail_msg("%s: got '" STR_FMT "', want '%s'", in, STR_ARG(got), want);
}

static void test_good(void **state)
{
    (void)state;
    static const struct {
        const char *text, *domain, *path, *tag, *digest, *name;
    } cases[] = {
        {"debian", "", "debian", "", "", "docker.io/library/debian"},
        {"debian:12", "", "debian", "12", "", "docker.io/library/debian"},
        {"a/b", "", "a/b", "", "", "docker.io/a/b"},
        {"docker.io/debian:x", "docker.io", "debian", "x", "", "docker.io/library/debian"},
        {"index.docker.io/a/b", "index.docker.io", "a/b", "", "", "docker.io/a/b"},
        {"localhost/x", "localhost", "x", "", "", "localhost/x"},
        {"localhost:5000/x:1", "localhost:5000", "x", "1", "", "localhost:5000/x"},
        {"host:5000/x", "host:5000", "x", "", "", "host:5000/x"},
        {"host/x", "", "host/x", "", "", "docker.io/host/x"},
        {"Host/x", "Host", "x", "", "", "Host/x"},
        {"[fd00::1]/x", "[fd00::1]", "x", "", "", "[fd00::1]/x"},
        {"[::1]:80/x/y:t", "[::1]:80", "x/y", "t", "", "[::1]:80/x/y"},
        {"192.168.0.1:5/x", "192.168.0.1:5", "x", "", "", "192.168.0.1:5/x"},
        {"a__b--c.d_e", "", "a__b--c.d_e", "", "", "docker.io/library/a__b--c.d_e"},
        {"x:_T.-9", "", "x", "_T.-9", "", "docker.io/library/x"},
        {"x@sha256:" HEX32 HEX32, "", "x", "", "sha256:" HEX32 HEX32, "docker.io/library/x"},
        {"r.io/x:t@sha256:" HEX32 HEX32, "r.io", "x", "t", "sha256:" HEX32 HEX32, "r.io/x"},
        {"x@sha384:" HEX32 HEX32 HEX32, "", "x", "", "sha384:" HEX32 HEX32 HEX32,
         "docker.io/library/x"},
        {"x@sha512:" HEX32 HEX32 HEX32 HEX32, "", "x", "", "sha512:" HEX32 HEX32 HEX32 HEX32,
         "docker.io/library/x"},
        {HEX32 HEX32 ":1", "", HEX32 HEX32, "1", "", "docker.io/library/" HEX32 HEX32},
        {"a/" HEX32 HEX32, "", "a/" HEX32 HEX32, "", "", "docker.io/a/" HEX32 HEX32},
        {"xn--n3h.com/app", "xn--n3h.com", "app", "", "", "xn--n3h.com/app"},
    };
    struct arena *a = arena_open();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct reference r;
        if (!reference_parse(str_of(cases[i].text), &r))
            fail_msg("%s: refused", cases[i].text);
        assert_str(r.domain, cases[i].domain, cases[i].text);
        assert_str(r.path, cases[i].path, cases[i].text);
        assert_str(r.tag, cases[i].tag, cases[i].text);
        assert_str(r.digest, cases[i].digest, cases[i].text);
        assert_str(reference_name(a, &r), cases[i].name, cases[i].text);
    }
    arena_close(a);
}

static void test_bad(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        ":",
        "x:",
        "x:-a",
        "X",
        "a/X",
        "a//b",
        "a/",
        "/a",
        "-a",
        "a-",
        "a___b",
        "a._b",
        "a..b",
        "x@",
        "x@sha256:",
        "x@sha256:0",
        "x@:" HEX32,
        "x y",
        "$x",
        "a/$x",
        "host:/x",
        "h:8x/x",
        "-h.com/x",
        "h-.com/x",
        "h..com/x",
        "[::1/x",
        "[]/x",
        "[g::1]/x",
        "x:a:b",
        "x\n",
        HEX32 HEX32,
        ".com/x",
        "h.com./x",
        "x@sha256:" HEX32 "0123456789ABCDEF0123456789ABCDEF",
        "x@sha256:" HEX32,
        "x@sha512:" HEX32,
        "x@sha512:" HEX32 HEX32 HEX32 "0123456789ABCDEF0123456789ABCDEF",
        "x@md5:" HEX32,
        "x@md5+a:" HEX32,
        "x@" HEX32,
        "a@b@c",
        "http://a/b",
        "x:\xff",
        "\xff",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct reference r;
        if (reference_parse(str_of(cases[i]), &r))
            fail_msg("'%s': taken", cases[i]);
    }
    struct reference r;
    char path[300], tag[200];
    for (size_t n = 0; n < sizeof path; n++)
        path[n] = 'a';
    assert_true(reference_parse((struct str){path, 255}, &r));
    assert_false(reference_parse((struct str){path, 256}, &r));
    for (size_t n = 0; n < sizeof tag; n++)
        tag[n] = n == 1 ? ':' : 'a';
    assert_true(reference_parse((struct str){tag, 130}, &r));
    assert_false(reference_parse((struct str){tag, 131}, &r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_bad)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
