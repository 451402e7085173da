/* dfix report: what is open, on one page. Of files it is given it makes a run; runs that are stored
 * as NDJSON, its own, the gate's and the bot's, it reads. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "accept/accept.h"
#include "dfix/date.h"
#include "faces/report/report_face.h"
#include "host/files.h"
#include "host/output.h"

enum { RUN_MAX = 512 << 20, RUNS_MAX = 10 * 1000 };

struct report_command {
    struct arena *arena;
    const struct command_line *line;
    struct settings settings;
    struct codeowners owners;
    struct report_data data;
    struct buf now; /* the lines of what holds now */
    int status;
};

/* ---- what holds now ---- */

static bool is_run(struct str word)
{
    return str_ends(word, S(".ndjson")) || str_ends(word, S(".jsonl"));
}

/* A check of these files, whose lines go to a file that only this run has. */
static bool check_files(struct report_command *c, const struct command_line *words, struct err *e)
{
    const char *folder = getenv("TMPDIR");
    struct command_line run = *words;
    struct str text;
    char *name = (char *)(uintptr_t)str_fmt(c->arena, "%s/dfix-report-XXXXXX",
                                            folder && *folder ? folder : "/tmp")
                     .p;
    int fd = mkstemp(name);

    if (fd < 0)
        return err_set(e, "dfix: %s: %s", name, strerror(errno));
    close(fd);
    run.set[OPT_QUIET] = run.set[OPT_REPORT] = run.set[OPT_EXIT_ZERO] = true;
    run.set[OPT_OUTPUT] = run.set[OPT_FORMAT] = run.set[OPT_JSON] = false;
    vec_push(c->arena, &run.value[OPT_REPORT], str_fmt(c->arena, "ndjson=%s", name));
    if (command_run(c->arena, &run) == EXIT_FAILED)
        c->status = EXIT_FAILED;
    bool good = file_read(c->arena, name, RUN_MAX, &text, e);
    unlink(name);
    if (good)
        buf_add(&c->now, text);
    return good;
}

static bool read_now(struct report_command *c, struct err *e)
{
    struct command_line rest = *c->line;
    bool given = c->line->word.n > 0;

    rest.word.v = NULL;
    rest.word.n = rest.word.cap = 0;
    for (size_t i = 0; i < c->line->word.n; i++) {
        struct str word = c->line->word.v[i], text;
        if (!is_run(word)) {
            vec_push(c->arena, &rest.word, word);
            continue;
        }
        if (!file_read(c->arena, str_cstr(c->arena, word), RUN_MAX, &text, e))
            return false;
        buf_add(&c->now, text);
        if (text.n && text.p[text.n - 1] != '\n')
            buf_char(&c->now, '\n');
    }
    return (given && !rest.word.n) || check_files(c, &rest, e);
}

/* ---- stored runs: DIR/2026-11-30.ndjson ---- */

static struct str date_of(struct str name)
{
    struct str day = name.n > 10 ? str_sub(name, 0, 10) : S("");

    return is_run(name) && date_is_valid(day) ? day : S("");
}

static bool read_runs(struct report_command *c, struct str folder, struct err *e)
{
    DIR *dir = opendir(str_cstr(c->arena, folder));
    size_t n = 0;
    bool good = dir || err_set(e, STR_FMT ": %s", STR_ARG(folder), strerror(errno));

    for (struct dirent *x; good && dir && n < RUNS_MAX && (x = readdir(dir));) {
        struct str name = str_dup(c->arena, str_of(x->d_name)), date = date_of(name), text;
        if (!date.n)
            continue;
        n++;
        good = file_read(c->arena, path_join(c->arena, folder, name).p, RUN_MAX, &text, e);
        if (good)
            report_read(&c->data, text, date);
    }
    if (dir)
        closedir(dir);
    return good;
}

static bool store_run(struct report_command *c, struct err *e)
{
    struct str folder = options_value(c->line, OPT_RUNS);
    struct str name = str_fmt(c->arena, STR_FMT ".ndjson", STR_ARG(c->data.today));

    if (!folder.n)
        return true;
    if (!folder_make(str_cstr(c->arena, folder), 0777, e))
        return false;
    return output_write(c->arena, path_join(c->arena, folder, name), buf_str(&c->now), e) &&
           read_runs(c, folder, e);
}

/* ---- what is accepted here ---- */

static void add_accepted(struct report_command *c)
{
    const struct settings *s = &c->settings;

    for (size_t i = 0; i < s->naccept; i++) {
        const struct acceptance *x = &s->accept[i];
        unsigned faults = accept_faults(x, s->today, c->data.owners);
        struct accepted_entry one = {.id = x->id,
                                     .package = x->package,
                                     .where = x->where,
                                     .reason = x->reason.n ? x->reason : x->impact,
                                     .owner = x->owner,
                                     .expires = x->expires,
                                     .fault = accept_fault_text(c->arena, x, faults),
                                     .counts = !faults};
        one.ends = accept_days_left(x, s->today, &one.left);
        vec_push(c->arena, &c->data.accepted, one);
    }
}

static bool open_report(struct report_command *c, struct err *e)
{
    struct wishes wishes;
    struct config base;
    struct policies policies;

    if (!settings_wishes(c->arena, c->line, &wishes, e) ||
        !policies_load(c->arena, &wishes, &base, e))
        return false;
    policies_open(&policies, c->arena, &wishes, &base);
    const struct config *here = policies_for(&policies, S("./Dockerfile"), e);
    if (!here)
        return false;
    c->settings = here->settings;
    c->data = (struct report_data){.arena = c->arena, .today = c->settings.today};
    if (codeowners_find(c->arena, file_repository(c->arena, path_absolute(c->arena, S("."))),
                        &c->owners))
        c->data.owners = &c->owners;
    return true;
}

/* ---- what is written ---- */

/* report.html has report.csv and report.json beside it. */
static struct str beside(struct arena *a, struct str page, const char *end)
{
    ptrdiff_t dot = str_rchr(page, '.');
    bool named = dot > str_rchr(page, '/') + 1;

    return str_fmt(a, STR_FMT ".%s", STR_ARG(named ? str_sub(page, 0, (size_t)dot) : page), end);
}

static bool write_all(struct report_command *c, struct err *e)
{
    struct str page = options_value(c->line, OPT_HTML);
    struct arena *a = c->arena;

    return output_write(a, page, report_html(&c->data), e) &&
           output_write(a, beside(a, page, "csv"), report_csv(&c->data), e) &&
           output_write(a, beside(a, page, "json"), report_json(&c->data), e);
}

int command_report(struct arena *a, const struct command_line *line)
{
    struct report_command c = {.arena = a, .line = line, .now = {.arena = a}};
    struct str page = options_value(line, OPT_HTML);
    struct err e;

    if (!page.n) {
        say_error("dfix: report needs --html FILE; CSV and JSON are written beside it");
        return EXIT_FAILED;
    }
    bool good = open_report(&c, &e) && read_now(&c, &e) && store_run(&c, &e);
    if (good) {
        report_read(&c.data, c.now.n ? buf_str(&c.now) : S(""), S(""));
        add_accepted(&c);
        report_complete(&c.data);
        good = write_all(&c, &e);
    }
    if (!good) {
        say_error(e.text);
        return EXIT_FAILED;
    }
    if (c.data.odd)
        fprintf(stderr, "dfix: warning: %zu line%s none of dfix's and passed over\n", c.data.odd,
                c.data.odd == 1 ? " is" : "s are");
    return c.status;
}
