/* archives.c - where Debian and Ubuntu keep their packages, and what their official images have in
 * apt's source list. Sources: debian.org/mirror/list, the images themselves (debuerreotype's and
 * Canonical's builds). */
#include "dfix/facts.h"
#include "dfix/url.h"
#include "dfix/version.h"

/* Debian's archive has many names below its own domain, and which of them an image has in its list
 * has changed over the years: the lists below have this one. */
#define DEBIAN_HOST "ftp.debian.org"

static bool is_below(struct str host, struct str domain)
{
    return host.n > domain.n && str_ieq(str_from(host, host.n - domain.n), domain);
}

/* "de.archive.ubuntu.com" */
static bool is_of_a_country(struct str host, struct str end)
{
    return str_ends(host, end) && (host.n - end.n == 2 || host.n - end.n == 3);
}

bool archive_is_official(struct str distro, struct str uri)
{
    struct url u = url_cut(uri);
    struct str host = u.host, rest = str_without_end(u.path, '/');

    if (!url_is_http(uri))
        return false;
    if (str_starts(rest, S("/")))
        rest = str_from(rest, 1);
    if (str_eq(distro, S("debian")))
        return (is_below(host, S(".debian.org")) || str_ieq(host, S("http.debian.net"))) &&
               (str_ieq(rest, S("debian")) || str_ieq(rest, S("debian-security")) ||
                (!rest.n && str_ieq(host, S("security.debian.org"))));
    return str_eq(distro, S("ubuntu")) &&
           (str_listed(S("archive.ubuntu.com security.ubuntu.com ports.ubuntu.com "
                         "old-releases.ubuntu.com"),
                       host) ||
            is_of_a_country(host, S(".archive.ubuntu.com"))) &&
           str_listed(S("ubuntu ubuntu-ports"), rest);
}

static bool is_before(const struct release *r, const char *version)
{
    return deb_valid(r->version) && deb_compare(r->version, str_of(version)) < 0;
}

struct str release_pocket(struct arena *a, const struct release *r, enum pocket pocket)
{
    static const char *const ends[] = {"", "-updates", "-security", "-backports"};
    bool old = str_eq(r->distro, S("debian")) && is_before(r, "11");

    return str_fmt(a, STR_FMT "%s", STR_ARG(r->codename),
                   old && pocket == POCKET_SECURITY ? "/updates" : ends[pocket]);
}

static void add_debian(struct buf *b, const struct release *r, bool deb822)
{
    struct arena *a = b->arena;
    struct str name = r->codename, security = release_pocket(a, r, POCKET_SECURITY);
    bool sid = str_eq(name, S("sid"));

    if (!deb822) {
        buf_fmt(b, "deb http://" DEBIAN_HOST "/debian " STR_FMT " main\n", STR_ARG(name));
        if (!sid)
            buf_fmt(b,
                    "deb http://%s/debian-security " STR_FMT " main\n"
                    "deb http://" DEBIAN_HOST "/debian " STR_FMT "-updates main\n",
                    is_before(r, "11") ? "security.debian.org" : DEBIAN_HOST, STR_ARG(security),
                    STR_ARG(name));
        return;
    }
    static const char tail[] = "Components: main\n"
                               "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n";
    buf_fmt(b, "Types: deb\nURIs: http://" DEBIAN_HOST "/debian\nSuites: " STR_FMT, STR_ARG(name));
    if (!sid)
        buf_fmt(b, " " STR_FMT "-updates", STR_ARG(name));
    buf_fmt(b, "\n%s", tail);
    if (!sid)
        buf_fmt(b,
                "\nTypes: deb\nURIs: http://" DEBIAN_HOST "/debian-security\n"
                "Suites: " STR_FMT "\n%s",
                STR_ARG(security), tail);
}

static void add_ubuntu(struct buf *b, struct str name, bool deb822)
{
    static const char *const groups[] = {"main restricted", "universe", "multiverse"};
    static const char tail[] = "Components: main universe restricted multiverse\n"
                               "Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg\n";

    if (deb822) {
        buf_fmt(b,
                "Types: deb\nURIs: http://archive.ubuntu.com/ubuntu/\n"
                "Suites: " STR_FMT " " STR_FMT "-updates " STR_FMT "-backports\n%s"
                "\nTypes: deb\nURIs: http://security.ubuntu.com/ubuntu/\n"
                "Suites: " STR_FMT "-security\n%s",
                STR_ARG(name), STR_ARG(name), STR_ARG(name), tail, STR_ARG(name), tail);
        return;
    }
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        buf_fmt(b,
                "deb http://archive.ubuntu.com/ubuntu/ " STR_FMT " %s\n"
                "deb http://archive.ubuntu.com/ubuntu/ " STR_FMT "-updates %s\n"
                "deb http://security.ubuntu.com/ubuntu/ " STR_FMT "-security %s\n",
                STR_ARG(name), groups[i], STR_ARG(name), groups[i], STR_ARG(name), groups[i]);
    buf_fmt(b,
            "deb http://archive.ubuntu.com/ubuntu/ " STR_FMT
            "-backports main restricted universe multiverse\n",
            STR_ARG(name));
}

static bool is_number(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n > 0 && s.n <= 3;
}

struct str alpine_branch(struct arena *a, const struct release *r)
{
    struct str rest = r->version, major = S(""), minor = S("");

    if (!str_eq(r->distro, S("alpine")))
        return S("");
    if (str_eq(r->version, S("edge")))
        return r->version;
    str_cut(&rest, '.', &major);
    str_cut(&rest, '.', &minor);
    if (!is_number(major) || !is_number(minor))
        return S("");
    return str_fmt(a, "v" STR_FMT "." STR_FMT, STR_ARG(major), STR_ARG(minor));
}

static bool alpine_list(struct arena *a, const struct release *r, struct str *path,
                        struct str *text)
{
    static const char *const components[] = {"main", "community"};
    struct str branch = alpine_branch(a, r);
    struct buf b = {.arena = a};

    for (size_t i = 0; i < (is_before(r, "3.3") ? 1 : 2); i++)
        buf_fmt(&b, "%s://dl-cdn.alpinelinux.org/alpine/" STR_FMT "/%s\n",
                is_before(r, "3.13") ? "http" : "https", STR_ARG(branch), components[i]);
    *path = S("/etc/apk/repositories");
    *text = buf_str(&b);
    return branch.n > 0;
}

bool release_list(struct arena *a, const struct release *r, struct str *path, struct str *text)
{
    struct buf b = {.arena = a};
    bool debian = str_eq(r->distro, S("debian"));
    bool deb822 = !is_before(r, debian ? "12" : "24.04"); /* sid's version is no number: newer */

    if (str_eq(r->distro, S("alpine")))
        return alpine_list(a, r, path, text);
    if (!r->codename.n || (!debian && !str_eq(r->distro, S("ubuntu"))))
        return false;
    if (debian)
        add_debian(&b, r, deb822);
    else
        add_ubuntu(&b, r->codename, deb822);
    *path = deb822 ? str_fmt(a, "/etc/apt/sources.list.d/" STR_FMT ".sources", STR_ARG(r->distro))
                   : S("/etc/apt/sources.list");
    *text = buf_str(&b);
    return true;
}

/* The first name of Debian's archive in `s`; "" none. Those of the security archive and of the
 * dated one lead elsewhere. */
static struct str debian_name(struct str s)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
    struct str domain = S(".debian.org");
    ptrdiff_t found;

    for (size_t at = 0; (found = str_find(str_from(s, at), domain)) != STR_NONE; at += domain.n) {
        size_t start = at += (size_t)found;
        while (start > 0 && str_chr(str_of(letters), s.p[start - 1]) != STR_NONE)
            start--;
        struct str label = str_sub(s, start, at);
        if (label.n && !str_eq(label, S("security")) && !str_eq(label, S("snapshot")))
            return str_sub(s, start, at + domain.n);
    }
    return S("");
}

struct str release_list_named(struct arena *a, struct str list, struct str names)
{
    struct buf plain = {.arena = a}, out = {.arena = a};
    struct str old = S("//" DEBIAN_HOST "/");
    ptrdiff_t at = str_find(list, old);

    for (size_t i = 0; at != STR_NONE && i < names.n; i++)
        if (names.p[i] != '\\') /* of a pattern */
            buf_char(&plain, names.p[i]);
    struct str name = debian_name(buf_str(&plain));
    if (!name.n)
        return list;
    for (; at != STR_NONE; at = str_find(list, old)) {
        buf_fmt(&out, STR_FMT "//" STR_FMT "/", (int)at, list.p, STR_ARG(name));
        list = str_from(list, (size_t)at + old.n);
    }
    buf_add(&out, list);
    return buf_str(&out);
}
