/* rpm.h - what yum and dnf have in common; rpm.c. */
#ifndef DFIX_PACKAGES_RPM_H
#define DFIX_PACKAGES_RPM_H

#include "packages/words.h"

extern const char *const rpm_verbs[];
void rpm_package_read(struct package *p, struct str word);
size_t rpm_packages(const struct command *c, const struct field *const **out);
bool rpm_cleans(const struct command *c);

#define RPM_WORDS                                                                                  \
    .verbs = rpm_verbs, .package_read = rpm_package_read, .packages = rpm_packages,                \
    .tidy_words = "clean autoremove", .caches = "/var/cache/dnf /var/cache/yum /var/cache/libdnf", \
    .yes = "-y", .yes_options = "assumeyes assumeno", .clean = "clean all", .cleans = rpm_cleans,  \
    .cache_serves = serves_nothing

#endif
