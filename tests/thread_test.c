/* A thread of dfix's holds what a deeply nested file takes of its stack, whatever the C library. */
#include "cmocka_all.h"

#include <string.h>

#include "host/thread.h"

enum { TAKEN = THREAD_STACK / 4 * 3 };

static void *take_stack(void *seen)
{
    volatile char taken[TAKEN];

    memset((void *)(uintptr_t)taken, 1, sizeof taken);
    *(size_t *)seen = (size_t)taken[0] * sizeof taken;
    return NULL;
}

static void a_thread_has_a_stack(void **state)
{
    pthread_t thread;
    size_t seen = 0;

    (void)state;
    assert_true(thread_start(&thread, take_stack, &seen));
    pthread_join(thread, NULL);
    assert_int_equal(seen, TAKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_thread_has_a_stack)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
