/* thread.c - starts threads. */
#include "host/thread.h"

bool thread_start(pthread_t *thread, void *(*run)(void *), void *arg)
{
    pthread_attr_t ways;

    if (pthread_attr_init(&ways) != 0)
        return false;
    bool started = pthread_attr_setstacksize(&ways, THREAD_STACK) == 0 &&
                   pthread_create(thread, &ways, run, arg) == 0;
    pthread_attr_destroy(&ways);
    return started;
}
