/* Bake files and compose as data, and what is read in them; broken and hostile ones end. */
#include "plans/plans.h"

#include "cmocka_all.h"

static struct arena *arena;

static void dump(struct buf *b, const struct data *d)
{
    bool map = d->kind == DATA_MAP;

    if (d->kind == DATA_UNKNOWN)
        buf_char(b, '?');
    else if (d->kind == DATA_TEXT)
        buf_fmt(b, "'" STR_FMT "'", STR_ARG(d->text));
    if (d->kind != DATA_MAP && d->kind != DATA_LIST)
        return;
    buf_char(b, map ? '{' : '[');
    for (const struct data *v = d->first; v; v = v->next) {
        if (map)
            buf_fmt(b, STR_FMT ":", STR_ARG(v->key));
        dump(b, v);
        if (v->next)
            buf_char(b, ' ');
    }
    buf_char(b, map ? '}' : ']');
}

static void check(const struct data *d, const char *want)
{
    struct buf b = {.arena = arena};

    dump(&b, d);
    if (!str_eq(buf_str(&b), str_of(want)))
        fail_msg("got %.*s\nwant %s", STR_ARG(buf_str(&b)), want);
}

static const struct {
    const char *text, *data;
} yaml[] = {
    {"", "?"},
    {"a: b", "{a:'b'}"},
    {"---\n# remark\na: b # remark\nc: 'd # e'\n", "{a:'b' c:'d # e'}"},
    {"a:\n  b: c\n  d:\n    - e\n    - f: g\n      h: i\nj: k\n",
     "{a:{b:'c' d:['e' {f:'g' h:'i'}]} j:'k'}"},
    {"a:\n- b\n- c: d\n  e: f\ng:\n", "{a:['b' {c:'d' e:'f'}] g:''}"},
    {"- - a\n  - b\n- c\n", "[['a' 'b'] 'c']"},
    {"a: {b: c, d: [e, \"f, g\"]}\nh: i\n", "{a:{b:'c' d:['e' 'f, g']} h:'i'}"},
    {"a: [b,\n  c, # remark\n  d]\ne: f", "{a:['b' 'c' 'd'] e:'f'}"},
    {"{\"a\": {\"b\": \"c\\\"d\"}, \"e\": [1, true]}", "{a:{b:'c\"d'} e:['1' 'true']}"},
    {"x: &x\n  a: b\ny:\n  <<: *x\n  c: d\n", "{x:{a:'b'} y:{<<:{a:'b'} c:'d'}}"},
    {"a: *none\nb: &b [*b]\n", "{a:? b:[?]}"},
    {"a: |\n  b: c\n  d\ne: f\n", "{a:'b: c\nd\n' e:'f'}"},
    {"a: one\n  two\nb: c\n", "{a:'one two' b:'c'}"},
    {"a: \"b\\tc\\x41\"\n", "{a:'b\tcA'}"},
    {"a: !reset b\nc: !!seq [d]\n", "{a:'b' c:['d']}"},
    {"? a\n: b\n[c, d]: e\n", "{a:'b' :'e'}"},
    {"{\"a\":\"b\",\n\t\"c\":1}", "{a:'b' c:'1'}"},
    {"a: &x b\n*x : c\n", "{a:'b' b:'c'}"},
    {"a: [b\nc: d\n", "?"},
    {"a: b\n\tc: d\n", "?"},
    {"a: \xff\n", "?"},
    {"a: b\n---\nc: [\n", "{a:'b'}"},
    {"\"a b\": c\nhttp://d:80: e\n", "{a b:'c' http://d:80:'e'}"},
    {"- ./a:/b:ro\n- \"c:/d\"\n", "['./a:/b:ro' 'c:/d']"},
    {"a: b\n...\nc: d\n", "{a:'b'}"},
    {"a: it's # one\nb: c\n", "{a:'it's' b:'c'}"},
};

static const struct {
    const char *text, *data;
} hcl[] = {
    {"", "{}"},
    {"a = \"b\" # c\n// d\n/* e = 1 */ f = 2", "{a:'b' f:'2'}"},
    {"target \"x\" { a = [\"b\", \"c\",\n] }\ntarget \"y\" {\n}\n",
     "{target:{x:{a:['b' 'c']} y:{}}}"},
    {"a = { b = \"c\", \"d\" : \"e\"\n f = [] }", "{a:{b:'c' d:'e' f:[]}}"},
    {"a = V\nb = f(\"x\", [1])\nc = V ? 1 : 2\nd = \"${V}/e\"\n", "{a:'${V}' b:? c:? d:'${V}/e'}"},
    {"a = [for v in V : \"${v}\"]\nb = 1", "{a:[?] b:'1'}"},
    {"a = [for v in V : f(v, \"x\")]\nb = 1", "{a:[?] b:'1'}"},
    {"variable \"V\" {\n  default = \"x\"\n  validation {\n    c = 1\n  }\n}\n",
     "{variable:{V:{default:'x' validation:{c:'1'}}}}"},
    {"a = \"${f(\"x\")}\"\nb = 1", "{a:'${f(\"x\")}' b:'1'}"},
};

static void test_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof yaml / sizeof yaml[0]; i++)
        check(data_of_yaml(arena, str_of(yaml[i].text)), yaml[i].data);
    for (size_t i = 0; i < sizeof hcl / sizeof hcl[0]; i++)
        check(data_of_hcl(arena, str_of(hcl[i].text)), hcl[i].data);
}

static void test_merges(void **state)
{
    (void)state;
    const struct data *d = data_of_yaml(
        arena, S("a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\nc:\n  <<: [*a, *b]\n  y: 3\n"));
    const struct data *c = data_at(d, S("c"));

    assert_true(str_eq(data_text(c, S("x")), S("1")));
    assert_true(str_eq(data_text(c, S("y")), S("3")));
    assert_true(str_eq(data_text(c, S("z")), S("2")));
    assert_null(data_at(c, S("w")));
}

/* Each text cut at each byte, and each with each byte changed, is read to its end. */
static void test_broken(void **state)
{
    static const char bytes[] = "\n \"'{}[]:,#-&*|$=\\";
    (void)state;
    for (size_t i = 0; i < sizeof yaml / sizeof yaml[0]; i++) {
        struct str text = str_of(yaml[i].text);
        for (size_t at = 0; at < text.n; at++) {
            data_of_yaml(arena, str_dup(arena, str_sub(text, 0, at)));
            for (size_t k = 0; k + 1 < sizeof bytes; k++) {
                struct str one = str_dup(arena, text);
                ((char *)one.p)[at] = bytes[k];
                data_of_yaml(arena, one);
                data_of_hcl(arena, one);
            }
        }
    }
}

static struct str repeated(const char *what, size_t n)
{
    struct buf b = {.arena = arena};

    for (size_t i = 0; i < n; i++)
        buf_add(&b, str_of(what));
    return buf_str(&b);
}

static void test_deep(void **state)
{
    static const char *const begins[] = {"[", "{", "- ", "a: {", "a = [", "a {", "a: &a\n- *a\n"};
    (void)state;
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
        data_of_yaml(arena, repeated(begins[i], 10000));
        data_of_hcl(arena, repeated(begins[i], 10000));
    }
}

/* Each name stands for ten of the one before, and nobody makes them ten thousand million. */
static void test_laughs(void **state)
{
    struct buf b = {.arena = arena};
    (void)state;
    buf_add(&b, S("a0: &a0 ha\n"));
    for (unsigned i = 1; i <= 10; i++)
        buf_fmt(&b, "a%u: &a%u [*a%u" STR_FMT "]\n", i, i, i - 1,
                STR_ARG(repeated(str_fmt(arena, ", *a%u", i - 1).p, 9)));
    const struct data *d = data_at(data_of_yaml(arena, buf_str(&b)), S("a10"));
    for (unsigned i = 0; i < 10; i++, d = d->first)
        assert_int_equal(d->kind, DATA_LIST);
    assert_true(str_eq(d->text, S("ha")));
}

/* More than a person writes: aliases are not known, the file is none. */
static void test_caps(void **state)
{
    size_t known = 0;
    struct str aliases =
        str_fmt(arena, "a: &a b\nc: [" STR_FMT "]\n", STR_ARG(repeated("*a, ", 2000)));
    (void)state;

    const struct data *d = data_at(data_of_yaml(arena, aliases), S("c"));
    for (d = d->first; d; d = d->next)
        known += d->kind == DATA_TEXT;
    assert_int_equal(known, 1024);
    assert_int_equal(data_of_yaml(arena, repeated("- a\n", 19999))->kind, DATA_LIST);
    assert_int_equal(data_of_yaml(arena, repeated("- a\n", 20000))->kind, DATA_UNKNOWN);
}

/* ---- plans ---- */

static struct plan_list compose(const char *text)
{
    return plans_of(arena, S("/r"), S("compose.yaml"), str_of(text), S(""));
}

static void test_places(void **state)
{
    static const struct {
        const char *build, *dockerfile; /* NULL: it may be any */
    } cases[] = {
        {".", "/r/Dockerfile"},
        {"./a/../b", "/r/b/Dockerfile"},
        {"{context: .., dockerfile: c/x.Dockerfile}", "/c/x.Dockerfile"},
        {"{context: \"${DIR:-d}\"}", "/r/d/Dockerfile"},
        {"{context: \"${DIR}\"}", NULL},
        {"https://git.example/x.git", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plan_list l =
            compose(str_fmt(arena, "services:\n  a:\n    build: %s\n", cases[i].build).p);
        assert_int_equal(l.n, 1);
        assert_true(l.v->builds);
        assert_int_equal(l.v->place_known, cases[i].dockerfile != NULL);
        if (cases[i].dockerfile && !str_eq(l.v->dockerfile, str_of(cases[i].dockerfile)))
            fail_msg("%s: " STR_FMT, cases[i].build, STR_ARG(l.v->dockerfile));
    }
}

/* Compose takes variables from `.env`; what it has goes before a default. */
static void test_env(void **state)
{
    static const char env[] = "# A=remark\r\nA = a\r\nexport B=\"b # c\" # d\nC=c # d\nE=\nAB=x\n"
                              "F='f\nG=$A\nA2=1\nH=first\nH=h";
    static const struct {
        const char *context, *dockerfile; /* NULL: it may be any */
    } cases[] = {
        {"${A}", "/r/a/Dockerfile"},
        {"${A:-x}", "/r/a/Dockerfile"},
        {"${A-x}", "/r/a/Dockerfile"},
        {"${B}", "/r/b # c/Dockerfile"},
        {"${C}", "/r/c/Dockerfile"},
        {"${E:-x}", "/r/x/Dockerfile"},
        {"e${E-x}", "/r/e/Dockerfile"},
        {"${F}", NULL},
        {"${G}", NULL},
        {"${H}", "/r/h/Dockerfile"},
        {"${NONE}", NULL},
        {"${NONE:-n}", "/r/n/Dockerfile"},
        {"${A}/${H}", "/r/a/h/Dockerfile"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct str text = str_fmt(arena, "services:\n  a:\n    build: \"%s\"\n", cases[i].context);
        struct plan_list l = plans_of(arena, S("/r"), S("compose.yaml"), text, str_of(env));
        assert_int_equal(l.n, 1);
        if (l.v->place_known != (cases[i].dockerfile != NULL) ||
            (cases[i].dockerfile && !str_eq(l.v->dockerfile, str_of(cases[i].dockerfile))))
            fail_msg("%s: " STR_FMT, cases[i].context, STR_ARG(l.v->dockerfile));
    }
    assert_true(plan_file_has_env(S("a/compose.yaml")));
    assert_false(plan_file_has_env(S("docker-bake.hcl")) || plan_file_has_env(S("action.yml")));
}

static void test_mounts(void **state)
{
    (void)state;
    struct plan_list l =
        compose("services:\n  a:\n    volumes:\n      - /only\n      - named:/n\n"
                "      - ${DATA:-./data}:/d:ro,z\n      - type: bind\n"
                "        source: ~/x\n        target: /x\n        read_only: true\n"
                "      - {type: tmpfs, target: /t}\n");
    static const struct {
        const char *from, *to;
        bool bind, read_only;
    } want[] = {{"", "/only", false, false},
                {"named", "/n", false, false},
                {"./data", "/d", true, true},
                {"~/x", "/x", true, true}};

    assert_int_equal(l.v->nmount, 4);
    for (size_t i = 0; i < 4; i++) {
        const struct plan_mount *m = &l.v->mount[i];
        assert_true(str_eq(m->from, str_of(want[i].from)) && str_eq(m->to, str_of(want[i].to)));
        assert_true(m->bind == want[i].bind && m->read_only == want[i].read_only);
    }
}

/* Targets that inherit from each other in a circle, and services that extend themselves. */
static void test_circles(void **state)
{
    (void)state;
    struct plan_list l =
        plans_of(arena, S("/r"), S("docker-bake.hcl"),
                 S("target \"a\" { inherits = [\"b\", \"a\"] }\ntarget \"b\" { inherits = [\"a\", "
                   "\"b\"]\n contexts = { c = \"d\" } }\n"),
                 S(""));

    assert_int_equal(l.n, 2);
    assert_true(l.v[0].ncontext > 0);
    l = compose("services:\n  a:\n    extends: a\n    build: .\n");
    assert_int_equal(l.n, 1);
}

static void test_names(void **state)
{
    static const char *const cases[][2] = {{"a/b:1", "a/b"},
                                           {"h:5000/a", "h:5000/a"},
                                           {"h:5000/a:1@sha256:0", "h:5000/a"},
                                           {"${R}/a:1", ""},
                                           {"a:${TAG}", "a"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_true(str_eq(plan_image_name(str_of(cases[i][0])), str_of(cases[i][1])));
    assert_true(plan_file_is(S("docker-compose.dev.yml")) && plan_file_is(S("compose.yaml")));
    assert_true(plan_file_is(S("docker-bake.override.json")));
    assert_false(plan_file_is(S("composer.json")) || plan_file_is(S("mkdocs.yml")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_data),   cmocka_unit_test(test_merges),
        cmocka_unit_test(test_broken), cmocka_unit_test(test_deep),
        cmocka_unit_test(test_places), cmocka_unit_test(test_env),
        cmocka_unit_test(test_mounts), cmocka_unit_test(test_circles),
        cmocka_unit_test(test_names),  cmocka_unit_test(test_laughs),
        cmocka_unit_test(test_caps),
    };
    arena = arena_open();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_close(arena);
    return failed;
}
