/* date.c - days of the civil calendar. Years are counted from March, so that leap days come last.
 */
#include "dfix/date.h"

enum { TO_1970 = 719468 /* from 0000-03-01 */, YEARS_400 = 146097, DAY = 24 * 60 * 60 };

int64_t date_days(struct date d)
{
    int64_t year = d.month <= 2 ? d.year - 1 : d.year;
    int64_t month = d.month <= 2 ? d.month + 9 : d.month - 3;

    return 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + d.day - 1 -
           TO_1970;
}

struct date date_at(int64_t seconds)
{
    int64_t days = seconds / DAY - (seconds % DAY < 0) + TO_1970;
    int64_t era = days / YEARS_400 - (days % YEARS_400 < 0), day = days - era * YEARS_400;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t yday = day - (365 * year + year / 4 - year / 100), month = (5 * yday + 2) / 153;
    unsigned mday = (unsigned)(yday - (153 * month + 2) / 5 + 1);
    unsigned civil = (unsigned)(month < 10 ? month + 3 : month - 9);

    return (struct date){year + 400 * era + (civil <= 2), civil, mday};
}

struct str date_text(struct arena *a, int64_t seconds)
{
    struct date d = date_at(seconds);

    return str_fmt(a, "%04lld-%02u-%02u", (long long)d.year, d.month, d.day);
}

/* No more digits than a number of 32 bits surely holds. */
static bool number(struct str s, unsigned *out)
{
    *out = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        *out = *out * 10 + (unsigned)(s.p[i] - '0');
    }
    return s.n > 0 && s.n <= 9;
}

static bool date_of(struct str text, struct date *out)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned year, month, day;

    if (text.n != 10 || text.p[4] != '-' || text.p[7] != '-' ||
        !number(str_sub(text, 0, 4), &year) || !number(str_sub(text, 5, 7), &month) ||
        !number(str_from(text, 8), &day) || !year || !month || !day || month > 12)
        return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    *out = (struct date){year, month, day};
    return day <= days[month - 1] + (unsigned)(leap && month == 2);
}

bool date_is_valid(struct str text)
{
    struct date d;
    return date_of(text, &d);
}

bool date_read(struct str text, int64_t *days)
{
    struct date d;

    if (!date_of(text, &d))
        return false;
    *days = date_days(d);
    return true;
}

bool date_read_moment(struct str text, int64_t *seconds)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct str weekday, day, month, year, clock, zone, part;
    unsigned d, y, t[3];

    if (!word_next(&text, &weekday) || !str_ends(weekday, S(",")) || !word_next(&text, &day) ||
        !word_next(&text, &month) || !word_next(&text, &year) || !word_next(&text, &clock) ||
        !word_next(&text, &zone))
        return false;
    if (!str_eq(zone, S("UTC")) && !str_eq(zone, S("GMT")) && !str_eq(zone, S("Z")) &&
        !str_eq(zone, S("+0000")))
        return false;
    ptrdiff_t m = month.n == 3 ? str_find(str_of(months), month) : STR_NONE;
    if (m < 0 || m % 3 != 0 || !number(day, &d) || !number(year, &y) || d < 1 || d > 31 ||
        y < 1970 || y > 9999)
        return false;
    for (int i = 0; i < 3; i++)
        if (!str_cut(&clock, ':', &part) || !number(part, &t[i]) || t[i] > 60)
            return false;
    *seconds = date_days((struct date){y, (unsigned)(m / 3 + 1), d}) * DAY + (int64_t)t[0] * 3600 +
               (int64_t)t[1] * 60 + t[2];
    return true;
}
