/* pr_command.c - dfix pr: one repository, or many, one after the other. */
#include "faces/bot/host.h"

#include <ctype.h>
#include <stdlib.h>
#include <time.h>

#include "dfix/date.h"
#include "dfix/url.h"
#include "host/files.h"

enum { LIST_MAX = 64 << 20, SHARDS_MAX = 100000 };

/* The clock, or what stands in for it. */
static int64_t clock_now(void)
{
    const char *given = getenv("SOURCE_DATE_EPOCH");
    char *end = NULL;
    long long seconds = given ? strtoll(given, &end, 10) : 0;

    return given && *given && !*end && seconds > 0 ? seconds : (int64_t)time(NULL);
}

static bool read_group(struct bot *b, struct err *e)
{
    struct str name = options_value(b->line, OPT_GROUP);

    if (!name.n)
        return true;
    b->group = str_eq(name, S("all"))    ? BOT_GROUP_ALL
               : str_eq(name, S("rule")) ? BOT_GROUP_RULE
               : str_eq(name, S("file")) ? BOT_GROUP_FILE
                                         : BOT_GROUP_UNSET;
    return b->group ||
           err_set(e, "dfix: --group: " STR_FMT " is none of all, rule and file", STR_ARG(name));
}

static bool read_format(struct bot *b, struct err *e)
{
    struct str format = options_value(b->line, OPT_FORMAT);

    b->json = b->line->set[OPT_JSON] || str_eq(format, S("ndjson")) || str_eq(format, S("json"));
    return !format.n || b->json || str_eq(format, S("text")) ||
           err_set(e, "dfix: `dfix pr` prints text or ndjson");
}

static bool open_bot(struct bot *b, struct arena *a, const struct command_line *c, struct err *e)
{
    struct wishes over;

    *b = (struct bot){.arena = a,
                      .line = c,
                      .secrets = {.arena = a},
                      .now = clock_now(),
                      .patches = options_value(c, OPT_PATCHES),
                      .state = options_value(c, OPT_STATE),
                      .dry = c->set[OPT_DRY_RUN],
                      .fork = c->set[OPT_FORKS]};
    if (c->word.n)
        return err_set(e, "dfix: `dfix pr` takes no files; name the repository with --repo, --dir "
                          "or --repos");
    if (!read_group(b, e) || !read_format(b, e) || !settings_wishes(a, c, &over, e))
        return false;
    over.refresh = true;
    over.today = date_text(a, b->now);
    if (!workspace_open(&b->workspace, a, &over, e))
        return false;
    b->identity = identity_find(b);
    int64_t timeout = b->workspace.base.settings.timeout;
    b->fetcher = fetch_open(&(struct fetch_settings){.idle_ms = (unsigned)timeout * 1000});
    return true;
}

/* ---- one repository ---- */

static void tell_all(struct repo *r, const char *state)
{
    for (size_t i = 0; i < r->nproposal; i++) {
        const struct proposal *p = &r->proposal[i];
        bot_tell(r, &(struct told_group){.proposal = p,
                                         .group = p->group,
                                         .branch = p->branch,
                                         .state = state,
                                         .why = S(""),
                                         .url = S("")});
        r->bot->open++;
    }
}

/* Of a repository among many: what is plain of its name, and a sum of all of it. */
static struct str folder_name(struct arena *a, struct str name)
{
    struct buf b = {.arena = a};
    size_t from = name.n > 60 ? name.n - 60 : 0;

    for (size_t i = from; i < name.n; i++) {
        char c = name.p[i];
        bool word = isalnum((unsigned char)c);
        if (word || (b.n && b.p[b.n - 1] != '-'))
            buf_char(&b, word ? c : '-');
    }
    buf_fmt(&b, "-%08x", (unsigned)(str_hash(name) & 0xffffffff));
    return buf_str(&b);
}

/* With several groups each has a folder: one does not go on top of the other. */
static bool write_patches(struct repo *r, struct err *e)
{
    struct bot *b = r->bot;
    struct str folder = b->patches;

    if (b->many)
        folder = path_join(r->arena, folder, folder_name(r->arena, r->name));
    for (size_t i = 0; i < r->nproposal; i++) {
        struct proposal *p = &r->proposal[i];
        struct str own =
            str_eq(p->group, S("all"))
                ? folder
                : path_join(r->arena, folder, str_from(p->branch, sizeof(BOT_BRANCH) - 1));
        if (!mailbox_write(r, p, own, e))
            return false;
    }
    tell_all(r, "written");
    return true;
}

/* The host, and what lets dfix in there. */
static void open_hosted(struct repo *r, struct hosted *h)
{
    struct str none = S("");

    *h = (struct hosted){.repo = r,
                         .arena = r->arena,
                         .fetcher = r->bot->fetcher,
                         .authorization = none,
                         .link = none,
                         .board = {.body = none}};
    h->host = host_of(r);
    h->host->place(h);
    login_find(h);
}

static bool propose(struct repo *r, struct hosted *h, struct err *e)
{
    bool good = true;

    proposals_make(r, bot_group(r));
    for (size_t i = 0; i < r->nproposal; i++) {
        sums_make(r, &r->proposal[i]);
        changes_find(r, &r->proposal[i]);
        body_write(r, &r->proposal[i]);
    }
    if (r->bot->patches.n)
        return write_patches(r, e);
    if (!r->bot->dry && h)
        good = life_run(h, e);
    else
        tell_all(r, "proposed");
    if (r->young.n && !r->bot->state.n && !(h && h->remembers))
        bot_note(r, "updates wait for their age, which nothing remembers: give --state DIR, or set "
                    "bot.dashboard");
    return good;
}

static bool work(struct repo *r, struct str folder, struct err *e)
{
    struct str base = options_value(r->bot->line, OPT_BASE);
    struct hosted hosted = {.remembers = false};
    struct hosted *h = r->remote.url.n ? &hosted : NULL;

    if (folder.n ? !checkout_folder(r, folder, e) : !checkout_empty(r, e))
        return false;
    if (h)
        open_hosted(r, h);
    if (h && !checkout_fetch(r, base, e))
        return false;
    if (!h && !r->bot->patches.n && !r->bot->dry)
        return err_set(e, "nothing says where pull requests go: add --repo URL, --patches DIR or "
                          "--dry-run");
    if (!plan_open(r, e) || r->policy->off)
        return r->policy != NULL;
    bool look = h && !r->bot->dry && !r->bot->patches.n;
    return (!look || life_look(h, e)) && plan_make(r, e) && propose(r, h, e);
}

/* Microseconds of this process; its children's do not count. */
static int64_t own_work(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* False: it is to be done again, since its host wants to be left alone. */
static bool do_one(struct bot *b, struct str url, struct str folder)
{
    struct arena *a = arena_open();
    struct repo r = {.bot = b, .arena = a, .name = folder.n ? folder : url_without_login(a, url)};
    const struct bot_cost began = {clock_ms(), own_work()};
    struct err e;

    r.at.folder = r.at.scratch = S("");
    int64_t limit = world_network_limit(b->workspace.world);
    r.at.git = (struct git){.arena = a,
                            .dir = S(""),
                            .header_url = S(""),
                            .header = S(""),
                            .limit = limit < 0 ? 0 : limit * 1000,
                            .secrets = &b->secrets};
    r.at.commit = r.at.branch = r.at.tip = S("");
    r.remote.url = S("");
    workspace_next(&b->workspace, a);
    bool good = !url.n || remote_read(a, url, &r.remote, &e);
    if (good)
        good = work(&r, folder, &e);
    if (!good && r.put_off)
        bot_note(&r, e.text);
    else if (!good)
        bot_fail(&r, e.text);
    if (!seen_save(b, &e))
        bot_note(&r, e.text);
    bot_tell_repository(&r, (struct bot_cost){clock_ms() - began.took, own_work() - began.own});
    bool done = !r.put_off;
    plan_close(&r);
    checkout_close(&r);
    arena_close(a);
    return done;
}

/* ---- many ---- */

/* Ours by its name, so that a list that grows moves nothing to another shard. */
static bool is_ours(const struct bot *b, struct str name)
{
    return str_hash(name) % b->shards == b->shard - 1;
}

static bool is_folder_name(struct str line)
{
    return (str_starts(line, S("/")) || str_starts(line, S("."))) && !str_ends(line, S(".git"));
}

static bool do_list(struct bot *b, struct str file, struct err *e)
{
    struct str text, rest, line;

    if (!file_read(b->arena, str_cstr(b->arena, file), LIST_MAX, &text, e) ||
        !done_open(b, text, e))
        return false;
    b->many = true;
    bool all = true, any = false;
    rest = text;
    while (rest.n && str_cut(&rest, '\n', &line)) {
        line = str_trim(line);
        if (!line.n || line.p[0] == '#')
            continue;
        any = true;
        if (!is_ours(b, line) || done_has(b, line))
            continue;
        bool folder = is_folder_name(line);
        bool done = do_one(b, folder ? S("") : line, folder ? line : S(""));
        if (done)
            done_add(b, line);
        all = all && done;
    }
    done_close(b, all);
    return any || err_set(e, "dfix: --repos: " STR_FMT " names no repository", STR_ARG(file));
}

/* "3/8" */
static bool read_shard(struct bot *b, struct err *e)
{
    struct str text = options_value(b->line, OPT_SHARD);
    const char *digits = str_cstr(b->arena, text);
    char *end;

    b->shard = b->shards = 1;
    if (!b->line->set[OPT_SHARD])
        return true;
    unsigned long which = strtoul(digits, &end, 10);
    unsigned long of = *end == '/' ? strtoul(end + 1, &end, 10) : 0;
    b->shard = (unsigned)which;
    b->shards = (unsigned)of;
    return (which >= 1 && which <= of && of <= SHARDS_MAX && !*end) ||
           err_set(e, "dfix: --shard: " STR_FMT " is not I/N, with I from 1 to N", STR_ARG(text));
}

/* The repository that a CI runs for; "" none. */
static struct str repository_of_ci(struct arena *a)
{
    const char *server = getenv("GITHUB_SERVER_URL"), *name = getenv("GITHUB_REPOSITORY");

    if (server && name && *name)
        return str_fmt(a, "%s/%s", server, name);
    return str_of(getenv("CI_PROJECT_URL"));
}

static bool run(struct bot *b, struct err *e)
{
    const struct command_line *c = b->line;
    struct str list = options_value(c, OPT_REPOS), url = options_value(c, OPT_REPO);
    struct str folder = options_value(c, OPT_DIR);

    if (list.n && (url.n || folder.n))
        return err_set(e, "dfix: --repos excludes --repo and --dir");
    if (list.n)
        return do_list(b, list, e);
    if (c->set[OPT_SHARD])
        return err_set(e, "dfix: --shard is for the list of --repos");
    if (!url.n && !folder.n)
        url = repository_of_ci(b->arena);
    if (!url.n && !folder.n)
        return err_set(e, "dfix: `dfix pr` needs --repo URL, --dir PATH or --repos FILE");
    do_one(b, url, folder);
    return true;
}

/* What was said of indexes and registries; what they lack is told where it counts. */
static void tell_notes(struct bot *b)
{
    size_t n;
    const struct world_note *note = world_notes(b->workspace.world, &n);

    for (size_t i = 0; i < n && !b->line->set[OPT_QUIET]; i++)
        say_error(str_fmt(b->arena, "dfix: warning: " STR_FMT, STR_ARG(note[i].text)).p);
}

int command_pr(struct arena *a, const struct command_line *c)
{
    struct bot b;
    struct err e;

    if (!open_bot(&b, a, c, &e)) {
        say_error(e.text);
        return EXIT_FAILED;
    }
    bool good = read_shard(&b, &e) && state_open(&b, &e) && run(&b, &e);
    if (!good)
        say_error(e.text);
    tell_notes(&b);
    state_close(&b);
    fetch_close(b.fetcher);
    workspace_close(&b.workspace);
    if (b.failed || !good)
        return EXIT_FAILED;
    return b.open ? EXIT_FINDINGS : EXIT_CLEAN;
}
