/* Arenas, strings, growing buffers and vectors: what every other file stands on. */
#include "dfix/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sanitized.h"

#if SANITIZED
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n)   ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

enum { BLOCK = 32 * 1024, GAP = 16 }; /* GAP: poisoned bytes between two allocations */

struct block {
    struct block *next;
    size_t used, cap;
    char *data; /* behind this */
};

struct arena {
    struct block *head;
    struct budget *budget;                  /* NULL: none */
    struct arena *around;                   /* that it is within; NULL: none */
    struct arena *inner, *next, **previous; /* those within it; its place among such */
    struct block first;                     /* in the same allocation */
};

enum { FAILED = 2 }; /* the status of a run that could not do its work */

void budget_leave(struct budget *b, const char *why)
{
    b->why = why;
    longjmp(b->leave, 1);
}

/* `b`: the budget of who asked for memory; NULL: none. */
static void *must(struct budget *b, void *p)
{
    if (!p && b)
        budget_leave(b, "memory");
    if (!p) {
        fputs("dfix: out of memory\n", stderr);
        _Exit(FAILED);
    }
    return p;
}

static void check_time(struct budget *b)
{
    if (b->clock && b->clock() > b->deadline)
        budget_leave(b, "time");
}

static void spend(struct budget *b, size_t bytes)
{
    if (!b)
        return;
    if (bytes > b->memory)
        budget_leave(b, "memory");
    b->memory -= bytes;
    if (bytes > BLOCK) /* the clock is dear, and files open arenas of one block */
        check_time(b);
}

void arena_tick(struct arena *a)
{
    enum { EVERY = 256 };

    if (a->budget && ++a->budget->ticks % EVERY == 0)
        check_time(a->budget);
}

/* What stands before the bytes of a block, whose address is aligned. */
static size_t header(size_t n)
{
    return (n + _Alignof(max_align_t) - 1) / _Alignof(max_align_t) * _Alignof(max_align_t);
}

static void block_init(struct block *b, struct block *next, void *data, size_t cap)
{
    *b = (struct block){.next = next, .cap = cap, .data = data};
    ASAN_POISON_MEMORY_REGION(b->data, cap);
}

static struct arena *open_arena(struct budget *budget, size_t cap)
{
    size_t head = header(sizeof(struct arena));
    struct arena *a;

    spend(budget, cap);
    a = must(budget, malloc(head + cap));
    *a = (struct arena){.head = &a->first, .budget = budget};
    block_init(&a->first, NULL, (char *)a + head, cap);
    return a;
}

struct arena *arena_open(void)
{
    return open_arena(NULL, BLOCK);
}

struct arena *arena_open_small(size_t bytes)
{
    return open_arena(NULL, bytes);
}

struct arena *arena_within(struct arena *around)
{
    struct arena *a = open_arena(around->budget, BLOCK);

    a->around = around;
    a->next = around->inner;
    a->previous = &around->inner;
    if (a->next)
        a->next->previous = &a->next;
    around->inner = a;
    return a;
}

void arena_limit(struct arena *a, struct budget *b)
{
    a->budget = b;
}

static void block_free(struct arena *a, struct block *b)
{
    if (a->budget)
        a->budget->memory += b->cap;
    ASAN_UNPOISON_MEMORY_REGION(b->data, b->cap);
    free(b);
}

void arena_close(struct arena *a)
{
    for (struct arena *inner = a->inner, *next; inner; inner = next) {
        next = inner->next;
        arena_close(inner);
    }
    if (a->around) {
        *a->previous = a->next;
        if (a->next)
            a->next->previous = a->previous;
        if (a->budget)
            a->budget->memory += BLOCK;
    }
    while (a->head != &a->first) {
        struct block *b = a->head;
        a->head = b->next;
        block_free(a, b);
    }
    ASAN_UNPOISON_MEMORY_REGION(a->first.data, a->first.cap);
    free(a);
}

size_t arena_held(const struct arena *a)
{
    size_t n = 0;

    for (const struct block *b = a->head; b; b = b->next)
        n += b->cap;
    return n;
}

/* Kept out of arena_room, which hardly ever needs it. */
static __attribute__((noinline)) struct block *block_new(struct arena *a, size_t need)
{
    /* Doubling keeps the number of blocks logarithmic in what is asked for. */
    size_t cap = a->head->cap * 2, head = header(sizeof(struct block));
    if (cap > 64 * BLOCK)
        cap = 64 * BLOCK;
    if (cap < need)
        cap = need;
    spend(a->budget, cap);
    struct block *b = must(a->budget, malloc(head + cap));
    block_init(b, a->head, (char *)b + head, cap);
    a->head = b;
    return b;
}

/* Bytes that n things take. */
static inline size_t room_of(const struct arena *a, size_t n, size_t size)
{
    enum { ALIGN = _Alignof(max_align_t), FEW = 1 << 20 };
    if ((n > FEW || size > FEW) && size && n > (SIZE_MAX / 4) / size)
        must(a->budget, NULL);
    size_t need = (n * size + ALIGN - 1) / ALIGN * ALIGN;
#if SANITIZED
    need += GAP;
#endif
    return need;
}

void *arena_room(struct arena *a, size_t n, size_t size)
{
    size_t need = room_of(a, n, size);
    struct block *b = a->head;
    if (b->cap - b->used < need)
        b = block_new(a, need);
    void *p = b->data + b->used;
    b->used += need;
    ASAN_UNPOISON_MEMORY_REGION(p, n * size);
    return p;
}

void arena_trim(struct arena *a, void *p, size_t keep, size_t n, size_t size)
{
    struct block *b = a->head;
    if ((char *)p + room_of(a, n, size) != b->data + b->used)
        return; /* something else was allocated after it */
    b->used -= room_of(a, n, size) - room_of(a, keep, size);
    ASAN_POISON_MEMORY_REGION((char *)p + keep * size, (n - keep) * size);
}

void *arena_alloc(struct arena *a, size_t n, size_t size)
{
    void *p = arena_room(a, n, size);
    if (n > 0 && size > 0)
        memset(p, 0, n * size);
    return p;
}

void *arena_copy(struct arena *a, const void *from, size_t n, size_t size)
{
    void *p = arena_room(a, n, size);
    if (n > 0 && size > 0)
        memcpy(p, from, n * size);
    return p;
}

void *arena_enlarge(struct arena *a, void *p, size_t n, size_t *cap, size_t need, size_t size)
{
    *cap = need < 8 ? 8 : need * 2;
    void *bigger = arena_room(a, *cap, size);
    if (n > 0)
        memcpy(bigger, p, n * size);
    return bigger;
}

struct arena_mark arena_mark(struct arena *a)
{
    return (struct arena_mark){a->head, a->head->used};
}

void arena_rewind(struct arena *a, struct arena_mark m)
{
    while (a->head != m.block) {
        struct block *b = a->head;
        a->head = b->next;
        block_free(a, b);
    }
    ASAN_POISON_MEMORY_REGION(a->head->data + m.used, a->head->used - m.used);
    a->head->used = m.used;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool str_ieq_folded(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i] && lower(a[i]) != lower(b[i]))
            return false;
    return true;
}

int str_cmp(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

ptrdiff_t str_chr(struct str s, char c)
{
    const char *p = s.n ? memchr(s.p, c, s.n) : NULL;
    return p ? p - s.p : STR_NONE;
}

ptrdiff_t str_rchr(struct str s, char c)
{
    const char *p = s.n ? memrchr(s.p, c, s.n) : NULL;
    return p ? p - s.p : STR_NONE;
}

/* Which byte of it is looked for: in a long text one that stands in few words. */
static size_t sign_of(struct str what, size_t text)
{
    enum { SHORT = 32 };
    static const unsigned char often[256] = {
        [' '] = 9, ['e'] = 9, ['a'] = 9, ['t'] = 9, ['s'] = 9, ['o'] = 9, ['i'] = 9, ['n'] = 9,
        ['r'] = 9, ['l'] = 8, ['-'] = 8, ['p'] = 8, ['c'] = 8, ['d'] = 8, ['/'] = 8, ['u'] = 7,
        ['m'] = 7, ['.'] = 7, ['g'] = 6, ['b'] = 6, ['h'] = 6, ['f'] = 5, ['v'] = 5, ['y'] = 5,
        ['w'] = 4, ['k'] = 4, ['x'] = 4, ['1'] = 4, ['2'] = 4, ['0'] = 4, ['E'] = 3, ['A'] = 3};
    size_t best = 0;

    for (size_t i = 1; i < what.n && text > SHORT && often[(unsigned char)what.p[best]]; i++)
        if (often[(unsigned char)what.p[i]] < often[(unsigned char)what.p[best]])
            best = i;
    return best;
}

ptrdiff_t str_find(struct str s, struct str what)
{
    if (!what.n)
        return 0;
    if (s.n < what.n)
        return STR_NONE;
    size_t sign = sign_of(what, s.n), last = s.n - what.n;
    for (size_t at = 0; at <= last; at++) {
        const char *p = memchr(s.p + at + sign, what.p[sign], last - at + 1);
        if (!p)
            return STR_NONE;
        at = (size_t)(p - s.p) - sign;
        if (s.p[at] == what.p[0] && memcmp(s.p + at, what.p, what.n) == 0)
            return (ptrdiff_t)at;
    }
    return STR_NONE;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
    while (s.n && is_space(s.p[0]))
        s = str_from(s, 1);
    while (s.n && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

struct str str_without_end(struct str s, char c)
{
    while (s.n && s.p[s.n - 1] == c)
        s.n--;
    return s;
}

bool str_cut(struct str *rest, char sep, struct str *part)
{
    if (!rest->n)
        return false;
    ptrdiff_t at = str_chr(*rest, sep);
    if (at == STR_NONE) {
        *part = *rest;
        *rest = str_from(*rest, rest->n);
    } else {
        *part = str_sub(*rest, 0, (size_t)at);
        *rest = str_from(*rest, (size_t)at + 1);
    }
    return true;
}

struct str str_dup(struct arena *a, struct str s)
{
    char *p = arena_room(a, s.n + 1, 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = 0;
    return (struct str){p, s.n};
}

const char *str_cstr(struct arena *a, struct str s)
{
    return str_dup(a, s).p;
}

/* The digits of a number, written to the end of `room`. */
static struct str digits_of(unsigned long long n, unsigned base, bool negative, char room[24])
{
    size_t at = 24;
    do
        room[--at] = "0123456789abcdef"[n % base];
    while (n /= base);
    if (negative)
        room[--at] = '-';
    return (struct str){room + at, 24 - at};
}

/* What one conversion of a format stands for: %s %.*s %c %d %u %x %zu %%. False: it is another one.
 * `*fmt` is behind the '%', and goes behind the conversion. */
static bool convert(const char **fmt, va_list *ap, char room[24], struct str *out)
{
    const char *f = *fmt;
    int n = 0;
    switch (*f) {
    case '.':
        if (f[1] != '*' || f[2] != 's')
            return false;
        n = va_arg(*ap, int);
        if (n < 0)
            return false;
        *out = (struct str){va_arg(*ap, const char *), (size_t)n};
        const char *end = n ? memchr(out->p, 0, out->n) : NULL;
        if (end)
            out->n = (size_t)(end - out->p);
        f += 2;
        break;
    case 's':
        out->p = va_arg(*ap, const char *);
        if (!out->p)
            return false;
        out->n = strlen(out->p);
        break;
    case 'c':
        room[0] = (char)va_arg(*ap, int);
        *out = (struct str){room, 1};
        break;
    case 'd':
        n = va_arg(*ap, int);
        *out = digits_of(n < 0 ? -(unsigned long long)n : (unsigned long long)n, 10, n < 0, room);
        break;
    case 'u':
    case 'x':
        *out = digits_of(va_arg(*ap, unsigned), *f == 'u' ? 10 : 16, false, room);
        break;
    case 'z':
        if (*++f != 'u')
            return false;
        *out = digits_of(va_arg(*ap, size_t), 10, false, room);
        break;
    case '%':
        *out = S("%");
        break;
    default:
        return false;
    }
    *fmt = f + 1;
    return true;
}

/* Most texts are put together from others, for which printf does ten times the work. Writes what
 * there is room for; *n is the length of the whole. False: the format asks for more. */
static bool plain_fmt(char *out, size_t cap, size_t *n, const char *fmt, va_list *ap)
{
    char room[24];
    size_t at = 0;
    while (*fmt) {
        struct str s = {fmt, 0};
        for (size_t few = 8; few && *fmt && *fmt != '%'; few--)
            fmt++;
        if (*fmt && *fmt != '%')
            fmt = strchrnul(fmt, '%');
        s.n = (size_t)(fmt - s.p);
        if (!s.n) {
            fmt++;
            if (!convert(&fmt, ap, room, &s))
                return false;
        }
        if (s.n && at <= cap && s.n <= cap - at)
            memcpy(out + at, s.p, s.n);
        at += s.n;
    }
    *n = at;
    return true;
}

struct str str_vfmt(struct arena *a, const char *fmt, va_list ap)
{
    va_list measured, again;
    char most[256];
    size_t n;
    va_copy(measured, ap);
    va_copy(again, ap);
    bool plain = plain_fmt(most, sizeof most, &n, fmt, &measured);
    if (!plain)
        n = (size_t)vsnprintf(NULL, 0, fmt, ap);
    char *p = arena_room(a, n + 1, 1);
    if (plain && n <= sizeof most)
        memcpy(p, most, n);
    else if (plain)
        plain_fmt(p, n, &n, fmt, &again);
    else
        vsnprintf(p, n + 1, fmt, again);
    p[n] = 0;
    va_end(measured);
    va_end(again);
    return (struct str){p, n};
}

struct str str_fmt(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    struct str s = str_vfmt(a, fmt, ap);
    va_end(ap);
    return s;
}

struct str str_join(struct arena *a, struct str x, struct str y, struct str z)
{
    struct str part[] = {x, y, z};
    char *p = arena_room(a, x.n + y.n + z.n + 1, 1), *end = p;
    for (size_t i = 0; i < 3; i++) {
        if (part[i].n)
            memcpy(end, part[i].p, part[i].n);
        end += part[i].n;
    }
    *end = 0;
    return (struct str){p, (size_t)(end - p)};
}

struct str str_lower(struct arena *a, struct str s)
{
    char *p = arena_new(a, char, s.n + 1);
    for (size_t i = 0; i < s.n; i++)
        p[i] = lower(s.p[i]);
    return (struct str){p, s.n};
}

/* FNV-1a, 64 bits. */
uint64_t str_hash(struct str s)
{
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 1099511628211u;
    return h;
}

void buf_add(struct buf *b, struct str s)
{
    if (b->cap - b->n < s.n) {
        size_t cap = (b->cap + s.n) * 2;
        char *p = arena_room(b->arena, cap, 1);
        if (b->n)
            memcpy(p, b->p, b->n);
        b->p = p;
        b->cap = cap;
    }
    if (s.n)
        memcpy(b->p + b->n, s.p, s.n);
    b->n += s.n;
}

void buf_char(struct buf *b, char c)
{
    if (b->n < b->cap)
        b->p[b->n++] = c;
    else
        buf_add(b, (struct str){&c, 1});
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    buf_add(b, str_vfmt(b->arena, fmt, ap));
    va_end(ap);
}

struct str buf_str(const struct buf *b)
{
    return b->n ? (struct str){b->p, b->n} : S("");
}

void *vec_grow(struct arena *a, void *v, size_t *cap, size_t size)
{
    return arena_enlarge(a, v, *cap, cap, *cap + 1, size);
}

void err_write(struct err *e, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(e->text, sizeof(e->text), fmt, ap);
    va_end(ap);
}
