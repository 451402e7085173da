/* base.h - memory, slices, buffers, errors. Knows nothing about Dockerfiles.
 *
 * Ownership rule for all of dfix: a function that takes `struct arena *`
 * allocates there and nobody frees the result; a function that does not,
 * does not allocate. Running out of memory ends the process. */
#ifndef DFIX_BASE_H
#define DFIX_BASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
#define DFIX_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define DFIX_COLD               __attribute__((cold)) /* seldom called: kept out of the way of what is */
#define DFIX_APART              __attribute__((noinline)) /* the caller mostly goes without it, and quicker */
#else
#define DFIX_PRINTF(fmt, first)
#define DFIX_COLD
#define DFIX_APART
#endif

/* Memory that lives and dies together. Zeroed on allocation. Under ASan, what
 * has not been handed out, and what was rewound, is poisoned. */
struct arena;
struct arena *arena_open(void);
/* The same for little that stays: it begins with so many bytes and not with a whole block. */
struct arena *arena_open_small(size_t bytes);
void arena_close(struct arena *a);
size_t arena_held(const struct arena *a); /* bytes, without those within it */
/* An arena that shares the budget of `around`, and is closed with it if not before. */
struct arena *arena_within(struct arena *around);

/* What the work in an arena, and in those within it, may cost. Over it, `why` is set and control
 * goes back to the setjmp of `leave`: whoever gives the budget closes the arena then. */
struct budget {
    size_t memory;           /* bytes left */
    uint64_t (*clock)(void); /* milliseconds; NULL: time does not count */
    uint64_t deadline;
    unsigned ticks;
    const char *why; /* NULL, or what it was over: "memory", "time" */
    jmp_buf leave;
};
void arena_limit(struct arena *a, struct budget *b); /* of an arena in which nothing is yet */
/* Long work that allocates little says so now and then. */
void arena_tick(struct arena *a);
_Noreturn void budget_leave(struct budget *b, const char *why);
void *arena_alloc(struct arena *a, size_t n, size_t size);
void *arena_copy(struct arena *a, const void *p, size_t n, size_t size); /* n of p's things */
void *arena_room(struct arena *a, size_t n, size_t size);                /* not zeroed */
/* Of the n things of p, the arena's newest, only `keep` are wanted. */
void arena_trim(struct arena *a, void *p, size_t keep, size_t n, size_t size);
/* Room for `need` things at least: p when *cap is enough; else a bigger place, not zeroed,
 * with the first n things of p. */
void *arena_enlarge(struct arena *a, void *p, size_t n, size_t *cap, size_t need, size_t size);
static inline void *arena_grow(struct arena *a, void *p, size_t n, size_t *cap, size_t need,
                               size_t size)
{
    return need <= *cap ? p : arena_enlarge(a, p, n, cap, need, size);
}
#define arena_new(a, T, n) ((T *)arena_alloc((a), (n), sizeof(T)))

/* Everything allocated after the mark is gone after the rewind. */
struct arena_mark {
    void *block;
    size_t used;
};
struct arena_mark arena_mark(struct arena *a);
void arena_rewind(struct arena *a, struct arena_mark m);

/* Borrowed bytes, not NUL-terminated; `p` is never NULL, so slices always add up. */
struct str {
    const char *p;
    size_t n;
};
#define S(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_FMT    "%.*s"
#define STR_ARG(s) (int)(s).n, (s).p

enum { STR_NONE = -1 };
static inline struct str str_of(const char *cstring) /* NULL gives the empty slice */
{
    return cstring ? (struct str){cstring, strlen(cstring)} : S("");
}

static inline struct str str_sub(struct str s, size_t from, size_t to)
{
    return (struct str){s.p + from, to - from};
}

static inline struct str str_from(struct str s, size_t from)
{
    return str_sub(s, from, s.n);
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || (a.p[0] == b.p[0] && memcmp(a.p, b.p, a.n) == 0));
}

bool str_ieq_folded(const char *a, const char *b, size_t n);
/* ASCII case folded. */
static inline bool str_ieq(struct str a, struct str b)
{
    return a.n == b.n && str_ieq_folded(a.p, b.p, a.n);
}
int str_cmp(struct str a, struct str b); /* by unsigned bytes */
/* Most texts differ in the first byte that is looked at. */
static inline bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n &&
           (!prefix.n || (s.p[0] == prefix.p[0] && memcmp(s.p, prefix.p, prefix.n) == 0));
}
static inline bool str_ends(struct str s, struct str suffix)
{
    return s.n >= suffix.n &&
           (!suffix.n || (s.p[s.n - 1] == suffix.p[suffix.n - 1] &&
                          memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0));
}
/* Offset of the first (last) such byte, or STR_NONE. */
ptrdiff_t str_chr(struct str s, char c);
ptrdiff_t str_rchr(struct str s, char c);
ptrdiff_t str_find(struct str s, struct str what);
struct str str_trim(struct str s);                /* blanks, CR and LF at both ends */
struct str str_without_end(struct str s, char c); /* all of them at the end gone */
/* Cut *rest at the first `sep`: the part before; *rest keeps what is after it.
 * The whole of *rest when there is none. False once *rest was used up. */
bool str_cut(struct str *rest, char sep, struct str *part);
/* For a call that wants a C string: str_cstr, unless what str_dup or str_fmt has just made is at
 * hand, whose bytes end with a NUL. A str from elsewhere need not. */
const char *str_cstr(struct arena *a, struct str s);
struct str str_dup(struct arena *a, struct str s);
struct str str_fmt(struct arena *a, const char *fmt, ...) DFIX_PRINTF(2, 3);
struct str str_vfmt(struct arena *a, const char *fmt, va_list ap);
/* Three texts one behind the other: paths are made so often that reading a format shows. */
struct str str_join(struct arena *a, struct str x, struct str y, struct str z);
struct str str_lower(struct arena *a, struct str s);
uint64_t str_hash(struct str s);
/* One word after the other, blanks and line ends between them; false: no more. */
bool word_next(struct str *rest, struct str *word);
/* Is `word` one of the words? Byte by byte, and with ASCII case folded. */
bool words_have(struct str words, struct str word);
bool str_listed(struct str words, struct str word);
/* What the names of variables are made of (POSIX, XBD 3.235): an ASCII letter, a digit or `_`. */
static inline bool char_is_of_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
/* Such a name, which begins with no digit. */
bool str_is_name(struct str s);
/* Is the code these letters and a number: SC2086 of "SC"? Of a family that is NULL nothing is. */
bool code_is_of(struct str code, const char *family);
/* Byte by byte, of a list that stands in the code: one blank between its words. */
bool word_is_one_of(struct str s, const char *list);
/* The row of a table of n rows that begins with this name, whose bytes end with a NUL: so many
 * bytes a row, in the order of their names' bytes. NULL: none. */
const char *name_among(struct str name, const char *names, size_t width, size_t n);
struct str path_basename(struct str path);
struct str path_without_slash(struct str path); /* at its end; "/" stays */
struct str folder_around(struct str path);
/* Without `.`, `..` and doubled slashes, as far as the folder that it begins in is known. */
struct str path_clean(struct arena *a, struct str path);
/* Does the whole text fit a pattern of * (and of ?, any one byte, when `one`)? Linear in
 * practice: one star is tried again at a time. */
bool str_glob(struct str pattern, struct str text, bool one);
/* Does it fit one of the patterns, of which there are words? `*` is the only sign. */
bool globs_fit(struct str globs, struct str text);
/* fnmatch(3): *, ?, [a-z], and \ before what is meant as it is. */
enum { GLOB_FOLD = 1 /* ASCII case */, GLOB_PATH = 2 /* only a slash takes a slash */ };
bool glob_fits(struct str pattern, struct str text, unsigned how);
/* gitignore(5): `*`, `?` and `[...]` within a name, `**` over names. */
bool glob_fits_path(struct str pattern, struct str path);
/* The set, "[...]", at the front of *p: does it take `c`? *p moves past its bracket, unless it is
 * never closed. One of an unknown [:class:] refuses all. */
enum glob_set { GLOB_SET_OPEN, GLOB_SET_REFUSES, GLOB_SET_TAKES };
enum glob_set glob_set(struct str *p, char c, bool fold);
/* The known name that a mistyped one is meant to be; "" when none is near. */
struct str str_nearest(struct str name, const struct str *known, size_t n);

/* Growing bytes inside an arena. */
struct buf {
    struct arena *arena;
    char *p;
    size_t n, cap;
};
void buf_add(struct buf *b, struct str s);
void buf_char(struct buf *b, char c);
void buf_fmt(struct buf *b, const char *fmt, ...) DFIX_PRINTF(2, 3);
struct str buf_str(const struct buf *b);

/* A growing array inside an arena: VEC(struct x) xs = {0}; vec_push(a, &xs, v). */
#define VEC(T)                                                                                     \
    struct {                                                                                       \
        T *v;                                                                                      \
        size_t n, cap;                                                                             \
    }
#define vec_push(a, vec, ...)                                                                      \
    do {                                                                                           \
        if ((vec)->n == (vec)->cap)                                                                \
            (vec)->v = vec_grow((a), (vec)->v, &(vec)->cap, sizeof(*(vec)->v));                    \
        (vec)->v[(vec)->n++] = (__VA_ARGS__);                                                      \
    } while (0)
void *vec_grow(struct arena *a, void *v, size_t *cap, size_t size);

/* Where something stands among n things that are in order:
 *     struct bisect b = {.high = n};
 *     while (bisect_next(&b))
 *         bisect_take(&b, v[b.at] < key);
 * Then `low` is the first that is not before it, and n when all are. */
struct bisect {
    size_t low, high, at;
};
static inline bool bisect_next(struct bisect *b)
{
    b->at = b->low + (b->high - b->low) / 2;
    return b->low < b->high;
}
static inline void bisect_take(struct bisect *b, bool before)
{
    if (before)
        b->low = b->at + 1;
    else
        b->high = b->at;
}

/* Why the outside world (file, network, config) said no. Filled by the callee,
 * owned by the caller; a function with an `err` returns false when it set it.
 * The text says what, where, why and what to do; no final newline. */
struct err {
    char text[512];
};
/* err_set says why, and is false: `return err_set(e, format, ...)`. */
void err_write(struct err *e, const char *fmt, ...) DFIX_PRINTF(2, 3);
static inline bool err_false(void)
{
    return false;
}
#define err_set(...) (err_write(__VA_ARGS__), err_false())

#endif
