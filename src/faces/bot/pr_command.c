/* pr_command.c - dfix pr: one repository, or many, one after the other. */
#include "faces/bot/bot.h"

#include <stdlib.h>
#include <time.h>

#include "dfix/date.h"
#include "dfix/url.h"
#include "host/files.h"

enum { LIST_MAX = 64 << 20 };

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

/* With several groups each has a folder: one does not go on top of the other. */
static bool write_patches(struct repo *r, struct err *e)
{
    struct bot *b = r->bot;
    struct str folder = b->patches;

    if (b->many)
        folder = path_join(r->arena, folder, str_from(r->name, 0));
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

static bool propose(struct repo *r, struct err *e)
{
    enum bot_group group = r->bot->group ? r->bot->group : r->policy->group;

    proposals_make(r, group ? group : BOT_GROUP_ALL);
    for (size_t i = 0; i < r->nproposal; i++) {
        sums_make(r, &r->proposal[i]);
        changes_find(r, &r->proposal[i]);
        body_write(r, &r->proposal[i]);
    }
    if (r->bot->patches.n)
        return write_patches(r, e);
    tell_all(r, "proposed");
    return true;
}

static bool work(struct repo *r, struct str folder, struct err *e)
{
    struct str base = options_value(r->bot->line, OPT_BASE);

    if (folder.n && !checkout_folder(r, folder, e))
        return false;
    if (r->remote.url.n && !checkout_fetch(r, base, e))
        return false;
    return plan_make(r, e) && (r->policy->off || propose(r, e));
}

static void do_one(struct bot *b, struct str url, struct str folder)
{
    struct arena *a = arena_open();
    struct repo r = {.bot = b, .arena = a, .name = folder.n ? folder : url_without_login(a, url)};
    int64_t began = fetch_clock();
    struct err e;

    r.at.folder = r.at.scratch = S("");
    r.at.git = (struct git){.arena = a, .dir = S(""), .header_url = S(""), .header = S("")};
    r.remote.url = S("");
    workspace_next(&b->workspace, a);
    bool good = !url.n || remote_read(a, url, &r.remote, &e);
    if (good)
        good = work(&r, folder, &e);
    if (!good)
        bot_fail(&r, e.text);
    bot_tell_repository(&r, fetch_clock() - began);
    plan_close(&r);
    checkout_close(&r);
    arena_close(a);
}

int command_pr(struct arena *a, const struct command_line *c)
{
    struct bot b;
    struct err e;

    if (!open_bot(&b, a, c, &e)) {
        say_error(e.text);
        return EXIT_FAILED;
    }
    do_one(&b, options_value(c, OPT_REPO), options_value(c, OPT_DIR));
    workspace_close(&b.workspace);
    if (b.failed)
        return EXIT_FAILED;
    return b.open ? EXIT_FINDINGS : EXIT_CLEAN;
}
