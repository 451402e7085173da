/* model_property_test.c - two laws over the public corpus. A command means the same behind a
 * program that only starts it (nice, env, timeout, `sh -c`): each fact of the model stays, and
 * so does all that the rules say. A comment or a LABEL is never a reason for anything: whatever
 * words stand in one, no finding comes or goes.
 *
 * `./dev test all` takes all files instead of a fixed tenth. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmocka_all.h"
#include "dfix/command.h"
#include "dfix/dfix.h"
#include "sandbox.h"
#include "host/files.h"

#define CORPUS DFIX_SHARED "/corpus/public"

static const struct lookup nothing;
static const struct image_settings no_settings;
static const struct settings all_unsafe = {.unsafe = true, .today = {"2026-11-01", 10}};

/* ---- what is known of a file, as lines ---- */

static void add_commands(struct buf *b, const struct image *im)
{
    for (int phase = PHASE_BUILD; phase <= PHASE_START; phase++)
        for (const struct command *c = NULL; (c = command_next(im, c, (enum phase)phase));) {
            const struct field *f;
            size_t n = command_args(c, &f);
            if (c->program == PROGRAM_SH && n == 3 && str_eq(f[1].value.text, S("-c")))
                continue; /* what the twin put around a command */
            buf_fmt(b, "command " STR_FMT " %u %d", STR_ARG(c->name), c->stage,
                    command_may_not_run(c));
            for (size_t i = 1; i < n; i++)
                buf_fmt(b, " " STR_FMT, STR_ARG(f[i].value.text));
            buf_char(b, '\n');
        }
}

/* A message may say on which line something is; where that is moves with the twin. */
static void add_without_lines(struct buf *b, struct str message)
{
    ptrdiff_t at;

    while ((at = str_find(message, S("line "))) != STR_NONE) {
        buf_add(b, str_sub(message, 0, (size_t)at + 5));
        message = str_from(message, (size_t)at + 5);
        while (message.n && message.p[0] >= '0' && message.p[0] <= '9')
            message = str_from(message, 1);
    }
    buf_add(b, message);
}

static void add_findings(struct buf *b, struct arena *a, struct str text)
{
    struct result r = dfix_check(a, text, &dfix_rules, &all_unsafe, &nothing);

    dfix_guard_all(&r);
    for (size_t i = 0; i < r.nfinding; i++)
        if (!r.finding[i].skip) {
            buf_fmt(b, "finding %s: ", r.finding[i].rule);
            add_without_lines(b, r.finding[i].message);
            buf_char(b, '\n');
        }
}

static struct str findings_of(struct arena *a, struct str text)
{
    struct buf b = {.arena = a};
    add_findings(&b, a, text);
    return buf_str(&b);
}

static struct str facts_of(struct arena *a, struct str text)
{
    struct buf b = {.arena = a};
    add_commands(&b, image_of(a, tree_parse(a, text), &nothing, &no_settings));
    add_findings(&b, a, text);
    return buf_str(&b);
}

/* ---- twins ---- */

/* Programs that no shell runs by itself. */
static bool is_program(struct str name)
{
    return str_listed(S("apt-get apt apk chown chmod chgrp mkdir useradd adduser groupadd addgroup "
                        "usermod rm cp mv ln curl wget sed tee dpkg pip pip3 npm yarn find install "
                        "git tar make yum dnf gem go python3 touch"),
                      name);
}

static bool is_quotable(struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '\'' || text.p[i] == '"' || text.p[i] == '$' || text.p[i] == '\\' ||
            text.p[i] == '`' || text.p[i] == '\n' || text.p[i] == '*')
            return false;
    return true;
}

/* The file with each such command started by `wrapper`; NULL text: given to `sh -c`. */
static struct str wrapped(struct arena *a, struct str text, const char *wrapper)
{
    const struct tree *t = tree_parse(a, text);
    struct buf b = {.arena = a};
    uint32_t done = 0;

    for (node_id n = 1; n < t->nnode; n++) {
        node_id word = node_kind(t, n) == NODE_COMMAND ? node_next(t, n, 0, NODE_WORD) : 0;
        node_id instruction = word ? node_up(t, n, NODE_INSTRUCTION) : 0;
        struct span s = node_span(t, n);
        if (!word || node_instruction(t, instruction) != INST_RUN || word != node_first(t, n) ||
            !is_program(node_text(t, word)) || s.start < done ||
            node_next(t, n, 0, NODE_REDIRECT) || (!wrapper && !is_quotable(node_text(t, n))))
            continue;
        buf_add(&b, str_sub(text, done, s.start));
        if (wrapper)
            buf_fmt(&b, "%s ", wrapper);
        else
            buf_fmt(&b, "sh -c '" STR_FMT "'", STR_ARG(node_text(t, n)));
        done = wrapper ? s.start : s.end;
    }
    buf_add(&b, str_from(text, done));
    return buf_str(&b);
}

/* Words that have been taken for facts. */
static const char bait[] =
    "we dropped gosu and su-exec, APT_CONFIG is not used, playwright install "
    "is done in CI; nginx apache2 sshd supervisord crond; apt-get install -y x; "
    "/etc/apt/sources.list /etc/apk/repositories add-apt-repository curl | sh "
    "USER root useradd app chown -R app /srv openssh-server npm start";

/* The file with a comment above each instruction, and a LABEL behind each FROM. */
static struct str with_bait(struct arena *a, struct str text, bool label)
{
    const struct tree *t = tree_parse(a, text);
    struct buf b = {.arena = a};
    uint32_t done = 0;

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        struct span s = node_span(t, n);
        bool from = node_kind(t, n) == NODE_INSTRUCTION && node_instruction(t, n) == INST_FROM;
        bool line_start = s.start == 0 || text.p[s.start - 1] == '\n';
        if (node_kind(t, n) != NODE_INSTRUCTION || !line_start || (label && !from))
            continue;
        uint32_t at = label ? s.end : s.start;
        while (label && at < text.n && text.p[at] != '\n')
            at++;
        if (label && at && text.p[at - 1] == t->escape)
            continue; /* the instruction goes on */
        at += label && at < text.n;
        buf_add(&b, str_sub(text, done, at));
        if (label && text.p[at - 1] != '\n')
            buf_char(&b, '\n');
        buf_fmt(&b, label ? "LABEL note=\"%s\"\n" : "# %s\n", bait);
        done = at;
    }
    buf_add(&b, str_from(text, done));
    return buf_str(&b);
}

/* ---- the corpus ---- */

static unsigned different;

static void compare(const char *name, const char *twin, struct str before, struct str after)
{
    struct str x = S(""), y = S("");

    if (str_eq(before, after))
        return;
    different++;
    do {
        x = y = S("none");
        str_cut(&before, '\n', &x);
        str_cut(&after, '\n', &y);
    } while (str_eq(x, y));
    print_error("%s, %s:\n  before: " STR_FMT "\n  after:  " STR_FMT "\n", name, twin, STR_ARG(x),
                STR_ARG(y));
}

static void each_file(void (*check)(struct arena *a, const char *name, struct str text))
{
    DIR *d = opendir(CORPUS);
    bool all = whole();
    struct dirent *e;

    if (!d) {
        print_message("skipped: no shared corpus\n");
        skip();
        return;
    }
    different = 0;
    while ((e = readdir(d))) {
        struct arena *a = arena_open();
        struct str text;
        struct err err;
        char path[512];
        snprintf(path, sizeof(path), "%s/%s", CORPUS, e->d_name);
        bool chosen = all || str_hash(str_of(e->d_name)) % 10 == 0;
        if (e->d_name[0] != '.' && chosen && file_read(a, path, LIMIT_TEXT, &text, &err) &&
            str_chr(text, '\r') == STR_NONE && !tree_parse(a, text)->nerror)
            check(a, e->d_name, text);
        arena_close(a);
    }
    closedir(d);
    if (different)
        fail_msg("%u twins differ", different);
}

static void check_wrapped(struct arena *a, const char *name, struct str text)
{
    static const char *const wrappers[] = {"nice", "env", "timeout -k 5 600", "nice -n 3 env A=b",
                                           NULL};
    struct str before = facts_of(a, text);

    for (size_t i = 0; i < sizeof(wrappers) / sizeof(wrappers[0]); i++)
        compare(name, wrappers[i] ? wrappers[i] : "sh -c", before,
                facts_of(a, wrapped(a, text, wrappers[i])));
}

static void check_baited(struct arena *a, const char *name, struct str text)
{
    struct str before = findings_of(a, text);

    compare(name, "comments", before, findings_of(a, with_bait(a, text, false)));
    compare(name, "labels", before, findings_of(a, with_bait(a, text, true)));
}

static void starters_change_no_fact(void **state)
{
    (void)state;
    each_file(check_wrapped);
}

static void words_of_no_effect_change_nothing(void **state)
{
    (void)state;
    each_file(check_baited);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starters_change_no_fact),
        cmocka_unit_test(words_of_no_effect_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
