/* dfix [--diff | --fix | --check] PATH...: all files of a run, worked on by a few threads.
 * Files that asked for what was not fetched yet are run again once it is. */
#include "faces/faces.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "services/files.h"
#include "services/world.h"

enum { ROUNDS = 8, THREADS_MAX = 64 };

struct fleet {
    struct arena *arena;
    const struct command_line *line;
    struct config base;
    VEC(struct job) job;
    VEC(uint64_t) target_hash;   /* of the jobs' targets: no file twice */
    VEC(struct config *) config; /* one a policy file, so that files share it */
    VEC(struct str) config_dir;
    struct world *world;
    atomic_size_t next;
    struct report report;
    VEC(struct world_note) note; /* what could not be done, and what to know */
    long threads;
    int status;
};

static void tell(struct fleet *f, bool error, const char *before, struct str text)
{
    fflush(stdout);
    fputs(before, stderr);
    report_text(stderr, text);
    fputc('\n', stderr);
    vec_push(f->arena, &f->note, (struct world_note){error, str_dup(f->arena, text)});
    if (error)
        f->status = EXIT_FAILED;
}

static void fail(struct fleet *f, const char *text)
{
    tell(f, true, "", str_of(text));
}

static struct str dirname_of(struct str path)
{
    ptrdiff_t slash = str_rchr(path, '/');
    return slash == STR_NONE ? S(".") : str_sub(path, 0, (size_t)slash + 1);
}

/* Of this thread alone: a file is not to pay for what it waits for. */
static uint64_t thread_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* The settings that hold for files beside this one; NULL when its policy cannot be read. */
static const struct settings *settings_beside(struct fleet *f, struct str path, struct err *e)
{
    struct str dir = dirname_of(path);

    for (size_t i = 0; i < f->config_dir.n; i++)
        if (str_eq(f->config_dir.v[i], dir))
            return &f->config.v[i]->settings;
    struct config *c = arena_new(f->arena, struct config, 1);
    if (!settings_for(f->arena, f->line, &f->base, path, c, e))
        return NULL;
    for (size_t i = f->base.warning.n; i < c->warning.n; i++)
        fprintf(stderr, STR_FMT "\n", STR_ARG(c->warning.v[i]));
    char whole[PATH_MAX]; /* what lies above it counts, too */
    bool real = realpath(str_cstr(f->arena, dir), whole);
    c->settings.limits.clock = thread_clock;
    c->settings.folder = real ? str_dup(f->arena, str_of(whole)) : dir;
    vec_push(f->arena, &f->config, c);
    vec_push(f->arena, &f->config_dir, dir);
    return &c->settings;
}

/* As it was given, but below the working directory where that is possible. */
static struct str label_of(struct arena *a, struct str path)
{
    while (str_starts(path, S("./")))
        path = str_from(path, 2);
    return str_starts(path, S("/")) ? path_relative(a, path) : path;
}

static bool is_known(const struct fleet *f, struct str target)
{
    uint64_t hash = str_hash(target);

    for (size_t i = 0; i < f->target_hash.n; i++)
        if (f->target_hash.v[i] == hash && str_eq(f->job.v[i].target, target))
            return true;
    return false;
}

static void add_job(struct fleet *f, struct str path)
{
    bool piped = str_eq(path, S("-"));
    struct str name = piped ? options_value(f->line, OPT_STDIN_FILENAME) : path;
    struct job j = {.path = path};
    struct err e;

    j.label = name.n ? label_of(f->arena, name) : S("Dockerfile");
    j.target = file_target(f->arena, j.label);
    if (is_known(f, j.target))
        return;
    bool read = piped ? file_read_stdin(f->arena, LIMIT_TEXT, &j.text, &e)
                      : file_read(f->arena, str_cstr(f->arena, path), LIMIT_TEXT, &j.text, &e);
    if (read)
        j.settings = settings_beside(f, piped ? j.label : path, &e);
    if (!j.settings) {
        fail(f, e.text);
        return;
    }
    vec_push(f->arena, &f->job, j);
    vec_push(f->arena, &f->target_hash, str_hash(j.target));
}

/* A word that is no file may be meant as an option or a command. */
static void fail_missing(struct fleet *f, struct str word, const char *text)
{
    bool missing = str_chr(word, '/') == STR_NONE && access(str_cstr(f->arena, word), F_OK) != 0;
    struct str meant = missing ? options_meant(f->arena, word) : S("");

    if (meant.n)
        text = str_fmt(f->arena, "%s; did you mean `" STR_FMT "`?", text, STR_ARG(meant)).p;
    fail(f, text);
}

static void find_jobs(struct fleet *f)
{
    static const struct str here = {".", 1};
    const struct str *word = f->line->word.n ? f->line->word.v : &here;
    size_t n = f->line->word.n ? f->line->word.n : 1;

    for (size_t i = 0; i < n; i++) {
        struct file_list files = {0};
        struct err e;
        if (str_eq(word[i], S("-")))
            add_job(f, word[i]);
        else if (!files_find(f->arena, word[i], &files, &e))
            fail_missing(f, word[i], e.text);
        for (size_t k = 0; k < files.n; k++)
            add_job(f, files.v[k]);
    }
    if (!f->job.n && f->status == EXIT_CLEAN)
        tell(f, false, "dfix: warning: ",
             S("no Dockerfile was found (Dockerfile, Dockerfile.*, Dockerfile-*, *.Dockerfile, "
               "Containerfile)"));
}

static void work_on(struct fleet *f, struct job *j)
{
    const struct lookup *l = world_lookup(f->world);
    struct arena *scratch = arena_open();
    struct result r = f->report.mode == MODE_CHECK
                          ? dfix_check(scratch, j->text, &dfix_rules, j->settings, l)
                          : dfix_fix(scratch, j->text, &dfix_rules, j->settings, l);

    if (f->report.json)
        dfix_guard_all(&r);
    if (j->arena)
        arena_close(j->arena);
    j->arena = arena_open();
    j->result = dfix_keep(j->arena, &r);
    j->settled = !r.pending;
    arena_close(scratch);
}

static void *worker(void *p)
{
    struct fleet *f = p;

    for (size_t i; (i = atomic_fetch_add(&f->next, 1)) < f->job.n;)
        if (!f->job.v[i].settled)
            work_on(f, &f->job.v[i]);
    return NULL;
}

static size_t count_unsettled(const struct fleet *f)
{
    size_t n = 0;

    for (size_t i = 0; i < f->job.n; i++)
        n += !f->job.v[i].settled;
    return n;
}

/* One round over all files that are not settled. */
static void round_of_work(struct fleet *f)
{
    pthread_t thread[THREADS_MAX];
    size_t left = count_unsettled(f), n = (size_t)f->threads - 1, started = 0;

    if (n > left / 4)
        n = left / 4; /* a thread is not worth it for a few files */
    atomic_store(&f->next, 0);
    while (started < n && pthread_create(&thread[started], NULL, worker, f) == 0)
        started++;
    worker(f);
    while (started)
        pthread_join(thread[--started], NULL);
}

static void work(struct fleet *f)
{
    const struct lookup *l = world_lookup(f->world);

    progress_watch(f->arena, f->world, f->line);
    for (int i = 0; i < ROUNDS; i++) {
        round_of_work(f);
        if (!count_unsettled(f) || !l->resolve(l->self))
            break;
    }
}

/* Print or write one file's outcome. */
static void deliver(struct fleet *f, struct job *j, FILE *talk)
{
    bool piped = str_eq(j->path, S("-"));
    bool changed = j->result.edits.n > 0;
    struct err e;

    if (j->result.over.n) {
        fail(f, str_fmt(j->arena, STR_FMT ": skipped: " STR_FMT, STR_ARG(j->label),
                        STR_ARG(j->result.over))
                    .p);
        if (!(f->report.mode == MODE_FIX && piped))
            return;
    }
    if (j->result.binary)
        tell(f, false, "",
             str_fmt(j->arena, STR_FMT ": not a text file: nothing was looked at",
                     STR_ARG(j->label)));
    if (f->report.mode == MODE_FIX && piped)
        fwrite(j->result.text.p, 1, j->result.text.n, stdout);
    else if (f->report.mode == MODE_FIX && changed &&
             !file_write(str_cstr(j->arena, j->path), j->result.text, &e)) {
        j->unwritten = true;
        fail(f, e.text);
    } else if (f->report.mode == MODE_DIFF && changed && !f->report.json)
        report_diff(stdout, j);

    if (talk == stderr)
        fflush(stdout);
    if (f->report.json)
        report_json_file(talk, &f->report, j);
    else
        report_findings(talk, &f->report, j);
    bool findings = f->report.mode == MODE_DIFF && changed;
    for (size_t i = 0; i < j->result.nfinding; i++)
        findings |= !j->result.finding[i].skip && !j->result.finding[i].applied;
    if (findings && f->status == EXIT_CLEAN && !(f->report.mode == MODE_FIX && piped))
        f->status = EXIT_FINDINGS;
}

static void tell_notes(struct fleet *f)
{
    size_t n;
    const struct world_note *note = world_notes(f->world, &n);

    for (size_t i = 0; i < n; i++)
        tell(f, note[i].error, note[i].error ? "dfix: " : "dfix: warning: ", note[i].text);
}

/* Where findings go: beside a patch or a file on standard output they go to standard error;
 * a JSON document holds the patches itself. */
static FILE *talk_of(const struct fleet *f)
{
    bool file_on_stdout = false;

    for (size_t i = 0; i < f->job.n; i++)
        file_on_stdout |= f->report.mode == MODE_FIX && str_eq(f->job.v[i].path, S("-"));
    if (f->report.mode == MODE_CHECK || (f->report.json && !file_on_stdout))
        return stdout;
    return stderr;
}

static bool mode_of(const struct command_line *c, enum mode *out, struct err *e)
{
    if (c->set[OPT_DIFF] + c->set[OPT_FIX] + c->set[OPT_CHECK] > 1)
        return err_set(e, "dfix: --diff, --fix and --check exclude each other");
    *out = c->set[OPT_DIFF] ? MODE_DIFF : c->set[OPT_FIX] ? MODE_FIX : MODE_CHECK;
    return true;
}

static bool format_of(const struct command_line *c, struct report *r, struct err *e)
{
    struct str format = options_value(c, OPT_FORMAT);

    r->json = c->set[OPT_JSON] || str_eq(format, S("json"));
    r->quiet = c->set[OPT_QUIET];
    return !format.n || str_eq(format, S("json")) || str_eq(format, S("text")) ||
           err_set(e, "dfix: --format: no format " STR_FMT " (text, json)", STR_ARG(format));
}

static bool threads_of(struct arena *a, const struct command_line *c, long *out, struct err *e)
{
    struct str jobs = options_value(c, OPT_JOBS);
    const char *digits = str_cstr(a, jobs);
    char *end;

    *out = jobs.n ? strtol(digits, &end, 10) : sysconf(_SC_NPROCESSORS_ONLN);
    if (c->set[OPT_JOBS] && (!jobs.n || *end || *out < 1))
        return err_set(e, "dfix: --jobs: " STR_FMT " is not a number from 1 on", STR_ARG(jobs));
    if (*out < 1)
        *out = 1;
    if (*out > THREADS_MAX)
        *out = THREADS_MAX;
    return true;
}

int command_run(struct arena *a, const struct command_line *c)
{
    struct fleet f = {.arena = a, .line = c};
    struct err e;

    if (!mode_of(c, &f.report.mode, &e) || !format_of(c, &f.report, &e) ||
        !threads_of(a, c, &f.threads, &e) || !settings_load(a, c, &f.base, &e)) {
        fail(&f, e.text);
        return f.status;
    }
    for (size_t i = 0; i < f.base.warning.n; i++)
        fprintf(stderr, STR_FMT "\n", STR_ARG(f.base.warning.v[i]));
    find_jobs(&f);
    f.world = world_open(&f.base.settings);
    work(&f);

    static const char *const mode[] = {"check", "diff", "fix"};
    FILE *talk = talk_of(&f);
    if (f.report.json)
        report_json_begin(talk, mode[f.report.mode]);
    for (size_t i = 0; i < f.job.n; i++)
        deliver(&f, &f.job.v[i], talk);
    tell_notes(&f);
    if (f.report.json)
        report_json_end(talk, f.note.v, f.note.n);
    else if (f.report.mode == MODE_CHECK && !f.report.quiet) {
        fflush(stdout);
        report_sum(stderr, &f.report);
    }

    for (size_t i = 0; i < f.job.n; i++)
        arena_close(f.job.v[i].arena);
    world_close(f.world);
    return f.status;
}
