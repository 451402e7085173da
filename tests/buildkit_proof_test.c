/* What the rules for BuildKit's checks may do to real Dockerfiles, each alone over the shared
 * corpus (a fixed tenth of it; all of it with DFIX_TEST_TIER=all). BuildKit's own list of
 * instructions is compared before and after by a reader that knows what each rule declares, and
 * nothing of the guard: quotes and expansions are read here as BuildKit's shell word lexer reads
 * them. After a fix no rule finds anything new, the rule itself is silent, a second run changes
 * nothing, and each comment is there. Names of stages and keywords that are changed by hand come
 * back as they were. */
#include <dirent.h>
#include <stdlib.h>

#include "cmocka_all.h"

#include "dfix/dfix.h"
#include "host/files.h"

enum { TENTH = 10, WORDS = 256 };

static unsigned files, changed;

/* ---- BuildKit's dump ---- */

/* One instruction: (keyword ["flag" ...] "word" ... (nested)) */
struct line {
    struct str keyword, flags;
    struct str word[WORDS];
    size_t n;
    struct str rest; /* a nested instruction, as printed; "" none */
};

/* Go's quoted string, at the front of *s. */
static struct str unquote(struct arena *a, struct str *s)
{
    struct buf b = {.arena = a};
    size_t i = 1;

    for (; i < s->n && s->p[i] != '"'; i++) {
        if (s->p[i] != '\\') {
            buf_char(&b, s->p[i]);
            continue;
        }
        i++;
        if (s->p[i] == '"' || s->p[i] == '\\')
            buf_char(&b, s->p[i]);
        else if (s->p[i] == 't')
            buf_char(&b, '\t');
        else
            buf_fmt(&b, "\003%c", s->p[i]); /* another control character */
    }
    *s = str_from(*s, i + 1);
    return buf_str(&b);
}

static struct line read_line(struct arena *a, struct str text)
{
    struct line l = {.flags = S(""), .rest = S("")};
    struct str s = str_sub(text, 1, text.n - 1); /* without the brackets */

    if (!str_cut(&s, ' ', &l.keyword))
        l.keyword = s;
    if (str_starts(s, S("["))) {
        ptrdiff_t end = str_find(s, S("\"]"));
        l.flags = str_sub(s, 0, (size_t)end + 2);
        s = str_trim(str_from(s, (size_t)end + 2));
    }
    while (s.n && s.p[0] == '"' && l.n < WORDS) {
        l.word[l.n++] = unquote(a, &s);
        s = str_trim(s);
    }
    l.rest = s;
    return l;
}

typedef VEC(struct line) line_list;

static line_list dump_of(struct arena *a, struct str text)
{
    struct buf b = {.arena = a};
    struct str all, one;
    line_list list = {0};

    tree_dump_buildkit(&b, tree_parse(a, text));
    all = buf_str(&b);
    while (str_cut(&all, '\n', &one))
        if (one.n)
            vec_push(a, &list, read_line(a, one));
    return list;
}

static bool same_word(const struct line *x, const struct line *y, size_t from)
{
    if (x->n != y->n)
        return false;
    for (size_t i = from; i < x->n; i++)
        if (!str_eq(x->word[i], y->word[i]))
            return false;
    return str_eq(x->rest, y->rest);
}

static bool same_line(const struct line *x, const struct line *y)
{
    return str_eq(x->keyword, y->keyword) && str_eq(x->flags, y->flags) && same_word(x, y, 0);
}

/* ---- values ---- */

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* `$NAME` or `${...}` at i: its end. */
static size_t expansion_end(struct str s, size_t i)
{
    size_t end = i + 1;
    int depth = 0;

    if (end < s.n && s.p[end] == '{') {
        for (; end < s.n; end++) {
            depth += s.p[end] == '{';
            depth -= s.p[end] == '}';
            if (!depth)
                return end + 1;
        }
        return s.n;
    }
    while (end < s.n && is_name(s.p[end]))
        end++;
    return end;
}

/* What a word comes to: text, and each expansion between two marks. */
static struct str value_of(struct arena *a, struct str s, char escape)
{
    struct buf b = {.arena = a};
    char quote = 0;

    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '$' && quote != '\'') {
            size_t end = expansion_end(s, i);
            buf_fmt(&b, "\001" STR_FMT "\002", STR_ARG(str_sub(s, i, end)));
            i = end - 1;
        } else if (c == escape && quote != '\'') {
            char next = i + 1 < s.n ? s.p[i + 1] : 0;
            bool taken = !quote || next == '"' || next == '$' || next == escape;
            if (!taken)
                buf_char(&b, c);
            if (taken && next) {
                buf_char(&b, next);
                i++;
            }
        } else if ((c == '"' || c == '\'') && (!quote || quote == c)) {
            quote = quote ? 0 : c;
        } else {
            buf_char(&b, c);
        }
    }
    return buf_str(&b);
}

/* Is it one word to BuildKit: no white space outside quotes and escapes? */
static bool is_one_word(struct str s, char escape)
{
    char quote = 0;

    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == escape && quote != '\'')
            i++;
        else if ((c == '"' || c == '\'') && (!quote || quote == c))
            quote = quote ? 0 : c;
        else if (!quote && memchr(" \t\v\f\r\n", c, 6))
            return false;
    }
    return true;
}

/* ---- what each rule declares ---- */

struct pair_of {
    struct arena *a;
    const struct line *x, *y;
    char escape;
};

static bool by_equals_sign(const struct pair_of *p)
{
    const struct line *x = p->x, *y = p->y;

    return x->n == 3 && y->n == 3 && !x->word[2].n && str_eq(y->word[2], S("=")) &&
           str_eq(x->word[0], y->word[0]) && is_one_word(y->word[1], p->escape) &&
           str_eq(value_of(p->a, x->word[1], p->escape), value_of(p->a, y->word[1], p->escape));
}

static bool by_label(const struct pair_of *p)
{
    const struct line *x = p->x, *y = p->y;
    struct str old = x->n ? x->word[0] : S(""), new;

    if (!str_eq(x->keyword, S("maintainer")) || !str_eq(y->keyword, S("label")) || y->n != 3 ||
        !str_eq(y->word[0], S("org.opencontainers.image.authors")) || !str_eq(y->word[2], S("=")) ||
        !is_one_word(y->word[1], p->escape))
        return false;
    new = value_of(p->a, y->word[1], p->escape);
    bool quoted =
        old.n > 1 && (old.p[0] == '"' || old.p[0] == '\'') && old.p[old.n - 1] == old.p[0];
    return str_eq(new, old) || (quoted && str_eq(new, str_sub(old, 1, old.n - 1)));
}

/* Without --platform. */
static bool by_platform(const struct pair_of *p)
{
    return str_eq(p->x->keyword, S("from")) && same_word(p->x, p->y, 0) &&
           str_find(p->x->flags, S("\"--platform=")) != STR_NONE && !p->y->flags.n;
}

static bool by_port(const struct pair_of *p)
{
    if (!str_eq(p->x->keyword, S("expose")) || p->x->n != p->y->n)
        return false;
    for (size_t i = 0; i < p->x->n; i++) {
        struct str old = p->x->word[i], new = p->y->word[i];
        ptrdiff_t colon = str_rchr(old, ':');
        if (str_eq(old, new))
            continue;
        if (colon != STR_NONE && !str_ends(new, old))
            old = str_from(old, (size_t)colon + 1);
        if (!str_ieq(old, new) && !str_ieq(p->x->word[i], new))
            return false;
    }
    return true;
}

/* The words as they stand in the shell's text, quotes and escapes gone. */
static bool by_exec_form(const struct pair_of *p)
{
    const struct line *x = p->x, *y = p->y;
    bool health = str_eq(x->keyword, S("healthcheck"));
    size_t at = health ? 1 : 0;

    if (!str_eq(x->keyword, y->keyword) || !str_eq(x->flags, y->flags) || x->n != at + 1 || !y->n)
        return false;
    struct str text = str_trim(x->word[at]);
    if (str_eq(y->word[y->n - 1], text) && str_eq(y->word[y->n - 2], S("-c")))
        return true;
    if (str_starts(text, S("exec ")))
        text = str_trim(str_from(text, 5));
    struct buf b = {.arena = p->a};
    for (size_t i = at; i < y->n; i++)
        buf_fmt(&b, "%s" STR_FMT, i > at ? " " : "", STR_ARG(y->word[i]));
    struct str plain = value_of(p->a, text, '\\'), joined = S(""), word;
    struct buf c = {.arena = p->a};
    while (word_next(&plain, &word))
        buf_fmt(&c, "%s" STR_FMT, c.n ? " " : "", STR_ARG(word));
    joined = buf_str(&b);
    struct buf d = {.arena = p->a};
    while (word_next(&joined, &word))
        buf_fmt(&d, "%s" STR_FMT, d.n ? " " : "", STR_ARG(word));
    return str_eq(buf_str(&c), buf_str(&d));
}

static struct str last_part(struct str s)
{
    s = str_without_end(s, '/');
    return path_basename(s);
}

static bool by_folder(const struct pair_of *p)
{
    if (!str_eq(p->x->keyword, S("workdir")) || p->x->n != 1 || p->y->n != 1)
        return false;
    struct str old = value_of(p->a, p->x->word[0], p->escape),
               new = value_of(p->a, p->y->word[0], p->escape);
    return str_starts(new, S("/")) &&
           (str_starts(old, S(".")) || str_eq(last_part(old), last_part(new)));
}

static bool by_destination(const struct pair_of *p)
{
    const struct line *x = p->x, *y = p->y;

    if (!str_eq(x->keyword, S("copy")) || x->n != y->n || !str_eq(x->flags, y->flags))
        return false;
    for (size_t i = 0; i + 1 < x->n; i++)
        if (!str_eq(x->word[i], y->word[i]))
            return false;
    struct str old = value_of(p->a, x->word[x->n - 1], p->escape),
               new = value_of(p->a, y->word[y->n - 1], p->escape);
    while (str_starts(old, S("./")))
        old = str_from(old, 2);
    return str_eq(new, str_eq(old, S(".")) ? S("/") : str_fmt(p->a, "/" STR_FMT, STR_ARG(old)));
}

static bool by_as(const struct pair_of *p)
{
    return str_eq(p->x->keyword, S("from")) && p->x->n == 3 && p->y->n == 3 &&
           str_ieq(p->x->word[1], S("as")) && str_ieq(p->y->word[1], S("as")) &&
           str_eq(p->x->word[0], p->y->word[0]) && str_eq(p->x->word[2], p->y->word[2]);
}

/* Words that differ do so in letters only, or by what a rename puts behind them. */
static bool by_stage_name(const struct pair_of *p)
{
    const struct line *x = p->x, *y = p->y;
    bool from = str_eq(x->keyword, S("from")) && str_eq(y->keyword, S("from"));

    if (!str_eq(x->keyword, y->keyword) || x->n != y->n)
        return false;
    for (size_t i = 0; i < x->n; i++)
        if (!str_eq(x->word[i], y->word[i]) &&
            !(from && i != 1 &&
              (str_ieq(x->word[i], y->word[i]) ||
               str_starts(y->word[i], str_lower(p->a, x->word[i])))))
            return false;
    return str_eq(x->flags, y->flags) || str_find(x->flags, S("from=")) != STR_NONE;
}

static bool is_nothing(const struct pair_of *p)
{
    (void)p;
    return false;
}

static const struct {
    const char *rule;
    bool (*declares)(const struct pair_of *p);
} rules[] = {
    {"legacy-key-value", by_equals_sign},
    {"maintainer-label", by_label},
    {"last-one-counts", is_nothing},
    {"empty-continuation", is_nothing},
    {"target-platform", by_platform},
    {"expose-ports", by_port},
    {"exec-form", by_exec_form},
    {"workdir-absolute", by_folder},
    {"copy-absolute", by_destination},
    {"platform-constant", by_platform},
    {"stage-name-unique", by_stage_name},
    {"stage-name-reserved", by_stage_name},
    {"stage-name-case", by_stage_name},
    {"instruction-case", by_as},
    {"from-as-case", by_as},
};
enum { RULES = sizeof(rules) / sizeof(rules[0]) };

/* Is line i one that a later one of its stage makes of no effect? */
static bool is_of_no_effect(const line_list *l, size_t i)
{
    struct str k = l->v[i].keyword;

    if (!word_is_one_of(k, "cmd entrypoint healthcheck"))
        return false;
    for (i++; i < l->n && !str_eq(l->v[i].keyword, S("from")); i++)
        if (str_eq(l->v[i].keyword, k))
            return true;
    return false;
}

static void compare(struct arena *a, size_t rule, const char *file, struct str old, struct str new)
{
    line_list x = dump_of(a, old), y = dump_of(a, new);
    char escape = tree_parse(a, old)->escape;
    bool deletes = !strcmp(rules[rule].rule, "last-one-counts");
    size_t k = 0;

    for (size_t i = 0; i < x.n; i++) {
        if (deletes && is_of_no_effect(&x, i))
            continue;
        struct pair_of p = {a, &x.v[i], k < y.n ? &y.v[k] : NULL, escape};
        if (k >= y.n || (!same_line(p.x, p.y) && !rules[rule].declares(&p)))
            fail_msg("%s: %s changed instruction %zu, " STR_FMT, file, rules[rule].rule, i + 1,
                     STR_ARG(x.v[i].keyword));
        k++;
    }
    if (k != y.n)
        fail_msg("%s: %s added an instruction", file, rules[rule].rule);
}

/* ---- findings ---- */

static struct settings one_rule(struct str *name)
{
    return (struct settings){
        .select = name, .nselect = 1, .unsafe = true, .today = S("2026-11-24")};
}

static struct str all_names[] = {{"all", 3}};

static void count(struct arena *a, struct str text, unsigned *by_rule, size_t n)
{
    struct settings s = {.select = all_names, .nselect = 1, .today = S("2026-11-24")};
    struct result r = dfix_check(a, text, &dfix_rules, &s, NULL);

    for (size_t i = 0; i < r.nfinding; i++)
        for (size_t k = 0; k < n; k++)
            by_rule[k] += r.finding[i].fixer == dfix_rules.v[k] && !r.finding[i].skip;
}

static void expect_no_new_findings(struct arena *a, size_t rule, const char *file, struct str old,
                                   struct str new)
{
    size_t n = dfix_rules.n;
    unsigned *before = arena_new(a, unsigned, n), *after = arena_new(a, unsigned, n);

    count(a, old, before, n);
    count(a, new, after, n);
    for (size_t i = 0; i < n; i++)
        if (after[i] > before[i])
            fail_msg("%s: after %s, %s finds %u, not %u", file, rules[rule].rule,
                     dfix_rules.v[i]->id, after[i], before[i]);
}

static size_t comments(struct arena *a, struct str text, struct buf *out)
{
    const struct tree *t = tree_parse(a, text);
    size_t n = 0;

    for (uint32_t i = 0; i < t->ntok; i++) {
        struct span s = token_span(t, i);
        if (t->tok[i].kind != TOK_COMMENT)
            continue;
        buf_fmt(out, STR_FMT "\n", STR_ARG(str_sub(text, s.start, s.end)));
        n++;
    }
    return n;
}

static void expect_all_comments(struct arena *a, size_t rule, const char *file, struct str old,
                                struct str new)
{
    struct buf x = {.arena = a}, y = {.arena = a};

    if (comments(a, old, &x) != comments(a, new, &y) || !str_eq(buf_str(&x), buf_str(&y)))
        fail_msg("%s: %s lost a comment", file, rules[rule].rule);
}

static void prove(struct arena *a, size_t rule, const char *file, struct str text)
{
    struct str name = str_of(rules[rule].rule);
    struct settings s = one_rule(&name);
    struct result r = dfix_fix(a, text, &dfix_rules, &s, NULL);

    if (r.broken)
        fail_msg("%s: %s broke the guard", file, rules[rule].rule);
    if (str_eq(r.text, text))
        return;
    changed++;
    compare(a, rule, file, text, r.text);
    expect_all_comments(a, rule, file, text, r.text);
    expect_no_new_findings(a, rule, file, text, r.text);
    struct result again = dfix_check(a, r.text, &dfix_rules, &s, NULL);
    for (size_t i = 0; i < again.nfinding; i++)
        if (again.finding[i].fixable)
            fail_msg("%s: %s has something left to fix", file, rules[rule].rule);
}

/* ---- what is changed by hand comes back ---- */

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

/* ---- the corpus ---- */

static int is_dockerfile(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    return n > 11 && !strcmp(d->d_name + n - 11, ".Dockerfile");
}

typedef void proof(struct arena *a, const char *file, struct str text);

static void prove_all(struct arena *a, const char *file, struct str text)
{
    (void)a;
    for (size_t i = 0; i < RULES; i++) {
        struct arena *own = arena_open();
        prove(own, i, file, text);
        arena_close(own);
    }
}

static void over_corpus(proof *each)
{
    const char *folder = DFIX_SHARED "/corpus/public", *tier = getenv("DFIX_TEST_TIER");
    struct dirent **entry;
    int step = tier && !strcmp(tier, "all") ? 1 : TENTH,
        n = scandir(folder, &entry, is_dockerfile, alphasort);

    if (n <= 0) {
        print_message("skipped: no corpus in %s\n", DFIX_SHARED);
        skip();
    }
    files = changed = 0;
    for (int i = 0; i < n; i++) {
        struct arena *a = arena_open();
        struct str text;
        struct err e;
        if (i % step == 0) {
            assert_true(
                file_read(a, str_fmt(a, "%s/%s", folder, entry[i]->d_name).p, TEXT_MAX, &text, &e));
            each(a, entry[i]->d_name, text);
            files++;
        }
        arena_close(a);
        free(entry[i]);
    }
    free(entry);
}

static void fixes_change_what_they_declare(void **state)
{
    (void)state;
    over_corpus(prove_all);
    print_message("%u files, %u fixed by one rule or another\n", files, changed);
    assert_true(changed > files / 2);
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

/* The reader itself: it must see what is not the same. */
static bool is_declared(const char *rule, const char *x, const char *y)
{
    struct arena *a = arena_open();
    line_list old = dump_of(a, str_fmt(a, "FROM a\n%s\n", x)),
              new = dump_of(a, str_fmt(a, "FROM a\n%s\n", y));
    bool found = false;

    for (size_t i = 0; i < RULES; i++) {
        struct pair_of p = {a, &old.v[1], &new.v[1], '\\'};
        if (!strcmp(rules[i].rule, rule))
            found = rules[i].declares(&p);
    }
    arena_close(a);
    return found;
}

static void the_reader_sees_differences(void **state)
{
    (void)state;
    assert_true(is_declared("legacy-key-value", "ENV A b c", "ENV A=\"b c\""));
    assert_false(is_declared("legacy-key-value", "ENV A b c", "ENV A=\"b  c\""));
    assert_false(is_declared("legacy-key-value", "ENV A $b\"c\" d", "ENV A=\"$bc d\""));
    assert_false(is_declared("legacy-key-value", "ENV A '$b' d", "ENV A=\"$b d\""));
    assert_true(is_declared("maintainer-label", "MAINTAINER a $b",
                            "LABEL org.opencontainers.image.authors=\"a \\$b\""));
    assert_false(is_declared("maintainer-label", "MAINTAINER a $b",
                             "LABEL org.opencontainers.image.authors=\"a $b\""));
    assert_true(is_declared("exec-form", "CMD a 'b c'", "CMD [\"a\", \"b c\"]"));
    assert_false(is_declared("exec-form", "CMD a b", "CMD [\"a\", \"c\"]"));
    assert_true(is_declared("exec-form", "CMD a && b", "CMD [\"/bin/sh\", \"-c\", \"a && b\"]"));
    assert_false(is_declared("exec-form", "CMD a && b", "CMD [\"a\", \"&&\", \"c\"]"));
    assert_false(
        is_declared("exec-form", "CMD a `b \\\\c`", "CMD [\"/bin/sh\", \"-c\", \"a `b \\\\c`\"]"));
    assert_true(is_declared("exec-form", "CMD a `b \\\\c`",
                            "CMD [\"/bin/sh\", \"-c\", \"a `b \\\\\\\\c`\"]"));
    assert_true(is_declared("expose-ports", "EXPOSE 1:80/TCP", "EXPOSE 80/tcp"));
    assert_false(is_declared("expose-ports", "EXPOSE 1:80/TCP", "EXPOSE 1/tcp"));
    assert_false(is_declared("copy-absolute", "COPY a b", "COPY a /c"));
    assert_false(is_declared("workdir-absolute", "WORKDIR a", "WORKDIR /b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reader_sees_differences),
        cmocka_unit_test(fixes_change_what_they_declare),
        cmocka_unit_test(names_come_back),
        cmocka_unit_test(keywords_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
