/* date.h - days of the civil calendar, in UTC. */
#ifndef DFIX_DATE_H
#define DFIX_DATE_H

#include "dfix/base.h"

struct date {
    int64_t year;
    unsigned month, day; /* from 1 */
};
/* Days from 1970-01-01 to it. */
int64_t date_days(struct date d);
/* The day on which it is so many seconds after 1970 began. */
struct date date_at(int64_t seconds);
/* That day as "2026-11-24". */
struct str date_text(struct arena *a, int64_t seconds);
/* Is it such a text, and a day that exists? */
bool date_is_valid(struct str text);
/* Days from 1970-01-01 to it; false: it is none. */
bool date_read(struct str text, int64_t *days);
/* Seconds since 1970 of "Sun, 06 Nov 1994 08:49:37 GMT" (or UTC, Z, +0000), as RFC 9110, section
 * 5.6.7, and Debian's Release files have it. */
bool date_read_moment(struct str text, int64_t *seconds);

#endif
