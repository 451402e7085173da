/* dfix --fix -: a filter, as editors call it. What it prints takes the place of what it read, so
 * that it prints the file and nothing else, whatever happens. */
#include "faces/faces.h"

#include <errno.h>
#include <unistd.h>

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
