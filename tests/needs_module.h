/* needs_module.h - tests that want one of python's modules. */
#ifndef DFIX_TEST_NEEDS_MODULE_H
#define DFIX_TEST_NEEDS_MODULE_H

#include "program.h"

static inline void needs_module(const char *module)
{
    needs("python3");
    if (shell("python3 -c 'import %s'", module) == 0)
        return;
    const char *ci = getenv("CI");
    if (ci && strcmp(ci, "true") == 0)
        fail_msg("python's %s is not installed, and CI is true", module);
    print_message("skipped: python's %s is not installed\n", module);
    skip();
}

#endif
