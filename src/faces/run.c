/* dfix [--diff | --fix | --check] PATH...: all files of a run, worked on by a few threads.
 * Files that asked for what was not fetched yet are run again once it is. */
#include "faces/faces.h"

#include <errno.h>
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
    struct outcome outcome;
    VEC(struct world_note) note; /* what could not be done, and what to know */
    FILE *talk;                  /* where findings go */
    struct str input;            /* a filter's, as it came */
    bool answered;               /* a filter printed its file */
    long threads;
};

/* Said once, though it may hold for many files. */
static void tell(struct fleet *f, bool error, const char *before, struct str text)
{
    for (size_t i = 0; i < f->note.n; i++)
        if (str_eq(f->note.v[i].text, text))
            return;
    vec_push(f->arena, &f->note, (struct world_note){error, str_dup(f->arena, text)});
    if (f->report.quiet && !error)
        return;
    fflush(stdout);
    fputs(before, stderr);
    if (before[0])
        report_text(stderr, text);
    else
        report_line_start(stderr, text);
    fputc('\n', stderr);
}

static void fail(struct fleet *f, const char *text)
{
    f->outcome.failed++;
    tell(f, true, "", str_of(text));
}

static void warn_of(struct fleet *f, const struct config *c, size_t from)
{
    for (size_t i = from; i < c->warning.n; i++)
        tell(f, false, "", c->warning.v[i]);
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
    warn_of(f, c, f->base.warning.n);
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
    f->outcome.files++;
    bool read = true;
    if (piped && f->report.filter)
        j.text = f->input;
    else
        read = piped ? file_read_stdin(f->arena, LIMIT_TEXT, &j.text, &e)
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
    static const struct str input = {"-", 1};
    const struct str *word = f->line->set[OPT_STDIN_FILENAME] ? &input : &here;
    size_t n = 1;

    if (f->line->word.n) {
        word = f->line->word.v;
        n = f->line->word.n;
    }
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
    if (!f->job.n && !f->outcome.failed)
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

    if (!f->report.quiet)
        progress_watch(f->arena, f->world, f->line);
    for (int i = 0; i < ROUNDS; i++) {
        round_of_work(f);
        if (!count_unsettled(f) || !l->resolve(l->self))
            break;
    }
}

/* The fixed text goes where it belongs. */
static void put(struct fleet *f, struct job *j)
{
    bool changed = j->result.edits.n > 0;
    struct err e;

    if (f->report.filter)
        f->answered = streams_put(j->result.text);
    else if (f->report.mode == MODE_FIX && changed) {
        j->unwritten = !file_write(str_cstr(j->arena, j->path), j->result.text, &e);
        if (j->unwritten)
            fail(f, e.text);
    } else if (f->report.mode == MODE_DIFF && changed && !f->report.json) {
        report_diff(stdout, j);
        streams_check(stdout);
    }
}

/* Print or write one file's outcome. */
static void deliver(struct fleet *f, struct job *j)
{
    put(f, j);
    if (j->result.over.n) {
        fail(f, str_fmt(j->arena, STR_FMT ": skipped: " STR_FMT, STR_ARG(j->label),
                        STR_ARG(j->result.over))
                    .p);
        return;
    }
    if (j->result.binary && !f->report.filter)
        fail(f, str_fmt(j->arena, STR_FMT ": not a text file: nothing was looked at",
                        STR_ARG(j->label))
                    .p);
    if (f->report.json)
        report_json_file(f->talk, &f->report, j);
    else
        report_findings(f->talk, &f->report, j);
    if (f->talk == stdout)
        streams_check(stdout);
    outcome_add(&f->outcome, f->arena, &f->report, j);
}

static void tell_notes(struct fleet *f)
{
    size_t n;
    const struct world_note *note = world_notes(f->world, &n);

    for (size_t i = 0; i < n; i++) {
        f->outcome.lacking |= note[i].error;
        tell(f, note[i].error, note[i].error ? "dfix: " : "dfix: warning: ", note[i].text);
    }
}

/* Where findings go: to the file that was named, and beside a patch or a file on standard output
 * to standard error; a JSON document holds the patches itself. */
static bool open_talk(struct fleet *f, struct err *e)
{
    struct str name = options_value(f->line, OPT_OUTPUT);

    f->talk = f->report.mode == MODE_CHECK || f->report.json ? stdout : stderr;
    if (!f->line->set[OPT_OUTPUT])
        return !(f->report.json && f->report.filter) ||
               err_set(e, "dfix: `--fix --json -` needs --output FILE for its document");
    if (f->report.filter && streams_is_output(str_cstr(f->arena, name)))
        return err_set(e, "dfix: --output: the fixed file goes there already");
    f->talk = fopen(str_cstr(f->arena, name), "we");
    return f->talk || err_set(e, STR_FMT ": %s", STR_ARG(name), strerror(errno));
}

/* False, and said: the file named by --output does not hold all that went there. */
static void close_talk(struct fleet *f)
{
    if (!f->line->set[OPT_OUTPUT])
        return;
    bool failed = ferror(f->talk);
    if (fclose(f->talk) != 0 || failed) {
        struct str name = options_value(f->line, OPT_OUTPUT);
        fail(f, str_fmt(f->arena, STR_FMT ": not written: %s", STR_ARG(name), strerror(errno)).p);
    }
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
    r->filter = filter_asked(c);
    r->verbose = c->set[OPT_VERBOSE];
    r->quiet = c->set[OPT_QUIET] || (r->filter && !r->verbose);
    r->no_fail = c->set[OPT_EXIT_ZERO] || c->set[OPT_NO_FAIL];
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

/* Do the words that name files go together? */
static bool words_fit(const struct fleet *f, struct err *e)
{
    const struct command_line *c = f->line;

    for (size_t i = 0; i < c->word.n; i++) {
        bool input = str_eq(c->word.v[i], S("-"));
        if (c->set[OPT_STDIN_FILENAME] && !input)
            return err_set(e, "dfix: --stdin-filename names standard input: leave out " STR_FMT,
                           STR_ARG(c->word.v[i]));
        if (f->report.filter && !input)
            return err_set(e, "dfix: `--fix -` fixes standard input alone: leave out " STR_FMT,
                           STR_ARG(c->word.v[i]));
    }
    return true;
}

static bool is_any_rule_on(const struct settings *s)
{
    size_t n;
    const struct fixer *const *fixer = dfix_fixers(&n);

    for (size_t i = 0; i < n; i++)
        if (dfix_is_on(s, fixer[i]))
            return true;
    return false;
}

static bool prepare(struct fleet *f, struct err *e)
{
    struct arena *a = f->arena;
    const struct command_line *c = f->line;
    bool read = !f->report.filter || filter_read(a, &f->input, e);

    return read && mode_of(c, &f->report.mode, e) && format_of(c, &f->report, e) &&
           words_fit(f, e) && threads_of(a, c, &f->threads, e) &&
           outcome_level(c, &f->outcome.fail_on, e) && settings_load(a, c, &f->base, e) &&
           open_talk(f, e);
}

static void run_all(struct fleet *f)
{
    static const char *const mode[] = {"check", "diff", "fix"};

    warn_of(f, &f->base, 0);
    if (!is_any_rule_on(&f->base.settings))
        tell(f, false, "dfix: warning: ", S("no rule is selected, so that nothing is looked for"));
    find_jobs(f);
    f->world = world_open(&f->base.settings);
    work(f);
    if (f->report.json)
        report_json_begin(f->talk, mode[f->report.mode]);
    for (size_t i = 0; i < f->job.n; i++)
        deliver(f, &f->job.v[i]);
    tell_notes(f);
    if (f->report.json)
        report_json_end(f->talk, f->note.v, f->note.n, &f->outcome);
    else if (!f->report.quiet && !outcome_silent(&f->outcome))
        tell(f, false, "dfix: ", outcome_line(&f->outcome, f->arena, f->report.mode));
    close_talk(f);
    for (size_t i = 0; i < f->job.n; i++)
        arena_close(f->job.v[i].arena);
    world_close(f->world);
}

int command_run(struct arena *a, const struct command_line *c)
{
    struct fleet f = {.arena = a, .line = c, .input = S(""), .talk = stdout};
    struct err e;

    f.report.filter = filter_asked(c);
    if (prepare(&f, &e))
        run_all(&f);
    else
        fail(&f, e.text);
    if (f.report.filter && !f.answered)
        filter_give_back(f.input);
    return outcome_status(&f.outcome, &f.report);
}
