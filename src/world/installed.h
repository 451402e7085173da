/* installed.h - the packages of a base as a file given by hand lists them: a dpkg status,
 * the output of `dpkg-query -W`, apk's installed database, SPDX or CycloneDX JSON. */
#ifndef DFIX_SERVICES_INSTALLED_H
#define DFIX_SERVICES_INSTALLED_H

#include "registry/installed.h"

enum { INSTALLED_FILE_MAX = 64 * 1024 * 1024 };

/* Told apart by what they begin with. False: none of these, or no package in it. */
bool installed_parse(struct arena *a, struct str text, struct installed_list *out, struct err *e);
bool installed_read(struct arena *a, struct str path, struct installed_list *out, struct err *e);

#endif
