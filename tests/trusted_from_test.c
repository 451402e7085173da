/* Every real Dockerfile of the shared corpus under a policy that maps docker.io: judged by a reader
 * of its own that knows lines, continuations and heredocs, and nothing else. It says which images
 * are written out in full and what the file should become; where the two differ, the file's
 * images must be put together from variables or be what may be a named build context. */
#include <ftw.h>

#include "cmocka_all.h"
#include "dfix/dfix.h"
#include "sandbox.h"
#include "host/files.h"

static const char mirror_name[] = "registry.corp.example/hub";

/* ---- the estimate ---- */

enum { LINE_MAX_BYTES = 1 << 18, STAGES_MAX = 512 };

/* One instruction: its bytes without continuations, and where each stood. */
struct line {
    char text[LINE_MAX_BYTES];
    uint32_t at[LINE_MAX_BYTES];
    size_t n;
};
struct estimate {
    struct arena *arena;
    struct str text;
    char escape;
    struct line line;
    char stage[STAGES_MAX][128];
    unsigned nstage;
    VEC(struct edit) edit;
    unsigned written, variables, contexts;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool is_hub(const char *image, size_t n, const char **rest)
{
    const char *slash = memchr(image, '/', n);
    size_t first = slash ? (size_t)(slash - image) : 0;
    *rest = image;
    if (!slash)
        return true;
    if ((first == 9 && memcmp(image, "docker.io", 9) == 0) ||
        (first == 15 && memcmp(image, "index.docker.io", 15) == 0)) {
        *rest = slash + 1;
        return true;
    }
    for (size_t i = 0; i < first; i++)
        if (image[i] == '.' || image[i] == ':' || (image[i] >= 'A' && image[i] <= 'Z'))
            return false;
    return !(first == 9 && memcmp(image, "localhost", 9) == 0);
}

static bool is_stage(const struct estimate *x, const char *p, size_t n)
{
    for (unsigned i = 0; i < x->nstage; i++)
        if (strlen(x->stage[i]) == n && strncasecmp(x->stage[i], p, n) == 0)
            return true;
    return false;
}

/* The bytes `from` to `end` of the line name an image, a stage, or a build context. */
static void take_image(struct estimate *x, size_t from, size_t end, bool is_from)
{
    const char *p = x->line.text + from, *rest;
    size_t n = end - from;
    char quote = n && (*p == '"' || *p == '\'') ? *p : 0;
    if (quote && p[n - 1] == quote) {
        p++;
        n -= 2;
        from++;
    }
    bool number = n > 0, plain = true;
    for (size_t i = 0; i < n; i++) {
        number &= p[i] >= '0' && p[i] <= '9';
        plain &= !strchr("/:@.", p[i]);
    }
    if (memchr(p, '$', n)) {
        x->variables++;
        return;
    }
    if (!n || is_stage(x, p, n) || (n == 7 && memcmp(p, "scratch", 7) == 0) || (!is_from && number))
        return;
    if (!is_from && plain) {
        x->contexts++;
        return;
    }
    struct reference r;
    if (!reference_parse((struct str){p, n}, &r) || !is_hub(p, n, &rest))
        return;
    size_t left = n - (size_t)(rest - p);
    bool library = !memchr(rest, '/', left);
    struct str new =
        str_fmt(x->arena, "%s/%s%.*s", mirror_name, library ? "library/" : "", (int)left, rest);
    uint32_t start = x->line.at[from];
    vec_push(x->arena, &x->edit, (struct edit){{start, start + (uint32_t)n}, new});
    x->written++;
}

static size_t word_end(const struct line *l, size_t at)
{
    while (at < l->n && !is_blank(l->text[at]))
        at++;
    return at;
}

static size_t skip_blanks(const struct line *l, size_t at)
{
    while (at < l->n && is_blank(l->text[at]))
        at++;
    return at;
}

static bool keyword(const struct line *l, size_t at, const char *name)
{
    size_t n = strlen(name);
    return word_end(l, at) - at == n && strncasecmp(l->text + at, name, n) == 0;
}

static void take_mount(struct estimate *x, size_t at, size_t end)
{
    const struct line *l = &x->line;
    while (at < end) {
        size_t comma = at;
        while (comma < end && l->text[comma] != ',')
            comma++;
        if (comma - at > 5 && strncasecmp(l->text + at, "from=", 5) == 0)
            take_image(x, at + 5, comma, false);
        at = comma + 1;
    }
}

static void take_flags(struct estimate *x, size_t at, bool run)
{
    const struct line *l = &x->line;
    for (at = skip_blanks(l, at); at + 2 < l->n && memcmp(l->text + at, "--", 2) == 0;
         at = skip_blanks(l, word_end(l, at))) {
        size_t end = word_end(l, at);
        if (run && end - at > 8 && memcmp(l->text + at, "--mount=", 8) == 0)
            take_mount(x, at + 8, end);
        else if (!run && end - at > 7 && memcmp(l->text + at, "--from=", 7) == 0)
            take_image(x, at + 7, end, false);
    }
}

static void take_from(struct estimate *x, size_t at)
{
    const struct line *l = &x->line;
    at = skip_blanks(l, at);
    while (at + 2 < l->n && memcmp(l->text + at, "--", 2) == 0)
        at = skip_blanks(l, word_end(l, at));
    size_t end = word_end(l, at);
    take_image(x, at, end, true);
    at = skip_blanks(l, end);
    if (keyword(l, at, "as")) {
        at = skip_blanks(l, at + 2);
        size_t n = word_end(l, at) - at;
        if (n && n < sizeof x->stage[0] && x->nstage < STAGES_MAX) {
            memcpy(x->stage[x->nstage], l->text + at, n);
            x->stage[x->nstage++][n] = 0;
        }
    }
}

static void take_instruction(struct estimate *x)
{
    const struct line *l = &x->line;
    size_t at = skip_blanks(l, 0);
    if (keyword(l, at, "onbuild"))
        at = skip_blanks(l, word_end(l, at));
    size_t after = word_end(l, at);
    if (keyword(l, at, "from"))
        take_from(x, after);
    else if (keyword(l, at, "copy") || keyword(l, at, "add"))
        take_flags(x, after, false);
    else if (keyword(l, at, "run"))
        take_flags(x, after, true);
}

/* The word of the first heredoc that the line opens; 0: none. */
static size_t heredoc_of(const struct line *l, const char **word)
{
    for (size_t i = 0; i + 2 < l->n; i++) {
        if (l->text[i] != '<' || l->text[i + 1] != '<' || l->text[i + 2] == '<' ||
            (i && (l->text[i - 1] == '<' || l->text[i - 1] == '(')))
            continue;
        size_t at = i + 2;
        if (l->text[at] == '-')
            at++;
        bool quoted = at < l->n && (l->text[at] == '"' || l->text[at] == '\'');
        at += quoted;
        size_t end = at;
        while (end < l->n && (l->text[end] == '_' || (l->text[end] >= '0' && l->text[end] <= '9') ||
                              ((l->text[end] | 32) >= 'a' && (l->text[end] | 32) <= 'z')))
            end++;
        *word = l->text + at;
        if (end > at)
            return end - at;
    }
    return 0;
}

/* `at`: the start of a physical line; the one after. */
static uint32_t next_line(struct str text, uint32_t at)
{
    while (at < text.n && text.p[at] != '\n')
        at++;
    return at < text.n ? at + 1 : at;
}

static uint32_t skip_heredoc(const struct estimate *x, uint32_t at)
{
    const char *word = "";
    size_t n = heredoc_of(&x->line, &word);
    size_t first = skip_blanks(&x->line, 0);
    bool may = keyword(&x->line, first, "run") || keyword(&x->line, first, "copy") ||
               keyword(&x->line, first, "add");
    for (uint32_t from = at; n && may && from < x->text.n;) {
        uint32_t end = next_line(x->text, from);
        struct str line = str_trim(str_sub(x->text, from, end));
        from = end;
        if (str_eq(line, (struct str){word, n}))
            return from;
    }
    return at;
}

static void take_directive(struct estimate *x, uint32_t at, uint32_t end)
{
    struct str line = str_trim(str_sub(x->text, at, end));
    ptrdiff_t eq = str_chr(line, '=');
    if (eq == STR_NONE)
        return;
    struct str name = str_trim(str_sub(line, 1, (size_t)eq));
    struct str value = str_trim(str_from(line, (size_t)eq + 1));
    if (str_ieq(name, S("escape")) && value.n == 1)
        x->escape = value.p[0];
    if (!str_ieq(name, S("syntax")) || value.n >= LINE_MAX_BYTES)
        return;
    for (x->line.n = 0; x->line.n < value.n; x->line.n++) {
        x->line.text[x->line.n] = value.p[x->line.n];
        x->line.at[x->line.n] = (uint32_t)(value.p - x->text.p + (ptrdiff_t)x->line.n);
    }
    take_image(x, 0, value.n, true);
}

static void read_file(struct estimate *x)
{
    bool head = true;
    uint32_t at = str_starts(x->text, S("\xef\xbb\xbf")) ? 3 : 0;
    while (at < x->text.n) {
        uint32_t end = next_line(x->text, at);
        struct str line = str_trim(str_sub(x->text, at, end));
        if (!line.n || line.p[0] == '#') {
            head &= line.n > 0 && str_chr(line, '=') != STR_NONE;
            if (head)
                take_directive(x, at, end);
            at = end;
            continue;
        }
        head = false;
        x->line.n = 0;
        for (bool more = true; more && at < x->text.n; at = end) {
            end = next_line(x->text, at);
            line = str_trim(str_sub(x->text, at, end));
            if (x->line.n && (!line.n || line.p[0] == '#'))
                continue;
            more = line.n && line.p[line.n - 1] == x->escape;
            for (size_t i = 0; i + more < line.n && x->line.n < LINE_MAX_BYTES - 2; i++) {
                x->line.text[x->line.n] = line.p[i];
                x->line.at[x->line.n++] = (uint32_t)(line.p - x->text.p + (ptrdiff_t)i);
            }
            if (more)
                x->line.text[x->line.n++] = ' ';
        }
        take_instruction(x);
        at = skip_heredoc(x, at);
    }
}

static struct estimate *estimate_of(struct arena *a, struct str text)
{
    struct estimate *x = arena_new(a, struct estimate, 1);
    x->arena = a;
    x->text = text;
    x->escape = '\\';
    read_file(x);
    return x;
}

/* ---- the comparison ---- */

static struct corpus {
    struct arena *arena;
    VEC(struct str) path;
    struct settings settings;
    unsigned written, variables, contexts, rewritten, by_variables, failures;
} corpus;

static int collect(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)at;
    if (kind == FTW_F && st->st_size < LINE_MAX_BYTES)
        vec_push(corpus.arena, &corpus.path, str_dup(corpus.arena, str_of(path)));
    return 0;
}

static void complain(struct str path, const char *what, struct str got)
{
    if (++corpus.failures <= 10)
        print_error("%.*s: %s %.*s\n", STR_ARG(path), what, STR_ARG(got));
}

static struct str first_difference(struct arena *a, struct str got, struct str want)
{
    size_t i = 0;
    while (i < got.n && i < want.n && got.p[i] == want.p[i])
        i++;
    size_t from = i > 40 ? i - 40 : 0;
    return str_fmt(a, "\n%.*s\n--- want\n%.*s", (int)(got.n - from > 120 ? 120 : got.n - from),
                   got.p + from, (int)(want.n - from > 120 ? 120 : want.n - from), want.p + from);
}

/* Only these lines may change. */
static bool is_line_of_images(struct str line)
{
    static const char *const begins[] = {"FROM", "ARG", "COPY", "ADD", "RUN", "ONBUILD", "#", "--"};
    line = str_trim(line);
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++)
        if (line.n >= strlen(begins[i]) && strncasecmp(line.p, begins[i], strlen(begins[i])) == 0)
            return true;
    return false;
}

static void compare(struct arena *a, struct str path, struct str in)
{
    const struct lookup nothing = {0};
    struct estimate *x = estimate_of(a, in);
    struct result r = dfix_fix(a, in, &dfix_rules, &corpus.settings, &nothing);
    struct str want = edits_apply(a, in, (struct edits){x->edit.v, x->edit.n});

    if (r.refused.n) {
        if (r.edits.n || !str_eq(r.text, in))
            complain(path, "changed, though it is refused:", r.refused);
        return;
    }
    corpus.written += x->written;
    corpus.variables += x->variables;
    corpus.contexts += x->contexts;
    if (r.broken)
        complain(path, "the guard was broken", S(""));
    struct result again = dfix_fix(a, r.text, &dfix_rules, &corpus.settings, &nothing);
    if (again.edits.n)
        complain(path, "a second run changes it", S(""));
    struct estimate *left = estimate_of(a, r.text);
    if (left->written)
        complain(path, "a literal image was not rewritten:", left->edit.v[0].text);
    corpus.rewritten += x->written - left->written;
    if (str_eq(r.text, want))
        return;
    if (!x->variables) {
        complain(path, "becomes", first_difference(a, r.text, want));
        return;
    }
    /* Beyond the literal ones only what variables name has changed, and only where images are. */
    corpus.by_variables++;
    struct str rest = r.text, old = in, line, was;
    while (str_cut(&rest, '\n', &line) && str_cut(&old, '\n', &was))
        if (!str_eq(line, was) && !is_line_of_images(was))
            complain(path, "another line changed:", line);
    if (rest.n || old.n)
        complain(path, "lines came or went", S(""));
}

static void real_files(void **state)
{
    (void)state;
    static const char folder[] = DFIX_SHARED "/corpus/public";
    static struct mirror mirror;
    static struct setting off;
    static struct rule_settings rule;
    static struct str only;
    if (access(folder, R_OK) != 0) {
        print_message("skipped: no %s\n", folder);
        skip();
    }
    corpus.arena = arena_open();
    mirror = (struct mirror){S("docker.io"), str_of(mirror_name)};
    off = (struct setting){S("verify"), S("off")};
    rule = (struct rule_settings){
        .rule = S("trusted-from"), .level = LEVEL_SAFE, .option = &off, .noption = 1};
    only = S("trusted-from");
    corpus.settings = (struct settings){.max_age = -1,
                                        .today = S("2026-01-01"),
                                        .mirror = &mirror,
                                        .nmirror = 1,
                                        .rule = &rule,
                                        .nrule = 1,
                                        .select = &only,
                                        .nselect = 1};
    assert_int_equal(nftw(folder, collect, 16, FTW_PHYS), 0);
    for (size_t i = 0; i < corpus.path.n; i++) {
        struct arena *a = arena_open();
        struct str in;
        struct err e;
        assert_true(file_read(a, corpus.path.v[i].p, LINE_MAX_BYTES, &in, &e));
        compare(a, str_from(corpus.path.v[i], sizeof folder), in);
        arena_close(a);
    }
    print_message("%zu files: %u images written in full, %u rewritten; %u from variables (%u files "
                  "changed by them); %u names that may be build contexts left alone\n",
                  corpus.path.n, corpus.written, corpus.rewritten, corpus.variables,
                  corpus.by_variables, corpus.contexts);
    assert_true(corpus.written > 1000);
    assert_int_equal(corpus.rewritten, corpus.written);
    arena_close(corpus.arena);
    if (corpus.failures)
        fail_msg("%u failures", corpus.failures);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
