/* board.c - the dashboard: one issue a repository, edited in place, that says what is open, what
 * waits and what is ignored. A box that somebody ticks approves what waits. */
#include "faces/bot/host.h"

static const char title[] = "dfix: Dockerfile updates";
static const char opening[] = "What dfix does for the Dockerfiles of this repository. ";

enum { LINES = 100, BODY_MOST = 24 << 10, NAME_SHOWN = 200 };

/* "- [x] <!-- dfix:BRANCH -->" */
static struct str box_of(struct arena *a, struct str branch)
{
    return str_fmt(a, "<!-- approve:" STR_FMT " -->", STR_ARG(branch));
}

bool board_is(struct str body)
{
    return str_starts(body, str_of(opening));
}

bool board_read(struct hosted *h, struct err *e)
{
    h->board = (struct issue){.body = S("")};
    if (!h->repo->policy->dashboard || !h->host->find_board)
        return true;
    return h->host->find_board(h, str_of(title), e);
}

bool board_approves(const struct hosted *h, struct str branch)
{
    struct arena *scratch = arena_open();
    struct str rest = h->board.body, line, box = box_of(scratch, branch);
    bool ticked = false;

    while (rest.n && str_cut(&rest, '\n', &line))
        ticked |= str_find(line, box) != STR_NONE &&
                  (str_starts(line, S("- [x]")) || str_starts(line, S("- [X]")));
    arena_close(scratch);
    return ticked;
}

void board_note(struct hosted *h, const struct told_group *t)
{
    vec_push(h->arena, &h->told, *t);
}

static struct str name_code(const struct hosted *h, struct str name)
{
    return markup_code(h->arena, markup_short(h->arena, name, NAME_SHOWN));
}

static struct str words_cell(const struct hosted *h, struct str words)
{
    return markup_cell(h->arena, markup_short(h->arena, words, NAME_SHOWN));
}

static void add_section(struct hosted *h, struct buf *b, const char *head, const char *states)
{
    size_t n = 0, shown = 0;

    for (size_t i = 0; i < h->told.n; i++) {
        const struct told_group *t = &h->told.v[i];
        /* A branch without a proposal may be named by anybody. */
        bool waits = t->proposal && strcmp(t->state, "waiting") == 0;
        if (!word_is_one_of(str_of(t->state), states))
            continue;
        if (!n)
            buf_fmt(b, "\n### %s\n\n", head);
        n++;
        if (shown >= LINES || b->n > BODY_MOST)
            continue;
        buf_add(b, S("- "));
        if (waits)
            buf_fmt(b, "[%s] " STR_FMT " ", board_approves(h, t->branch) ? "x" : " ",
                    STR_ARG(box_of(h->arena, t->branch)));
        if (t->number)
            buf_fmt(b, "#%lld ", (long long)t->number);
        struct str what = t->proposal ? t->proposal->title : t->branch;
        buf_add(b, words_cell(h, what));
        /* Why it was updated is over with that; a run that was killed must end with the same text.
         */
        if (t->why.n && strcmp(t->state, "updated") != 0)
            buf_fmt(b, ": " STR_FMT, STR_ARG(words_cell(h, t->why)));
        buf_char(b, '\n');
        shown++;
    }
    if (n > shown)
        buf_fmt(b, "- and %zu more\n", n - shown);
}

static void add_young(struct hosted *h, struct buf *b)
{
    const struct repo *r = h->repo;

    if (r->young.n)
        buf_add(b, S("\n### Too young to move to (bot.min-age)\n\n"));
    for (size_t i = 0; i < r->young.n && i < 50; i++)
        buf_fmt(b, "- a newer " STR_FMT ", first seen on " STR_FMT "\n",
                STR_ARG(name_code(h, r->young.v[i].name)),
                STR_ARG(date_text(h->arena, r->young.v[i].since)));
}

static void add_ignored(struct hosted *h, struct buf *b)
{
    const struct bot_settings *s = h->repo->policy;

    if (s->nignore)
        buf_add(b, S("\n### Ignored by policy\n\n"));
    for (size_t i = 0; i < s->nignore && i < 50; i++)
        buf_fmt(b, "- " STR_FMT "\n", STR_ARG(name_code(h, s->ignore[i])));
    if (h->repo->plan.left.n)
        buf_add(b, S("\n### Files that are left alone\n\n"));
    for (size_t i = 0; i < h->repo->plan.left.n && i < 50; i++)
        buf_fmt(b, "- " STR_FMT "\n", STR_ARG(words_cell(h, h->repo->plan.left.v[i])));
}

/* One is enough: two runs at the same time may have opened one each. */
static bool close_twins(struct hosted *h, struct err *e)
{
    for (size_t i = 0; i < h->twin.n; i++)
        if (!h->host->close_issue(h, h->twin.v[i].number, e))
            return false;
    return true;
}

bool board_write(struct hosted *h, struct err *e)
{
    struct buf b = {.arena = h->arena};

    if (!h->repo->policy->dashboard || !h->host->put_board)
        return true;
    buf_fmt(&b, "%sIt edits this issue; tick a box to let what waits go ahead.\n", opening);
    add_section(h, &b, "Open", "opened updated unchanged");
    add_section(h, &b, "Waiting", "waiting");
    add_section(h, &b, "Left to people", "left stopped refused failed");
    add_young(h, &b);
    add_ignored(h, &b);
    if (h->repo->young.n)
        buf_add(&b, marker_write(h->arena, &(struct marker){.seen = h->repo->young}));
    h->remembers = true;
    struct str body = buf_str(&b);
    if (!close_twins(h, e))
        return false;
    if (h->board.number && str_eq(str_trim(h->board.body), str_trim(body)))
        return true;
    return h->host->put_board(h, str_of(title), body, e);
}
