/* purl.c - package URLs: pkg:TYPE/NAMESPACE/NAME@VERSION?QUALIFIERS#SUBPATH */
#include "accept/purl.h"

#include "dfix/coding.h"

static struct str cut_end(struct str *s, char sign)
{
    ptrdiff_t at = str_rchr(*s, sign);
    struct str end = at == STR_NONE ? S("") : str_from(*s, (size_t)at + 1);

    if (at != STR_NONE)
        *s = str_sub(*s, 0, (size_t)at);
    return end;
}

bool purl_parse(struct arena *a, struct str text, struct purl *out)
{
    struct str none = S(""), pair, key;

    *out = (struct purl){none, none, none, none, none};
    if (!str_starts(text, S("pkg:")))
        return false;
    text = str_from(text, 4);
    cut_end(&text, '#');
    struct str qualifiers = cut_end(&text, '?');
    while (qualifiers.n && str_cut(&qualifiers, '&', &pair))
        if (str_cut(&pair, '=', &key) && str_eq(key, S("repository_url")))
            out->repository = percent_decode(a, pair);
    ptrdiff_t at = str_rchr(text, '@');
    if (at != STR_NONE && at > str_rchr(text, '/'))
        out->version = percent_decode(a, cut_end(&text, '@'));
    ptrdiff_t slash = str_chr(text, '/');
    if (slash == STR_NONE)
        return false;
    out->type = str_lower(a, str_sub(text, 0, (size_t)slash));
    text = str_from(text, (size_t)slash + 1);
    bool spaced = str_rchr(text, '/') != STR_NONE;
    out->name = percent_decode(a, spaced ? cut_end(&text, '/') : text);
    out->space = percent_decode(a, spaced ? text : none);
    return out->name.n > 0;
}

/* What is no letter, digit or one of these is written as its number. */
static void add_coded(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     (c && strchr("-._~", c));
        if (plain)
            buf_char(b, c);
        else
            buf_fmt(b, "%%%02X", (unsigned char)c);
    }
}

struct str purl_of_image(struct arena *a, struct str image)
{
    struct buf b = {.arena = a};
    struct str rest = image;
    ptrdiff_t digest = str_find(image, S("@sha256:"));

    if (digest != STR_NONE)
        rest = str_sub(image, 0, (size_t)digest);
    buf_add(&b, S("pkg:oci/"));
    add_coded(&b, str_lower(a, path_basename(rest)));
    if (digest != STR_NONE) {
        buf_char(&b, '@');
        add_coded(&b, str_from(image, (size_t)digest + 1));
    }
    buf_add(&b, S("?repository_url="));
    add_coded(&b, rest);
    return buf_str(&b);
}

struct str purl_of_package(struct arena *a, struct str name, struct str version)
{
    struct buf b = {.arena = a};

    buf_add(&b, S("pkg:generic/"));
    add_coded(&b, name);
    if (version.n) {
        buf_char(&b, '@');
        add_coded(&b, version);
    }
    return buf_str(&b);
}
