/* cvss.c - how bad a vulnerability is: the base score of CVSS 3.0 and 3.1, by the formulas of the
 * specification (section 7), and the words for it and for a publisher's rating. */
#include "dfix/advisory.h"

#include <string.h>

enum { WHOLE = 100 }; /* weights are in hundredths */

struct weight {
    char value;
    int hundredths;
};

static int weight_of(const struct weight *w, char value)
{
    for (; w->value; w++)
        if (w->value == value)
            return w->hundredths;
    return -1;
}

/* The value of a metric: one letter. 0: it is missing, or more. */
static char metric(struct str vector, const char *name)
{
    struct str part, key;
    while (str_cut(&vector, '/', &part)) {
        struct str value = part;
        if (str_cut(&value, ':', &key) && str_eq(key, str_of(name)))
            return value.n == 1 ? value.p[0] : 0;
    }
    return 0;
}

static double weighed(struct str vector, const char *name, const struct weight *w, bool *good)
{
    int n = weight_of(w, metric(vector, name));
    *good &= n >= 0;
    return (double)n / WHOLE;
}

/* x to the power of 15 */
static double power15(double x)
{
    double y = 1;
    for (int i = 0; i < 15; i++)
        y *= x;
    return y;
}

/* Up to the next tenth, as CVSS 3.1 rounds: on five decimals, so that it is the same everywhere. */
static int round_up(double score)
{
    long n = (long)(score * 100000 + 0.5);
    return (int)(n % 10000 == 0 ? n / 10000 : n / 10000 + 1);
}

static double least(double x, double most)
{
    return x < most ? x : most;
}

int cvss_base(struct str vector)
{
    static const struct weight av[] = {{'N', 85}, {'A', 62}, {'L', 55}, {'P', 20}, {0, 0}};
    static const struct weight ac[] = {{'L', 77}, {'H', 44}, {0, 0}};
    static const struct weight pr[] = {{'N', 85}, {'L', 62}, {'H', 27}, {0, 0}};
    static const struct weight changed_pr[] = {{'N', 85}, {'L', 68}, {'H', 50}, {0, 0}};
    static const struct weight ui[] = {{'N', 85}, {'R', 62}, {0, 0}};
    static const struct weight cia[] = {{'H', 56}, {'L', 22}, {'N', 0}, {0, 0}};
    char scope = metric(vector, "S");
    bool changed = scope == 'C', good = changed || scope == 'U';
    if (!str_starts(vector, S("CVSS:3.0/")) && !str_starts(vector, S("CVSS:3.1/")))
        return ADVISORY_UNSCORED;
    double exploit = 8.22 * weighed(vector, "AV", av, &good) * weighed(vector, "AC", ac, &good) *
                     weighed(vector, "PR", changed ? changed_pr : pr, &good) *
                     weighed(vector, "UI", ui, &good);
    double lost = 1 - (1 - weighed(vector, "C", cia, &good)) *
                          (1 - weighed(vector, "I", cia, &good)) *
                          (1 - weighed(vector, "A", cia, &good));
    double impact = changed ? 7.52 * (lost - 0.029) - 3.25 * power15(lost - 0.02) : 6.42 * lost;
    if (!good)
        return ADVISORY_UNSCORED;
    if (impact <= 0)
        return 0;
    return round_up(least(changed ? 1.08 * (impact + exploit) : impact + exploit, 10));
}

const char *cvss_word(int tenths)
{
    if (tenths < 0)
        return "";
    if (tenths == 0)
        return "none";
    if (tenths < 40)
        return "low";
    if (tenths < 70)
        return "medium";
    return tenths < 90 ? "high" : "critical";
}

const char *rating_word(struct str rating)
{
    static const struct {
        const char *said, *word;
    } known[] = {{"unimportant", "low"}, {"negligible", "low"}, {"minor", "low"},
                 {"low", "low"},         {"medium", "medium"},  {"moderate", "medium"},
                 {"high", "high"},       {"important", "high"}, {"critical", "critical"}};
    rating = str_without_end(rating, '*'); /* Debian: set by a program */
    if (!rating.n)
        return "";
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (str_ieq(rating, str_of(known[i].said)))
            return known[i].word;
    return "";
}

const char *advisory_severity(const struct vulnerability *v)
{
    const char *rated = rating_word(v->rating);

    return rated[0] ? rated : cvss_word(v->cvss_score);
}

int advisory_rank(const char *severity)
{
    static const char *const words[] = {"none", "low", "medium", "high", "critical"};

    for (int i = 0; severity[0] && i < (int)(sizeof words / sizeof words[0]); i++)
        if (strcmp(severity, words[i]) == 0)
            return i;
    return ADVISORY_UNRATED;
}
