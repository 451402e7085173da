/* window.c - times of the week: "mon-fri 22:00-06:00". */
#include "config/window.h"

static int day_of(struct str name)
{
    static const char *const days[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

    for (int i = 0; i < 7; i++)
        if (str_ieq(name, str_of(days[i])))
            return i;
    return -1;
}

static bool read_days(struct str word, unsigned *out)
{
    struct str part, first;

    *out = 0;
    while (str_cut(&word, ',', &part)) {
        bool range = str_chr(part, '-') != STR_NONE;
        str_cut(&part, '-', &first);
        int from = day_of(first), to = range ? day_of(part) : from;
        if (from < 0 || to < 0)
            return false;
        for (int d = from;; d = (d + 1) % 7) {
            *out |= 1U << d;
            if (d == to)
                break;
        }
    }
    return *out != 0;
}

/* "22:00"; 24:00 is the end of a day. */
static bool read_minute(struct str text, unsigned *out)
{
    for (size_t i = 0; i < text.n; i++)
        if (i == 2 ? text.p[i] != ':' : text.p[i] < '0' || text.p[i] > '9')
            return false;
    if (text.n != 5)
        return false;
    unsigned hour = (unsigned)(text.p[0] - '0') * 10 + (unsigned)(text.p[1] - '0');
    unsigned minute = (unsigned)(text.p[3] - '0') * 10 + (unsigned)(text.p[4] - '0');
    *out = hour * 60 + minute;
    return minute < 60 && *out <= 24 * 60;
}

static bool read_times(struct str word, struct window *w)
{
    struct str from;

    return str_cut(&word, '-', &from) && read_minute(from, &w->from) && read_minute(word, &w->to);
}

bool window_read(struct str text, struct window *out)
{
    struct str word;
    bool days = false, times = false;

    *out = (struct window){.days = 0x7F};
    while (word_next(&text, &word)) {
        if (!days && !times && read_days(word, &out->days))
            days = true;
        else if (!times && read_times(word, out))
            times = true;
        else
            return false;
        days |= times;
    }
    return days || times;
}

bool window_has(const struct window *w, unsigned day, unsigned minute)
{
    bool today = w->days >> day & 1, yesterday = w->days >> (day + 6) % 7 & 1;

    if (w->from == w->to)
        return today;
    if (w->from < w->to)
        return today && minute >= w->from && minute < w->to;
    return (today && minute >= w->from) || (yesterday && minute < w->to);
}
