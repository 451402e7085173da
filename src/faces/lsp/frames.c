/* The frames of the protocol. What is broken is stepped over up to where a header may begin. */
#include "faces/lsp/frames.h"

#include <stdlib.h>

char *frames_room(struct frames *f, size_t want)
{
    if (f->at) {
        memmove(f->p, f->p + f->at, f->n - f->at);
        f->n -= f->at;
        f->at = 0;
    }
    if (f->n + want > f->cap) {
        f->cap = f->n + want > 2 * f->cap ? f->n + want : 2 * f->cap;
        f->p = realloc(f->p, f->cap);
        if (!f->p)
            abort();
    }
    return f->p + f->n;
}

void frames_came(struct frames *f, size_t n)
{
    f->n += n;
}

void frames_close(struct frames *f)
{
    free(f->p);
    *f = (struct frames){0};
}

static bool read_length(struct str value, size_t *out)
{
    value = str_trim(value);
    *out = 0;
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] < '0' || value.p[i] > '9' || value.n > 15)
            return false;
        *out = *out * 10 + (size_t)(value.p[i] - '0');
    }
    return value.n > 0;
}

/* Header lines up to the empty one. False: they name no length. */
static bool read_headers(struct str headers, size_t *length)
{
    struct str line;
    bool found = false;

    while (str_cut(&headers, '\n', &line)) {
        struct str name = S("");
        line = str_trim(line);
        if (!line.n)
            continue;
        if (str_chr(line, ':') == STR_NONE)
            return false;
        str_cut(&line, ':', &name);
        if (str_ieq(str_trim(name), S("Content-Length"))) {
            if (!read_length(line, length))
                return false;
            found = true;
        }
    }
    return found;
}

/* Where the headers end, behind the empty line; 0: not yet. */
static size_t headers_end(struct str s)
{
    for (size_t i = 0; i + 1 < s.n; i++) {
        if (s.p[i] == '\n' && s.p[i + 1] == '\n')
            return i + 2;
        if (s.p[i] == '\n' && i + 2 < s.n && s.p[i + 1] == '\r' && s.p[i + 2] == '\n')
            return i + 3;
    }
    return 0;
}

/* How much is stepped over: up to a header inside of it, or all of these headers. */
static size_t broken_length(struct str s, size_t end)
{
    struct str rest = str_from(s, 1);
    ptrdiff_t at = str_find(end ? str_sub(rest, 0, end - 1) : rest, S("Content-Length:"));

    if (at != STR_NONE)
        return (size_t)at + 1;
    return end ? end : s.n - 15; /* the beginning of one may be there already */
}

static bool skip_body(struct frames *f)
{
    size_t have = f->n - f->at, n = f->skip < have ? f->skip : have;

    f->at += n;
    f->skip -= n;
    return !f->skip;
}

enum frame frames_next(struct frames *f, struct str *body)
{
    struct str s;
    size_t length = 0;

    if (f->skip && !skip_body(f))
        return FRAME_NONE;
    s = (struct str){f->p ? f->p + f->at : "", f->n - f->at};
    size_t end = headers_end(str_sub(s, 0, s.n < FRAME_HEADER_MAX ? s.n : FRAME_HEADER_MAX));
    if (!end && s.n < FRAME_HEADER_MAX)
        return FRAME_NONE;
    if (!end || !read_headers(str_sub(s, 0, end), &length)) {
        f->at += broken_length(s, end);
        return FRAME_BROKEN;
    }
    if (length > FRAME_MAX) {
        f->at += end;
        f->skip = length;
        return FRAME_BROKEN;
    }
    if (s.n - end < length)
        return FRAME_NONE;
    *body = str_sub(s, end, end + length);
    f->at += end + length;
    return FRAME_WHOLE;
}
