/* Picks, from a registry's list of tags, those that `latest` may be. */
#include "registry/tags.h"

#include <stdlib.h>

enum { NUMBERS_MAX = 6, DIGITS_MAX = 7 };

struct version {
    struct str tag;
    uint32_t number[NUMBERS_MAX];
    size_t n;
};

static bool version_of(struct str tag, struct version *v)
{
    struct str rest = tag, part;
    *v = (struct version){.tag = tag};
    if (str_starts(rest, S("v")))
        rest = str_from(rest, 1);
    if (!rest.n || str_ends(rest, S(".")))
        return false;
    while (str_cut(&rest, '.', &part)) {
        /* Eight digits are a date. */
        if (!part.n || part.n > DIGITS_MAX || v->n == NUMBERS_MAX)
            return false;
        for (size_t i = 0; i < part.n; i++) {
            if (part.p[i] < '0' || part.p[i] > '9')
                return false;
            v->number[v->n] = v->number[v->n] * 10 + (uint32_t)(part.p[i] - '0');
        }
        v->n++;
    }
    return true;
}

static int higher_first(const void *x, const void *y)
{
    const struct version *a = x, *b = y;
    for (size_t i = 0; i < a->n && i < b->n; i++)
        if (a->number[i] != b->number[i])
            return a->number[i] > b->number[i] ? -1 : 1;
    if (a->n != b->n)
        return a->n > b->n ? -1 : 1;
    return str_cmp(a->tag, b->tag);
}

size_t tags_candidates(struct arena *a, const struct tag_list *tags, struct str *out, size_t max)
{
    struct version *v = arena_new(a, struct version, tags->list.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < tags->list.n; i++)
        n += version_of(tags->list.v[i], &v[n]);
    qsort(v, n, sizeof *v, higher_first);
    if (n > max)
        n = max;
    for (size_t i = 0; i < n; i++)
        out[i] = v[i].tag;
    return n;
}

bool tag_more_specific(struct str x, struct str y)
{
    struct version a, b;
    if (!version_of(x, &a) || !version_of(y, &b))
        return false;
    return a.n != b.n ? a.n > b.n : higher_first(&a, &b) < 0;
}

/* Link = "<" URI ">" *( ";" parameter ); only the query of the URI is taken over. */
struct str tags_next(struct arena *a, struct str link, struct str path)
{
    ptrdiff_t open = str_chr(link, '<'), close = str_chr(link, '>');
    if (open == STR_NONE || close < open)
        return S("");
    struct str parameters = str_from(link, (size_t)close + 1);
    if (str_find(parameters, S("rel=\"next\"")) == STR_NONE &&
        str_find(parameters, S("rel=next")) == STR_NONE)
        return S("");
    struct str uri = str_sub(link, (size_t)open + 1, (size_t)close);
    ptrdiff_t query = str_chr(uri, '?');
    struct str page = str_fmt(a, "/v2/" STR_FMT "/tags/list", STR_ARG(path));
    if (query == STR_NONE || !str_ends(str_sub(uri, 0, (size_t)query), page))
        return S("");
    for (size_t i = (size_t)query; i < uri.n; i++)
        if ((unsigned char)uri.p[i] <= ' ' || (unsigned char)uri.p[i] >= 127 || uri.p[i] == '#')
            return S("");
    return str_fmt(a, "tags/list" STR_FMT, STR_ARG(str_from(uri, (size_t)query)));
}
