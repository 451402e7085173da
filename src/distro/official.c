/* official.c - the releases behind tags of Docker's official images that do not name them. */
#include "distro/distro.h"

struct row {
    const char *image, *flavours, *rules;
};

static const struct row rows[] = {
#define OFFICIAL(image, flavours, rules) {image, flavours, rules},
#include "distro/official_images.def"
#undef OFFICIAL
};
enum { NROW = sizeof rows / sizeof rows[0] };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    c = (char)(c | 32);
    return c >= 'a' && c <= 'z';
}

/* Versions are compared by their runs of digits and of letters; what separates them
 * does not count: 8u502-b07 and 8.u.502.b.07 are one. False at the end. */
static bool next_run(struct str *rest, struct str *run)
{
    size_t i = 0;
    while (i < rest->n && !is_digit(rest->p[i]) && !is_letter(rest->p[i]))
        i++;
    size_t from = i;
    if (i < rest->n && is_digit(rest->p[i])) {
        while (i < rest->n && is_digit(rest->p[i]))
            i++;
    } else {
        while (i < rest->n && is_letter(rest->p[i]))
            i++;
    }
    *run = str_sub(*rest, from, i);
    *rest = str_from(*rest, i);
    return i > from;
}

/* A flavour is the tag after its version; # stands for a number in it: walk both. */
static bool flavour_fits(struct str pattern, struct str text)
{
    size_t i = 0;
    for (size_t p = 0; p < pattern.n; p++) {
        if (pattern.p[p] == '#') {
            size_t from = i;
            while (i < text.n &&
                   (is_digit(text.p[i]) || (i > from && (text.p[i] == '.' || text.p[i] == '_') &&
                                            i + 1 < text.n && is_digit(text.p[i + 1]))))
                i++;
            if (i == from)
                return false;
        } else if (i < text.n && text.p[i] == pattern.p[p]) {
            i++;
        } else {
            return false;
        }
    }
    return i == text.n;
}

static bool is_listed(struct str flavours, struct str flavour)
{
    struct str one;
    if (!flavour.n && (!flavours.n || flavours.p[0] == ','))
        return true;
    while (str_cut(&flavours, ',', &one))
        if (one.n && flavour_fits(one, flavour))
            return true;
    return false;
}

static unsigned number(struct str run)
{
    unsigned v = 0;
    for (size_t i = 0; i < run.n && v < 100000000; i++)
        v = v * 10 + (unsigned)(run.p[i] - '0');
    return v;
}

/* How well a rule's version fits: 0 not at all, else more is closer. The rule's last
 * number may be a range, "13-15"; a star lets any runs follow. */
static unsigned rule_fits(struct str rule, struct str version)
{
    bool star = rule.n && rule.p[rule.n - 1] == '*';
    unsigned depth = 1;
    struct str part, run;

    if (star)
        rule.n--;
    while (str_cut(&rule, '.', &part)) {
        struct str low;
        if (!next_run(&version, &run))
            return 0;
        str_cut(&part, '-', &low);
        if (part.n && is_digit(run.p[0])) {
            if (number(run) < number(low) || number(run) > number(part))
                return 0;
        } else if (part.n || !str_eq(low, run)) {
            return 0;
        }
        depth += 2;
    }
    if (next_run(&version, &run))
        return star ? depth : 0;
    return star ? depth : depth + 1;
}

static bool outcome(struct str name, struct release *out)
{
    if (str_eq(name, S("?")))
        return false;
    *out = (struct release){S(""), S(""), S("")};
    if (str_eq(name, S("-")))
        return true;
    if (str_starts(name, S("alpine")))
        return release_find(S("alpine"), str_from(name, 6), out);
    return release_find(S(""), name, out);
}

static struct str digits_at_front(struct str s)
{
    size_t n = 0;

    while (n < s.n && is_digit(s.p[n]))
        n++;
    return str_sub(s, 0, n);
}

/* Most rules are for another first number. */
static bool may_fit(struct str rule, struct str major)
{
    struct str first = digits_at_front(rule);
    bool range = first.n < rule.n && rule.p[first.n] == '-';

    return !first.n || range || !major.n || str_eq(first, major);
}

static bool rules_say(struct str rules, struct str version, struct release *out)
{
    struct str rule, best = S("?"), major = digits_at_front(version);
    unsigned most = 0;
    while (str_cut(&rules, ' ', &rule)) {
        struct str pattern;
        if (!may_fit(rule, major))
            continue;
        str_cut(&rule, '=', &pattern);
        unsigned fit = rule_fits(pattern, version);
        if (fit > most) {
            most = fit;
            best = rule;
        }
    }
    return outcome(best, out);
}

static void split(struct str tag, struct str *version, struct str *flavour)
{
    struct str rest = tag, first = tag;
    size_t v = tag.n > 1 && tag.p[0] == 'v';
    *version = S("");
    *flavour = tag;
    if (tag.n > v && is_digit(tag.p[v])) {
        str_cut(&rest, '-', &first);
        *version = first;
        *flavour = rest.n ? rest : S("");
        if (v)
            *version = str_from(first, 1);
    }
}

bool official_release(struct str image, struct str tag, struct release *out)
{
    struct str version, flavour;
    split(tag, &version, &flavour);
    for (size_t i = 0; image.n && i < NROW; i++)
        if (rows[i].image[0] == image.p[0] && str_eq(image, str_of(rows[i].image)) &&
            is_listed(str_of(rows[i].flavours), flavour) &&
            rules_say(str_of(rows[i].rules), version, out))
            return true;
    return false;
}
