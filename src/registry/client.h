/* client.h - calls to registries (OCI distribution specification, Docker's token
 * authentication) over a fetcher. Knows which hosts may speak plain http, asks each host
 * once what it wants, gets a token for each repository once, and again when it is refused.
 *
 * A call lives with its caller until `done`, which is called exactly once, and may send more.
 * All from one thread. Credentials go to the registry and its token service only; the fetcher
 * does not carry them along redirects to other hosts. */
#ifndef DFIX_SERVICES_REGISTRY_CLIENT_H
#define DFIX_SERVICES_REGISTRY_CLIENT_H

#include "dfix/settings.h"
#include "host/fetch.h"

struct client_repository;
struct call {
    /* What is asked. */
    struct str domain, path; /* "docker.io", "library/debian": a valid reference's */
    const char *method;      /* "GET" or "HEAD" */
    struct str what;         /* "manifests/12", "blobs/sha256:...", "tags/list?n=100" */
    const char *accept;      /* a whole Accept header; NULL: none */
    struct str file;         /* "": the answer goes to memory */
    uint64_t max_bytes;
    void (*done)(struct fetcher *f, struct call *c);
    void *user;
    /* What was answered. */
    unsigned status; /* 200: `body` or `file` is there; 404: it does not exist */
    struct str body, content_type, digest,
        link;         /* the last three: headers; all gone after `done` */
    struct str why;   /* neither 200 nor 404: for people */
    bool denied;      /* for want of a login that is good */
    bool unreachable; /* no answer came from its registry at all */
    /* The client's own. */
    struct arena *arena; /* of the answer */
    struct fetch_request request;
    struct client_repository *repository;
    struct str token_used;
    struct str header[2];
    bool again; /* was refused once, and asked again */
    struct call *next;
};

struct client;
/* `warn` is told what is wrong with the user's credentials; may be NULL. `documents`: the bytes
 * that may still come into memory. */
struct client *client_open(struct arena *a, const struct settings *s, uint64_t *documents,
                           void (*warn)(void *user, const char *text), void *user);
void client_send(struct client *k, struct fetcher *f, struct call *c);

#endif
