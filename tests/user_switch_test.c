/* user-switch on real Dockerfiles, judged by a reader of its own: a plain scan of lines that
 * shares nothing with the parser. Each USER that the fixer put in must stand after the last
 * instruction that needs root; each RUN that ran as root still does; what is not put in stands as
 * it stood; the guard must be silent; a second run must change nothing. */
#include "cmocka_all.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dfix/dfix.h"
#include "host/files.h"

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
    /* Of two escape characters the builder takes the second as a plain one. */
    return end > at && text[end - 1] == escape && (end < at + 2 || text[end - 2] != escape);
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
        if (memcmp(text + i, word, length) != 0 || (i && is_word_char(text[i - 1])) ||
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
        "apt-get",
        "apt",
        "aptitude",
        "apk",
        "yum install",
        "yum -y install",
        "yum -y update",
        "dnf install",
        "dnf -y install",
        "microdnf",
        "zypper",
        "pacman",
        "dpkg -i",
        "useradd",
        "groupadd",
        "adduser",
        "addgroup",
        "usermod",
        "chpasswd",
        "chown",
        "chgrp",
        "setcap",
        "ldconfig",
        "a2enmod",
        "a2ensite",
        "locale-gen",
        "update-ca-certificates",
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
    while (text[p] == ' ' || text[p] == '\t' || text[p] == '"')
        p++;
    size_t n = strcspn(text + p, " \t\r\n:\"");
    return (n == 4 && !strncmp(text + p, "root", 4)) || (n > 0 && strspn(text + p, "0") == n);
}

/* ---- who runs what ---- */

enum { STAGES = 128 };
enum whose { BASES, ROOT, OTHER }; /* as the base image says; root; another */

struct stages {
    char name[STAGES][64];
    enum whose end[STAGES];
    size_t n;
};

/* The words of a FROM, without its flags: the image, and the name behind AS. */
static void read_from(const char *text, const struct scanned *x, char image[64], char name[64])
{
    char line[512];
    char *save = NULL;
    bool as = false;

    image[0] = name[0] = '\0';
    snprintf(line, sizeof line, "%.*s", (int)(x->end - x->start < 500 ? x->end - x->start : 500),
             text + x->start);
    strtok_r(line, " \t\r\n", &save);
    for (char *w; (w = strtok_r(NULL, " \t\r\n", &save));) {
        if (!image[0] && w[0] != '-' && w[0] != '\\')
            snprintf(image, 64, "%.63s", w);
        else if (as)
            snprintf(name, 64, "%.63s", w);
        as = !strcasecmp(w, "as");
    }
}

/* For each instruction, who is in force before it, when a base image runs as `base`; gives who is
 * at the end. */
static enum whose who(const char *text, const struct scanned *list, size_t count, enum whose base,
                      enum whose *out)
{
    static struct stages stages;
    enum whose now = base;
    char image[64], name[64] = "";

    stages.n = 0;
    for (size_t i = 0; i < count; i++) {
        const struct scanned *x = &list[i];
        out[i] = now;
        if (!strcasecmp(x->name, "USER")) {
            now = is_root_user(text, x) ? ROOT : OTHER;
        } else if (!strcasecmp(x->name, "FROM")) {
            if (name[0] && stages.n < STAGES) {
                memcpy(stages.name[stages.n], name, sizeof(name));
                stages.end[stages.n++] = now;
            }
            read_from(text, x, image, name);
            now = base;
            for (size_t k = 0; k < stages.n; k++)
                if (!strcasecmp(stages.name[k], image))
                    now = stages.end[k];
        }
    }
    return now;
}

/* What stood there stands there still, in its order, but for users; and a RUN or WORKDIR that was
 * root's is. */
static void check_rest(const char *file, const char *old, size_t nold, const char *text, size_t n,
                       const struct edits *e, enum whose base)
{
    static struct scanned before[INSTRUCTIONS], after[INSTRUCTIONS];
    static enum whose was[INSTRUCTIONS], is[INSTRUCTIONS];
    size_t nbefore = scan(old, nold, before), nafter = scan(text, n, after), k = 0;

    who(old, before, nbefore, base, was);
    enum whose end = who(text, after, nafter, base, is);
    bool put_in = false;
    for (size_t i = 0; i < nafter; i++) {
        const struct scanned *x = &after[i], *y = &before[k];
        if (is_inserted(e, x->start)) {
            put_in = !strcasecmp(x->name, "USER") && !is_root_user(text, x);
            continue;
        }
        if (!strcasecmp(x->name, "FROM") || !strcasecmp(x->name, "USER"))
            put_in = false;
        bool same = k < nbefore && !strcmp(x->name, y->name) &&
                    (!strcasecmp(x->name, "USER") ||
                     !strncmp(text + x->start, old + y->start, strcspn(old + y->start, "\r\n")));
        if (!same)
            fail_msg("%s: %.*s was changed", file, (int)(x->end - x->start), text + x->start);
        bool heeds = !strcasecmp(x->name, "RUN") || !strcasecmp(x->name, "WORKDIR");
        if (heeds && was[k] != OTHER && is[i] == OTHER)
            fail_msg("%s: no more as root: %.*s", file, (int)(x->end - x->start), text + x->start);
        k++;
    }
    if (k != nbefore)
        fail_msg("%s: an instruction is lost", file);
    if (put_in && end != OTHER)
        fail_msg("%s: ends as root all the same", file);
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
static enum answer base_of_app(void *self, const struct question *q, struct reply *out)
{
    struct str none = S("");
    (void)self;

    if (q->kind != ASK_BASE)
        return ANSWER_UNAVAILABLE;
    out->base = (struct base_facts){.release = {none, none, none},
                                    .user = S("app"),
                                    .user_known = true,
                                    .user_looked_up = true,
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
    struct str text, old;
    struct err e;

    assert_true(file_read(a, path, 1 << 20, &text, &e));
    old = str_dup(a, text);
    struct result r = dfix_fix(a, text, &dfix_rules, &s, l);
    if (r.broken)
        fail_msg("%s: the guard spoke", name);
    text = str_dup(a, r.text);
    check_rest(name, old.p, old.n, text.p, text.n, &r.edits, l ? OTHER : BASES);
    /* Nothing can be put behind an instruction that cannot be read, or is cut off by the end. */
    bool cut = str_ends(str_trim(text), S("\\")) || tree_parse(a, text)->nerror || r.refused.n;
    unsigned inserted = check_users(name, text.p, text.n, &r.edits, l && !cut);
    struct result again = dfix_fix(a, text, &dfix_rules, &s, l);
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
        return;
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
    check_corpus(NULL, 40);
}

static void holds_where_no_base_runs_as_root(void **state)
{
    (void)state;
    struct lookup l = {.ask = base_of_app};
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

    enum whose is[16];
    const char *stages = "FROM a AS b\nUSER 00:5\nRUN x\nFROM B\nRUN y\nUSER rootless\nRUN z\n";
    assert_int_equal(scan(stages, strlen(stages), list), 7);
    assert_int_equal(who(stages, list, 7, BASES, is), OTHER);
    assert_int_equal(is[1], BASES);
    assert_int_equal(is[2], ROOT);
    assert_int_equal(is[4], ROOT);
    assert_int_equal(is[6], OTHER);
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
