/* url.c - the parts of a URL. Where the host ends is judged as those judge who connect to it: what
 * follows a `?` or `#` is no login, so http://one?@two/ is on the host `one`. */
#include "dfix/url.h"

static bool ends_host(char c)
{
    return c == '/' || c == '?' || c == '#';
}

/* Bytes before the "://" that ends the scheme; STR_NONE: there is none. */
static ptrdiff_t scheme_end(struct str text)
{
    ptrdiff_t end = str_find(text, S("://"));

    for (ptrdiff_t i = 0; i < end; i++)
        if (ends_host(text.p[i]) || text.p[i] == '@')
            return STR_NONE;
    return end;
}

struct url url_cut(struct str text)
{
    struct url u = {.scheme = S(""), .login = S("")};
    ptrdiff_t end = scheme_end(text), at;
    struct str rest = text;
    size_t n = 0;

    if (end != STR_NONE) {
        u.scheme = str_sub(text, 0, (size_t)end);
        rest = str_from(text, (size_t)end + 3);
    }
    while (n < rest.n && !ends_host(rest.p[n]))
        n++;
    at = str_rchr(str_sub(rest, 0, n), '@');
    if (at != STR_NONE)
        u.login = str_sub(rest, 0, (size_t)at);
    u.place = str_from(rest, (size_t)(at + 1));
    u.host = str_sub(u.place, 0, n - (size_t)(at + 1));
    u.path = str_from(rest, n);
    return u;
}

struct str url_without_login(struct arena *a, struct str text)
{
    if (str_chr(text, '@') == STR_NONE)
        return text;
    struct str place = url_cut(text).place;
    ptrdiff_t end = scheme_end(text);
    struct str scheme = str_sub(text, 0, end == STR_NONE ? 0 : (size_t)end + 3);

    if (scheme.n + place.n == text.n)
        return text;
    return str_fmt(a, STR_FMT STR_FMT, STR_ARG(scheme), STR_ARG(place));
}

bool url_is_http(struct str text)
{
    return str_starts(text, S("http://")) || str_starts(text, S("https://"));
}
