/* JSON read forward: values, escapes, and texts that are none. */
#include "dfix/pull.h"

#include "cmocka_all.h"

/* All of a value, written again in one form. */
static void write_value(struct pull *j, struct buf *out)
{
    struct str name;
    if (pull_is(j, '{')) {
        buf_char(out, '{');
        pull_object(j);
        while (pull_member(j, &name)) {
            buf_fmt(out, STR_FMT "=", STR_ARG(name));
            write_value(j, out);
            buf_char(out, ';');
        }
        buf_char(out, '}');
    } else if (pull_is(j, '[')) {
        buf_char(out, '[');
        pull_array(j);
        while (pull_item(j)) {
            write_value(j, out);
            buf_char(out, ';');
        }
        buf_char(out, ']');
    } else {
        bool text = pull_is(j, '"');
        struct str s = text ? pull_text(j) : pull_scalar(j);
        buf_fmt(out, text ? "'" STR_FMT "'" : STR_FMT, STR_ARG(s));
    }
}

static void is(const char *json, const char *wanted)
{
    struct arena *a = arena_open();
    struct buf out = {.arena = a};
    struct pull j;
    pull_open(&j, a, str_of(json));
    buf_add(&out, S("<"));
    write_value(&j, &out);
    bool good = pull_end(&j);
    if (wanted ? !good || !str_eq(str_from(buf_str(&out), 1), str_of(wanted)) : good)
        fail_msg("%s: %s " STR_FMT, json, good ? "good" : "bad", STR_ARG(buf_str(&out)));
    arena_close(a);
}

static void test_values(void **state)
{
    (void)state;
    is("{}", "{}");
    is(" [ ] ", "[]");
    is("{\"a\":1,\"b\":[true,null,-1.5e3],\"c\":{\"d\":\"x\"}}",
       "{a=1;b=[true;null;-1.5e3;];c={d='x';};}");
    is("[\"\\u0041\\n\\\"\\\\\\/\\u00e9\\u20ac\\ud83d\\ude00\"]",
       "['A\n\"\\/\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80';]");
    is("[\"\\ud83d x\"]", "['\xef\xbf\xbd x';]");
}

static void test_what_is_none(void **state)
{
    static const char *const bad[] = {"",        "{",        "[1",     "[\"a",      "{\"a\"}",
                                      "{\"a\":", "[1] 2",    "[\"a\\", "{\"a\" 1}", "[1}",
                                      "}",       "[[[[[[[[", "{1:2",   "[\"\\u12",  ","};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        is(bad[i], NULL);
}

static void test_skipping(void **state)
{
    struct arena *a = arena_open();
    struct pull j;
    struct str name, found = S("");
    (void)state;
    pull_open(
        &j, a,
        S("{\"x\":{\"]\":[\"}\\\"\",{}]},\"y\":[[],\"[\"],\"z\":7,\"id\":\"A\"}\n{\"id\":\"B\"}"));
    for (size_t n = 0; pull_more(&j); n++) {
        assert_true(n < 2 && pull_object(&j));
        while (pull_member(&j, &name))
            if (str_eq(name, S("id")))
                found = pull_text(&j);
            else
                pull_skip(&j);
        assert_true(str_eq(found, n ? S("B") : S("A")));
    }
    assert_true(pull_end(&j));
    /* Of another kind than was asked for: passed over. */
    pull_open(&j, a, S("[{\"a\":[1]},[2],\"t\",3]"));
    assert_true(pull_array(&j));
    assert_true(pull_item(&j) && !pull_array(&j));
    assert_true(pull_item(&j) && !pull_object(&j));
    assert_true(pull_item(&j) && !pull_object(&j));
    assert_true(pull_item(&j) && !pull_text(&j).n);
    assert_true(!pull_item(&j) && pull_end(&j));
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_values),
                                       cmocka_unit_test(test_what_is_none),
                                       cmocka_unit_test(test_skipping)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
