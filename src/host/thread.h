/* thread.h - starts threads that hold as much as the main one does. */
#ifndef DFIX_HOST_THREAD_H
#define DFIX_HOST_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* What the main thread has by default. A C library left to itself may give far less (musl: 128
 * KiB). */
enum { THREAD_STACK = 8 << 20 };

/* False: there is no thread to be had. Who started it joins or detaches it. */
bool thread_start(pthread_t *thread, void *(*run)(void *), void *arg);

#endif
