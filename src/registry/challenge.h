/* challenge.h - WWW-Authenticate (RFC 9110, 11.6.1): what a registry or a token
 * service asks of who wants in. Pure; the header is written by a stranger. */
#ifndef DFIX_SERVICES_REGISTRY_CHALLENGE_H
#define DFIX_SERVICES_REGISTRY_CHALLENGE_H

#include "dfix/base.h"

struct challenge {
    struct str scheme;                       /* "Bearer", "Basic": compare without case */
    struct str realm, service, scope, error; /* unquoted; "" when left out */
};

enum { CHALLENGES_MAX = 8 };

/* The challenges of one header value, at most `max`. A value that breaks the
 * grammar gives none of them: 0. */
size_t challenge_parse(struct arena *a, struct str value, struct challenge *out, size_t max);

#endif
