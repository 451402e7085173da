/* memory.h - how much memory the process holds that it asked for. */
#ifndef DFIX_TEST_MEMORY_H
#define DFIX_TEST_MEMORY_H

#include <stddef.h>
#include <stdio.h>

#include "base/sanitized.h"
#if SANITIZED
#include <sanitizer/allocator_interface.h>
#elif defined(__GLIBC__)
#include <malloc.h>
#else
#include <unistd.h>
#endif

/* In bytes. Where the C library does not count them: what is resident. */
static inline size_t memory_held(void)
{
#if SANITIZED
    return __sanitizer_get_current_allocated_bytes();
#elif defined(__GLIBC__)
    struct mallinfo2 all = mallinfo2();
    return all.uordblks + all.hblkhd;
#else
    unsigned long size, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%lu %lu", &size, &resident) != 2)
        resident = 0;
    if (f)
        fclose(f);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
#endif
}

#endif
