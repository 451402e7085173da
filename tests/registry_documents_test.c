/* What registries say: challenges, manifests, configs, tags; and the logins at hand. */
#include "cmocka_all.h"

#include <string.h>

#include "registry/challenge.h"
#include "registry/credentials.h"
#include "host/digest.h"
#include "registry/document.h"
#include "registry/tags.h"

#define assert_str(got, want)                                                                      \
    do {                                                                                           \
        struct str got_ = (got);                                                                   \
        if (!str_eq(got_, str_of(want)))                                                           \
            fail_msg("'" STR_FMT "' is not '%s'", STR_ARG(got_), (want));                          \
    } while (0)

#define INDEX_TYPE    "application/vnd.oci.image.index.v1+json"
#define MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"
#define HEX           "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DESCRIPTOR    "{\"digest\":\"sha256:" HEX "\",\"size\":3}"

static struct arena *arena;

static int open_arena(void **state)
{
    (void)state;
    arena = arena_open();
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    arena_close(arena);
    return 0;
}

/* ---- challenges ---- */

static void test_challenges(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        size_t n;
        const char *scheme, *realm, *service, *scope; /* of the last */
    } c[] = {
        {"Basic", 1, "Basic", "", "", ""},
        {"Basic realm=\"a, b\"", 1, "Basic", "a, b", "", ""},
        {"Bearer realm=\"https://a/t\",service=\"s\",scope=\"repository:x:pull\"", 1, "Bearer",
         "https://a/t", "s", "repository:x:pull"},
        {"bearer REALM=\"r\" , service = s", 1, "bearer", "r", "s", ""},
        {"Negotiate, Basic realm=x, Bearer realm=\"y\"", 3, "Bearer", "y", "", ""},
        {"Negotiate YWJj==, Basic realm=\"x\"", 2, "Basic", "x", "", ""},
        {"Negotiate a/b+c, Basic realm=\"x\"", 2, "Basic", "x", "", ""},
        {"Basic realm=\"with \\\"quotes\\\" and \\\\\"", 1, "Basic", "with \"quotes\" and \\", "",
         ""},
        {",, Basic realm=x ,, , ", 1, "Basic", "x", "", ""},
        {"Basic realm=one, realm=two", 1, "Basic", "one", "", ""},
        {"Basic unknown=\"u\", realm=\"r\"", 1, "Basic", "r", "", ""},
        /* What breaks the grammar says nothing. */
        {"", 0, "", "", "", ""},
        {"realm=\"no scheme\"", 0, "", "", "", ""},
        {"Basic realm=\"open", 0, "", "", "", ""},
        {"Basic realm=\"open\\", 0, "", "", "", ""},
        {"Basic realm=\"line\nend\"", 0, "", "", "", ""},
        {"Basic realm=\"a\"b", 0, "", "", "", ""},
        {"Basic realm=\"a\" service=\"s\"", 0, "", "", "", ""},
        {"Basic realm=", 1, "Basic", "", "", ""}, /* token68 "realm=" */
        {"Basic realm=,x=y", 1, "Basic", "", "", ""},
        {"Basic (comment)", 0, "", "", "", ""},
        {"\"Basic\"", 0, "", "", "", ""},
    };
    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
        struct challenge out[CHALLENGES_MAX];
        size_t n = challenge_parse(arena, str_of(c[i].value), out, CHALLENGES_MAX);
        if (n != c[i].n)
            fail_msg("%s: %zu challenges, not %zu", c[i].value, n, c[i].n);
        if (!n)
            continue;
        assert_str(out[n - 1].scheme, c[i].scheme);
        assert_str(out[n - 1].realm, c[i].realm);
        assert_str(out[n - 1].service, c[i].service);
        assert_str(out[n - 1].scope, c[i].scope);
    }
}

static void test_many_challenges(void **state)
{
    (void)state;
    struct buf b = {.arena = arena};
    struct challenge out[CHALLENGES_MAX];
    for (int i = 0; i < 100; i++)
        buf_add(&b, S("Basic realm=x,"));
    assert_int_equal(challenge_parse(arena, buf_str(&b), out, CHALLENGES_MAX), CHALLENGES_MAX);
    for (int i = 0; i < 2000; i++)
        buf_add(&b, S("Basic realm=x,"));
    assert_int_equal(challenge_parse(arena, buf_str(&b), out, CHALLENGES_MAX), 0);
}

/* ---- digests ---- */

static void test_digests(void **state)
{
    (void)state;
    assert_true(digest_valid(S("sha256:" HEX)));
    assert_true(digest_valid(S("sha512:" HEX HEX)));
    static const char *const bad[] = {"",
                                      "sha256:",
                                      HEX,
                                      "md5:" HEX,
                                      "sha512:" HEX,
                                      "sha256:" HEX "0",
                                      "sha256:../" HEX,
                                      "SHA256:" HEX,
                                      "sha256:0123456789ABCDEF0123456789abcdef"
                                      "0123456789abcdef0123456789abcdef"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(digest_valid(str_of(bad[i])));
    assert_str(digest_of(arena, S("")),
               "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_true(
        digest_matches(S("sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                         "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"),
                       S("abc")));
    assert_false(digest_matches(S("sha256:" HEX), S("abc")));
    assert_false(digest_matches(S("md5:900150983cd24fb0d6963f7d28e17f72"), S("abc")));
}

/* ---- manifests ---- */

static void refuses(const char *json, const char *type, const char *why)
{
    struct manifest m;
    struct err e;
    if (manifest_parse(arena, str_of(json), str_of(type), &m, &e))
        fail_msg("taken: %s", json);
    if (!strstr(e.text, why))
        fail_msg("'%s' does not say '%s'", e.text, why);
}

static void test_manifests(void **state)
{
    (void)state;
    struct manifest m;
    struct err e;
    assert_true(manifest_parse(arena,
                               S("{\"schemaVersion\":2,\"config\":" DESCRIPTOR
                                 ",\"layers\":[" DESCRIPTOR "," DESCRIPTOR "]}"),
                               S(MANIFEST_TYPE "; charset=utf-8"), &m, &e));
    assert_false(m.index);
    assert_int_equal(m.nlayer, 2);
    assert_int_equal(m.config.size, 3);
    /* Without a media type anywhere the fields tell. */
    assert_true(manifest_parse(arena, S("{\"schemaVersion\":2,\"manifests\":[]}"), S(""), &m, &e));
    assert_true(m.index);
    assert_true(manifest_parse(
        arena, S("{\"schemaVersion\":2,\"config\":" DESCRIPTOR ",\"layers\":[]}"), S(""), &m, &e));
    assert_false(m.index);
}

static void test_bad_manifests(void **state)
{
    (void)state;
    refuses("", "", "not an image manifest");
    refuses("[]", "", "not an image manifest");
    refuses("{\"schemaVersion\":2", "", "not an image manifest");
    refuses("{\"schemaVersion\":2,\"schemaVersion\":1}", "", "not an image manifest");
    refuses("{\"schemaVersion\":3}", "", "not an image manifest");
    refuses("{\"schemaVersion\":1,\"fsLayers\":[]}", "", "schema 1");
    refuses("{\"schemaVersion\":2,\"fsLayers\":[],\"manifests\":[]}", INDEX_TYPE, "schema 1");
    refuses("{\"schemaVersion\":2,\"manifests\":[],\"layers\":[]}", INDEX_TYPE, "at once");
    refuses("{\"schemaVersion\":2,\"manifests\":[],\"config\":{}}", "", "at once");
    refuses("{\"schemaVersion\":2,\"mediaType\":\"" MANIFEST_TYPE "\",\"manifests\":[]}",
            INDEX_TYPE, "declares itself");
    refuses("{\"schemaVersion\":2,\"mediaType\":\"text/html\",\"manifests\":[]}", "", "media type");
    refuses("{\"schemaVersion\":2,\"manifests\":{}}", INDEX_TYPE, "lists no parts");
    refuses("{\"schemaVersion\":2,\"manifests\":[1]}", INDEX_TYPE, "valid digest");
    refuses("{\"schemaVersion\":2,\"layers\":[]}", MANIFEST_TYPE, "valid digest");
    refuses("{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"sha256:" HEX "\",\"size\":-1}]}",
            INDEX_TYPE, "valid digest");
    refuses("{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"sha256:../../x\",\"size\":1}]}",
            INDEX_TYPE, "valid digest");
    struct buf b = {.arena = arena};
    buf_add(&b, S("{\"schemaVersion\":2,\"manifests\":[" DESCRIPTOR));
    for (int i = 0; i < CHILDREN_MAX; i++)
        buf_add(&b, S("," DESCRIPTOR));
    buf_add(&b, S("]}"));
    refuses(str_cstr(arena, buf_str(&b)), INDEX_TYPE, "more than");
    char *deep = arena_new(arena, char, 100001);
    memset(deep, '[', 100000);
    refuses(deep, "", "not an image manifest");
}

static struct str platform(const char *os, const char *arch, const char *variant, char digit)
{
    struct str hex = str_dup(arena, S(HEX));
    ((char *)(uintptr_t)hex.p)[0] = digit;
    return str_fmt(arena,
                   "{\"digest\":\"sha256:" STR_FMT "\",\"size\":1,\"platform\":{\"os\":\"%s\","
                   "\"architecture\":\"%s\",\"variant\":\"%s\"}}",
                   STR_ARG(hex), os, arch, variant);
}

static void test_platforms(void **state)
{
    (void)state;
    struct buf b = {.arena = arena};
    struct manifest m;
    struct err e;
    arch_set which;
    buf_add(&b, S("{\"schemaVersion\":2,\"manifests\":["));
    static const char *const p[][3] = {
        {"windows", "amd64", ""}, {"linux", "arm", "v6"},    {"linux", "arm", "v7"},
        {"linux", "amd64", ""},   {"linux", "amd64", ""},    {"linux", "arm64", "v8"},
        {"linux", "arm", "v99"},  {"linux", "riscv64", "x"}, {"unknown", "unknown", ""}};
    for (size_t i = 0; i < 9; i++) {
        buf_add(&b, i ? S(",") : S(""));
        buf_add(&b, platform(p[i][0], p[i][1], p[i][2], (char)('0' + i)));
    }
    buf_add(&b, S("]}"));
    assert_true(manifest_parse(arena, buf_str(&b), S(INDEX_TYPE), &m, &e));
    assert_int_equal(manifest_archs(&m), arch_of(S("amd64")) | arch_of(S("arm64")) |
                                             arch_of(S("armhf")) | arch_of(S("arm/v6")) |
                                             arch_of(S("riscv64")));
    static const struct {
        const char *arch;
        char digit;
    } want[] = {{"amd64", '3'}, {"armhf", '2'}, {"arm/v6", '1'}, {"arm64", '5'}, {"riscv64", '7'}};
    for (size_t i = 0; i < 5; i++) {
        const struct descriptor *d = manifest_child(&m, arch_of(str_of(want[i].arch)), &which);
        assert_non_null(d);
        assert_int_equal(d->digest.p[7], want[i].digit);
        assert_int_equal(which, arch_of(str_of(want[i].arch)));
    }
    assert_null(manifest_child(&m, arch_of(S("s390x")), &which));
}

static void test_configs(void **state)
{
    (void)state;
    struct image_config c;
    struct err e;
    assert_true(config_parse(arena,
                             S("{\"os\":\"linux\",\"architecture\":\"arm64\",\"variant\":\"v8\","
                               "\"config\":{\"User\":\"1000:1000\",\"Cmd\":[\"sh\",7,\"-l\"],"
                               "\"Shell\":[\"/bin/bash\",\"-c\"],\"Env\":null,"
                               "\"ExposedPorts\":{\"80/tcp\":{},\"a b;c\":{}},\"OnBuild\":[]}}"),
                             &c, &e));
    assert_int_equal(c.arch, arch_of(S("arm64")));
    assert_str(c.user, "1000:1000");
    assert_int_equal(c.ncommand, 2);
    assert_int_equal(c.nshell, 2);
    assert_int_equal(c.nport, 1);
    assert_false(c.onbuild);
    assert_true(config_parse(arena, S("{}"), &c, &e));
    assert_int_equal(c.arch, 0);
    assert_false(config_parse(arena, S("null"), &c, &e));
    assert_false(config_parse(arena, S("{\"config\":"), &c, &e));
}

static void test_tokens(void **state)
{
    (void)state;
    assert_str(token_parse(arena, S("{\"token\":\"a.b-c\"}")), "a.b-c");
    assert_str(token_parse(arena, S("{\"access_token\":\"x\",\"expires_in\":60}")), "x");
    assert_str(token_parse(arena, S("{\"token\":\"a\\r\\nX-Evil: 1\"}")), "");
    assert_str(token_parse(arena, S("{\"token\":7}")), "");
    assert_str(token_parse(arena, S("\"token\"")), "");
}

/* ---- tags ---- */

static void test_candidates(void **state)
{
    (void)state;
    static const char *const all[] = {"latest", "3",        "3.12", "3.12.4", "3.9", "3.12-slim",
                                      "v4",     "20240101", "1..2", "1.",     "x3",  "3.12.4rc1"};
    struct tag_list tags = {{0}};
    struct str out[3];
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        vec_push(arena, &tags.list, str_of(all[i]));
    assert_int_equal(tags_candidates(arena, &tags, out, 3), 3);
    assert_str(out[0], "v4");
    assert_str(out[1], "3.12.4");
    assert_str(out[2], "3.12");
    assert_true(tag_more_specific(S("3.12.4"), S("3.12")));
    assert_false(tag_more_specific(S("3.12"), S("3.12")));
    assert_true(tag_more_specific(S("3.12.10"), S("3.12.9")));
}

static void test_next_page(void **state)
{
    (void)state;
    struct str path = S("library/debian");
    static const struct {
        const char *link, *next;
    } c[] = {
        {"</v2/library/debian/tags/list?last=a&n=10>; rel=\"next\"", "tags/list?last=a&n=10"},
        {"<https://other.example/v2/library/debian/tags/list?n=1>; rel=\"next\"", "tags/list?n=1"},
        {"</v2/library/debian/tags/list?n=1>; rel=\"prev\"", ""},
        {"</v2/library/other/tags/list?n=1>; rel=\"next\"", ""},
        {"</v2/library/debian/tags/list?n=1 HTTP/1.1>; rel=\"next\"", ""},
        {"</v2/library/debian/tags/list>; rel=\"next\"", ""},
        {"> <", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++)
        assert_str(tags_next(arena, str_of(c[i].link), path), c[i].next);
}

/* ---- logins ---- */

static void test_logins(void **state)
{
    (void)state;
    /* dTpw is u:p, dTI6cDI6eA== is u2:p2:x */
    static const char config[] =
        "{\"auths\":{\"https://index.docker.io/v1/\":{\"auth\":\"dTpw\"},"
        "\"reg.example\":{\"auth\":\"dTpw\"},\"reg.example/team/app\":{\"auth\":\"dTI6cDI6eA==\"},"
        "\"https://url.example:5000/v2/\":{\"username\":\"u\",\"password\":\"p\"},"
        "\"id.example\":{\"auth\":\"\",\"identitytoken\":\"tok\"},"
        "\"empty.example\":{},\"bad.example\":{\"auth\":\"###\"},"
        "\"evil.example\":{\"username\":\"u\\n\",\"password\":\"p\"}}}";
    static const struct {
        const char *repository, *user, *password, *identity;
    } c[] = {
        {"docker.io/library/debian", "u", "p", ""},
        {"reg.example/team/other", "u", "p", ""},
        {"reg.example/team/app", "u2", "p2:x", ""},
        {"reg.example/team/app/sub", "u2", "p2:x", ""},
        {"reg.example/team/apple", "u", "p", ""},
        {"url.example:5000/x", "u", "p", ""},
        {"id.example/x", "", "", "tok"},
        {"empty.example/x", NULL, NULL, NULL},
        {"bad.example/x", NULL, NULL, NULL},
        {"evil.example/x", NULL, NULL, NULL},
        {"example/x", NULL, NULL, NULL},
        {"not-reg.example/x", NULL, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
        struct login l;
        struct str helper;
        bool found = login_parse(arena, str_of(config), str_of(c[i].repository), &l, &helper);
        assert_str(helper, "");
        if (found != (c[i].user != NULL))
            fail_msg("%s: %s", c[i].repository, found ? "found" : "not found");
        if (!found)
            continue;
        assert_str(l.user, c[i].user);
        assert_str(l.password, c[i].password);
        assert_str(l.identity, c[i].identity);
    }
}

static void test_helpers_named(void **state)
{
    (void)state;
    struct login l;
    struct str helper, config = S("{\"credsStore\":\"all\",\"credHelpers\":{\"a.example\":\"one\"},"
                                  "\"auths\":{\"a.example\":{}}}");
    login_parse(arena, config, S("a.example/x"), &l, &helper);
    assert_str(helper, "one");
    login_parse(arena, config, S("b.example/x"), &l, &helper);
    assert_str(helper, "all");
    static const char *const bad[] = {"", "a/b", "../x", "-x", "a b", ".x", "a;b", "a\nb"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(helper_name_valid(str_of(bad[i])));
    assert_true(helper_name_valid(S("ecr-login")));
    assert_true(login_of_helper(arena, S("{\"Username\":\"<token>\",\"Secret\":\"t\"}"), &l));
    assert_str(l.identity, "t");
    assert_false(login_of_helper(arena, S("{\"Username\":\"u\"}"), &l));
    assert_false(login_of_helper(arena, S("not found"), &l));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_arena, close_arena)
    const struct CMUnitTest tests[] = {
        T(test_challenges),    T(test_many_challenges), T(test_digests), T(test_manifests),
        T(test_bad_manifests), T(test_platforms),       T(test_configs), T(test_tokens),
        T(test_candidates),    T(test_next_page),       T(test_logins),  T(test_helpers_named),
    };
    return cmocka_run_group_tests_name("registry documents", tests, NULL, NULL);
}
