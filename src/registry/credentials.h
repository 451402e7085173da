/* credentials.h - logins that the user already has: docker's config.json and the containers
 * tools' auth.json, and the helper programs that the first one names. Nothing is asked for,
 * kept or written; what is found goes into a header of a request to that registry. */
#ifndef DFIX_SERVICES_REGISTRY_CREDENTIALS_H
#define DFIX_SERVICES_REGISTRY_CREDENTIALS_H

#include "dfix/base.h"

struct login {
    struct str user, password; /* for Basic */
    struct str identity;       /* an OAuth2 refresh token instead */
};

/* What helpers said: each is run once a registry, however many repositories are asked for. */
struct helper_answer {
    struct helper_answer *next;
    struct str program, registry;
    bool found;
    struct login login;
};
struct credentials {
    struct arena *arena;
    struct helper_answer *helper;
};

/* The login for a repository ("registry.corp.example/hub/debian"; Docker Hub's host is
 * docker.io). False: there is none; `e` is not "" when a file or a helper was at fault. */
bool credentials_find(struct credentials *c, struct str repository, struct login *out,
                      struct err *e);

/* One file's text: the login that it holds for the repository, and the helper ("": none)
 * to be asked first. */
bool login_parse(struct arena *a, struct str json, struct str repository, struct login *out,
                 struct str *helper);
/* A helper's answer. */
bool login_of_helper(struct arena *a, struct str json, struct login *out);
/* docker-credential-NAME is run for such names only. */
bool helper_name_valid(struct str name);

#endif
