/* Policy on images: which names an entry lists, what an image is replaced by, and what a mirror's
 * image is called at home. */
#include "dfix/policy.h"

#include "cmocka_all.h"

static struct arena *a;

static struct str name_of(const char *image)
{
    struct reference r;
    assert_true(reference_parse(str_of(image), &r));
    return reference_name(a, &r);
}

static void entries_list_registries_and_paths(void **state)
{
    (void)state;
    static const struct {
        const char *entry, *image;
        bool listed;
    } cases[] = {
        {"docker.io", "debian", true},
        {"docker.io", "docker.io/team/app", true},
        {"docker.io", "quay.io/x/y", false},
        {"hub.docker.com", "debian", true}, /* as hadolint takes it */
        {"index.docker.io", "team/app", true},
        {"*", "anything.example/x", true},
        {"*.corp.example", "a.corp.example/x", true},
        {"*.corp.example", "a.b.corp.example/x", true},
        {"*.corp.example", "corp.example/x", false},
        {"*.corp.example", "evilcorp.example/x", false},
        {"registry.*", "registry.corp.example/x", true},
        {"registry.*", "myregistry.corp.example/x", false},
        {"[::1]:5000", "[::1]:5000/x", true}, /* not a set of characters */
        {"r.example", "r.example:5000/x", false},
        {"r.example:5000", "r.example:5000/x", true},
        {"quay.io/team", "quay.io/team/app", true},
        {"quay.io/team", "quay.io/teammate/app", false},
        {"quay.io/*/app", "quay.io/any/app", true},
        {"quay.io/*/app", "quay.io/any/app/more", false},
        {"*.corp.example/team", "a.corp.example/team", true},
        {"*.corp.example/team*", "a.corp.example/team/app", true},
        {"*.corp.example/team", "evil.example/a.corp.example/team", false},
        {"*.corp.example", "evil.example/a.corp.example", false},
        {"*/team", "evil.example/other/team", false},
        {"docker.io/library", "debian", true},
        {"docker.io/library", "team/app", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct str entry = str_of(cases[i].entry);
        if (policy_lists(&entry, 1, name_of(cases[i].image)) != cases[i].listed)
            fail_msg("%s for %s", cases[i].entry, cases[i].image);
    }
}

static void images_are_replaced(void **state)
{
    (void)state;
    static struct mirror mirrors[4], images[6];
    const struct settings s = {.mirror = mirrors, .nmirror = 3, .image = images, .nimage = 6};
    mirrors[0] = (struct mirror){S("docker.io"), S("r.example/all")};
    mirrors[1] = (struct mirror){S("docker.io/library"), S("r.example/lib")};
    mirrors[2] = (struct mirror){S("quay.io/team/app"), S("r.example/app")};
    images[0] = (struct mirror){S("node"), S("r.example/ok/node")};
    images[1] = (struct mirror){S("node:18"), S("r.example/ok/node:20")};
    images[2] = (struct mirror){S("node:*-alpine"), S("r.example/ok/node-alpine:*")};
    images[3] = (struct mirror){S("node:*"), S("r.example/ok/node:any-*")};
    images[4] = (struct mirror){S("ruby:latest"), S("r.example/ok/ruby:3")};
    images[5] = (struct mirror){S("perl"), S("r.example/ok/perl:5")};
    static const struct {
        const char *image;
        enum replacement how;
        const char *to;
    } cases[] = {
        {"debian:12", REPLACE_MIRROR, "r.example/lib/debian:12"},
        {"docker.io/debian", REPLACE_MIRROR, "r.example/lib/debian"},
        {"team/app:1", REPLACE_MIRROR, "r.example/all/team/app:1"},
        {"quay.io/team/app:1", REPLACE_MIRROR, "r.example/app:1"},
        {"quay.io/team/apple:1", REPLACE_NOT, ""},
        {"node:18", REPLACE_OTHER, "r.example/ok/node:20"},
        {"node:18-alpine", REPLACE_OTHER, "r.example/ok/node-alpine:18"},
        {"node:18-slim", REPLACE_OTHER, "r.example/ok/node:any-18-slim"},
        {"ruby", REPLACE_OTHER, "r.example/ok/ruby:3"},
        {"ruby:3.1", REPLACE_MIRROR, "r.example/lib/ruby:3.1"},
        {"perl:5.36", REPLACE_OTHER, "r.example/ok/perl:5"},
        {"node@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
         REPLACE_OTHER, "r.example/ok/node"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct reference r;
        struct str to;
        assert_true(reference_parse(str_of(cases[i].image), &r));
        enum replacement how = policy_replaces(a, &s, &r, &to);
        if (how != cases[i].how || !str_eq(to, str_of(cases[i].to)))
            fail_msg("%s becomes " STR_FMT, cases[i].image, STR_ARG(to));
    }
}

/* As in registries.conf: the host is what `*` and the rest stand for. */
static void hosts_below_one_have_a_mirror(void **state)
{
    (void)state;
    static struct mirror mirrors[3];
    const struct settings s = {.mirror = mirrors, .nmirror = 3};
    mirrors[0] = (struct mirror){S("*.corp.example"), S("m.example/corp")};
    mirrors[1] = (struct mirror){S("b.corp.example"), S("m.example/b")};
    mirrors[2] = (struct mirror){S("a.corp.example/team"), S("m.example/team")};
    static const struct {
        const char *image;
        const char *to;
    } cases[] = {
        {"a.corp.example/app:1", "m.example/corp/app:1"},
        {"x.a.corp.example/app", "m.example/corp/app"},
        {"b.corp.example/app", "m.example/b/app"},
        {"a.corp.example/team/app", "m.example/team/app"},
        {"corp.example/app", ""},
        {"acorp.example/app", ""},
        {"quay.io/a.corp.example/app", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct reference r;
        struct str to;
        assert_true(reference_parse(str_of(cases[i].image), &r));
        policy_replaces(a, &s, &r, &to);
        if (!str_eq(to, str_of(cases[i].to)))
            fail_msg("%s becomes " STR_FMT, cases[i].image, STR_ARG(to));
    }
    /* Which host it was cannot be told from the mirror's name. */
    assert_true(str_eq(policy_canonical(a, &s, S("m.example/corp/app")), S("m.example/corp/app")));
}

static void targets_are_known(void **state)
{
    (void)state;
    static struct mirror mirrors[2], images[2];
    const struct settings s = {.mirror = mirrors, .nmirror = 2, .image = images, .nimage = 2};
    mirrors[0] = (struct mirror){S("docker.io"), S("r.example/all")};
    mirrors[1] = (struct mirror){S("docker.io/library"), S("r.example/all/lib")};
    images[0] = (struct mirror){S("node"), S("ok.example/node:20")};
    images[1] = (struct mirror){S("debian:*"), S("ok.example/debian:x-*")};
    static const struct {
        const char *image;
        bool target;
        const char *home;
    } cases[] = {
        {"r.example/all/team/app:1", true, "docker.io/team/app:1"},
        {"r.example/all/lib/debian:12", true, "docker.io/library/debian:12"},
        {"r.example/allies/app", false, "r.example/allies/app"},
        {"ok.example/node:20", true, "ok.example/node:20"},
        {"ok.example/node:18", false, "ok.example/node:18"},
        {"ok.example/debian:x-12", true, "ok.example/debian:x-12"},
        {"ok.example/debian:12", false, "ok.example/debian:12"},
        {"debian", false, "debian"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct reference r;
        assert_true(reference_parse(str_of(cases[i].image), &r));
        if (policy_is_target(a, &s, &r) != cases[i].target)
            fail_msg("%s: target", cases[i].image);
        struct str home = policy_canonical(a, &s, str_of(cases[i].image));
        if (!str_eq(home, str_of(cases[i].home)))
            fail_msg("%s at home is " STR_FMT, cases[i].image, STR_ARG(home));
    }
}

static void short_names_may_have_another_registry(void **state)
{
    (void)state;
    const struct settings s = {.short_names = S("r.example")};
    assert_true(str_eq(policy_qualify(a, &s, S("debian:12")), S("r.example/debian:12")));
    assert_true(str_eq(policy_qualify(a, &s, S("docker.io/debian")), S("docker.io/debian")));
    assert_true(str_eq(policy_qualify(a, &s, S("${X}")), S("${X}")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_list_registries_and_paths),
        cmocka_unit_test(images_are_replaced),
        cmocka_unit_test(hosts_below_one_have_a_mirror),
        cmocka_unit_test(targets_are_known),
        cmocka_unit_test(short_names_may_have_another_registry),
    };
    a = arena_open();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_close(a);
    return failed;
}
