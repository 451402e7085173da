/* What is changed by hand in real Dockerfiles, the rules for BuildKit's checks put back byte for
 * byte: names of stages in capitals, with all that names them, and keywords in small letters. */
#include "public_corpus.h"

static struct settings one_rule(struct str *name)
{
    return (struct settings){
        .select = name, .nselect = 1, .unsafe = true, .today = S("2026-11-24")};
}

static struct str fixed(struct arena *a, struct str text, const char *rule)
{
    struct str name = str_of(rule);
    struct settings s = one_rule(&name);

    return dfix_fix(a, text, &dfix_rules, &s, NULL).text;
}

/* Is the file one that is changed at all, and that the rule has nothing to do in? */
static bool is_settled(struct arena *a, struct str text, const char *rule)
{
    struct str name = str_of(rule);
    struct settings s = one_rule(&name);
    struct result r = dfix_fix(a, text, &dfix_rules, &s, NULL);

    return !r.refused.n && str_eq(r.text, text);
}

static struct str with_upper(struct arena *a, struct str text, struct span s)
{
    struct buf b = {.arena = a};

    buf_add(&b, str_sub(text, 0, s.start));
    for (uint32_t i = s.start; i < s.end; i++)
        buf_char(&b, text.p[i] >= 'a' && text.p[i] <= 'z' ? (char)(text.p[i] - 32) : text.p[i]);
    buf_add(&b, str_from(text, s.end));
    return buf_str(&b);
}

/* Each stage, and what names it, in capitals. */
static void prove_names(struct arena *a, const char *file, struct str text)
{
    const struct tree *t = tree_parse(a, text);
    const struct image *im = image_of(a, t, NULL, NULL);
    const struct stage_mention *m;
    size_t n = image_stage_mentions(im, &m);
    struct str loud = text;

    if (!is_settled(a, text, "stage-name-case"))
        return;
    for (size_t i = 0; i < im->nstage; i++)
        if (im->stage[i].alias)
            loud = with_upper(a, loud, node_span(t, im->stage[i].alias));
    for (size_t i = 0; i < n; i++) {
        struct str word = str_sub(text, m[i].span.start, m[i].span.end);
        if (!m[i].literal || !str_eq(word, str_lower(a, word)))
            return;
        loud = with_upper(a, loud, m[i].span);
    }
    if (!str_eq(fixed(a, loud, "stage-name-case"), text))
        fail_msg("%s: stage names in capitals do not come back", file);
}

/* One keyword in small letters, of a file that has them all in capitals. */
static void prove_keywords(struct arena *a, const char *file, struct str text)
{
    const struct tree *t = tree_parse(a, text);
    unsigned seen = 0;

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        node_id key = node_kind(t, n) == NODE_INSTRUCTION ? node_first(t, n) : 0;
        struct str word = key ? node_text(t, key) : S("");
        if (!key || node_instruction(t, n) == INST_ARG)
            continue;
        if (!str_eq(word, instruction_name(node_instruction(t, n))))
            return;
        if (++seen != 4 || node_instruction(t, n) == INST_FROM)
            continue;
        struct span s = node_span(t, key);
        struct str quiet = str_fmt(a, STR_FMT STR_FMT STR_FMT, STR_ARG(str_sub(text, 0, s.start)),
                                   STR_ARG(str_lower(a, word)), STR_ARG(str_from(text, s.end)));
        if (!is_settled(a, text, "instruction-case"))
            return;
        if (!str_eq(fixed(a, quiet, "instruction-case"), text))
            fail_msg("%s: a keyword in small letters does not come back", file);
    }
}

static void names_come_back(void **state)
{
    (void)state;
    over_corpus(prove_names);
}

static void keywords_come_back(void **state)
{
    (void)state;
    over_corpus(prove_keywords);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_come_back),
        cmocka_unit_test(keywords_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
