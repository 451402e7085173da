/* content_go.c - the modules that a program names which Go has built: "go version -m" reads the
 * same.
 *
 * Behind a magic of 14 bytes, which begins at a multiple of 16, stand the size of pointers, flags
 * and, to 32 bytes in all, what older releases need. Then come two texts, each with its length
 * before it: the release, and a line for each module. */
#include "reader/contents.h"

#include <string.h>

enum {
    MAGIC = 14,
    HEADER = 32,
    FRAME = 16,   /* also what stands before and behind the lines */
    POINTER = 14, /* its size */
    FLAGS = 15,   /* 1: big endian */
    FLAG_INLINE = 2,
    BLOCK = 64 << 10,
    RELEASE_MAX = 256,
    MODULES_MAX = 16 << 20
};
static const char magic[] = "\xff Go buildinf:";

struct program {
    struct content_list *list;
    struct str path;
    struct buf window; /* bytes that may still be the beginning of something */
    size_t at;         /* where in the program the window begins */
    bool found, whole;
};

/* ---- what stands behind the header ---- */

enum step { STEP_GOOD, STEP_SHORT, STEP_BAD };

static enum step take_sized(struct str *s, size_t most, struct str *out)
{
    uint64_t n = 0;
    size_t i = 0;

    for (unsigned shift = 0;; shift += 7, i++) {
        if (i == s->n)
            return STEP_SHORT;
        if (shift > 28)
            return STEP_BAD;
        n |= (uint64_t)((unsigned char)s->p[i] & 127) << shift;
        if ((unsigned char)s->p[i] < 128)
            break;
    }
    if (n > most)
        return STEP_BAD;
    *s = str_from(*s, i + 1);
    if (n > s->n)
        return STEP_SHORT;
    *out = str_sub(*s, 0, (size_t)n);
    *s = str_from(*s, (size_t)n);
    return STEP_GOOD;
}

/* "dep\tgolang.org/x/net\tv0.1.0\th1:..."; a line "=>" stands in for the one before. What was built
 * without modules does not say what is in it. */
static bool add_modules(struct program *x, struct str text)
{
    struct str line, kind, name, version;
    bool good = true, added = false, told = false;

    while (str_cut(&text, '\n', &line)) {
        if (!str_cut(&line, '\t', &kind) || !word_is_one_of(kind, "dep mod =>") ||
            !str_cut(&line, '\t', &name))
            continue;
        version = S("");
        told = true;
        str_cut(&line, '\t', &version);
        if (str_eq(version, S("(devel)")))
            continue; /* what was built itself */
        if (str_eq(kind, S("=>")) && added)
            x->list->v.n--;
        version = str_starts(version, S("v")) ? version : S("");
        added = content_add(x->list, "go", name, version, x->path);
        good &= added;
    }
    if (!told)
        good &= content_add(x->list, "go", path_basename(x->path), S(""), x->path);
    return good;
}

/* "go1.21.4 X:boringcrypto", "devel go1.23-1a2b3c" */
static bool add_release(struct program *x, struct str version)
{
    struct str release = S("");

    if (str_starts(version, S("go"))) {
        version = str_from(version, 2);
        word_next(&version, &release);
    }
    return content_add(x->list, "go", S("stdlib"), release, x->path);
}

static enum step take_record(struct program *x, struct str record)
{
    struct str version, modules, rest = str_from(record, HEADER);
    enum step step;
    unsigned pointer = (unsigned char)record.p[POINTER], flags = (unsigned char)record.p[FLAGS];

    if ((pointer != 4 && pointer != 8) || (flags & ~3U) != 0)
        return STEP_BAD;
    if (!(flags & FLAG_INLINE)) { /* before Go 1.18: behind pointers */
        x->whole = content_add(x->list, "go", path_basename(x->path), S(""), x->path);
        return STEP_GOOD;
    }
    step = take_sized(&rest, RELEASE_MAX, &version);
    if (step != STEP_GOOD)
        return step;
    if (!str_starts(version, S("go")) && !str_starts(version, S("devel")))
        return STEP_BAD;
    step = take_sized(&rest, MODULES_MAX, &modules);
    if (step != STEP_GOOD)
        return step;
    modules = modules.n > 2 * FRAME ? str_sub(modules, FRAME, modules.n - FRAME) : S("");
    x->whole = add_release(x, version);
    x->whole &= add_modules(x, modules);
    return STEP_GOOD;
}

/* ---- the search ---- */

static void drop(struct program *x, size_t n)
{
    if (!n)
        return;
    memmove(x->window.p, x->window.p + n, x->window.n - n);
    x->window.n -= n;
    x->at += n;
}

/* Looks through the window, and leaves in it what more bytes may complete. */
static void search(struct program *x, bool end)
{
    size_t from = 0;

    while (!x->found) {
        struct str rest = str_from(buf_str(&x->window), from);
        const char *p = rest.n ? memmem(rest.p, rest.n, magic, MAGIC) : NULL;
        if (!p) {
            size_t keep = rest.n < MAGIC - 1 ? rest.n : MAGIC - 1;
            drop(x, x->window.n - keep);
            return;
        }
        from = (size_t)(p - x->window.p);
        struct str record = str_from(buf_str(&x->window), from);
        enum step step = (x->at + from) % FRAME ? STEP_BAD
                         : record.n < HEADER    ? STEP_SHORT
                                                : take_record(x, record);
        x->found = step == STEP_GOOD;
        if (step == STEP_SHORT && !end) {
            drop(x, from);
            return;
        }
        from++;
    }
}

bool content_is_program(struct tar *t, bool *is, struct err *e)
{
    char head[4];
    size_t got;

    if (!tar_read(t, head, sizeof head, &got, e))
        return false;
    *is = str_eq((struct str){head, got}, S("\177ELF"));
    return true;
}

bool content_take_program(struct content_list *list, struct tar *t, struct str path, bool *whole,
                          struct err *e)
{
    struct program x = {
        .list = list, .path = path, .window = {.arena = list->scratch}, .whole = true};
    char *block = arena_new(list->scratch, char, BLOCK);
    size_t got = BLOCK;
    bool is;

    *whole = true;
    if (!content_is_program(t, &is, e))
        return false;
    x.at = 4;
    while (is && got == BLOCK && !x.found) {
        if (!tar_read(t, block, BLOCK, &got, e))
            return false;
        buf_add(&x.window, (struct str){block, got});
        search(&x, got < BLOCK);
    }
    *whole = x.whole;
    return true;
}
