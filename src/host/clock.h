/* clock.h - the clock that waiting is measured by. */
#ifndef DFIX_HOST_CLOCK_H
#define DFIX_HOST_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds since some moment; nobody sets it back (CLOCK_MONOTONIC). */
static inline int64_t clock_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#endif
