/* reference.c - image references, by the grammar of distribution/reference:
 *
 *   reference  = [domain "/"] path [":" tag] ["@" digest]
 *   domain     = host [":" port], host = names joined by dots, or "[" IPv6 "]"
 *   path       = component {"/" component}
 *   component  = alphanumerics {("." | "_" | "__" | "-"...) alphanumerics}, lower case
 *   tag        = a word character, then up to 127 of word characters, "." and "-"
 *   digest     = "sha256:" 64 hex digits, "sha384:" 96 or "sha512:" 128, lower case: other
 *                algorithms fit the grammar, but no client verifies them
 *
 * What stands before the first "/" is a domain when it has a dot, a colon or an upper case
 * letter, or is "localhost". */
#include "dfix/reference.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_alnum(char c)
{
    return is_digit(c) || is_lower(c) || is_upper(c);
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_host_name(struct str host)
{
    struct str label;
    size_t dots = 0, labels = 0;

    for (size_t i = 0; i < host.n; i++)
        dots += host.p[i] == '.';
    while (str_cut(&host, '.', &label)) {
        if (!label.n || !is_alnum(label.p[0]) || !is_alnum(label.p[label.n - 1]))
            return false;
        for (size_t i = 0; i < label.n; i++)
            if (!is_alnum(label.p[i]) && label.p[i] != '-')
                return false;
        labels++;
    }
    return labels == dots + 1;
}

static bool is_ipv6(struct str host)
{
    if (host.n < 3 || host.p[0] != '[' || host.p[host.n - 1] != ']')
        return false;
    for (size_t i = 1; i + 1 < host.n; i++)
        if (!is_hex(host.p[i]) && host.p[i] != ':')
            return false;
    return true;
}

static bool is_domain(struct str domain)
{
    ptrdiff_t colon = str_rchr(domain, ':');
    ptrdiff_t bracket = str_rchr(domain, ']');

    if (colon != STR_NONE && colon > bracket) {
        struct str port = str_from(domain, (size_t)colon + 1);
        if (!port.n)
            return false;
        for (size_t i = 0; i < port.n; i++)
            if (!is_digit(port.p[i]))
                return false;
        domain = str_sub(domain, 0, (size_t)colon);
    }
    return bracket == STR_NONE ? is_host_name(domain) : is_ipv6(domain);
}

static bool is_component(struct str c)
{
    size_t i = 0;

    while (true) {
        size_t from = i;
        while (i < c.n && (is_lower(c.p[i]) || is_digit(c.p[i])))
            i++;
        if (i == from)
            return false;
        if (i == c.n)
            return true;
        if (c.p[i] == '.') {
            i++;
        } else if (c.p[i] == '_') {
            i += i + 1 < c.n && c.p[i + 1] == '_' ? 2 : 1;
        } else if (c.p[i] == '-') {
            while (i < c.n && c.p[i] == '-')
                i++;
        } else {
            return false;
        }
    }
}

static bool is_path(struct str path)
{
    struct str component;

    if (!path.n || path.n > 255 || path.p[path.n - 1] == '/')
        return false;
    while (str_cut(&path, '/', &component))
        if (!is_component(component))
            return false;
    return true;
}

static bool is_word(char c)
{
    return is_alnum(c) || c == '_';
}

bool tag_valid(struct str tag)
{
    if (!tag.n || tag.n > 128 || !is_word(tag.p[0]))
        return false;
    for (size_t i = 1; i < tag.n; i++)
        if (!is_word(tag.p[i]) && tag.p[i] != '.' && tag.p[i] != '-')
            return false;
    return true;
}

static bool is_lower_hex(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_hex(s.p[i]) || is_upper(s.p[i]))
            return false;
    return true;
}

static bool is_digest(struct str digest)
{
    ptrdiff_t colon = str_chr(digest, ':');
    if (colon == STR_NONE)
        return false;
    struct str algorithm = str_sub(digest, 0, (size_t)colon);
    struct str hex = str_from(digest, (size_t)colon + 1);
    size_t digits = str_eq(algorithm, S("sha256"))   ? 64
                    : str_eq(algorithm, S("sha384")) ? 96
                    : str_eq(algorithm, S("sha512")) ? 128
                                                     : 0;
    return digits && hex.n == digits && is_lower_hex(hex);
}

/* An image's id cannot be told from a name: 64 hex digits alone are not one. */
static bool is_id(struct str text)
{
    return text.n == 64 && is_lower_hex(text);
}

static bool looks_like_domain(struct str first)
{
    if (str_eq(first, S("localhost")))
        return true;
    for (size_t i = 0; i < first.n; i++)
        if (first.p[i] == '.' || first.p[i] == ':' || is_upper(first.p[i]))
            return true;
    return false;
}

bool reference_parse(struct str text, struct reference *out)
{
    struct str name = text;
    ptrdiff_t at = str_chr(text, '@'), slash;

    *out = (struct reference){S(""), S(""), S(""), S("")};
    if (at != STR_NONE) {
        name = str_sub(text, 0, (size_t)at);
        out->digest = str_from(text, (size_t)at + 1);
        if (!is_digest(out->digest))
            return false;
    }
    ptrdiff_t colon = str_rchr(name, ':');
    if (colon != STR_NONE && colon > str_rchr(name, '/')) {
        out->tag = str_from(name, (size_t)colon + 1);
        if (!tag_valid(out->tag))
            return false;
        name = str_sub(name, 0, (size_t)colon);
    }
    out->path = name;
    slash = str_chr(name, '/');
    if (slash != STR_NONE && looks_like_domain(str_sub(name, 0, (size_t)slash))) {
        out->domain = str_sub(name, 0, (size_t)slash);
        out->path = str_from(name, (size_t)slash + 1);
        if (!is_domain(out->domain))
            return false;
    }
    return is_path(out->path) && !is_id(text);
}

struct str reference_name(struct arena *a, const struct reference *r)
{
    bool hub = !r->domain.n || str_eq(r->domain, S("docker.io")) ||
               str_eq(r->domain, S("index.docker.io"));
    bool library = hub && str_chr(r->path, '/') == STR_NONE;

    return str_join(a, hub ? S("docker.io") : r->domain, library ? S("/library/") : S("/"),
                    r->path);
}
