/* plan.c - what is to be changed in a repository: its Dockerfiles, fixed by policy; and what of
 * that goes into which group, rule by rule. */
#include "faces/bot/bot.h"

#include <ctype.h>
#include <stdlib.h>

#include "host/files.h"

/* ---- the files ---- */

static void leave(struct repo *r, struct str path, const char *why)
{
    vec_push(r->arena, &r->plan.left,
             str_fmt(r->arena, STR_FMT " %s", STR_ARG(markup_plain(r->arena, path)), why));
}

static bool adds(const void *policy, struct str real)
{
    return config_adds(policy, real);
}

/* The Dockerfiles on disk, from the top of the repository. */
static size_t find_files(struct repo *r, const struct settings *s, struct bot_file **out)
{
    struct arena *a = r->arena;
    struct file_list list = {0};
    struct err e;
    size_t n = 0;

    if (!files_find(a, r->at.search, s->nfiles ? adds : NULL, s, &list, &e) && !list.nfailed) {
        leave(r, r->at.search, e.text);
        r->plan.incomplete = true;
    }
    for (size_t i = 0; i < list.nfailed; i++)
        bot_fail(r, list.failed[i].p);
    r->plan.failed += list.nfailed;
    *out = arena_new(a, struct bot_file, list.n);
    for (size_t i = 0; i < list.n; i++) {
        struct str left, real = path_absolute(a, list.v[i].path);
        if (list.v[i].is_link || !path_below(real, r->at.folder, &left) || !left.n ||
            config_leaves_out(s, real))
            continue;
        (*out)[n++] = (struct bot_file){.path = left, .mode = S(""), .blob = S(""), .text = S("")};
    }
    return n;
}

/* "100644 blob OBJECT\tPATH" */
static void take_entry(struct bot_file *v, size_t n, struct str entry)
{
    struct str mode, kind, object;

    if (!str_cut(&entry, ' ', &mode) || !str_cut(&entry, ' ', &kind) ||
        !str_cut(&entry, '\t', &object) || !str_starts(mode, S("100")) || !git_is_object(object))
        return;
    for (size_t i = 0; i < n; i++)
        if (str_eq(v[i].path, entry)) {
            v[i].mode = mode;
            v[i].blob = object;
        }
}

/* What the commit has of them; what it does not have is nobody's yet. */
static bool find_blobs(struct repo *r, struct bot_file *v, size_t *n, struct err *e)
{
    VEC(const char *) words = {0};
    struct str out, entry;
    size_t kept = 0;
    static const char *const begin[] = {"--literal-pathspecs", "ls-tree", "-z", "--full-tree"};

    for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++)
        vec_push(r->arena, &words, begin[i]);
    vec_push(r->arena, &words, r->at.commit.p);
    vec_push(r->arena, &words, "--");
    /* A few by name; of many all that there is. */
    bool few = *n <= 32;
    if (!few)
        words.v[3] = "-r";
    for (size_t i = 0; few && i < *n; i++)
        vec_push(r->arena, &words, str_cstr(r->arena, v[i].path));
    vec_push(r->arena, &words, NULL);
    if (!git_run(&r->at.git, S(""), &out, e, words.v))
        return false;
    while (str_cut(&out, '\0', &entry))
        take_entry(v, *n, entry);
    for (size_t i = 0; i < *n; i++)
        if (v[i].blob.n)
            v[kept++] = v[i];
        else
            leave(r, v[i].path, "is not in the commit");
    *n = kept;
    return true;
}

/* "OBJECT blob SIZE\nBYTES\n" of each. */
bool blobs_read(struct repo *r, struct bot_file *v, size_t n, struct err *e)
{
    struct buf ask = {.arena = r->arena};
    struct str out, line;

    for (size_t i = 0; i < n; i++)
        buf_fmt(&ask, STR_FMT "\n", STR_ARG(v[i].blob));
    if (!git_run(&r->at.git, buf_str(&ask), &out, e,
                 (const char *const[]){"cat-file", "--batch", NULL}))
        return false;
    for (size_t i = 0; i < n; i++) {
        size_t size = 0;
        struct str head = str_fmt(r->arena, STR_FMT " blob ", STR_ARG(v[i].blob));
        if (!str_cut(&out, '\n', &line) || !str_starts(line, head))
            return err_set(e, STR_FMT " is not in the repository's objects; is it a partial clone?",
                           STR_ARG(markup_plain(r->arena, v[i].path)));
        for (size_t k = head.n; k < line.n && size < out.n; k++)
            size = size * 10 + (size_t)(line.p[k] - '0');
        if (size + 1 > out.n)
            return err_set(e, "git cat-file: the answer ends early");
        v[i].text = str_sub(out, 0, size);
        out = str_from(out, size + 1);
    }
    return true;
}

/* ---- their fixes ---- */

static void settled(void *user, struct job *j)
{
    (void)user;
    (void)j;
}

/* The settings that hold for a file, with what the policy of pull requests adds. */
static const struct settings *settings_of(struct repo *r, const struct bot_file *f)
{
    const struct config *new = NULL;
    struct err e;
    struct str real = path_join(r->arena, r->at.folder, f->path);
    const struct settings *s = workspace_settings(&r->bot->workspace, real, real, &new, &e);

    if (!s) {
        r->plan.failed++;
        bot_fail(r, e.text);
        return NULL;
    }
    struct settings *own = arena_copy(r->arena, s, 1, sizeof(*s));
    struct held_back *held = arena_new(r->arena, struct held_back, s->bot.nignore + 2);
    for (size_t i = 0; i < s->bot.nignore; i++)
        held[own->nheld++] = (struct held_back){
            s->bot.ignore[i], S(""), S("is left as it is: the policy's bot.ignore names it")};
    if (!s->bot.take_over)
        own->nheld += peace_hold(r, f->path, held + own->nheld);
    own->held = held;
    return own;
}

/* What a file lacks is fetched for all of them together. */
static void run_jobs(struct repo *r, struct job *job, size_t n)
{
    struct rounds rounds = {
        .job = job, .n = n, .world = r->bot->workspace.world, .threads = 1, .settled = settled};

    rounds_run(&rounds);
}

static struct job *fix_files(struct repo *r, struct bot_file *v, size_t n)
{
    struct job *job = arena_new(r->arena, struct job, n);

    for (size_t i = 0; i < n; i++)
        job[i] = (struct job){.path = v[i].path,
                              .label = v[i].path,
                              .target = v[i].path,
                              .settings = v[i].settings,
                              .text = v[i].text};
    run_jobs(r, job, n);
    return job;
}

/* Add to what is held back in one file. */
static void hold(struct repo *r, struct bot_file *f, struct job *j, const struct held_back *more,
                 size_t n)
{
    struct settings *own = arena_copy(r->arena, f->settings, 1, sizeof(*own));
    struct held_back *all = arena_new(r->arena, struct held_back, own->nheld + n);

    if (own->nheld)
        memcpy(all, own->held, own->nheld * sizeof(*all));
    memcpy(all + own->nheld, more, n * sizeof(*all));
    own->held = all;
    own->nheld += n;
    f->settings = j->settings = own;
    j->settled = false;
}

/* What is too young is held back, and such files are fixed once more without it. */
static void wait_for_age(struct repo *r, struct bot_file *v, struct job *job, size_t n)
{
    struct proposal all = {.nstep = 1};
    struct step one = {.rule = NULL};
    struct held_back *held;

    r->plan.file = v;
    r->plan.job = job;
    r->plan.n = n;
    for (size_t i = 0; i < n; i++)
        if (job[i].result.edits.n)
            vec_push(r->arena, &one.file, (struct step_file){i, job[i].result.text});
    all.step = &one;
    changes_find(r, &all);
    held = arena_new(r->arena, struct held_back, all.nchange);
    for (size_t i = 0, end; i < all.nchange; i = end) {
        size_t file = all.change[i].file;
        for (end = i + 1; end < all.nchange && all.change[end].file == file;)
            end++;
        size_t more = ages_hold(r, all.change + i, end - i, held);
        if (more)
            hold(r, &v[file], &job[file], held, more);
    }
    run_jobs(r, job, n);
}

static void take_results(struct repo *r, struct bot_file *v, const struct job *job, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct result *x = &job[i].result;
        v[i].result = x;
        r->plan.incomplete |= x->nunchecked > 0 || x->pending || x->over.n;
        if (x->over.n)
            leave(r, v[i].path, str_fmt(r->arena, "was skipped: " STR_FMT, STR_ARG(x->over)).p);
        else if (x->binary)
            leave(r, v[i].path, "is not a text file");
        else if (x->refused.n)
            leave(r, v[i].path,
                  str_fmt(r->arena, "is not changed: " STR_FMT, STR_ARG(x->refused)).p);
    }
}

bool plan_open(struct repo *r, struct err *e)
{
    struct str any = path_join(r->arena, r->at.search, S("Dockerfile"));
    const struct config *new = NULL;

    r->settings = workspace_settings(&r->bot->workspace, any, any, &new, e);
    r->policy = r->settings ? &r->settings->bot : NULL;
    return r->settings != NULL;
}

bool plan_make(struct repo *r, struct err *e)
{
    const struct settings *s = r->settings;
    struct bot_file *v;
    size_t kept = 0;

    size_t n = find_files(r, s, &v);
    if (!n)
        return true;
    if (!find_blobs(r, v, &n, e) || !blobs_read(r, v, n, e))
        return false;
    for (size_t i = 0; i < n; i++) {
        v[kept] = v[i];
        v[kept].settings = NULL;
        if (v[i].text.n <= LIMIT_TEXT)
            v[kept].settings = settings_of(r, &v[i]);
        else
            leave(r, v[i].path, "is larger than what dfix reads");
        kept += v[kept].settings != NULL;
    }
    struct job *job = fix_files(r, v, kept);
    wait_for_age(r, v, job, kept);
    take_results(r, v, job, kept);
    return true;
}

void plan_close(struct repo *r)
{
    for (size_t i = 0; i < r->plan.n; i++)
        arena_close(r->plan.job[i].arena);
    r->plan = (struct plan){0};
}

/* ---- groups ---- */

/* What one group is made of. */
struct cut {
    const struct fixer *rule; /* NULL: all */
    size_t file;              /* SIZE_MAX: all */
};

static bool applied(const struct result *x, const struct fixer *rule)
{
    for (size_t i = 0; i < x->nfinding; i++)
        if (x->finding[i].applied && x->finding[i].fixer == rule)
            return true;
    return false;
}

static void add_title(struct arena *a, struct step *s, struct str title)
{
    s->fixes++;
    for (size_t i = 0; i < s->title.n; i++)
        if (str_eq(s->title.v[i], title))
            return;
    vec_push(a, &s->title, str_dup(a, title));
}

/* One rule's commit on what the ones before left in `now`. */
static bool step_of(struct repo *r, const struct cut *cut, const struct fixer *rule,
                    struct str *now, struct step *out)
{
    const struct lookup *l = world_lookup(r->bot->workspace.world);

    *out = (struct step){.rule = rule, .subject = S(""), .message = S(""), .commit = S("")};
    for (size_t i = 0; i < r->plan.n; i++) {
        const struct bot_file *f = &r->plan.file[i];
        if ((cut->file != SIZE_MAX && cut->file != i) || !applied(f->result, rule))
            continue;
        struct arena *scratch = arena_open();
        /* The rule alone, as it is set; to select it would be to ask it for more. */
        struct result x = dfix_fix(scratch, now[i], &(struct rules){&rule, 1}, f->settings, l);
        for (size_t k = 0; k < x.nfinding; k++)
            if (x.finding[k].applied)
                add_title(r->arena, out, x.finding[k].title);
        if (x.edits.n) {
            now[i] = str_dup(r->arena, x.text);
            vec_push(r->arena, &out->file, (struct step_file){i, now[i]});
        }
        arena_close(scratch);
    }
    return out->file.n > 0;
}

/* What rules did only since others had done something is the last commit's. */
static void finish_steps(struct repo *r, const struct cut *cut, struct step *last,
                         const struct str *now)
{
    for (size_t i = 0; i < r->plan.n; i++) {
        struct str whole = r->plan.file[i].result->text;
        size_t k = 0;
        if ((cut->file != SIZE_MAX && cut->file != i) || !r->plan.file[i].result->edits.n ||
            str_eq(whole, now[i]))
            continue;
        while (k < last->file.n && last->file.v[k].file != i)
            k++;
        if (k < last->file.n)
            last->file.v[k].text = whole;
        else
            vec_push(r->arena, &last->file, (struct step_file){i, whole});
    }
}

static bool is_safe(const struct repo *r, const struct cut *cut)
{
    for (size_t i = 0; i < r->plan.n; i++) {
        const struct result *x = r->plan.file[i].result;
        for (size_t k = 0; k < x->nfinding; k++)
            if (x->finding[k].applied && x->finding[k].safety != SAFE &&
                (!cut->rule || cut->rule == x->finding[k].fixer) &&
                (cut->file == SIZE_MAX || cut->file == i))
                return false;
    }
    return true;
}

static void propose(struct repo *r, struct str group, struct str branch, const struct cut *cut)
{
    struct arena *a = r->arena;
    struct str *now = arena_new(a, struct str, r->plan.n);
    VEC(struct step) steps = {0};
    struct step one;

    for (size_t i = 0; i < r->plan.n; i++)
        now[i] = r->plan.file[i].text;
    for (size_t i = 0; i < dfix_rules.n; i++)
        if ((!cut->rule || cut->rule == dfix_rules.v[i]) &&
            step_of(r, cut, dfix_rules.v[i], now, &one))
            vec_push(a, &steps, one);
    if (!steps.n)
        return;
    if (!cut->rule)
        finish_steps(r, cut, &steps.v[steps.n - 1], now);
    r->proposal[r->nproposal++] = (struct proposal){.group = group,
                                                    .branch = branch,
                                                    .step = steps.v,
                                                    .nstep = steps.n,
                                                    .safe = is_safe(r, cut)};
}

/* A file's name as a branch's: what git does not take in one is left out, and a sum tells it from
 * others. */
static struct str branch_of_file(struct arena *a, struct str path)
{
    struct buf b = {.arena = a};

    buf_add(&b, S(BOT_BRANCH "file-"));
    for (size_t i = 0; i < path.n && i < 80; i++) {
        char c = path.p[i];
        buf_char(&b, isalnum((unsigned char)c) ? c : '-');
    }
    buf_fmt(&b, "-%08x", (unsigned)(str_hash(path) & 0xffffffff));
    return buf_str(&b);
}

enum bot_group bot_group(const struct repo *r)
{
    enum bot_group group = r->bot->group ? r->bot->group : r->policy->group;

    return group ? group : BOT_GROUP_ALL;
}

void proposals_make(struct repo *r, enum bot_group group)
{
    struct arena *a = r->arena;
    size_t most = group == BOT_GROUP_RULE ? dfix_rules.n : group == BOT_GROUP_FILE ? r->plan.n : 1;

    r->proposal = arena_new(a, struct proposal, most + 1);
    for (size_t i = 0; i < most; i++) {
        struct cut cut = {.file = SIZE_MAX};
        struct str name = S("all");
        if (group == BOT_GROUP_RULE) {
            cut.rule = dfix_rules.v[i];
            name = str_of(cut.rule->id);
        } else if (group == BOT_GROUP_FILE) {
            cut.file = i;
            name = r->plan.file[i].path;
        }
        struct str branch = group == BOT_GROUP_FILE ? branch_of_file(a, name)
                                                    : str_fmt(a, BOT_BRANCH STR_FMT, STR_ARG(name));
        propose(r, name, branch, &cut);
    }
}
