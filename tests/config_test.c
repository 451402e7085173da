/* Policy files: what they set, what is refused and where, what only trusted files may say. */
#include "sandbox.h"
#include "config/config.h"
#include "config/yaml_tree.h"

#define assert_text(got, want) assert_texts(got, want, __LINE__)

static void assert_texts(struct str got, struct str want, int line)
{
    if (!str_eq(got, want))
        fail_msg("line %d:\ngot  [%.*s]\nwant [%.*s]", line, STR_ARG(got), STR_ARG(want));
}

/* Rules of the test's own: the schema is the same whatever rules there are. */
static const struct option_doc one_options[] = {{"style", "compatible", "compatible|exact", "how"},
                                                {"uid", "10001", "number", "which"},
                                                {"names", "", "list", "what"},
                                                {"note", "", "text", "why"},
                                                {NULL, NULL, NULL, NULL}};
static const struct config_rule table[] = {{"pin-one", "DL1 DL2", NULL, one_options},
                                           {"end-two", "", NULL, NULL}};
static const struct config_rules rules = {table, 2};

struct world {
    struct arena *arena;
    struct sandbox box;
    struct config config;
    struct err err;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    *w = (struct world){.arena = arena_open(), .box = sandbox_open()};
    w->config.settings.max_age = -1;
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

static bool read_as(struct world *w, bool trusted, const char *text)
{
    sandbox_write(&w->box, "dfix.yaml", str_of(text));
    return config_read(w->arena, sandbox_path(&w->box, w->arena, "dfix.yaml"), trusted, rules,
                       &w->config, &w->err);
}

static void must_read(struct world *w, bool trusted, const char *text)
{
    if (!read_as(w, trusted, text))
        fail_msg("%s", w->err.text);
}

static const char *option(const struct settings *s, const char *rule, const char *name)
{
    for (size_t i = 0; i < s->nrule; i++)
        for (size_t k = 0; str_eq(s->rule[i].rule, str_of(rule)) && k < s->rule[i].noption; k++)
            if (str_eq(s->rule[i].option[k].name, str_of(name)))
                return s->rule[i].option[k].value.p;
    return NULL;
}

static enum level level(const struct settings *s, const char *rule)
{
    for (size_t i = 0; i < s->nrule; i++)
        if (str_eq(s->rule[i].rule, str_of(rule)))
            return s->rule[i].level;
    return LEVEL_UNSET;
}

static void reads_every_key(void **state)
{
    struct world *w = *state;
    struct settings *s = &w->config.settings;
    must_read(
        w, true,
        "rules:\n"
        "  DL2: {level: hint, style: exact, uid: 1000, names: [a, b], note: \"x: y\"}\n"
        "  end-two: off\n"
        "architectures: [amd64, linux/arm64]\n"
        "index:\n"
        "  max-age: 36h\n"
        "  trusted-sources: [packages.corp.example]\n"
        "  apt:\n"
        "    debian: {mirror: https://mirror.corp.example/debian/, security: "
        "file:///srv/security, keyring: keys/debian.gpg}\n"
        "    ubuntu: {ports: http://ports.corp.example, snapshot: https://snap.corp.example}\n"
        "  apk: {alpine: {mirror: https://mirror.corp.example/alpine, keys: [/etc/keys, k/x.pub], "
        "secdb: https://secdb.corp.example}}\n"
        "registries:\n"
        "  trusted: [registry.corp.example, '*.corp.example']\n"
        "  blocked: docker.io\n"
        "  mirrors: {docker.io/library/: registry.corp.example/hub}\n"
        "  insecure: ['localhost:5000']\n"
        "  verify: off\n"
        "images: {python: registry.corp.example/approved/python}\n"
        "trust-project-config: true\n");
    assert_int_equal(level(s, "pin-one"), LEVEL_HINT);
    assert_int_equal(level(s, "end-two"), LEVEL_OFF);
    assert_string_equal(option(s, "pin-one", "style"), "exact");
    assert_string_equal(option(s, "pin-one", "uid"), "1000");
    assert_string_equal(option(s, "pin-one", "note"), "x: y");
    assert_text(s->rule[0].option[2].value, S("a\nb"));
    assert_int_equal(s->archs, arch_of(S("amd64")) | arch_of(S("arm64")));
    assert_int_equal(s->max_age, 36 * 3600);
    assert_int_equal(s->ntrusted_source, 1);
    assert_int_equal(s->nindex, 3);
    assert_text(s->index[0].distro, S("debian"));
    assert_text(s->index[0].mirror, S("https://mirror.corp.example/debian"));
    assert_text(s->index[0].security, S("file:///srv/security"));
    assert_string_equal(s->index[0].keyring.p, sandbox_path(&w->box, w->arena, "keys/debian.gpg"));
    assert_text(s->index[0].snapshot, S(""));
    assert_text(s->index[1].ports, S("http://ports.corp.example"));
    assert_int_equal(s->index[2].nkey, 2);
    assert_text(s->index[2].key[0], S("/etc/keys"));
    assert_string_equal(s->index[2].key[1].p, sandbox_path(&w->box, w->arena, "k/x.pub"));
    assert_text(s->index[2].secdb, S("https://secdb.corp.example"));
    assert_int_equal(s->ntrusted, 2);
    assert_text(s->trusted[1], S("*.corp.example"));
    assert_int_equal(s->nblocked, 1);
    assert_text(s->mirror[0].from, S("docker.io/library"));
    assert_text(s->mirror[0].to, S("registry.corp.example/hub"));
    assert_text(s->insecure[0], S("localhost:5000"));
    assert_true(s->verify_digest_off);
    assert_text(s->image[0].from, S("python"));
    assert_true(w->config.trust_project);
    assert_int_equal(w->config.warning.n, 0);
}

static void empty_files_say_nothing(void **state)
{
    struct world *w = *state;
    must_read(w, false, "");
    must_read(w, false, "# only a comment\n");
    must_read(w, false, "rules:\n#  pin-one: off\nindex:\nregistries:\n");
    assert_int_equal(w->config.settings.nrule, 0);
    assert_int_equal(w->config.settings.max_age, -1);
}

static void refuses_with_line_and_column(void **state)
{
    static const struct {
        const char *text, *error; /* after the file's name */
    } v[] = {
        {"rulez: {}\n", ":1:1: unknown key \"rulez\"; did you mean \"rules\"?"},
        {"rules:\n  pin-noe: off\n", ":2:3: unknown rule \"pin-noe\"; did you mean \"pin-one\"?"},
        {"rules:\n  xyz: off\n", ":2:3: unknown rule \"xyz\"; known: pin-one, end-two"},
        {"rules:\n  pin-one: {stile: exact}\n",
         ":2:13: unknown option \"stile\"; did you mean \"style\"?"},
        {"rules:\n  pin-one: {style: exakt}\n",
         ":2:20: unknown value \"exakt\"; did you mean \"exact\"?"},
        {"rules:\n  pin-one: warn\n",
         ":2:12: unknown value \"warn\"; known: off, hint, safe, unsafe"},
        {"rules:\n  pin-one: [off]\n", ":2:12: expected a map (`key: value`)"},
        {"rules:\n  pin-one:\n", ":2:11: a value is missing"},
        {"rules:\n  pin-one: off\n  pin-one: hint\n", ":3:3: duplicate key, first used in line 2"},
        {"rules:\n  pin-one: off\n  DL1: hint\n", ":3:3: the rule pin-one is already configured"},
        {"rules: {pin-one: {uid: 10x}}\n", ":1:24: \"10x\" is not a number"},
        {"rules: {pin-one: {note: \"a\\nb\"}}\n", ":1:25: control characters are not allowed here"},
        {"rules: {pin-one: {note: [a]}}\n", ":1:25: expected a single value"},
        {"rules: off\n", ":1:8: expected a map (`key: value`)"},
        {"- rules\n", ":1:1: expected a map (`key: value`)"},
        {"architectures: [amd46]\n",
         ":1:17: unknown architecture \"amd46\"; did you mean \"amd64\"?"},
        {"index: {max-age: soon}\n", ":1:18: \"soon\" is not a time: 90s, 30m, 24h, 7d or 0"},
        {"index: {max-age: h}\n", ":1:18: \"h\" is not a time: 90s, 30m, 24h, 7d or 0"},
        {"index: {max-age: 12}\n", ":1:18: \"12\" is not a time: 90s, 30m, 24h, 7d or 0"},
        {"index: {apt: {debian: {mirror: mirror.example}}}\n",
         ":1:32: \"mirror.example\" is not a URL (https://, http:// or file:///)"},
        {"index: {apt: {debian: {mirror: 'http://a/$(id)'}}}\n",
         ":1:32: \"http://a/$(id)\" is not a URL that can be used here"},
        {"index: {apt: {debain: {}}}\n", ":1:15: unknown key \"debain\"; did you mean \"debian\"?"},
        {"registries: {trusted: ['a b']}\n",
         ":1:24: \"a b\" is not a registry or a pattern of registries"},
        {"registries: {mirrors: {a: 'b;c'}}\n",
         ":1:27: \"b;c\" is not an image name or a prefix of one"},
        {"registries: {mirrors: {/: b}}\n", ":1:24: an image name is missing"},
        {"registries: {verify: maybe}\n", ":1:22: unknown value \"maybe\"; known: digest, off"},
        {"trust-project-config: yes\n", ":1:23: unknown value \"yes\"; known: false, true"},
        {"rules: {pin-one: !x off}\n", ":1:18: tags (!name) are not supported"},
        {"rules: {pin-one: *x}\n", ":1:18: no anchor of that name comes before this alias"},
        {"rules: &x {pin-one: *x}\n", ":1:21: no anchor of that name comes before this alias"},
        {"rules: {}\n---\nrules: {}\n", ":2:1: a policy file must be a single document"},
        {"? [a]\n: b\n", ":1:3: a key must be a plain word"},
        {"rules: {\n", ":2:1: did not find expected node content"},
        {"rules: \xff\n", ":1:8: invalid leading UTF-8 octet"},
    };
    struct world *w = *state;
    for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        struct str want =
            str_fmt(w->arena, "%s%s", sandbox_path(&w->box, w->arena, "dfix.yaml"), v[i].error);
        if (read_as(w, true, v[i].text))
            fail_msg("accepted: %s", v[i].text);
        assert_text(str_of(w->err.text), want);
    }
    assert_false(config_read(w->arena, w->box.dir, true, rules, &w->config, &w->err));
}

static void anchors_are_shared_and_capped(void **state)
{
    struct world *w = *state;
    must_read(w, true, "rules:\n  pin-one: &x {level: hint}\n  end-two: *x\n");
    assert_int_equal(level(&w->config.settings, "end-two"), LEVEL_HINT);

    struct buf many = {.arena = w->arena};
    buf_add(&many, S("registries: {trusted: [&x a"));
    for (int i = 0; i < 101; i++)
        buf_add(&many, S(", *x"));
    buf_add(&many, S("]}\n\0"));
    assert_false(read_as(w, true, many.p));
    assert_non_null(strstr(w->err.text, "too many aliases"));

    struct buf deep = {.arena = w->arena};
    for (int i = 0; i < 100; i++)
        buf_add(&deep, S("["));
    buf_add(&deep, S("\0"));
    assert_false(read_as(w, true, deep.p));
    assert_non_null(strstr(w->err.text, "too deep"));
}

static void later_files_set_over_earlier(void **state)
{
    struct world *w = *state;
    must_read(w, true,
              "rules: {pin-one: {level: hint, uid: 1}, end-two: unsafe}\n"
              "index: {max-age: 1h, apt: {debian: {mirror: http://a, keyring: /k}}}\n"
              "registries: {trusted: [a, b]}\n");
    struct config user = w->config;
    must_read(w, true,
              "rules: {pin-one: {uid: 2, note: n}}\n"
              "index: {apt: {debian: {mirror: http://b}}}\n"
              "registries: {trusted: [c]}\n");
    const struct settings *s = &w->config.settings;
    assert_int_equal(s->nrule, 2);
    assert_int_equal(level(s, "pin-one"), LEVEL_HINT);
    assert_string_equal(option(s, "pin-one", "uid"), "2");
    assert_int_equal(s->max_age, 3600);
    assert_text(s->index[0].mirror, S("http://b"));
    assert_text(s->index[0].keyring, S("/k"));
    assert_int_equal(s->ntrusted, 1);
    /* The copy from before still says what it said. */
    assert_string_equal(option(&user.settings, "pin-one", "uid"), "1");
    assert_null(option(&user.settings, "pin-one", "note"));
    assert_text(user.settings.index[0].mirror, S("http://a"));
    assert_int_equal(user.settings.ntrusted, 2);
}

static void projects_may_not_say_whom_to_trust(void **state)
{
    static const char text[] = "rules: {pin-one: off}\n"
                               "index:\n"
                               "  max-age: 2h\n"
                               "  apt: {debian: {mirror: http://evil, keyring: /tmp/k}}\n"
                               "  trusted-sources: [evil]\n"
                               "registries: {insecure: [evil], trusted: [evil]}\n"
                               "images: {debian: evil/debian}\n"
                               "trust-project-config: true\n";
    struct world *w = *state;
    struct settings *s = &w->config.settings;
    must_read(w, false, text);
    assert_int_equal(level(s, "pin-one"), LEVEL_OFF);
    assert_int_equal(s->max_age, 7200);
    assert_int_equal(s->nindex + s->ntrusted_source + s->ninsecure + s->ntrusted + s->nimage, 0);
    assert_false(w->config.trust_project);
    assert_int_equal(w->config.warning.n, 5);
    struct str want = str_fmt(w->arena, "%s:4:3: \"apt\" is ignored here; ",
                              sandbox_path(&w->box, w->arena, "dfix.yaml"));
    assert_true(str_starts(w->config.warning.v[0], want));
    must_read(w, false, text); /* the same once more: each is said once */
    assert_int_equal(w->config.warning.n, 5);
    /* What would be wrong elsewhere is wrong here. */
    assert_false(read_as(w, false, "registrys: {}\n"));
}

static void hadolint_files(void **state)
{
    static const char text[] = "failure-threshold: style\n"
                               "ignored: [DL1, DL9999]\n"
                               "override: {error: [DL1], style: [DL2]}\n"
                               "label-schema: {author: text, Built: Rfc3339, source: ''}\n"
                               "strict-labels: true\n"
                               "disable-ignore-pragma: true\n"
                               "format: json\n"
                               "trustedRegistries: [docker.io, '*.gcr.io']\n";
    struct world *w = *state;
    struct settings *s = &w->config.settings;
    const struct hadolint_settings *h = &s->hadolint;

    sandbox_write(&w->box, ".hadolint.yaml", str_of(text));
    const char *path = sandbox_path(&w->box, w->arena, ".hadolint.yaml");
    for (int trusted = 0; trusted < 2; trusted++) {
        w->config = (struct config){0};
        assert_true(config_read_hadolint(w->arena, path, trusted, rules, &w->config, &w->err));
        assert_true(h->on && h->strict_labels && h->no_pragmas);
        assert_int_equal(s->nignore, 1);
        assert_text(s->ignore[0], S("DL1"));
        assert_int_equal(h->nseverity, 2);
        assert_int_equal(h->severity[0].severity, SEVERITY_INFO);
        assert_int_equal(h->severity[1].severity, SEVERITY_ERROR);
        assert_int_equal(h->fail_on, FAIL_INFO);
        assert_text(h->schema, S("author=text\nBuilt=rfc3339\nsource="));
        /* Which registries are trusted is not for it to say. */
        assert_int_equal(s->ntrusted, 0);
        assert_int_equal(w->config.warning.n, 1);
        assert_true(str_find(w->config.warning.v[0], S("trustedRegistries")) != STR_NONE);
    }
    /* What is written of it in a policy file is the same. */
    struct buf out = {.arena = w->arena};
    struct hadolint_settings first = *h;
    assert_true(config_import_hadolint(w->arena, path, rules, &out, &w->err));
    w->config = (struct config){0};
    must_read(w, true, str_cstr(w->arena, buf_str(&out)));
    assert_int_equal(s->ntrusted, 2);
    assert_int_equal(s->nignore, 1);
    assert_int_equal(h->fail_on, first.fail_on);
    assert_int_equal(h->nseverity, first.nseverity);
    assert_text(h->schema, first.schema);
    assert_true(h->strict_labels && h->no_pragmas);
}

static void hadolint_mistakes(void **state)
{
    static const char *const wrong[] = {
        "failure-threshold: often\n", "override: {never: [DL1]}\n", "label-schema: {a: colour}\n",
        "strict-labels: perhaps\n",   "ignored: {a: b}\n",          "ignore: [DL1]\n",
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        sandbox_write(&w->box, ".hadolint.yaml", str_of(wrong[i]));
        const char *path = sandbox_path(&w->box, w->arena, ".hadolint.yaml");
        w->config = (struct config){0};
        assert_false(config_read_hadolint(w->arena, path, true, rules, &w->config, &w->err));
    }
}

static void hadolint_variables(void **state)
{
    static const char *const variables[][2] = {
        {"HADOLINT_IGNORE", "DL1, DL9999"},      {"HADOLINT_OVERRIDE_ERROR", "DL2"},
        {"HADOLINT_REQUIRE_LABELS", "a:url,b"},  {"HADOLINT_STRICT_LABELS", "yes"},
        {"HADOLINT_FAILURE_THRESHOLD", "error"}, {"HADOLINT_TRUSTED_REGISTRIES", "docker.io"}};
    enum { VARIABLES = sizeof variables / sizeof variables[0] };
    struct world *w = *state;
    struct settings *s = &w->config.settings;

    w->config = (struct config){0};
    for (size_t i = 0; i < VARIABLES; i++)
        assert_int_equal(setenv(variables[i][0], variables[i][1], 1), 0);
    assert_true(config_hadolint_variables(w->arena, rules, &w->config, &w->err));
    assert_int_equal(s->nignore, 1);
    assert_int_equal(s->hadolint.severity[0].severity, SEVERITY_ERROR);
    assert_text(s->hadolint.schema, S("a=url\nb="));
    assert_true(s->hadolint.strict_labels && !s->hadolint.on);
    assert_int_equal(s->hadolint.fail_on, FAIL_ERROR);
    assert_int_equal(s->ntrusted, 0);
    setenv("HADOLINT_NOFAIL", "1", 1);
    assert_true(config_hadolint_variables(w->arena, rules, &w->config, &w->err));
    assert_int_equal(s->hadolint.fail_on, FAIL_NEVER);
    setenv("HADOLINT_FAILURE_THRESHOLD", "often", 1);
    assert_false(config_hadolint_variables(w->arena, rules, &w->config, &w->err));
    for (size_t i = 0; i < VARIABLES; i++)
        unsetenv(variables[i][0]);
    unsetenv("HADOLINT_NOFAIL");
}

static const char *find(struct world *w, const char *path)
{
    struct str whole = str_fmt(w->arena, "%s/%s", w->box.dir, path);
    struct str got = config_find(w->arena, whole);
    size_t root = strlen(w->box.dir) + 1;
    return got.n > root ? got.p + root : got.p;
}

static void is_found_upward_in_the_repository(void **state)
{
    struct world *w = *state;
    sandbox_write(&w->box, "dfix.yaml", S(""));
    sandbox_write(&w->box, "repo/a/b/Dockerfile", S(""));
    sandbox_write(&w->box, "repo/.git/HEAD", S(""));
    assert_string_equal(find(w, "repo/a/b/Dockerfile"), ""); /* not above the root */
    sandbox_write(&w->box, "repo/.dfix.yml", S(""));
    assert_string_equal(find(w, "repo/a/b/Dockerfile"), "repo/.dfix.yml");
    sandbox_write(&w->box, "repo/.dfix.yaml", S(""));
    assert_string_equal(find(w, "repo/a/b/Dockerfile"), "repo/.dfix.yaml");
    sandbox_write(&w->box, "repo/dfix.yml", S(""));
    assert_string_equal(find(w, "repo/a/b/Dockerfile"), "repo/dfix.yml");
    sandbox_write(&w->box, "repo/dfix.yaml", S(""));
    assert_string_equal(find(w, "repo/a/b/Dockerfile"), "repo/dfix.yaml");
    assert_string_equal(find(w, "repo/a/not/there/Dockerfile"), "repo/dfix.yaml");
    sandbox_write(&w->box, "repo/a/b/dfix.yaml", S(""));
    assert_string_equal(find(w, "repo/a/b/Dockerfile"), "repo/a/b/dfix.yaml");
    /* Outside a repository: the file's own folder, or up to the working directory. */
    sandbox_write(&w->box, "loose/x/Dockerfile", S(""));
    assert_string_equal(find(w, "loose/x/Dockerfile"), "");
    assert_string_equal(find(w, "Dockerfile"), "dfix.yaml");
    char here[4096];
    assert_non_null(getcwd(here, sizeof(here)));
    assert_int_equal(chdir(w->box.dir), 0);
    assert_text(config_find(w->arena, S("loose/x/Dockerfile")), S("dfix.yaml"));
    assert_text(config_find(w->arena, S("Dockerfile")), S("dfix.yaml"));
    assert_int_equal(chdir(here), 0);
}

static void user_file(void **state)
{
    struct world *w = *state;
    setenv("HOME", w->box.dir, 1);
    setenv("XDG_CONFIG_HOME", "relative", 1);
    assert_text(config_user_path(w->arena), S(""));
    sandbox_write(&w->box, ".config/dfix/dfix.yaml", S(""));
    assert_string_equal(config_user_path(w->arena).p,
                        sandbox_path(&w->box, w->arena, ".config/dfix/dfix.yaml"));
    setenv("XDG_CONFIG_HOME", sandbox_path(&w->box, w->arena, "xdg"), 1);
    assert_text(config_user_path(w->arena), S(""));
    sandbox_write(&w->box, "xdg/dfix/dfix.yaml", S(""));
    assert_string_equal(config_user_path(w->arena).p,
                        sandbox_path(&w->box, w->arena, "xdg/dfix/dfix.yaml"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(reads_every_key),
        TEST(empty_files_say_nothing),
        TEST(refuses_with_line_and_column),
        TEST(anchors_are_shared_and_capped),
        TEST(later_files_set_over_earlier),
        TEST(projects_may_not_say_whom_to_trust),
        TEST(hadolint_files),
        TEST(hadolint_mistakes),
        TEST(hadolint_variables),
        TEST(is_found_upward_in_the_repository),
        TEST(user_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
