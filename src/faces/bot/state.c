/* state.c - what a run leaves to the next: when versions and digests were first seen, and which
 * repositories of a list are done. A run that was killed loses the repository that it was at. */
#include "faces/bot/bot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/atomic.h"
#include "host/cache.h"
#include "host/files.h"

enum { SEEN_MAX = 64 << 20, DONE_MAX = 256 << 20, FORGOTTEN = 90 * 24 * 60 * 60 };
enum { DONE_LINE = 17 }; /* 16 digits and the end of the line */

static struct str own_name(const struct bot *b, struct arena *a, const char *begin, const char *end)
{
    return str_fmt(a, "%s-%u-of-%u%s", begin, b->shard, b->shards, end);
}

/* ---- first seen ---- */

void seen_add(struct bot *b, struct str key, int64_t when)
{
    struct arena *scratch = arena_open();
    const char *name = str_cstr(scratch, key);
    json_t *old = json_object_get(b->seen, name);

    if (when > 0 && (!json_is_integer(old) || json_integer_value(old) > when)) {
        json_object_set_new(b->seen, name, json_integer((json_int_t)when));
        b->seen_more = true;
    }
    arena_close(scratch);
}

int64_t seen_since(const struct bot *b, struct str key)
{
    struct arena *scratch = arena_open();
    json_int_t when = json_integer_value(json_object_get(b->seen, str_cstr(scratch, key)));

    arena_close(scratch);
    return (int64_t)when;
}

static void seen_take(struct bot *b, const json_t *from)
{
    const char *key;
    json_t *when;

    json_object_foreach((json_t *)(uintptr_t)from, key, when)
    {
        if (json_is_integer(when))
            seen_add(b, str_of(key), (int64_t)json_integer_value(when));
    }
}

/* Of all shards: a version is first seen by one of them. */
static void read_seen(struct bot *b)
{
    struct arena *scratch = arena_open();
    DIR *d = opendir(str_cstr(scratch, b->state));

    for (struct dirent *x; d && (x = readdir(d));) {
        struct str text;
        struct err e;
        bool ours =
            str_starts(str_of(x->d_name), S("seen-")) && str_ends(str_of(x->d_name), S(".json"));
        if (!ours || !cache_read(scratch, path_join(scratch, b->state, str_of(x->d_name)), SEEN_MAX,
                                 &text, &e))
            continue;
        json_t *o = json_loadb(text.p, text.n, 0, NULL);
        seen_take(b, o);
        json_decref(o);
    }
    if (d)
        closedir(d);
    arena_close(scratch);
    b->seen_more = false;
}

bool seen_save(struct bot *b, struct err *e)
{
    const char *key;
    json_t *when;

    if (!b->state.n || !b->seen_more)
        return true;
    struct arena *scratch = arena_open();
    json_t *kept = json_object();

    json_object_foreach(b->seen, key, when)
    {
        if (json_integer_value(when) > b->now - FORGOTTEN)
            json_object_set(kept, key, when);
    }
    char *text = json_dumps(kept, JSON_SORT_KEYS | JSON_INDENT(0));
    struct str path = path_join(scratch, b->state, own_name(b, scratch, "seen", ".json"));
    bool good = cache_write(str_of(str_cstr(scratch, path)), str_of(text), true, e);
    b->seen_more = !good;
    free(text);
    json_decref(kept);
    arena_close(scratch);
    return good;
}

/* ---- done ---- */

/* A line for each, behind one that says of which list. */
static struct str done_line(struct arena *a, struct str name)
{
    return str_fmt(a, "%016llx\n", (unsigned long long)str_hash(name));
}

/* Lines have one length. */
static int by_line(const void *x, const void *y)
{
    return memcmp(x, y, DONE_LINE);
}

bool done_open(struct bot *b, struct str list, struct err *e)
{
    struct arena *a = b->arena;
    struct str path = path_join(a, b->state, own_name(b, a, "done", ""));
    struct str head = done_line(a, list), text = S("");
    struct err none;

    b->done = S("");
    b->done_fd = -1;
    if (!b->state.n)
        return true;
    if (file_read(a, str_cstr(a, path), DONE_MAX, &text, &none) && str_starts(text, head))
        b->done = str_from(text, head.n);
    b->done.n -= b->done.n % head.n; /* a line that was cut short by a kill goes */
    b->done = str_dup(a, b->done);
    if (b->done.n)
        qsort((char *)(uintptr_t)b->done.p, b->done.n / head.n, head.n, by_line);
    b->done_fd =
        open(str_cstr(a, path), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    size_t whole = b->done.n ? head.n + b->done.n : 0;
    return (b->done_fd >= 0 && ftruncate(b->done_fd, (off_t)whole) == 0 &&
            (whole || file_put(b->done_fd, head))) ||
           err_set(e, STR_FMT ": %s", STR_ARG(path), strerror(errno));
}

bool done_has(const struct bot *b, struct str name)
{
    struct arena *scratch = arena_open();
    struct str line = done_line(scratch, name);
    bool found = b->done.n && bsearch(line.p, b->done.p, b->done.n / line.n, line.n, by_line);

    arena_close(scratch);
    return found;
}

void done_add(struct bot *b, struct str name)
{
    struct arena *scratch = arena_open();

    if (b->done_fd >= 0)
        file_put(b->done_fd, done_line(scratch, name));
    arena_close(scratch);
}

/* All of the list is done: the next run begins again. */
void done_close(struct bot *b, bool all)
{
    struct arena *scratch = arena_open();

    if (b->done_fd >= 0)
        close(b->done_fd);
    if (b->done_fd >= 0 && all)
        unlink(str_cstr(scratch, path_join(scratch, b->state, own_name(b, scratch, "done", ""))));
    arena_close(scratch);
}

bool state_open(struct bot *b, struct err *e)
{
    b->seen = json_object();
    if (!b->state.n)
        return true;
    b->state = path_absolute(b->arena, b->state);
    if (!cache_make_folder(b->arena, b->state, e))
        return false;
    read_seen(b);
    return true;
}

void state_close(struct bot *b)
{
    json_decref(b->seen);
}
