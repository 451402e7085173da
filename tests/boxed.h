/* boxed.h - for the tests of one file: an arena and a sandbox that each of them gets anew. */
#ifndef DFIX_TEST_BOXED_H
#define DFIX_TEST_BOXED_H

#include "sandbox.h"

static struct arena *arena;
static struct sandbox box;

static int set_up(void **state)
{
    (void)state;
    arena = arena_open();
    box = sandbox_open();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sandbox_close(&box);
    arena_close(arena);
    return 0;
}

#endif
