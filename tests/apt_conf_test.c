/* apt's own configuration, read as apt reads it. */
#include "sandbox.h"

#include "index/apt/conf.h"

static struct arena *arena;

static struct apt_conf parsed(const char *text)
{
    struct apt_conf c = {0};
    apt_conf_parse(arena, str_of(text), &c);
    return c;
}

static void expect(struct str got, const char *want)
{
    if (!str_eq(got, str_of(want)))
        fail_msg("\"" STR_FMT "\" is not \"%s\"", STR_ARG(got), want);
}

static struct str value(const char *text, const char *name)
{
    struct apt_conf c = parsed(text);
    return apt_conf_find(&c, name, S("-"));
}

static void statements(void **state)
{
    static const struct {
        const char *text, *value; /* of A::B */
    } c[] = {
        {"A::B \"x\";", "x"},
        {"a::b \"x\";", "x"},
        {"A { B \"x\"; };", "x"},
        {"A{B\"x\";}", "x"},
        {"A { B { C \"y\"; }; B \"x\"; D \"z\"; };", "x"},
        {"A::B \"x\"; A::B \"y\";", "y"},
        {"A \"z\" { B \"x\"; };", "x"},
        {"// A::B \"y\";\nA::B \"x\"; // more", "x"},
        {"# A::B \"y\";\nA::B \"x\";", "x"},
        {"/* A::B \"y\"; */ A::B /* so */ \"x\";", "x"},
        {"A::B \"http://x//y#z\";", "http://x//y#z"},
        {"A::B \"x\"", "x"},
        {"A::B \"x", "x"},
        {"A::B x;", "x"},
        {"A::B \"x\"; #clear A::B;", "-"},
        {"A::B \"x\"; #clear A;", "-"},
        {"A::B \"x\"; #clear A::BC; #clear B;", "x"},
        {"#include \"A::B\"; A::B \"x\";", "x"},
        {"A::B { \"list\"; \"of\"; };", "-"},
        {"A::B:: \"y\";", "-"},
        {"B \"x\"; } } A::B \"y\";", "y"},
        {"A { { { B \"y\"; }; }; };", "y"},
        {"", "-"},
        {";;{};", "-"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
        struct str got = value(c[i].text, "A::B");
        if (!str_eq(got, str_of(c[i].value)))
            fail_msg("%s: \"" STR_FMT "\" is not \"%s\"", c[i].text, STR_ARG(got), c[i].value);
    }
}

static void proxies(void **state)
{
    struct apt_conf c = parsed("Acquire { http { Proxy \"http://p:1\"; Proxy::near.example "
                               "\"DIRECT\"; }; https::Proxy::Odd.example \"http://q:2/\"; };");
    (void)state;
    expect(apt_conf_proxy(arena, &c, S("http://far.example/debian")), "http://p:1");
    expect(apt_conf_proxy(arena, &c, S("http://near.example/debian")), "DIRECT");
    expect(apt_conf_proxy(arena, &c, S("http://user@near.example:80/debian")), "DIRECT");
    expect(apt_conf_proxy(arena, &c, S("https://far.example/debian")), "http://p:1");
    expect(apt_conf_proxy(arena, &c, S("https://odd.example")), "http://q:2/");
    expect(apt_conf_proxy(arena, &c, S("http://odd.example")), "http://p:1");
    expect(apt_conf_proxy(arena, &c, S("file:///x")), "");
    c = parsed("Acquire::https::Proxy \"direct\"; Acquire::http::Proxy \"http://p:1\";");
    expect(apt_conf_proxy(arena, &c, S("https://a")), "DIRECT");
    expect(apt_conf_proxy(arena, &c, S("http://a")), "http://p:1");
    c = parsed("Acquire::http::Proxy \"http://p:1\n\";");
    expect(apt_conf_proxy(arena, &c, S("http://a")), "");
    c = parsed("");
    expect(apt_conf_proxy(arena, &c, S("http://a")), "");
}

static void files(void **state)
{
    struct sandbox box = sandbox_open();

    (void)state;
    sandbox_write(&box, "given",
                  str_fmt(arena, "Dir \"%s/root\"; A \"given\"; B \"given\";", box.dir));
    sandbox_write(&box, "root/etc/apt/apt.conf.d/20second", S("B \"second\"; C \"second\";"));
    sandbox_write(&box, "root/etc/apt/apt.conf.d/10first.conf", S("B \"first\"; D \"first\";"));
    sandbox_write(&box, "root/etc/apt/apt.conf.d/30old.bak", S("D \"not this\";"));
    sandbox_write(&box, "root/etc/apt/apt.conf.d/30old~", S("D \"nor this\";"));
    sandbox_write(&box, "root/etc/apt/apt.conf", S("C \"last\";"));
    setenv("APT_CONFIG", sandbox_path(&box, arena, "given"), 1);
    struct apt_conf c = apt_conf_read(arena);
    unsetenv("APT_CONFIG");
    expect(apt_conf_find(&c, "A", S("-")), "given");
    expect(apt_conf_find(&c, "B", S("-")), "second");
    expect(apt_conf_find(&c, "C", S("-")), "last");
    expect(apt_conf_find(&c, "D", S("-")), "first");
    struct str path = apt_conf_path(arena, &c, "Dir::Etc", "etc/apt", "sourcelist", "sources.list");
    assert_true(str_ends(path, S("/root/etc/apt/sources.list")));
    sandbox_close(&box);
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_open();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_close(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(statements), cmocka_unit_test(proxies),
                                       cmocka_unit_test(files)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
