/* hosts.c - hosts that did not answer: whoever asks them again in this run would only wait. */
#include "fetcher/fetcher.h"

#include <stdio.h>
#include <string.h>

enum { STALLS_MAX = 2 };

void origin_of(const char *url, char out[ORIGIN_MAX])
{
    CURLU *u = curl_url();
    char *scheme = NULL, *host = NULL, *port = NULL;
    out[0] = 0;
    if (u && curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK && host[0] &&
        curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
        snprintf(out, ORIGIN_MAX, "%s://%s:%s", scheme, host, port) >= ORIGIN_MAX)
        out[0] = 0; /* longer than a name may be: not remembered */
    for (char *p = out; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 'a' - 'A');
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(u);
}

static const char *without_scheme(const char *origin)
{
    const char *slashes = strstr(origin, "//");
    return slashes ? slashes : origin;
}

struct host *origin_host(struct work *w, const char *origin)
{
    for (struct host *h = w->hosts; h; h = h->next)
        if (strcmp(h->origin, origin) == 0)
            return h;
    struct host *h = arena_new(w->arena, struct host, 1);
    *h = (struct host){.next = w->hosts, .origin = str_dup(w->arena, str_of(origin)).p};
    w->hosts = h;
    if (origin[0] && origin[0] != '/')
        h->any = origin_host(w, without_scheme(origin));
    return h;
}

void host_is_silent(struct host *h, bool connected)
{
    if (h->any) /* else it is not known which one */
        *(connected ? &h->silent : &h->any->silent) = true;
}

void host_stalled(struct host *h)
{
    if (h->any && ++h->stalls >= STALLS_MAX)
        h->silent = true;
}

bool host_was_silent(const struct host *h)
{
    return h->silent || (h->any && h->any->silent);
}
