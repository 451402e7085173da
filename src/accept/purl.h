/* purl.h - package URLs, as VEX documents name products by them. */
#ifndef DFIX_ACCEPT_PURL_H
#define DFIX_ACCEPT_PURL_H

#include "dfix/base.h"

struct purl {
    struct str type, space, name, version;
    struct str repository; /* the qualifier repository_url */
};
/* pkg:deb/debian/openssl@3.0?arch=amd64; false: it is none. Percent signs are decoded. */
bool purl_parse(struct arena *a, struct str text, struct purl *out);
/* An image, or anything by its name. */
struct str purl_of_image(struct arena *a, struct str image);
struct str purl_of_package(struct arena *a, struct str name, struct str version);

#endif
