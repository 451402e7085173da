/* Pins from end to end: a signed archive, the index made of it, the rules, the file. What such an
 * archive holds may be anything that its owner signs; what is written is a version. */
#include "apt_bed.h"
#include "dfix/dfix.h"

static struct rule_settings pin_apt; /* an option of pin-apt */
static struct setting option;

static void give(struct bed *b, const char *name, const char *value)
{
    option = (struct setting){str_of(name), str_of(value)};
    pin_apt = (struct rule_settings){.rule = S("pin-apt"), .option = &option, .noption = 1};
    b->settings.rule = &pin_apt;
    b->settings.nrule = 1;
}

static struct str fix(struct bed *b, struct str text)
{
    struct world *w = world_open(&b->settings);
    const struct lookup *l = world_lookup(w);
    struct arena *a = arena_open();
    struct result r = dfix_fix(a, text, &dfix_rules, &b->settings, l);
    for (int i = 0; i < 6 && r.pending && l->resolve(l->self); i++)
        r = dfix_fix(a, text, &dfix_rules, &b->settings, l);
    assert_false(r.pending);
    assert_false(r.broken);
    struct str out = str_dup(b->arena, r.text);
    arena_close(a);
    world_close(w);
    return out;
}

/* Only the rules about versions, for amd64, with a base that holds nothing of note. */
static void prepare(struct bed *b)
{
    static struct str rules[] = {{"pin-apt", 7}, {"pin-alive", 9}, {"pin-snapshot", 12}};
    b->settings.select = rules;
    b->settings.nselect = 2;
    b->settings.archs = arch_of(S("amd64"));
    b->settings.unsafe = b->settings.refresh = true;
    sandbox_write(&b->box, "held", S("libc6:amd64\t2.36-9+deb12u10\n"));
    b->settings.installed_file = str_of(sandbox_path(&b->box, b->arena, "held"));
}

static void debian(struct bed *b, const char *packages, const char *set)
{
    static const char *const suites[] = {"bookworm", "bookworm-updates", "bookworm-security"};
    for (int i = 0; i < 3; i++) {
        const char *folder = str_fmt(b->arena, "dists/%s", suites[i]).p;
        bed_packages(b, folder, "main", "amd64", i ? "other 1.0-1" : packages);
        bed_sign(b, folder, suites[i], suites[i], set);
    }
}

static const char *const hostile[] = {
    "1.0;id",  "1.0$(id)", "1.0`id`",     "1.0&&id", "1.0'id",  "1.0\"id", "1.0\\id",
    "1.0 id",  "1.0*",     "1.0?",        "1.0[id]", "1.0\tid", "$IFS",    "--id",
    "1.0#id",  "1.0<id",   "1.0>id",      "1.0=id",  "1.0/id",  "",        "1.0{id,}",
    "1.0\rid", "1.0%0aid", "1.0\xc3\xa9", "1.0!id",  "1.0@id",  "1.0,id",  "id",
};
enum { HOSTILE = sizeof(hostile) / sizeof(hostile[0]) };

static void test_hostile_versions_are_never_written(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    prepare(b);
    struct buf packages = {.arena = b->arena}, in = {.arena = b->arena};
    buf_fmt(&packages, "good 1.2.3-1");
    buf_fmt(&in, "FROM debian:bookworm\nRUN apt-get install -y good");
    for (int i = 0; i < HOSTILE; i++) {
        buf_fmt(&packages, "|evil%d %s|mixed%d %s|mixed%d 1.0-1", i, hostile[i], i, hostile[i], i);
        buf_fmt(&in, " evil%d evil%d=0.9-1 \"evil%d=0.9*\" evil%d=%s", i, i, i, i, "1.0");
    }
    buf_fmt(&in, "\n");
    debian(b, str_cstr(b->arena, buf_str(&packages)), "");
    static const char *const styles[] = {"compatible", "exact"};
    for (int i = 0; i < 2; i++) {
        give(b, "style", styles[i]);
        struct str text = fix(b, buf_str(&in));
        struct str want = i ? S(" good=1.2.3-1 ") : S(" \"good=1.2.*\" ");
        if (str_find(text, want) == STR_NONE)
            fail_msg("no " STR_FMT " in " STR_FMT, STR_ARG(want), STR_ARG(text));
        /* That pin is all that changed. */
        struct buf back = {.arena = b->arena};
        size_t at = (size_t)str_find(text, want);
        buf_fmt(&back, STR_FMT " good " STR_FMT, STR_ARG(str_sub(text, 0, at)),
                STR_ARG(str_from(text, at + want.n)));
        if (!str_eq(buf_str(&back), buf_str(&in)))
            fail_msg(STR_FMT, STR_ARG(text));
    }
    bed_close(b);
}

/* Names with anything in them are no packages: asked for by such a word, none is found. */
static void test_hostile_names_are_never_written(void **state)
{
    static const char in[] = "FROM debian:bookworm\n"
                             "RUN apt-get install -y 'a;b' '$(id)' '../x' '-y' 'a b' good\n";
    static const char out[] = "FROM debian:bookworm\n"
                              "RUN apt-get install -y 'a;b' '$(id)' '../x' '-y' 'a b' "
                              "\"good=1.2.*\"\n";
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    prepare(b);
    debian(b, "good 1.2.3-1|a;b 1.0-1|$(id) 1.0-1|../x 1.0-1|-y 1.0-1", "");
    expect_text(fix(b, str_of(in)), out);
    bed_close(b);
}

static void test_a_pin_dies_and_moves(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    prepare(b);
    b->settings.max_age = 0;
    debian(b, "tool 1.2.3-1", "");
    give(b, "style", "exact");
    struct str first = fix(b, S("FROM debian:bookworm\nRUN apt-get install -y tool\n"));
    expect_text(first, "FROM debian:bookworm\nRUN apt-get install -y tool=1.2.3-1\n");
    expect_text(fix(b, first), "FROM debian:bookworm\nRUN apt-get install -y tool=1.2.3-1\n");
    debian(b, "tool 1.2.3-2", "DATE='now + 1 minute'");
    expect_text(fix(b, first), "FROM debian:bookworm\nRUN apt-get install -y tool=1.2.3-2\n");
    bed_close(b);
}

/* The moment is that of the Release file, and a mirror of that moment serves the pins. */
static void test_a_stage_is_tied_to_the_archive_of_its_pins(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    prepare(b);
    b->settings.nselect = 3;
    give(b, "pin", "snapshot");
    b->index[0].snapshot = S("http://snap.example.org/archive");
    debian(b, "tool 1.2.3-1", "DATE='2026-11-01 20:16:04 UTC'");
    expect_text(
        fix(b, S("FROM debian:bookworm\nRUN apt-get update && apt-get install -y tool\n")),
        "FROM debian:bookworm\n"
        "RUN rm -f /etc/apt/sources.list.d/debian.sources && printf '%s\\n' \\\n"
        "    'deb [check-valid-until=no] "
        "http://snap.example.org/archive/debian/20261102T001604Z bookworm main' \\\n"
        "    'deb [check-valid-until=no] "
        "http://snap.example.org/archive/debian/20261102T001604Z bookworm-updates main' \\\n"
        "    'deb [check-valid-until=no] "
        "http://snap.example.org/archive/debian-security/20261102T001604Z "
        "bookworm-security main' \\\n"
        "    > /etc/apt/sources.list\n"
        "RUN apt-get update && apt-get install -y tool=1.2.3-1\n");
    bed_close(b);
}

/* A cache that cannot be written is a warning at most; one that is there is read. */
static void test_a_cache_that_cannot_be_written(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    prepare(b);
    debian(b, "tool 1.2.3-1", "");
    sandbox_write(&b->box, "blocked", S("a file where the folder should be"));
    b->settings.cache_dir = str_of(sandbox_path(&b->box, b->arena, "blocked"));
    expect_text(fix(b, S("FROM debian:bookworm\nRUN apt-get install -y tool\n")),
                "FROM debian:bookworm\nRUN apt-get install -y \"tool=1.2.*\"\n");
    bed_close(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile_versions_are_never_written),
        cmocka_unit_test(test_hostile_names_are_never_written),
        cmocka_unit_test(test_a_pin_dies_and_moves),
        cmocka_unit_test(test_a_stage_is_tied_to_the_archive_of_its_pins),
        cmocka_unit_test(test_a_cache_that_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
