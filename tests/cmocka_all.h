/* cmocka_all.h - cmocka.h with the headers that it wants before it. */
#ifndef DFIX_CMOCKA_ALL_H
#define DFIX_CMOCKA_ALL_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#define _UINTPTR_T_DEFINED /* by stdint.h, which cmocka before 1.1.6 does not believe */
#include <cmocka.h>
/* clang-format on */

#endif
