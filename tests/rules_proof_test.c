/* What fixes do to real Dockerfiles: each rule alone, unsafe fixes among them, and all together,
 * over the shared corpus (a fixed tenth of it; all of it with DFIX_TEST_TIER=all). BuildKit's own
 * list of instructions is compared before and after by a reader that knows what each rule declares,
 * and nothing of the guard. After a fix no rule finds anything new, the rule itself is silent, a
 * second run changes nothing, each comment is there, and each instruction works in the folder that
 * it worked in. What all do together is what they do one after the other. */
#include "public_corpus.h"

#include "declared_buildkit.h"
#include "declared_run.h"

static unsigned changed, wrong;

/* One file that is not as it should be; the others are looked at all the same. */
static void tell(const char *what, ...)
{
    va_list args;

    va_start(args, what);
    vprint_error(what, args);
    va_end(args);
    print_error("\n");
    wrong++;
}

/* ---- what each rule declares ---- */

static const struct {
    const char *rule;
    bool (*pair)(const struct pair_of *p); /* of one instruction another */
    bool (*step)(struct walk *w);
    struct of_words words;
} declared[] = {
    {"legacy-key-value", .pair = by_equals_sign},
    {"maintainer-label", .pair = by_label},
    {"last-one-counts", .pair = NULL},
    {"empty-continuation", .pair = NULL},
    {"target-platform", .pair = by_platform},
    {"expose-ports", .pair = by_port},
    {"exec-form", .pair = by_exec_form},
    {"workdir-absolute", .pair = by_folder},
    {"copy-absolute", .pair = by_destination},
    {"platform-constant", .pair = by_platform},
    {"stage-name-unique", .pair = by_stage_name},
    {"stage-name-reserved", .pair = by_stage_name},
    {"stage-name-case", .pair = by_stage_name},
    {"instruction-case", .pair = by_as},
    {"from-as-case", .pair = by_as},
    {"prefer-apt-get", .words = {.adds = "--with-new-pkgs", .turns = turns_to_apt_get}},
    {"apt-get-yes", .words = {.adds = "-y"}},
    {"assume-yes", .words = {.adds = "-y -n"}},
    {"apt-no-recommends", .words = {.adds = "--no-install-recommends"}},
    {"apk-no-cache", .words = {.adds = "--no-cache"}},
    {"apt-lists", .words = {.adds = "& ; sudo rm -rf /var/lib/apt/lists/*", .together = true}},
    {"clean-cache", .words = {.adds = "& ; sudo yum dnf microdnf tdnf zypper yarn clean all cache",
                              .together = true}},
    {"pip-no-cache", .words = {.adds = "--no-cache-dir"}},
    {"wget-progress", .words = {.adds = "--progress=dot:giga"}},
    {"useradd-no-log", .words = {.adds = "-l"}},
    {"no-sudo", .words = {.drops = "sudo /usr/bin/sudo -E -H -n -S -u root -EH -HE --"}},
    {"user-switch", .step = by_user},
    {"numeric-user", .step = by_number},
    {"no-secrets", .step = by_secret},
    {"use-workdir", .step = by_workdir},
    {"label-keys", .step = by_label_name},
    {"label-schema", .step = by_new_label},
    {"one-downloader", .step = by_curl},
    {"shell-not-link", .step = by_shell},
    {"pipefail", .step = by_pipefail},
    {"merge-runs", .step = by_join},
    {"copy-not-add", .step = by_copy},
    {"copy-to-folder", .step = by_slash},
};
enum { DECLARED = sizeof(declared) / sizeof(declared[0]) };

static size_t declared_of(struct str rule)
{
    size_t i = 0;

    while (i < DECLARED && !str_eq(rule, str_of(declared[i].rule)))
        i++;
    return i;
}

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

/* Is the difference at hand one that the rule declares? Then the walk is past it. */
static bool is_explained(struct walk *w, size_t rule)
{
    const struct line *x = old_line(w), *y = new_line(w);

    if (!strcmp(declared[rule].rule, "last-one-counts") && x && is_of_no_effect(w->x, w->i)) {
        w->i++;
        return true;
    }
    if (declared[rule].step)
        return declared[rule].step(w);
    if (!x || !y)
        return false;
    struct pair_of p = {w->a, x, y, w->escape};
    if (!declared[rule].pair)
        return by_words(w, &declared[rule].words);
    w->i++;
    w->k++;
    return declared[rule].pair(&p);
}

/* ---- the folder that each instruction works in ---- */

struct folders {
    struct str here;
    struct str name[256], end[256]; /* of stages */
    size_t n;
    const line_list *all;
    size_t at;
};

/* With what ENV says of its variables before line `at`. */
static struct str with_values(struct arena *a, const struct folders *f, struct str s)
{
    for (size_t i = 0; i < f->at; i++) {
        const struct line *l = &f->all->v[i];
        for (size_t w = 0; is_line(l, "env") && w + 2 < l->n; w += 3) {
            struct str name = l->word[w], value = value_of(a, l->word[w + 1], '\\');
            s = with_instead(a, s, str_fmt(a, "\001$" STR_FMT "\002", STR_ARG(name)).p,
                             str_cstr(a, value));
            s = with_instead(a, s, str_fmt(a, "\001${" STR_FMT "}\002", STR_ARG(name)).p,
                             str_cstr(a, value));
        }
    }
    return s;
}

/* Of a base image that is not told, its own name. */
static void enter(struct arena *a, struct folders *f, const struct line *l)
{
    static const char in_root[] = "debian ubuntu alpine busybox fedora centos almalinux rockylinux "
                                  "scratch";

    if (is_line(l, "from") && l->n && f->n < sizeof f->name / sizeof f->name[0]) {
        struct str image = l->word[0], rest = image, path = image;
        str_cut(&rest, ':', &path);
        f->here = word_is_one_of(path, in_root) ? S("") : image;
        for (size_t i = 0; i < f->n; i++)
            if (str_ieq(f->name[i], image))
                f->here = f->end[i];
        f->name[f->n++] = l->n > 2 ? l->word[2] : S("");
    }
    if (is_line(l, "workdir") && l->n) {
        struct str to = str_without_end(with_values(a, f, value_of(a, l->word[0], '\\')), '/');
        bool whole = str_starts(l->word[0], S("/")) || str_starts(to, S("/"));
        f->here = whole ? to : str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(f->here), STR_ARG(to));
    }
    if (f->n)
        f->end[f->n - 1] = f->here;
}

/* Those that the rule does not move work where they worked. */
static void compare_folders(struct arena *a, const char *file, const line_list *x,
                            const line_list *y)
{
    struct folders *old = arena_new(a, struct folders, 1), *new = arena_new(a, struct folders, 1);
    size_t k = 0;

    old->all = x;
    new->all = y;
    for (size_t i = 0; i < x->n; i++) {
        old->at = i;
        enter(a, old, &x->v[i]);
        if (is_line(&x->v[i], "workdir"))
            continue;
        for (; k < y->n && is_line(&y->v[k], "workdir"); k++) {
            new->at = k;
            enter(a, new, &y->v[k]);
        }
        if (k >= y->n)
            return;
        enter(a, new, &y->v[k]);
        if (same_line(&x->v[i], &y->v[k]) && !str_eq(old->here, new->here))
            tell("%s: instruction %zu works in " STR_FMT ", not in " STR_FMT, file, i + 1,
                 STR_ARG(new->here), STR_ARG(old->here));
        k++;
    }
}

static void compare(struct arena *a, size_t rule, const char *file, struct str old, struct str new)
{
    line_list x = dump_of(a, old), y = dump_of(a, new);
    struct walk w = {a, &x, &y, 0, 0, tree_parse(a, old)->escape};

    while (w.i < x.n || w.k < y.n) {
        size_t i = w.i;
        if (old_line(&w) && new_line(&w) && same_line(old_line(&w), new_line(&w))) {
            w.i++;
            w.k++;
        } else if (!is_explained(&w, rule)) {
            tell("%s: %s changed instruction %zu, " STR_FMT, file, declared[rule].rule, i + 1,
                 STR_ARG(i < x.n ? x.v[i].keyword : S("a new one")));
            return;
        }
    }
    if (!strcmp(declared[rule].rule, "use-workdir"))
        compare_folders(a, file, &x, &y);
}

/* ---- findings ---- */

static struct setting schema[] = {
    {{"labels", 6}, {"org.example.team", 16}},
    {{"values", 6}, {"org.example.team=builders", 25}},
};
static struct rule_settings policy[] = {
    {.rule = {"label-schema", 12}, .level = LEVEL_UNSAFE, .option = schema, .noption = 2},
};

static struct settings select_rule(struct str *name, bool unsafe)
{
    return (struct settings){.select = name,
                             .nselect = 1,
                             .unsafe = unsafe,
                             .rule = policy,
                             .nrule = 1,
                             .today = S("2026-11-24")};
}

static struct str all_names[] = {{"all", 3}};

/* Instructions that each rule finds something in. */
static unsigned *count(struct arena *a, struct str text)
{
    struct settings s = select_rule(all_names, true);
    struct result r = dfix_check(a, text, &dfix_rules, &s, NULL);
    unsigned *by_rule = arena_new(a, unsigned, dfix_rules.n);

    uint32_t *last = arena_new(a, uint32_t, dfix_rules.n);

    for (size_t i = 0; i < r.nfinding; i++)
        for (size_t k = 0; k < dfix_rules.n; k++) {
            const struct finding *f = &r.finding[i];
            if (f->fixer != dfix_rules.v[k] || !f->found)
                continue;
            by_rule[k] += last[k] != f->instruction + 1;
            last[k] = f->instruction + 1;
        }
    return by_rule;
}

/* A RUN without its cd is one command, as the one next to it may be. */
static bool lets_see(const char *rule, const char *other)
{
    return !strcmp(rule, "use-workdir") && !strcmp(other, "merge-runs");
}

static void expect_no_new_findings(struct arena *a, const char *rule, const char *file,
                                   const unsigned *before, struct str new)
{
    const unsigned *after = count(a, new);

    for (size_t i = 0; i < dfix_rules.n; i++)
        if (after[i] > before[i] && !lets_see(rule, dfix_rules.v[i]->id))
            tell("%s: after %s, %s finds %u, not %u", file, rule, dfix_rules.v[i]->id, after[i],
                 before[i]);
}

static struct str comments(struct arena *a, struct str text)
{
    const struct tree *t = tree_parse(a, text);
    struct buf out = {.arena = a};

    for (uint32_t i = 0; i < t->ntok; i++) {
        struct span s = token_span(t, i);
        if (t->tok[i].kind == TOK_COMMENT)
            buf_fmt(&out, STR_FMT "\n", STR_ARG(str_sub(text, s.start, s.end)));
    }
    return buf_str(&out);
}

static void expect_all_comments(struct arena *a, const char *rule, const char *file, struct str old,
                                struct str new)
{
    if (!str_eq(comments(a, old), comments(a, new)))
        tell("%s: %s lost a comment", file, rule);
}

/* The rule, or "all": its fixes are whole, and nothing is left to fix. */
static struct str fixed(struct arena *a, const char *rule, const char *file, struct str text,
                        bool unsafe)
{
    struct str name = str_of(rule);
    struct settings s = select_rule(&name, unsafe);
    struct result r = dfix_fix(a, text, &dfix_rules, &s, NULL);

    if (r.broken)
        tell("%s: %s broke the guard", file, rule);
    if (str_eq(r.text, text))
        return text;
    struct str again = dfix_fix(a, r.text, &dfix_rules, &s, NULL).text;
    if (!str_eq(again, r.text))
        tell("%s: %s changes its own result", file, rule);
    return r.text;
}

static void prove(struct arena *a, size_t rule, const char *file, struct str text,
                  const unsigned *before)
{
    const char *id = declared[rule].rule;
    struct str new = fixed(a, id, file, text, true);

    if (str_eq(new, text))
        return;
    changed++;
    compare(a, rule, file, text, new);
    expect_all_comments(a, id, file, text, new);
    expect_no_new_findings(a, id, file, before, new);
}

/* ---- over the corpus ---- */

static void prove_each(struct arena *a, const char *file, struct str text)
{
    const unsigned *before = count(a, text);

    for (size_t i = 0; i < DECLARED; i++) {
        struct arena *own = arena_open();
        prove(own, i, file, text, before);
        arena_close(own);
    }
}

static void each_rule_alone(void **state)
{
    (void)state;
    changed = wrong = 0;
    unsigned files = over_corpus(prove_each);
    print_message("%u files, %u fixed by one rule or another\n", files, changed);
    assert_int_equal(wrong, 0);
    assert_true(changed > files);
}

/* One rule after the other until none does anything, each step by what its rule declares. */
static struct str one_by_one(struct arena *a, const char *file, struct str text, bool unsafe)
{
    struct str before;

    do {
        before = text;
        for (size_t i = 0; i < dfix_rules.n; i++) {
            const char *id = dfix_rules.v[i]->id;
            size_t rule = declared_of(str_of(id));
            struct str new = fixed(a, id, file, text, unsafe);
            if (!str_eq(new, text) && rule == DECLARED)
                tell("%s: %s fixes, and declares nothing", file, id);
            if (!str_eq(new, text))
                compare(a, rule, file, text, new);
            text = new;
        }
    } while (!str_eq(before, text));
    return text;
}

static void prove_together(struct arena *a, const char *file, struct str text, bool unsafe)
{
    struct str new = fixed(a, "all", file, text, unsafe);

    if (str_eq(new, text))
        return;
    changed++;
    expect_all_comments(a, "all", file, text, new);
    expect_no_new_findings(a, "all", file, count(a, text), new);
    if (!str_eq(new, one_by_one(a, file, text, unsafe)))
        tell("%s: rules together do something else than one by one", file);
}

static void prove_safe(struct arena *a, const char *file, struct str text)
{
    prove_together(a, file, text, false);
}

static void prove_unsafe(struct arena *a, const char *file, struct str text)
{
    prove_together(a, file, text, true);
}

static void all_safe_fixes_together(void **state)
{
    (void)state;
    changed = wrong = 0;
    unsigned files = over_corpus(prove_safe);
    assert_int_equal(wrong, 0);
    assert_true(changed > files / 2);
}

static void all_fixes_together(void **state)
{
    (void)state;
    changed = wrong = 0;
    unsigned files = over_corpus(prove_unsafe);
    assert_int_equal(wrong, 0);
    assert_true(changed > files / 2);
}

/* ---- the reader itself ---- */

/* It must see what is not the same. */
static bool is_declared(const char *rule, const char *x, const char *y)
{
    struct arena *a = arena_open();
    line_list old = dump_of(a, str_fmt(a, "FROM a\n%s\n", x)),
              new = dump_of(a, str_fmt(a, "FROM a\n%s\n", y));
    struct walk w = {a, &old, &new, 1, 1, '\\'};
    bool found = true;

    while (found && (w.i < old.n || w.k < new.n)) {
        if (old_line(&w) && new_line(&w) && same_line(old_line(&w), new_line(&w))) {
            w.i++;
            w.k++;
        } else {
            found = is_explained(&w, declared_of(str_of(rule)));
        }
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

static void the_reader_sees_words(void **state)
{
    (void)state;
    assert_true(is_declared("apt-get-yes", "RUN apt-get install a", "RUN apt-get install -y a"));
    assert_false(is_declared("apt-get-yes", "RUN apt-get install a", "RUN apt-get install a b"));
    assert_false(is_declared("apt-get-yes", "RUN apt-get install a b", "RUN apt-get install -y a"));
    assert_true(is_declared("apt-lists", "RUN a", "RUN a && rm -rf /var/lib/apt/lists/*"));
    assert_false(is_declared("apt-lists", "RUN a && b", "RUN a && rm -rf && b && rm -rf"));
    assert_false(is_declared("apt-lists", "RUN a <<E\nb\nE", "RUN a <<E\nc\nE"));
    assert_false(is_declared("no-sudo", "RUN sudo a", "RUN b"));
    assert_true(is_declared("one-downloader", "RUN wget -O f u", "RUN curl -fsSL -o f u"));
    assert_false(is_declared("one-downloader", "RUN wget -O f u", "RUN curl -fsSL -o g u"));
    assert_true(is_declared("merge-runs", "RUN a\nRUN b", "RUN a && b"));
    assert_false(is_declared("merge-runs", "RUN a\nRUN b", "RUN a && c"));
    assert_false(is_declared("merge-runs", "RUN a\nRUN b", "RUN a ; b"));
    assert_true(is_declared("use-workdir", "RUN cd /a && b", "WORKDIR /a\nRUN b\nWORKDIR /"));
    assert_false(is_declared("use-workdir", "RUN cd /a && b", "WORKDIR /c\nRUN b\nWORKDIR /"));
    assert_false(is_declared("pipefail", "RUN a | b", "SHELL [\"/bin/bash\", \"-c\"]\nRUN a | b"));
    assert_true(is_declared("shell-not-link", "RUN ln -sf /bin/bash /bin/sh && a",
                            "RUN a\nSHELL [\"/bin/bash\", \"-c\"]"));
    assert_false(is_declared("shell-not-link", "RUN ln -sf /bin/bash /bin/sh && a",
                             "SHELL [\"/bin/bash\", \"-c\"]"));
    assert_true(is_declared("label-keys", "LABEL A=b c=d", "LABEL a=b c=d"));
    assert_false(is_declared("label-keys", "LABEL A=b c=d", "LABEL a=b c=e"));
    assert_false(is_declared("copy-not-add", "ADD a b", "COPY a c"));
    assert_false(is_declared("user-switch", "RUN a", "USER 0\nRUN b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reader_sees_differences),
        cmocka_unit_test(the_reader_sees_words),
        cmocka_unit_test(each_rule_alone),
        cmocka_unit_test(all_safe_fixes_together),
        cmocka_unit_test(all_fixes_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
