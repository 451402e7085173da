/* deb.c - Debian's versions: Policy 5.6.12, deb-version(7), and what apt makes
 * of `pkg=PATTERN`. */
#include "dfix/version.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

struct deb_version deb_split(struct str v)
{
    struct deb_version out = {S(""), v, S("")};
    ptrdiff_t at = str_chr(v, ':');
    if (at != STR_NONE) {
        out.epoch = str_sub(v, 0, (size_t)at);
        out.upstream = str_from(v, (size_t)at + 1);
    }
    at = str_rchr(out.upstream, '-');
    if (at != STR_NONE) {
        out.revision = str_from(out.upstream, (size_t)at + 1);
        out.upstream = str_sub(out.upstream, 0, (size_t)at);
    }
    return out;
}

/* dpkg keeps the epoch in an int. */
static bool epoch_valid(struct str epoch)
{
    int64_t value = 0;
    for (size_t i = 0; i < epoch.n; i++) {
        if (!is_digit(epoch.p[i]))
            return false;
        value = value * 10 + (epoch.p[i] - '0');
        if (value > INT32_MAX)
            return false;
    }
    return epoch.n > 0;
}

static bool made_of(struct str s, const char *punctuation)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_digit(s.p[i]) && !is_alpha(s.p[i]) &&
            str_chr(str_of(punctuation), s.p[i]) == STR_NONE)
            return false;
    return true;
}

/* Updates of a stable release are named so: Debian's developer reference 5.8.5.4, and Ubuntu's
 * security team's page on versions. What keeps its upstream version is X-R+debNuM instead. */
static bool is_new_in_stable(struct str revision)
{
    return str_find(revision, S("~deb")) != STR_NONE || str_starts(revision, S("0+deb")) ||
           (str_starts(revision, S("0ubuntu0.")) &&
            str_chr(str_from(revision, 9), '.') != STR_NONE);
}

bool deb_outgrows(struct str version)
{
    struct deb_version v = deb_split(version);
    size_t dots = 0;

    for (size_t i = 0; i < v.upstream.n && (is_digit(v.upstream.p[i]) || v.upstream.p[i] == '.');
         i++)
        dots += v.upstream.p[i] == '.';
    return dots < 2 && is_new_in_stable(v.revision);
}

bool deb_valid(struct str version)
{
    bool has_epoch = str_chr(version, ':') != STR_NONE;
    bool has_revision = str_rchr(version, '-') != STR_NONE;
    struct deb_version v = deb_split(version);
    if (has_epoch && !epoch_valid(v.epoch))
        return false;
    if (has_revision && !v.revision.n)
        return false;
    return v.upstream.n && is_digit(v.upstream.p[0]) &&
           made_of(v.upstream, has_epoch ? ".+-~:" : ".+-~") && made_of(v.revision, ".+~");
}

/* ~ before the end, the end before letters, letters before all else. */
static int weight(struct str s, size_t i)
{
    if (i >= s.n || is_digit(s.p[i]))
        return 0;
    if (s.p[i] == '~')
        return -1;
    return is_alpha(s.p[i]) ? (unsigned char)s.p[i] : (unsigned char)s.p[i] + 256;
}

static size_t digits(struct str s, size_t from)
{
    size_t end = from;
    while (end < s.n && is_digit(s.p[end]))
        end++;
    return end;
}

static size_t skip_zeros(struct str s, size_t from)
{
    while (from < s.n && s.p[from] == '0')
        from++;
    return from;
}

/* Runs of non-digits, by weight, and of digits, as numbers of any length, in turn. */
static int part_compare(struct str a, struct str b)
{
    size_t i = 0, j = 0;
    while (i < a.n || j < b.n) {
        while ((i < a.n && !is_digit(a.p[i])) || (j < b.n && !is_digit(b.p[j]))) {
            int d = weight(a, i) - weight(b, j);
            if (d)
                return d;
            i++;
            j++;
        }
        i = skip_zeros(a, i);
        j = skip_zeros(b, j);
        size_t i_end = digits(a, i), j_end = digits(b, j);
        if (i_end - i != j_end - j)
            return i_end - i < j_end - j ? -1 : 1;
        int d = str_cmp(str_sub(a, i, i_end), str_sub(b, j, j_end));
        if (d)
            return d;
        i = i_end;
        j = j_end;
    }
    return 0;
}

int deb_compare(struct str a, struct str b)
{
    struct deb_version x = deb_split(a), y = deb_split(b);
    int d = part_compare(x.epoch, y.epoch);
    if (!d)
        d = part_compare(x.upstream, y.upstream);
    return d ? d : part_compare(x.revision, y.revision);
}

bool deb_name_valid(struct str package)
{
    if (package.n < 2 || is_alpha(package.p[0]) + is_digit(package.p[0]) == 0)
        return false;
    for (size_t i = 0; i < package.n; i++) {
        char c = package.p[i];
        if (!is_digit(c) && !(c >= 'a' && c <= 'z') && c != '+' && c != '-' && c != '.')
            return false;
    }
    return true;
}

bool deb_matches(struct str version, struct str pattern)
{
    if (pattern.n > 512 || version.n > 512) /* what a match may cost is their product */
        return false;
    if (!pattern.n || pattern.p[pattern.n - 1] != '*')
        return str_ieq(version, pattern) || glob_fits(pattern, version, GLOB_FOLD);
    struct str stem = str_sub(pattern, 0, pattern.n - 1);
    if (version.n >= stem.n && str_ieq(str_sub(version, 0, stem.n), stem))
        return true;
    return glob_fits(stem, version, GLOB_FOLD);
}
