/* limits.c - how many pull requests, and when. */
#include "faces/bot/host.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "config/window.h"

enum { HOUR = 60 * 60 };

static bool zone_is_known(struct arena *a, struct str zone)
{
    const char *folder = getenv("TZDIR");

    return str_eq(zone, S("UTC")) ||
           access(
               str_fmt(a, "%s/" STR_FMT, folder ? folder : "/usr/share/zoneinfo", STR_ARG(zone)).p,
               R_OK) == 0;
}

/* The day of the week and the minute of the day there. */
static bool local_time(struct arena *a, struct str zone, int64_t now, unsigned *day,
                       unsigned *minute, struct err *e)
{
    time_t when = (time_t)now;
    struct tm t;

    if (!zone.n)
        zone = S("UTC");
    if (!zone_is_known(a, zone))
        return err_set(e,
                       "bot.timezone: this machine knows no time zone " STR_FMT "; install tzdata",
                       STR_ARG(zone));
    struct str before = str_of(getenv("TZ"));
    before = str_dup(a, before);
    setenv("TZ", str_cstr(a, zone), 1);
    tzset();
    localtime_r(&when, &t);
    if (before.n)
        setenv("TZ", before.p, 1);
    else
        unsetenv("TZ");
    tzset();
    *day = (unsigned)t.tm_wday;
    *minute = (unsigned)(t.tm_hour * 60 + t.tm_min);
    return true;
}

/* Is one of the windows open, or is there none? */
static bool is_open(struct repo *r, const struct str *v, size_t n, struct str zone, bool *open,
                    struct err *e)
{
    unsigned day, minute;
    struct window w;

    *open = n == 0;
    if (n && !local_time(r->arena, zone, r->bot->now, &day, &minute, e))
        return false;
    for (size_t i = 0; i < n; i++)
        *open |= window_read(v[i], &w) && window_has(&w, day, minute);
    return true;
}

struct str schedule_closed(struct repo *r, struct err *e)
{
    const struct bot_settings *b = r->policy;
    bool theirs, own;

    e->text[0] = 0;
    if (!is_open(r, b->schedule, b->nschedule, b->timezone, &theirs, e) ||
        !is_open(r, b->own_schedule, b->nown_schedule, b->own_timezone, &own, e))
        return S("");
    return theirs && own ? S("") : S("the schedule is closed now");
}

static int64_t limit_of(int64_t set, int64_t fallback)
{
    return set < 0 ? 0 : set ? set : fallback;
}

struct str limits_reached(struct hosted *h, const struct proposal *p)
{
    const struct bot_settings *b = h->repo->policy;
    int64_t most = limit_of(b->open, BOT_OPEN), hourly = limit_of(b->hourly, BOT_HOURLY);
    int64_t open = 0, new = 0, now = h->repo->bot->now;

    if (p->security)
        return S("");
    for (size_t i = 0; i < h->pull.n; i++) {
        const struct pull *x = &h->pull.v[i];
        open += x->marked && x->open;
        new += x->marked && x->created > now - HOUR;
    }
    if (open >= most)
        return str_fmt(h->arena, "%lld pull requests are open, the most by policy (bot.open)",
                       (long long)open);
    if (new >= hourly && h->host->has_pulls)
        return str_fmt(h->arena,
                       "%lld were opened within an hour, the most by policy (bot.per-hour)",
                       (long long)new);
    return S("");
}
