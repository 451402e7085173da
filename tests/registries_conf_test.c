/* containers' registries.conf as policy: what is taken over, what is refused and where. */
#include "config/config.h"

#include "cmocka_all.h"
#include "sandbox.h"
#include "config/toml_tree.h"

struct world {
    struct arena *arena;
    struct sandbox box;
    struct config config;
    struct err err;
};

static bool read_conf(struct world *w, const char *policy, const char *conf)
{
    sandbox_write(&w->box, "registries.conf", str_of(conf));
    sandbox_write(&w->box, "dfix.yaml", str_of(policy));
    w->config = (struct config){.settings = {.max_age = -1}};
    return config_read(w->arena, sandbox_path(&w->box, w->arena, "dfix.yaml"), true,
                       (struct config_rules){NULL, 0}, &w->config, &w->err);
}

#define assert_text(got, want) assert_true(str_eq((got), S(want)))

static void becomes_policy(void **state)
{
    struct world *w = *state;
    static const char conf[] =
        "# comment\n"
        "unqualified-search-registries = [\n  \"registry.corp.example\", # the only one\n]\n"
        "short-name-mode = 'enforcing'\n\n"
        "[[registry]]\n"
        "prefix = \"docker.io/library\"\n"
        "location = 'registry.corp.example/hub'\n"
        "[[registry]]\n"
        "location = \"quay.io\"\n"
        "  [[registry.mirror]]\n"
        "  location = \"first.example:5000/quay\"\n"
        "  insecure = true\n"
        "  [[registry.mirror]]\n"
        "  location = \"second.example/quay\"\n"
        "[[registry]]\n"
        "prefix = \"*.bad.example\"\n"
        "blocked = true\n"
        "[[registry]]\n"
        "location = \"ghcr.io\"\n"
        "mirror-by-digest-only = true\n"
        "mirror = [{location = \"m.example/ghcr\"}, ]\n"
        "[aliases]\n\"alpine\" = \"docker.io/library/alpine\"\n";
    if (!read_conf(w,
                   "registries:\n"
                   "  conf: registries.conf\n" /* first, and yet after the mirrors */
                   "  mirrors: {docker.io: r.example/all, quay.io: mine.example}\n",
                   conf))
        fail_msg("%s", w->err.text);
    const struct settings *s = &w->config.settings;
    assert_int_equal(s->nmirror, 3);
    assert_text(s->mirror[1].to, "mine.example");
    assert_text(s->mirror[2].from, "docker.io/library");
    assert_text(s->mirror[2].to, "registry.corp.example/hub");
    assert_int_equal(s->nblocked, 1);
    assert_text(s->blocked[0], "*.bad.example");
    assert_int_equal(s->ninsecure, 1);
    assert_text(s->insecure[0], "first.example:5000");
    assert_text(s->short_names, "registry.corp.example");
    assert_true(read_conf(w, "registries: {conf: registries.conf}\n", conf));
    assert_text(w->config.settings.mirror[1].to, "first.example:5000/quay");
}

static void what_is_wrong_is_said_at_its_place(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *conf, *why;
    } cases[] = {
        {"[[registry]]\nprefix = \"a\nb\"\n", ":2:12: unterminated string"},
        {"[[registry]]\nprefix = \"\"\"a\"\"\"\n", ":2:11: multi-line strings"},
        {"[[registry]\n", ":1:12: expected `]`"},
        {"[[registry]]\nblocked = maybe\n", ":2:11: unknown value \"maybe\""},
        {"[[registry]]\nblocked = true\n", ":1:3: a registry needs a prefix or a location"},
        {"[[registry]]\nlocation = \"a b\"\n", ":2:12: \"a b\" is not an image name"},
        {"[[registry]]\nlocation = \"a\" x\n", ":2:16: expected the end of the line"},
        {"[[registry]]\nlocation = \"a\"\nlocation = \"b\"\n", ":3:1: duplicate key"},
        {"[[registry]]\nlocation = [\"a\",\n", ":3:1: the file ends in the middle"},

        {"registry = 1\n[[registry]]\n", ":2:11: this name is already used for something else"},
        {"registry = 1\n", ":1:12: expected a list"},
        {"= 1\n", ":1:1: expected a key"},
        {"x =\n", ":1:4: expected a value"},
        {"x = \"\\q\"\n", ":1:7: unsupported escape"},
        {"[registries.search]\nregistries = []\n", ":1:2: the old format"},
        {"[[registry]]\nprefix = \"*x\"\nlocation = \"y\"\n", ":1:3: `*` in a prefix"},
        {"[[registry]]\nprefix = \"*.x/y\"\nlocation = \"y\"\n", ":1:3: `*` in a prefix"},
        {"[[registry]]\nprefix = \"*.*.x\"\nblocked = true\n", ":1:3: `*` in a prefix"},
        {"[[registry]]\nlocation = \"x\"\n[[registry.mirror]]\n", ":3:12: a mirror needs"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (read_conf(w, "registries: {conf: registries.conf}\n", cases[i].conf))
            fail_msg("accepted: %s", cases[i].conf);
        if (!strstr(w->err.text, cases[i].why) || !strstr(w->err.text, "registries.conf:"))
            fail_msg("%s: %s", cases[i].conf, w->err.text);
    }
    assert_false(read_conf(w, "registries: {conf: not-there.conf}\n", ""));
}

/* The user's files before the system's, drop-ins before the main file, later ones first. */
static void drop_ins_count_more(void **state)
{
    struct world *w = *state;
    sandbox_write(&w->box, "containers/registries.conf",
                  S("unqualified-search-registries = [\"main.example\"]\n"
                    "[[registry]]\nprefix = \"*.corp.example\"\nlocation = \"main.example/corp\"\n"
                    "[[registry]]\nprefix = \"quay.io\"\nlocation = \"main.example/quay\"\n"
                    "[[registry]]\nprefix = \"ghcr.io\"\nblocked = true\n"));
    sandbox_write(&w->box, "containers/registries.conf.d/10-a.conf",
                  S("[[registry]]\nprefix = \"quay.io\"\nlocation = \"ten.example\"\n"
                    "[[registry]]\nlocation = \"ghcr.io\"\n"));
    sandbox_write(&w->box, "containers/registries.conf.d/20-b.conf",
                  S("unqualified-search-registries = [\"twenty.example\"]\n"
                    "[[registry]]\nprefix = \"quay.io\"\nlocation = \"twenty.example\"\n"));
    sandbox_write(&w->box, "containers/registries.conf.d/30-c.conf~", S("not read"));
    setenv("XDG_CONFIG_HOME", w->box.dir, 1);
    unsetenv("CONTAINERS_REGISTRIES_CONF");
    if (!read_conf(w, "registries: {conf: system}\n", ""))
        fail_msg("%s", w->err.text);
    const struct settings *s = &w->config.settings;
    assert_int_equal(s->nmirror, 2);
    assert_text(s->mirror[0].from, "quay.io");
    assert_text(s->mirror[0].to, "twenty.example");
    assert_text(s->mirror[1].from, "*.corp.example");
    assert_int_equal(s->nblocked, 0);
    assert_text(s->short_names, "twenty.example");
    setenv("CONTAINERS_REGISTRIES_CONF", sandbox_path(&w->box, w->arena, "registries.conf"), 1);
    assert_true(read_conf(w, "registries: {conf: system}\n",
                          "[[registry]]\nprefix = \"quay.io\"\nlocation = \"named.example\"\n"));
    assert_int_equal(s->nmirror, 1);
    assert_text(s->mirror[0].to, "named.example");
    unsetenv("CONTAINERS_REGISTRIES_CONF");
    unsetenv("XDG_CONFIG_HOME");
}

static void depth_and_size_are_capped(void **state)
{
    struct world *w = *state;
    struct buf deep = {.arena = w->arena}, long_ = {.arena = w->arena};
    struct yaml_node *root;
    buf_add(&deep, S("x = "));
    for (int i = 0; i < 100000; i++)
        buf_char(&deep, '[');
    assert_false(toml_parse(w->arena, "x", buf_str(&deep), &root, &w->err));
    assert_non_null(strstr(w->err.text, "too deep"));
    buf_add(&long_, S("[a"));
    for (int i = 0; i < 100000; i++)
        buf_add(&long_, S(".a"));
    assert_false(toml_parse(w->arena, "x", buf_str(&long_), &root, &w->err));
    assert_non_null(strstr(w->err.text, "too deep"));
}

static void other_keys_of_registries(void **state)
{
    struct world *w = *state;
    if (!read_conf(w,
                   "registries:\n"
                   "  ca-file: ca.pem\n"
                   "  max-layers: 500MB\n"
                   "  requests: 90\n"
                   "  layouts: {team: /srv/layouts, registry.corp.example/base: here}\n"
                   "  mirrors: {python: r.example/python}\n"
                   "images: {'debian:*-slim': 'r.example/slim:*'}\n",
                   ""))
        fail_msg("%s", w->err.text);
    const struct settings *s = &w->config.settings;
    assert_string_equal(s->ca_file.p, sandbox_path(&w->box, w->arena, "ca.pem"));
    assert_int_equal(s->max_layers, 500 << 20);
    assert_int_equal(s->max_requests, 90);
    assert_int_equal(s->nlayout, 2);
    assert_text(s->layout[0].from, "docker.io/library/team");
    assert_string_equal(s->layout[1].to.p, sandbox_path(&w->box, w->arena, "here"));
    assert_text(s->mirror[0].from, "docker.io/library/python");
    assert_text(s->image[0].to, "r.example/slim:*");
    assert_true(read_conf(w, "registries: {max-layers: 0}\n", ""));
    assert_int_equal(w->config.settings.max_layers, -1);
    assert_true(read_conf(w, "registries: {requests: 0}\n", ""));
    assert_int_equal(w->config.settings.max_requests, -1);
    assert_false(read_conf(w, "registries: {requests: -1}\n", ""));
    assert_false(read_conf(w, "registries: {max-layers: 5MiB}\n", ""));
    assert_non_null(strstr(w->err.text, ":1:26: \"5MiB\" is not a size"));
    assert_false(read_conf(w, "images: {'a*:1': b}\n", ""));
    assert_non_null(strstr(w->err.text, "`*` is allowed once, in the tag"));
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->arena = arena_open();
    w->box = sandbox_open();
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    sandbox_close(&w->box);
    arena_close(w->arena);
    free(w);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(becomes_policy, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_said_at_its_place, setup, teardown),
        cmocka_unit_test_setup_teardown(drop_ins_count_more, setup, teardown),
        cmocka_unit_test_setup_teardown(depth_and_size_are_capped, setup, teardown),
        cmocka_unit_test_setup_teardown(other_keys_of_registries, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
