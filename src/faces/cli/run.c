/* dfix [--diff | --fix | --check] PATH...: all files of a run, worked on by a few threads.
 * Files that asked for what was not fetched yet are run again once it is; each is written when its
 * own answers are there. */
#include "faces/faces.h"
#include "faces/formats/formats.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/files.h"
#include "world/world.h"

enum { THREADS_MAX = 64, PLACE_CHAINS = 4096 };

/* Where a file is, without links. */
struct place {
    struct place *next;
    uint64_t hash;
    struct str real;
};

struct fleet {
    struct arena *arena;
    const struct command_line *line;
    struct workspace workspace;
    struct held_folders held;
    VEC(struct job) job;
    struct place *place[PLACE_CHAINS]; /* of what was named or found: no file twice */
    struct report report;
    struct outcome outcome;
    VEC(struct world_note) note; /* what could not be done, and what to know */
    struct outputs outputs;      /* where findings go */
    struct changed changed;
    struct baseline baseline;
    struct str input; /* a filter's, as it came */
    bool answered;    /* a filter printed its file */
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
    streams_check(stdout);
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

/* The settings that hold for the file at `real`, which was named as `path`; NULL when its policy
 * cannot be read. */
static const struct settings *settings_of(struct fleet *f, struct str path, struct str real,
                                          struct err *e)
{
    const struct config *new = NULL;
    const struct settings *s = workspace_settings(&f->workspace, path, real, &new, e);

    if (new)
        warn_of(f, new, f->workspace.base.warning.n);
    return s;
}

/* As it was given, but below the working directory where that is possible. */
static struct str label_of(struct arena *a, struct str path)
{
    while (str_starts(path, S("./")))
        path = str_from(path, 2);
    return str_starts(path, S("/")) ? path_relative(a, path) : path;
}

/* Where the file is, whatever links its path leads through; "": nowhere. */
static struct str place_of(struct fleet *f, const struct found_file *x)
{
    bool piped = str_eq(x->path, S("-"));
    char *leads = x->real.n || piped ? NULL : realpath(str_cstr(f->arena, x->path), NULL);
    struct str real = leads ? str_dup(f->arena, str_of(leads)) : x->real;

    free(leads);
    return real;
}

/* Was it named or found before? From now on it was. */
static bool is_known(struct fleet *f, struct str real)
{
    uint64_t hash = str_hash(real);
    struct place **chain = &f->place[hash % PLACE_CHAINS];

    for (const struct place *p = *chain; p; p = p->next)
        if (p->hash == hash && str_eq(p->real, real))
            return true;
    struct place *new = arena_new(f->arena, struct place, 1);
    *new = (struct place){*chain, hash, real};
    *chain = new;
    return false;
}

/* Standard input, which a filter has read already; or a file, at `real`. */
static bool read_job(struct fleet *f, struct str path, struct str real, struct job *j,
                     struct err *e)
{
    if (!str_eq(path, S("-")))
        return held_read(&f->held, path, real, LIMIT_TEXT, &j->held, &j->text, e);
    if (!f->report.filter)
        return file_read_stdin(f->arena, LIMIT_TEXT, &j->text, e);
    j->text = f->input;
    return true;
}

/* False: nothing in it has changed, or nobody knows. */
static bool limit_to_changed(struct fleet *f, struct job *j)
{
    struct settings *own = arena_new(f->arena, struct settings, 1);

    *own = *j->settings;
    j->settings = own;
    if (changed_limit(&f->changed, str_of(j->held.real), own))
        return true;
    struct str apart = changed_apart(&f->changed, str_of(j->held.real));
    if (apart.n)
        tell(f, false, "dfix: warning: ",
             str_fmt(f->arena,
                     STR_FMT " was left out because it is a repository of its own, which "
                             "--changed does not look into; run dfix in there",
                     STR_ARG(path_relative(f->arena, apart))));
    return false;
}

/* A file that was named is to be told by the repository that was asked. */
static bool is_told_by_git(const struct fleet *f, const struct found_file *x, const struct job *j,
                           struct err *e)
{
    struct str real = str_of(j->held.real);
    struct str apart = x->real.n ? S("") : changed_apart(&f->changed, real);

    if (!changed_covers(&f->changed, real))
        return err_set(e,
                       STR_FMT " was not checked because it is outside the repository " STR_FMT
                               ", which --changed asks",
                       STR_ARG(j->label), STR_ARG(f->changed.top));
    return !apart.n || err_set(e,
                               STR_FMT " was not checked because " STR_FMT
                                       " is a repository of its own, which --changed does not "
                                       "look into; run dfix in there",
                               STR_ARG(j->label), STR_ARG(path_relative(f->arena, apart)));
}

/* Reads it, and what holds for it; NULL: it is not to be had. */
static const struct settings *open_job(struct fleet *f, const struct found_file *x, struct str real,
                                       struct job *j, struct err *e)
{
    if (!read_job(f, x->path, real, j, e))
        return NULL;
    if (str_eq(x->path, S("-")))
        return settings_of(f, j->label, j->label, e);
    return is_told_by_git(f, x, j, e) ? settings_of(f, x->path, str_of(j->held.real), e) : NULL;
}

static void add_job(struct fleet *f, const struct found_file *x)
{
    bool piped = str_eq(x->path, S("-"));
    struct str name = piped ? options_value(f->line, OPT_STDIN_FILENAME) : x->path;
    struct str real = place_of(f, x);
    struct job j = {.path = x->path};
    struct err e;

    if (is_known(f, real.n ? real : x->path))
        return;
    j.label = name.n ? label_of(f->arena, name) : S("Dockerfile");
    j.target = file_target(f->arena, j.label, x->real);
    f->outcome.files++;
    j.settings = open_job(f, x, real, &j, &e);
    if (!j.settings) {
        fail(f, e.text);
        return;
    }
    bool searched = !piped && x->real.n;
    if ((searched && config_leaves_out(j.settings, str_of(j.held.real))) ||
        (f->changed.asked && !piped && !limit_to_changed(f, &j))) {
        f->outcome.files--;
        return;
    }
    if (f->report.filter)
        j.settings = filter_settings(f->arena, f->line, j.settings);
    vec_push(f->arena, &f->job, j);
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

struct found_files {
    VEC(struct found_file) file;
    VEC(struct str) plain; /* where the files that are no links are */
};

static bool is_added(const void *policy, struct str real)
{
    return config_adds(policy, real);
}

/* What holds in the folder that is searched; NULL: it is none, or has no word of other files. */
static const struct settings *settings_of_folder(struct fleet *f, struct str word)
{
    struct err e;
    struct stat st;

    if (stat(str_cstr(f->arena, word), &st) < 0 || !S_ISDIR(st.st_mode))
        return NULL;
    const struct config *c =
        policies_for(&f->workspace.policies, path_join(f->arena, word, S("Dockerfile")), &e);

    return c && c->settings.nfiles ? &c->settings : NULL;
}

static void search(struct fleet *f, struct str word, struct found_files *l)
{
    struct file_list files = {0};
    struct err e;

    if (str_eq(word, S("-"))) {
        vec_push(f->arena, &l->file, (struct found_file){.path = word, .real = S("")});
        return;
    }
    const struct settings *policy = settings_of_folder(f, word);
    if (!files_find(f->arena, word, policy ? is_added : NULL, policy, &files, &e) && !files.nfailed)
        fail_missing(f, word, e.text);
    for (size_t i = 0; i < files.nfailed; i++)
        fail(f, files.failed[i].p);
    for (size_t i = 0; i < files.nleft; i++)
        tell(f, false, "dfix: warning: ", files.left[i]);
    for (size_t i = 0; i < files.n; i++) {
        vec_push(f->arena, &l->file, files.v[i]);
        if (files.v[i].real.n && !files.v[i].is_link)
            vec_push(f->arena, &l->plain, files.v[i].real);
    }
}

static int by_bytes(const void *x, const void *y)
{
    return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

/* A link to what is found by itself would be the same file twice, under two policies. */
static bool is_found_itself(const struct found_files *l, const struct found_file *x)
{
    return x->is_link && l->plain.n &&
           bsearch(&x->real, l->plain.v, l->plain.n, sizeof(*l->plain.v), by_bytes);
}

static void tell_twice(struct fleet *f, const struct found_file *x)
{
    tell(f, false, "dfix: warning: ",
         str_fmt(f->arena,
                 STR_FMT " was skipped because it is a link to " STR_FMT ", which is checked",
                 STR_ARG(x->path), STR_ARG(path_relative(f->arena, x->real))));
}

static void find_jobs(struct fleet *f)
{
    static const struct str here = {".", 1};
    static const struct str input = {"-", 1};
    const struct str *word = f->line->set[OPT_STDIN_FILENAME] ? &input : &here;
    struct found_files l = {0};
    size_t n = 1;

    if (f->line->word.n) {
        word = f->line->word.v;
        n = f->line->word.n;
    }
    for (size_t i = 0; i < n; i++)
        search(f, word[i], &l);
    if (l.plain.n)
        qsort(l.plain.v, l.plain.n, sizeof(*l.plain.v), by_bytes);
    for (size_t i = 0; i < l.file.n; i++)
        if (is_found_itself(&l, &l.file.v[i]))
            tell_twice(f, &l.file.v[i]);
        else
            add_job(f, &l.file.v[i]);
    if (!f->job.n && !f->outcome.failed && !f->changed.asked)
        tell(f, false, "dfix: warning: ",
             S("no Dockerfile was found (Dockerfile, Dockerfile.*, Dockerfile-*, *.Dockerfile, "
               "Containerfile)"));
}

/* Put a fixed file in its place, once. */
static void write_back(struct fleet *f, struct job *j)
{
    struct err e;

    if (j->written || f->report.mode != MODE_FIX || str_eq(j->path, S("-")))
        return;
    j->written = true;
    if (!j->result.edits.n || held_write(&j->held, j->text, j->result.text, &e))
        return;
    j->unwritten = true;
    j->why_unwritten = str_dup(f->arena, str_of(e.text));
}

static void job_settled(void *user, struct job *j)
{
    write_back(user, j);
}

static void work(struct fleet *f)
{
    bool check = f->report.mode == MODE_CHECK;
    struct rounds rounds = {.job = f->job.v,
                            .n = f->job.n,
                            .world = f->workspace.world,
                            .threads = f->threads,
                            .check = check,
                            .guarded = check || f->report.json,
                            .settled = job_settled,
                            .user = f};

    if (!f->report.quiet)
        progress_watch(f->arena, rounds.world, f->line);
    rounds_run(&rounds);
}

/* The fixed text goes where it belongs. */
static void put(struct fleet *f, struct job *j)
{
    bool changed = j->result.edits.n > 0;

    write_back(f, j);
    if (f->report.filter)
        f->answered = streams_put(j->result.text);
    else if (j->unwritten)
        fail(f, j->why_unwritten.p);
    else if (f->report.mode == MODE_DIFF && changed && !f->report.json) {
        report_diff(stdout, &f->report, j);
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
        fail(f,
             str_fmt(j->arena, STR_FMT " is not a text file and was not checked", STR_ARG(j->label))
                 .p);
    baseline_apply(&f->baseline, j);
    outputs_file(&f->outputs, j, f->report.mode);
    outcome_add(&f->outcome, f->arena, &f->report, j);
}

static void tell_notes(struct fleet *f)
{
    size_t n;
    const struct world_note *note = world_notes(f->workspace.world, &n);

    for (size_t i = 0; i < n; i++) {
        f->outcome.lacking |= note[i].error;
        tell(f, note[i].error, note[i].error ? "dfix: " : "dfix: warning: ", note[i].text);
    }
}

/* A file that does not hold all that went there is said. */
static void close_outputs(struct fleet *f)
{
    struct err e;

    for (size_t i = 0; !outputs_close(&f->outputs, &i, &e);)
        fail(f, e.text);
}

static bool mode_of(const struct command_line *c, enum mode *out, struct err *e)
{
    if (c->set[OPT_DIFF] + c->set[OPT_FIX] + c->set[OPT_CHECK] > 1)
        return err_set(e, "dfix: --diff, --fix and --check exclude each other");
    *out = c->set[OPT_DIFF] ? MODE_DIFF : c->set[OPT_FIX] ? MODE_FIX : MODE_CHECK;
    return true;
}

static bool manner_of(const struct command_line *c, struct report *r, struct err *e)
{
    r->filter = filter_asked(c);
    r->verbose = c->set[OPT_VERBOSE];
    r->quiet = c->set[OPT_QUIET] || (r->filter && !r->verbose);
    r->no_fail = c->set[OPT_EXIT_ZERO] || c->set[OPT_NO_FAIL];
    return colour_of(c, &r->colour, e);
}

static bool threads_of(struct arena *a, const struct command_line *c, long *out, struct err *e)
{
    struct str jobs = options_value(c, OPT_JOBS);
    const char *digits = str_cstr(a, jobs);
    char *end;

    *out = jobs.n ? strtol(digits, &end, 10) : sysconf(_SC_NPROCESSORS_ONLN);
    if (c->set[OPT_JOBS] && (!jobs.n || *end || *out < 1))
        return err_set(e, "dfix: --jobs: " STR_FMT " is not a positive integer", STR_ARG(jobs));
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

    if (c->set[OPT_CACHED] && !f->report.filter)
        return err_set(e, "dfix: --cached is for `--fix -`, which an editor waits for");
    for (size_t i = 0; i < c->word.n; i++) {
        bool input = str_eq(c->word.v[i], S("-"));
        if (!c->word.v[i].n)
            return err_set(e, "dfix: an empty PATH names no file");
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

static bool open_workspace(struct fleet *f, struct err *e)
{
    struct wishes over;

    return settings_wishes(f->arena, f->line, &over, e) &&
           workspace_open(&f->workspace, f->arena, &over, e);
}

static bool prepare(struct fleet *f, struct err *e)
{
    struct arena *a = f->arena;
    const struct command_line *c = f->line;
    bool read = !f->report.filter || filter_read(a, &f->input, e);

    if (!read || !mode_of(c, &f->report.mode, e) || !manner_of(c, &f->report, e) ||
        !words_fit(f, e) || !threads_of(a, c, &f->threads, e) ||
        !outcome_level(c, &f->outcome.fail_on, e) || !open_workspace(f, e))
        return false;
    if (changed_open(&f->changed, a, c, e) && baseline_open(&f->baseline, a, c, e) &&
        outputs_open(&f->outputs, a, c, &f->report, e))
        return true;
    workspace_close(&f->workspace);
    return false;
}

/* --show-files: what a run would look at. */
static void list_files(struct fleet *f)
{
    for (size_t i = 0; i < f->job.n; i++) {
        report_line_start(stdout, f->job.v[i].label);
        fputc('\n', stdout);
    }
    workspace_close(&f->workspace);
    held_close(&f->held);
}

static void run_all(struct fleet *f)
{
    struct err e;

    warn_of(f, &f->workspace.base, 0);
    if (!is_any_rule_on(&f->workspace.base.settings))
        tell(f, false, "dfix: warning: ", S("no rule is selected, so nothing is checked"));
    held_open(&f->held, f->arena);
    find_jobs(f);
    if (f->line->set[OPT_SHOW_FILES]) {
        list_files(f);
        return;
    }
    if (f->report.mode == MODE_FIX)
        held_clean(&f->held);
    bool hasty = f->job.n && filter_is_hasty(f->line, f->job.v[0].settings);
    if (hasty)
        workspace_keep_to_cache(&f->workspace);
    work(f);
    f->report.site = pages_site(f->arena, f->workspace.base.settings.docs);
    outputs_begin(&f->outputs);
    for (size_t i = 0; i < f->job.n; i++)
        deliver(f, &f->job.v[i]);
    tell_notes(f);
    outputs_end(&f->outputs, &(struct report_sum){&f->outcome, f->note.v, f->note.n});
    if (!f->report.json && !f->report.quiet && !outcome_silent(&f->outcome))
        tell(f, false, "dfix: ", outcome_line(&f->outcome, f->arena, f->report.mode));
    if (f->line->set[OPT_TIMING]) {
        struct str times = outcome_timing(&f->outcome, f->arena);
        fwrite(times.p, 1, times.n, stderr);
    }
    if (!baseline_close(&f->baseline, &e))
        fail(f, e.text);
    close_outputs(f);
    if (hasty)
        filter_update(&f->workspace, &f->job.v[0]);
    for (size_t i = 0; i < f->job.n; i++)
        arena_close(f->job.v[i].arena);
    workspace_close(&f->workspace);
    held_close(&f->held);
}

static int run_once(struct arena *a, const struct command_line *c)
{
    struct fleet f = {.arena = a, .line = c, .input = S("")};
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

int command_run(struct arena *a, const struct command_line *c)
{
    if (c->set[OPT_SHOW_SETTINGS])
        return show_settings(a, c);
    return c->set[OPT_WATCH] ? watch_run(c, run_once) : run_once(a, c);
}
