/* user-switch on real Dockerfiles, judged by a reader of its own: a plain scan of lines that
 * shares nothing with the parser. Each USER that the fixer put in must stand after the last
 * instruction that needs root; the guard must be silent; a second run must change nothing. */
#include "cmocka_all.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dfix/dfix.h"
#include "services/files.h"

enum { INSTRUCTIONS = 4096 };

/* ---- the scan ---- */

struct scanned {
    char name[16];
    size_t start, end; /* with continued lines and heredocs */
};

static size_t line_end(const char *text, size_t n, size_t at)
{
    while (at < n && text[at] != '\n')
        at++;
    return at < n ? at + 1 : n;
}

static bool is_empty_or_comment(const char *text, size_t at, size_t end)
{
    while (at < end && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r'))
        at++;
    return at == end || text[at] == '\n' || text[at] == '#';
}

static bool is_continued(const char *text, size_t at, size_t end, char escape)
{
    while (end > at && strchr(" \t\r\n", text[end - 1]))
        end--;
    return end > at && text[end - 1] == escape;
}

/* The word of <<WORD or <<-"WORD" in the line; its length, 0 none. */
static size_t heredoc_word(const char *text, size_t at, size_t end, const char **word)
{
    for (; at + 2 < end; at++) {
        if (text[at] != '<' || text[at + 1] != '<' || (at && text[at - 1] == '<'))
            continue;
        size_t p = at + 2;
        if (text[p] == '-')
            p++;
        if (p < end && (text[p] == '"' || text[p] == '\''))
            p++;
        size_t start = p;
        while (p < end && (text[p] == '_' || (text[p] >= 'A' && text[p] <= 'Z') ||
                           (text[p] >= 'a' && text[p] <= 'z')))
            p++;
        *word = text + start;
        if (p > start)
            return p - start;
    }
    return 0;
}

static size_t skip_heredoc(const char *text, size_t n, size_t at, const char *word, size_t length)
{
    while (at < n) {
        size_t end = line_end(text, n, at), p = at;
        while (p < end && text[p] == '\t')
            p++;
        at = end;
        if (end - p >= length && !memcmp(text + p, word, length) &&
            (p + length == end || strchr("\r\n", text[p + length])))
            return at;
    }
    return at;
}

static size_t scan(const char *text, size_t n, struct scanned *out)
{
    size_t count = 0, at = 0;
    char escape = strstr(text, "escape=`") || strstr(text, "escape = `") ? '`' : '\\';

    while (at < n && count < INSTRUCTIONS) {
        size_t end = line_end(text, n, at), start = at;
        const char *word;
        if (is_empty_or_comment(text, at, end)) {
            at = end;
            continue;
        }
        while (start < end && (text[start] == ' ' || text[start] == '\t'))
            start++;
        struct scanned *x = &out[count++];
        size_t length = strcspn(text + start, " \t\r\n");
        snprintf(x->name, sizeof x->name, "%.*s", (int)(length < 15 ? length : 15), text + start);
        x->start = start;
        size_t first = end;
        while (at < n && (is_continued(text, at, end, escape) ||
                          (at > start && is_empty_or_comment(text, at, end)))) {
            at = end;
            end = line_end(text, n, at);
        }
        size_t l = !strcasecmp(x->name, "RUN") || !strcasecmp(x->name, "COPY")
                       ? heredoc_word(text, start, first, &word)
                       : 0;
        at = l ? skip_heredoc(text, n, end, word, l) : end;
        x->end = at;
    }
    return count;
}

/* ---- what needs root, in words ---- */

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           strchr("_-./", c);
}

/* Does `word` start a command in the text: at its start or after ; & | ( or a line's
 * continuation, with no sudo before it? */
static bool runs(const char *text, size_t n, const char *word)
{
    size_t length = strlen(word);

    for (size_t i = 0; i + length < n; i++) {
        if (memcmp(text + i, word, length) || (i && is_word_char(text[i - 1])) ||
            is_word_char(text[i + length]))
            continue;
        size_t p = i;
        while (p > 0 && strchr(" \t\r\n\\", text[p - 1]))
            p--;
        if (p == 0 || strchr(";&|(", text[p - 1]))
            return true;
    }
    return false;
}

static bool needs_root(const char *text, const struct scanned *x)
{
    static const char *const words[] = {
        "apt-get install",
        "apt-get update",
        "apt-get -y install",
        "apk add",
        "apk update",
        "yum install",
        "yum -y install",
        "dnf install",
        "useradd",
        "groupadd",
        "adduser",
        "addgroup",
        "chown",
        NULL,
    };
    size_t start = x->start + 3; /* past RUN */

    for (size_t i = 0; !strcasecmp(x->name, "RUN") && words[i]; i++)
        if (runs(text + start, x->end - start, words[i]))
            return true;
    return false;
}

static bool is_inserted(const struct edits *e, size_t at)
{
    int64_t shift = 0;

    for (size_t i = 0; i < e->n; i++) {
        const struct edit *x = &e->v[i];
        int64_t start = (int64_t)x->span.start + shift;
        if ((int64_t)at >= start && (int64_t)at < start + (int64_t)x->text.n)
            return true;
        shift += (int64_t)x->text.n - (x->span.end - x->span.start);
    }
    return false;
}

/* An image's name with a host or a tag, and no variable in it: surely no stage. */
static bool has_registry(const char *text, const struct scanned *x)
{
    size_t n = x->end - x->start;
    return memchr(text + x->start, ':', n) && !memchr(text + x->start, '$', n) &&
           !memchr(text + x->start, '@', n) && !memmem(text + x->start, n, "windows", 7) &&
           !memmem(text + x->start, n, "nanoserver", 10);
}

static bool is_root_user(const char *text, const struct scanned *x)
{
    size_t p = x->start + 4;
    while (text[p] == ' ' || text[p] == '\t')
        p++;
    return text[p] == '0' || !strncmp(text + p, "root", 4);
}

/* From an inserted USER to the next USER or FROM nothing may need root; nor after a FROM, when
 * the user of every base is not root. */
static unsigned check_users(const char *file, const char *text, size_t n, const struct edits *e,
                            bool from_user)
{
    static struct scanned list[INSTRUCTIONS];
    size_t count = scan(text, n, list);
    unsigned inserted = 0;
    bool watching = false;

    for (size_t i = 0; i < count; i++) {
        const struct scanned *x = &list[i];
        if (!strcasecmp(x->name, "FROM")) {
            watching = from_user && has_registry(text, x);
        } else if (!strcasecmp(x->name, "USER")) {
            bool new = is_inserted(e, x->start);
            inserted += new;
            watching = new && !is_root_user(text, x);
        } else if (watching && needs_root(text, x)) {
            fail_msg("%s: not as root:\n%.*s", file, (int)(x->end - x->start), text + x->start);
        }
    }
    return inserted;
}

/* ---- the corpus ---- */

static struct settings settings(void)
{
    static struct str select;
    select = S("user-switch");
    return (struct settings){
        .select = &select, .nselect = 1, .unsafe = true, .today = S("2026-11-24")};
}

/* Every base runs as `app`. */
static enum answer base_of_app(void *self, struct str image, arch_set archs, struct base_facts *out)
{
    struct str none = S("");
    (void)self, (void)image, (void)archs;

    *out = (struct base_facts){.release = {none, none, none},
                               .user = S("app"),
                               .user_known = true,
                               .digest = none,
                               .arch = none,
                               .spoke = S("registry"),
                               .why = none};
    return ANSWER_FOUND;
}

static unsigned check_file(const char *path, const char *name, const struct lookup *l)
{
    struct arena *a = arena_open();
    struct settings s = settings();
    struct str text;
    struct err e;

    assert_true(file_read(a, path, 1 << 20, &text, &e));
    struct result r = dfix_fix(a, text, &s, l);
    if (r.broken)
        fail_msg("%s: the guard spoke", name);
    text = str_dup(a, r.text);
    /* Nothing can be put behind an instruction that cannot be read, or is cut off by the end. */
    bool cut = str_ends(str_trim(text), S("\\")) || tree_parse(a, text)->nerror;
    unsigned inserted = check_users(name, text.p, text.n, &r.edits, l && !cut);
    struct result again = dfix_fix(a, text, &s, l);
    if (again.edits.n)
        fail_msg("%s: a second run changes it again", name);
    arena_close(a);
    return inserted;
}

static void check_corpus(const struct lookup *l, unsigned least)
{
    const char *folder = DFIX_SHARED "/corpus/public";
    DIR *d = opendir(folder);
    unsigned files = 0, inserted = 0;

    if (!d) {
        print_message("skipped: no corpus at %s\n", folder);
        skip();
    }
    for (struct dirent *x; (x = readdir(d));) {
        char path[4096];
        if (x->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, x->d_name);
        inserted += check_file(path, x->d_name, l);
        files++;
    }
    closedir(d);
    print_message("%u files, %u USER lines put in\n", files, inserted);
    assert_true(files > 1000 && inserted > least);
}

static void holds_on_the_corpus(void **state)
{
    (void)state;
    check_corpus(NULL, 300);
}

static void holds_where_no_base_runs_as_root(void **state)
{
    (void)state;
    struct lookup l = {.base = base_of_app};
    check_corpus(&l, 1500);
}

/* The scan itself sees what it is there for. */
static void the_scan_sees(void **state)
{
    (void)state;
    const char *text = "FROM a\nUSER 1\nRUN x && \\\n\n  apt-get install -y b\n"
                       "RUN sudo apt-get install b\nRUN <<EOF\nchown a b\nEOF\nCMD x\n";
    struct scanned list[16];

    assert_int_equal(scan(text, strlen(text), list), 6);
    assert_true(needs_root(text, &list[2]));
    assert_false(needs_root(text, &list[3]));
    assert_string_equal(list[5].name, "CMD");
    assert_false(needs_root(text, &list[5]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_scan_sees),
        cmocka_unit_test(holds_on_the_corpus),
        cmocka_unit_test(holds_where_no_base_runs_as_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
