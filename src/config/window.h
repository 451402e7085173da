/* window.h - times of the week: "mon-fri 22:00-06:00". */
#ifndef DFIX_CONFIG_WINDOW_H
#define DFIX_CONFIG_WINDOW_H

#include "dfix/base.h"

struct window {
    unsigned days;     /* bits, from Sunday */
    unsigned from, to; /* minutes of the day; equal: all of it; to < from: over midnight */
};
/* Days ("mon", "sat,sun", "mon-fri"; none: each), times ("22:00-06:00"; none: all day). */
bool window_read(struct str text, struct window *out);
/* What begins on one day and ends on the next is the first day's. */
bool window_has(const struct window *w, unsigned day, unsigned minute);

#endif
