/* helper.h - run a docker credential helper: `PROGRAM get`, the registry on its standard input. */
#ifndef DFIX_SERVICES_REGISTRY_HELPER_H
#define DFIX_SERVICES_REGISTRY_HELPER_H

#include "dfix/base.h"

enum { HELPER_TIMEOUT_MS = 30 * 1000, HELPER_OUTPUT_MAX = 256 * 1024 };

/* Its standard output; "" when it says that it has no such credentials. False: it could
 * not be run, failed otherwise, took too long or said too much. */
bool helper_run(struct arena *a, const char *program, struct str registry, struct str *out,
                struct err *e);

#endif
