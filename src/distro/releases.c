/* releases.c - distro releases: versions, codenames, ends of life. */
#include "dfix/facts.h"

#include "distro/distro.h"

struct row {
    const char *distro, *version, *codename, *released, *end;
};

static const struct row rows[] = {
#define RELEASE(distro, version, codename, released, end)                                          \
    {distro, version, codename, released, end},
#include "distro/releases.def"
#undef RELEASE
};
enum { NROW = sizeof rows / sizeof rows[0] };

/* Asked of every row: without measuring its texts. */
static bool is(struct str s, const char *text)
{
    size_t i = 0;
    while (i < s.n && text[i] && s.p[i] == text[i])
        i++;
    return i == s.n && !text[i];
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The first `n` numbers of a dotted version: "20.3.1" cut to 2 is "20.3". */
static struct str cut_version(struct str v, unsigned n)
{
    size_t i = 0;
    for (unsigned part = 0; part < n; part++) {
        size_t from = part ? i + 1 : i, to = from;
        if (part && (i >= v.n || v.p[i] != '.'))
            return S("");
        while (to < v.n && is_digit(v.p[to]))
            to++;
        if (to == from)
            return S("");
        i = to;
    }
    for (size_t j = i; j < v.n; j++)
        if (!is_digit(v.p[j]) && v.p[j] != '.')
            return S("");
    return str_sub(v, 0, i);
}

static void set(struct release *out, const struct row *r)
{
    *out = (struct release){str_of(r->distro), str_of(r->version), str_of(r->codename)};
}

size_t release_count(void)
{
    return NROW;
}

void release_nth(size_t i, struct release *out)
{
    set(out, &rows[i]);
}

static bool is_alpine_to_come(struct str version)
{
    ptrdiff_t dot = str_chr(version, '.');
    return dot == 1 && version.p[0] == '3' && version.n == 4;
}

bool release_find(struct str distro, struct str name, struct release *out)
{
    bool debian = str_eq(distro, S("debian"));
    struct str version = cut_version(name, debian ? 1 : 2);

    if (!distro.n && name.n && is_digit(name.p[0])) /* no codename begins so */
        return false;
    for (size_t i = 0; i < NROW; i++) {
        const struct row *r = &rows[i];
        if (distro.n && !is(distro, r->distro))
            continue;
        bool by_version =
            distro.n && (is(name, r->version) || (version.n && is(version, r->version)));
        if (by_version || (r->codename[0] && is(name, r->codename))) {
            set(out, r);
            return true;
        }
    }
    if (str_eq(distro, S("alpine")) && is_alpine_to_come(version)) {
        *out = (struct release){S("alpine"), version, S("")};
        return true;
    }
    return false;
}

/* "stable" and so on, by age at the time of the table. */
bool release_moving(struct str suite, struct release *out)
{
    static const struct {
        const char *suite, *codename;
    } moving[] = {
        {"stable", "trixie"}, {"oldstable", "bookworm"}, {"oldoldstable", "bullseye"},
        {"testing", "forky"}, {"unstable", "sid"},       {"experimental", "sid"},
        {"rc-buggy", "sid"},
    };
    for (size_t i = 0; i < sizeof moving / sizeof moving[0]; i++)
        if (is(suite, moving[i].suite))
            return release_find(S("debian"), str_of(moving[i].codename), out);
    return false;
}

bool release_moving_at(struct str suite, struct str date, struct release *out)
{
    static const char *const age[] = {"testing", "stable", "oldstable", "oldoldstable"};
    for (size_t back = 0; back < sizeof age / sizeof age[0]; back++) {
        if (!is(suite, age[back]))
            continue;
        /* Rows are oldest first: the stable one is the last that was released by then. */
        for (size_t i = NROW; i-- > 0;) {
            const struct row *r = &rows[i];
            if (!str_eq(str_of(r->distro), S("debian")) || !r->released[0] ||
                str_cmp(str_of(r->released), date) > 0)
                continue;
            if (i + 1 < back || i + 1 - back >= NROW)
                return false;
            set(out, &rows[i + 1 - back]);
            return true;
        }
        return false;
    }
    return release_moving(suite, out);
}

/* By the version first, in which rows differ. */
static const struct row *row_of(const struct release *release)
{
    for (size_t i = 0; i < NROW; i++)
        if (is(release->version, rows[i].version) && is(release->distro, rows[i].distro))
            return &rows[i];
    return NULL;
}

bool release_rolls(const struct release *release, struct str today)
{
    const struct row *r = row_of(release);

    if (!r)
        return str_eq(release->version, S("edge"));
    return !r->released[0] || (today.n && str_cmp(str_of(r->released), today) > 0);
}

bool suite_rolls(struct str distro, struct str suite, struct str today)
{
    static const char moving[] =
        "sid unstable experimental rc-buggy testing stable oldstable oldoldstable devel edge "
        "latest-stable";
    struct release r;
    struct str rest = suite, whole = S(""), head = S("");

    str_cut(&rest, '/', &whole);
    rest = whole;
    str_cut(&rest, '-', &head);
    return str_listed(str_of(moving), whole) || str_listed(str_of(moving), head) ||
           (release_find(distro, head, &r) && release_rolls(&r, today));
}

static bool lives(const struct row *r, struct str today)
{
    if (!r->end[0] || !r->released[0])
        return false;
    return !today.n ||
           (str_cmp(str_of(r->released), today) <= 0 && str_cmp(str_of(r->end), today) >= 0);
}

bool release_end(const struct release *release, struct str *end)
{
    const struct row *r = row_of(release);

    *end = str_of(r ? r->end : "");
    return end->n > 0;
}

struct str release_next(struct arena *a, const struct release *release, struct str today)
{
    const struct row *found = row_of(release);
    struct buf next = {.arena = a};

    if (!found || !found->end[0])
        return S("");
    for (const struct row *r = found + 1; r < rows + NROW; r++)
        if (is(release->distro, r->distro) && lives(r, today))
            buf_fmt(&next, "%s%s", next.n ? ", " : "", r->codename[0] ? r->codename : r->version);
    return buf_str(&next);
}

bool release_end_now(const struct lookup *l, const struct release *r, struct str *end)
{
    const struct question q = {.kind = ASK_LIFE, .release = r, .at_hand = true};
    struct reply reply;
    bool known = release_end(r, end);

    if (lookup_ask(l, &q, &reply) != ANSWER_FOUND)
        return known;
    if (!known || str_cmp(reply.end, *end) > 0)
        *end = reply.end;
    return true;
}
