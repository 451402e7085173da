/* sed_apply against sed itself: what is understood gives the same, the rest is refused. */
#include "files/sed.h"
#include "sandbox.h"

static const char text[] =
    "Types: deb\n"
    "# a comment\n"
    "URIs: http://ftp.debian.org/debian\n"
    "Suites: bookworm bookworm-updates\n"
    "Components: main\n"
    "\n"
    "deb http://archive.ubuntu.com/ubuntu/ jammy main restricted\n"
    "# deb http://archive.ubuntu.com/ubuntu/ jammy multiverse\n"
    "deb [arch=amd64] http://us.archive.ubuntu.com/ubuntu/ jammy-updates main\n";

static const struct one {
    const char *script;
    bool extended, refused;
} table[] = {
    {"s/ftp.debian.org/mirror.example/g", false, false},
    {"s|http://|https://|", false, false},
    {"s@http://\\(archive\\|security\\).ubuntu.com@http://x@", false, true},
    {"s/main$/main contrib non-free/", false, false},
    {"s/Components: main/& contrib/;s/^Types: deb$/Types: deb deb-src/", false, false},
    {"s/# \\(.*multiverse$\\)/\\1/g", false, false},
    {"s/^# deb/deb/\ns/ multiverse/ universe multiverse/", false, false},
    {"/updates/d", false, false},
    {"/^#/ d; /^$/d", false, false},
    {"s,http:\\/\\/[a-z]*\\.*archive,http://new.archive,", false, false},
    {"s/[^ ]*archive/X/", false, false},
    {"s/b*/-/g", false, true},
    {"s/x*$/./", false, false},
    {"s/^/# /", false, false},
    {"s/$/ contrib/", false, false},
    {"s/o\\+/0/g", false, false},
    {"s/(us\\.)?archive/mirror/", true, true},
    {"s/([a-z]+)\\.ubuntu/\\1.example/", true, false},
    {"s/https?:/ftp:/g", true, false},
    {"s/^(# )?deb /deb-src /", true, true},
    {"s/[a-z]+-updates/gone/", true, false},
    {"s/a.c*h/\\&\\//", false, false},
    {"s/ jammy/\\njammy/", false, false},
    {"s#debian#a\\#b#", false, false},
    {"s/main/MAIN/I", false, true},
    {"s/main/MAIN/2", false, true},
    {"s/main/\\U&/", false, true},
    {"1d", false, true},
    {"$a deb http://x y z", false, true},
    {"s/deb\\b/x/", false, true},
    {"y/abc/xyz/", false, true},
    {"s/a{2}/x/", true, true},
    {"s/[[:space:]]/x/", false, false},
    {"s/v[[:digit:]]*/edge/; s/[[:upper:]]/x/g", false, false},
    {"s/[^[:space:]]/x/", false, true},
    {"s/[[:punct:]]/x/", false, true},
    {"s/a/b", false, true},
    {"", false, false},
};

static void agrees_with_sed(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct sandbox box = sandbox_open();
    sandbox_write(&box, "in", str_of(text));

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const struct one *x = &table[i];
        struct str got;
        if (sed_apply(a, str_of(x->script), x->extended, str_of(text), &got) == x->refused)
            fail_msg("%s: %s", x->script, x->refused ? "not refused" : "refused");
        if (x->refused)
            continue;
        sandbox_write(&box, "script", str_of(x->script));
        assert_int_equal(sandbox_run(&box, "sed %s -f script in >out", x->extended ? "-E" : ""), 0);
        struct str want = sandbox_read(&box, a, "out");
        if (!str_eq(got, want))
            fail_msg("%s:\ngot\n%.*s\nwant\n%.*s", x->script, STR_ARG(got), STR_ARG(want));
    }
    sandbox_close(&box);
    arena_close(a);
}

/* Stars that could be tried in more ways than there is time for. */
static void gives_up(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct buf b = {.arena = a};
    struct str out;

    for (int i = 0; i < 2000; i++)
        buf_char(&b, 'a');
    assert_false(sed_apply(a, S("s/a*a*a*a*a*a*a*a*b/x/"), false, buf_str(&b), &out));
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_sed),
        cmocka_unit_test(gives_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
