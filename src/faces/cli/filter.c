/* dfix --fix -: a filter, as editors call it. What it prints takes the place of what it read, so
 * that it prints the file and nothing else, whatever happens. */
#include "faces/faces.h"

#include <errno.h>
#include <unistd.h>

#include "workspace/background.h"

/* Seconds between two updates in the background: of what is lacking, and of what is there. */
enum { PAUSE_LACKING = 60, PAUSE_OLDER = 3600 };

static bool is_input(struct str word)
{
    return str_eq(word, S("-"));
}

bool filter_asked(const struct command_line *c)
{
    bool input = c->set[OPT_STDIN_FILENAME];

    for (size_t i = 0; i < c->word.n; i++)
        input |= is_input(c->word.v[i]);
    return input && c->set[OPT_FIX] && !c->set[OPT_HELP] && !c->set[OPT_MAN] &&
           !c->set[OPT_VERSION];
}

bool filter_read(struct arena *a, struct str *text, struct err *e)
{
    struct buf b = {.arena = a};
    char chunk[65536];
    ssize_t n = 1;

    while (n && b.n <= LIMIT_TEXT) {
        n = read(STDIN_FILENO, chunk, sizeof(chunk));
        if (n < 0 && errno != EINTR)
            break;
        if (n > 0)
            buf_add(&b, (struct str){chunk, (size_t)n});
    }
    *text = buf_str(&b);
    if (n < 0)
        return err_set(e, "standard input: %s", strerror(errno));
    return b.n <= LIMIT_TEXT ||
           err_set(e, "standard input: larger than %d MiB: no Dockerfile", LIMIT_TEXT >> 20);
}

void filter_give_back(struct str text)
{
    char chunk[65536];
    ssize_t n;

    if (!streams_put(text))
        return;
    while ((n = read(STDIN_FILENO, chunk, sizeof(chunk))) != 0)
        if ((n < 0 && errno != EINTR) || (n > 0 && !streams_put((struct str){chunk, (size_t)n})))
            return;
}

const struct settings *filter_settings(struct arena *a, const struct command_line *c,
                                       const struct settings *s)
{
    struct settings *own = arena_new(a, struct settings, 1);

    *own = settings_on_save(a, s);
    if (c->set[OPT_UNSAFE]) {
        own->unsafe = true;
        own->rule = s->rule;
    }
    return own;
}

bool filter_is_hasty(const struct command_line *c, const struct settings *s)
{
    return filter_asked(c) && (c->set[OPT_CACHED] || (c->set[OPT_STDIN_FILENAME] && s->non_save));
}

void filter_update(struct workspace *w, const struct job *j)
{
    bool lacking = j->result.nunchecked || j->result.pending;
    struct arena *a = arena_open();
    struct background_plan plan = {.path = j->label,
                                   .text = j->text,
                                   .wishes = &w->wishes,
                                   .cache = world_cache_dir(w->world),
                                   .pause = lacking ? PAUSE_LACKING : PAUSE_OLDER,
                                   .apart = true};
    struct background update;

    background_start(a, &plan, &update);
    arena_close(a);
}
