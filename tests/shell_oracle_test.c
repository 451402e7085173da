/* shell_oracle_test.c - the shell grammar against shells and shfmt, on every RUN of the
 * public files: each simple command has the words, at the same source offsets, that
 * shfmt finds in the joined text; a text has an error when dash or bash refuse it.
 *
 * One RUN in ten; `./dev test all` reads them all. What we find whole, shells are given many
 * of at once, and one by one where they then complain. Disagreements are printed.
 * Known classes, none of them counted as agreement:
 *   - shfmt drops a CR inside a line, and ends a word such as "a"# before the #;
 *     shells keep both in the word, as the tree does;
 *   - shfmt counts a continuation between a word and a redirection to the word, takes \" in
 *     "`..`" for two bytes, and `in` for a command's name: shells do not, nor does the tree;
 *   - shfmt gives up on extended tests and arithmetic that bash accepts: not compared;
 *   - dash refuses bash's additions, which a POSIX text may hold since sh may be bash.
 * And on texts that nobody wrote (mutated ones, one in a hundred):
 *   - bash reads what is in backquotes only when it runs them, dash up to its first
 *     complete list: errors in it are ours alone, and end with the backquotes;
 *   - @(a|b) outside [[ ]] is refused by dash and by bash without extglob: read here, as
 *     by shfmt, since a script may set it; also b=([) and a[ without a ] to the end;
 *   - bash -n complains of a broken [[ ]] and still exits with 0;
 *   - a heredoc that $( ) opens and does not hold: each shell looks elsewhere for its body;
 *   - ${"} and ${${a}}: dash -n lets them pass, and fails when it gets there. */
#include "dfix/syntax.h"
#include "sandbox.h"

#include <dirent.h>
#include <jansson.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

typedef VEC(uint32_t) numbers;
enum { STEP = 10, GROUP = 64 };

/* Programs */

static char input_path[] = "/tmp/dfix-oracle-in-XXXXXX",
            output_path[] = "/tmp/dfix-oracle-out-XXXXXX";

static int run(const char *const *argv, bool output)
{
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, input_path, O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, output ? output_path : "/dev/null",
                                     O_WRONLY | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    pid_t pid;
    int status = -1;
    char *args[8] = {0};
    for (size_t i = 0; argv[i]; i++)
        args[i] = (char *)(uintptr_t)argv[i];
    if (posix_spawnp(&pid, argv[0], &files, NULL, args, environ) != 0)
        status = -1;
    else if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        status = -1;
    else
        status = WEXITSTATUS(status);
    posix_spawn_file_actions_destroy(&files);
    return status;
}

static void write_input(struct str text)
{
    FILE *f = fopen(input_path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text.p, 1, text.n, f), text.n);
    assert_int_equal(fclose(f), 0);
}

/* The texts */

/* What one shell reads, and from where in the source each byte comes. */
struct text {
    const struct tree *tree;
    node_id shell;
    const char *file;
    struct buf joined;
    numbers source;
    uint32_t own; /* bytes of `joined` that are not bodies of heredocs */
};

static void add(struct arena *a, struct text *x, uint32_t from, uint32_t to)
{
    for (; from < to; from++) {
        buf_char(&x->joined, x->tree->text.p[from]);
        vec_push(a, &x->source, from);
    }
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The end of a line's text: before its continuation, if it has one. */
static bool continued(const struct tree *t, uint32_t from, uint32_t *end)
{
    uint32_t i = *end;
    while (i > from && is_blank(t->text.p[i - 1]))
        i--;
    if (i == from || t->text.p[i - 1] != t->escape ||
        (i - 1 > from && t->text.p[i - 2] == t->escape))
        return false;
    *end = i - 1;
    return true;
}

/* Joins continued lines as the builder of images does, on its own account. */
static void join(struct arena *a, struct text *x)
{
    const struct tree *t = x->tree;
    struct span s = node_span(t, x->shell);
    for (uint32_t line = s.start, next; line < s.end; line = next) {
        const char *lf = memchr(t->text.p + line, '\n', s.end - line);
        next = lf ? (uint32_t)(lf - t->text.p) + 1 : s.end;
        uint32_t end = lf ? next - 1 : s.end, first = line;
        if (lf && end > line && t->text.p[end - 1] == '\r')
            end--;
        while (first < end && is_blank(t->text.p[first]))
            first++;
        if (line > s.start && (first == end || t->text.p[first] == '#'))
            continue;
        bool more = lf && continued(t, line, &end);
        add(a, x, line, end);
        if (!more)
            break;
    }
}

static void text_of(struct arena *a, struct text *x)
{
    const struct tree *t = x->tree;
    node_id parent = t->node[x->shell].parent;
    x->joined.arena = a;
    struct span s = node_span(t, x->shell);
    if (node_kind(t, parent) == NODE_HEREDOC) {
        add(a, x, s.start, s.end);
        x->own = (uint32_t)x->joined.n;
        return;
    }
    join(a, x);
    x->own = (uint32_t)x->joined.n;
    for (node_id n = x->shell; (n = node_next(t, parent, n, NODE_HEREDOC));) {
        s = node_span(t, n);
        add(a, x, s.start - 1, s.end); /* with the line end before it */
    }
}

typedef void text_use(struct arena *a, struct text *x);

static void each_shell(struct arena *a, const char *file, struct str text, unsigned *count,
                       unsigned step, text_use *use)
{
    struct tree *t = tree_parse(a, text);
    for (node_id n = 1; n < t->nnode; n++) {
        node_id p = t->node[n].parent;
        enum node_kind k = node_kind(t, p);
        if (node_kind(t, n) != NODE_SHELL || (k != NODE_INSTRUCTION && k != NODE_HEREDOC))
            continue;
        if (node_kind(t, node_first(t, n)) == NODE_DATA || (*count)++ % step != 0)
            continue;
        struct text x = {.tree = t, .shell = n, .file = file};
        text_of(a, &x);
        use(a, &x);
    }
}

static void each_text(text_use *use)
{
    const char *dir = DFIX_SHARED "/corpus/public";
    unsigned count = 0, step = whole() ? 1 : STEP;
    DIR *d = opendir(dir);
    if (!d) {
        print_message("skipped: %s is not there\n", dir);
        skip();
        return;
    }
    for (struct dirent *e; (e = readdir(d));) {
        char path[1024];
        snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
        FILE *f = e->d_name[0] == '.' ? NULL : fopen(path, "rb");
        if (!f)
            continue;
        struct arena *a = arena_open();
        struct buf text = {.arena = a};
        char chunk[8192];
        for (size_t n; (n = fread(chunk, 1, sizeof(chunk), f)) > 0;)
            buf_add(&text, (struct str){chunk, n});
        fclose(f);
        each_shell(a, e->d_name, buf_str(&text), &count, step, use);
        arena_close(a);
    }
    closedir(d);
}

/* shfmt: simple commands as start, end of each word, and a 0 */

static uint32_t offset(const json_t *node, const char *which)
{
    return (uint32_t)json_integer_value(json_object_get(json_object_get(node, which), "Offset"));
}

static void put_word(struct arena *a, const struct text *x, numbers *out, const json_t *word)
{
    uint32_t from = offset(word, "Pos"), to = offset(word, "End");
    assert_true(from < to && to <= x->source.n);
    vec_push(a, out, x->source.v[from] + 1);
    vec_push(a, out, x->source.v[to - 1] + 1);
}

static void put_words(struct arena *a, const struct text *x, numbers *out, const json_t *words)
{
    size_t i;
    json_t *word;
    json_array_foreach(words, i, word)
    {
        put_word(a, x, out, word);
    }
}

static void commands_of_json(struct arena *a, const struct text *x, numbers *out, json_t *node)
{
    size_t i;
    const char *key, *type = json_string_value(json_object_get(node, "Type"));
    json_t *child, *words = json_object_get(node, "Args");
    bool declares = type && !strcmp(type, "DeclClause");
    if (type && (declares || (!strcmp(type, "CallExpr") && json_array_size(words)))) {
        const json_t *first =
            declares ? json_object_get(node, "Variant") : json_array_get(words, 0);
        if (offset(first, "Pos") >= x->own)
            return; /* in the body of a heredoc, which is data */
        if (declares)
            put_word(a, x, out, first);
        put_words(a, x, out, words);
        vec_push(a, out, 0);
    }
    if (json_is_object(node)) {
        json_object_foreach(node, key, child)
        {
            commands_of_json(a, x, out, child);
        }
        return;
    }
    json_array_foreach(node, i, child)
    {
        commands_of_json(a, x, out, child);
    }
}

static void commands_of_tree(struct arena *a, const struct tree *t, node_id shell, uint32_t shift,
                             const uint32_t *source, numbers *out)
{
    for (node_id n = shell; n < t->node[shell].after; n++) {
        if (node_kind(t, n) != NODE_COMMAND)
            continue;
        bool words = false;
        for (node_id c = node_first(t, n); c; c = node_sibling(t, c)) {
            if (node_kind(t, c) != NODE_WORD && !(words && node_kind(t, c) == NODE_ASSIGN))
                continue;
            struct span s = node_span(t, c);
            vec_push(a, out, (source ? source[s.start] : s.start) + shift);
            vec_push(a, out, (source ? source[s.end - 1] : s.end - 1) + shift);
            words = true;
        }
        if (words)
            vec_push(a, out, 0);
    }
}

static int by_first_word(const void *a, const void *b)
{
    const uint32_t *const *x = a, *const *y = b;
    return (**x > **y) - (**x < **y);
}

/* Commands in the order of their first words: both parsers nest them differently. */
static void sort_commands(struct arena *a, numbers *c)
{
    VEC(const uint32_t *) starts = {0};
    numbers sorted = {0};
    for (size_t i = 0; i < c->n; i++)
        if (i == 0 || c->v[i - 1] == 0)
            vec_push(a, &starts, &c->v[i]);
    if (starts.n)
        qsort(starts.v, starts.n, sizeof(*starts.v), by_first_word);
    for (size_t i = 0; i < starts.n; i++)
        for (const uint32_t *p = starts.v[i];; p++) {
            vec_push(a, &sorted, *p);
            if (!*p)
                break;
        }
    *c = sorted;
}

static bool same(struct arena *a, numbers *x, numbers *y)
{
    sort_commands(a, x);
    sort_commands(a, y);
    return x->n == y->n && (!x->n || !memcmp(x->v, y->v, x->n * sizeof(*x->v)));
}

static unsigned refused, agreed, agreed_as_bash, differed;

static void compare_shfmt(struct arena *a, struct text *x)
{
    static const char *const argv[] = {"shfmt", "-ln", "bash", "-tojson", NULL};
    write_input(buf_str(&x->joined));
    if (run(argv, true) != 0) {
        refused++;
        return;
    }
    json_t *json = json_load_file(output_path, 0, NULL);
    assert_non_null(json);
    numbers wanted = {0}, got = {0}, bash = {0};
    commands_of_json(a, x, &wanted, json);
    json_decref(json);
    commands_of_tree(a, x->tree, x->shell, 1, NULL, &got);
    if (same(a, &wanted, &got) && !node_has_error(x->tree, x->shell)) {
        agreed++;
        return;
    }
    /* shfmt reads bash; /bin/sh may read &>, (( )) or a+=b otherwise. */
    struct tree *t = tree_parse_shell(a, buf_str(&x->joined), true);
    commands_of_tree(a, t, node_first(t, 0), 1, x->source.v, &bash);
    if (same(a, &wanted, &bash) && !t->nerror) {
        agreed_as_bash++;
        return;
    }
    differed++;
    struct place_lc at = text_place(x->tree->text, node_span(x->tree, x->shell).start);
    print_message("differs from shfmt: %s:%u\n", x->file, at.line);
}

static void test_words_as_shfmt(void **state)
{
    (void)state;
    needs("shfmt");
    each_text(compare_shfmt);
    unsigned n = agreed + agreed_as_bash + differed;
    print_message("shfmt: %u of %u agree, %u more once read as bash, %u differ; %u refused by it\n",
                  agreed, n, agreed_as_bash, differed, refused);
    assert_true(n > 0 && (agreed + agreed_as_bash) * 1000ul >= n * 995ul);
}

/* Shells */

static unsigned texts, dash_alone, wrong;

/* A text as it stands in a file, for the line that is printed. */
struct sample {
    struct str text, file;
    uint32_t line;
};
static struct {
    struct arena *arena;
    VEC(struct sample) v;
} group;

static bool shells_take(struct str text, const char *shell)
{
    const char *const argv[] = {shell, "-n", NULL};
    write_input(text);
    return run(argv, false) == 0;
}

static void compare_shells(const struct sample *x)
{
    struct arena *a = arena_open();
    bool dash = shells_take(x->text, "dash"), bash = shells_take(x->text, "bash");
    bool posix_ours = tree_parse_shell(a, x->text, false)->nerror == 0;
    bool bash_ours = tree_parse_shell(a, x->text, true)->nerror == 0;
    arena_close(a);
    if (posix_ours && !dash && bash)
        dash_alone++;
    else if (posix_ours == dash && bash_ours == bash)
        return;
    if (posix_ours && bash && bash_ours)
        return;
    wrong++;
    print_message(STR_FMT ":%u: dash %d and here %d, bash %d and here %d\n", STR_ARG(x->file),
                  x->line, dash, posix_ours, bash, bash_ours);
}

/* Each text in braces of its own: one that has no end takes the next brace for its own, and the
 * whole is refused. */
static bool group_is_taken(void)
{
    struct buf all = {.arena = group.arena};
    for (size_t i = 0; i < group.v.n; i++)
        buf_fmt(&all, "{ :\n" STR_FMT "\n}\n", STR_ARG(group.v.v[i].text));
    return shells_take(buf_str(&all), "dash") && shells_take(buf_str(&all), "bash");
}

static void settle_group(void)
{
    if (!group.arena)
        return;
    if (!group_is_taken())
        for (size_t i = 0; i < group.v.n; i++)
            compare_shells(&group.v.v[i]);
    arena_close(group.arena);
    memset(&group, 0, sizeof(group));
}

static void gather_shells(struct arena *a, struct text *x)
{
    struct str text = buf_str(&x->joined);
    bool whole_here = tree_parse_shell(a, text, false)->nerror == 0 &&
                      tree_parse_shell(a, text, true)->nerror == 0;
    struct place_lc at = text_place(x->tree->text, node_span(x->tree, x->shell).start);
    struct sample one = {text, str_of(x->file), at.line};
    texts++;
    if (!whole_here || str_find(text, S("<<")) != STR_NONE) {
        compare_shells(&one); /* the rest of the group could end a heredoc that has no end */
        return;
    }
    if (!group.arena)
        group.arena = arena_open();
    one.text = str_dup(group.arena, text);
    one.file = str_dup(group.arena, one.file);
    vec_push(group.arena, &group.v, one);
    if (group.v.n == GROUP)
        settle_group();
}

static void test_errors_as_shells(void **state)
{
    (void)state;
    needs("dash bash");
    each_text(gather_shells);
    settle_group();
    print_message("dash, bash: %u texts, %u refused by dash alone, %u wrong\n", texts, dash_alone,
                  wrong);
    assert_true(texts > 0);
    assert_int_equal(wrong, 0);
}

/* One bad text among many is found. */
static void test_a_group_hides_nothing(void **state)
{
    static const char *const bad[] = {"echo 'a", "if true; then x", "echo \"$(b", "x )",
                                      "for",     "case a in b) c",  "d }; }"};
    (void)state;
    needs("dash bash");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        group.arena = arena_open();
        struct sample good = {S("echo a b 'c'"), S("good"), 1}, one = {str_of(bad[i]), S("bad"), 1};
        vec_push(group.arena, &group.v, good);
        assert_true(group_is_taken());
        vec_push(group.arena, &group.v, one);
        vec_push(group.arena, &group.v, good);
        if (group_is_taken())
            fail_msg("not seen in a group: %s", bad[i]);
        arena_close(group.arena);
        memset(&group, 0, sizeof(group));
    }
}

static int make_files(void **state)
{
    (void)state;
    int in = mkstemp(input_path), out = mkstemp(output_path);
    if (in < 0 || out < 0)
        return -1;
    return close(in) | close(out);
}

static int remove_files(void **state)
{
    (void)state;
    return unlink(input_path) | unlink(output_path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_as_shfmt),
        cmocka_unit_test(test_a_group_hides_nothing),
        cmocka_unit_test(test_errors_as_shells),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
