/* login.c - what of the operator's lets dfix in: a token in the environment, ~/.netrc, git's
 * credential helpers. It goes into one header to one host, and is shown nowhere. */
#include "faces/bot/host.h"

#include <stdlib.h>

#include "host/files.h"

enum { NETRC_MAX = 1 << 20 };

struct login_words {
    struct str user, password;
};

/* The host of a URL in a variable of the CI's: whom its token is for. */
static bool is_ci_host(const struct hosted *h, const char *variable)
{
    struct str url = str_of(getenv(variable));
    ptrdiff_t scheme = str_find(url, S("://"));
    struct str host = scheme == STR_NONE ? url : str_from(url, (size_t)scheme + 3);

    host = str_without_end(host, '/');
    return host.n && str_ieq(host, h->repo->remote.host);
}

/* DFIX_TOKEN is for the repositories that its giver names; the others for one host each. */
static struct str token_of_environment(const struct hosted *h)
{
    static const struct {
        const char *kind, *token, *home, *ci;
    } known[] = {
        {"github", "GITHUB_TOKEN", "github.com", "GITHUB_SERVER_URL"},
        {"github", "GH_TOKEN", "github.com", "GITHUB_SERVER_URL"},
        {"gitlab", "GITLAB_TOKEN", "gitlab.com", "CI_SERVER_URL"},
        {"gitea", "GITEA_TOKEN", "codeberg.org", "GITHUB_SERVER_URL"},
    };
    struct str token = str_of(getenv("DFIX_TOKEN"));

    for (size_t i = 0; !token.n && i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(known[i].kind, h->host->name) == 0 &&
            (str_eq(h->repo->remote.host, str_of(known[i].home)) || is_ci_host(h, known[i].ci)))
            token = str_of(getenv(known[i].token));
    return str_trim(token);
}

static bool is_sound(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 127)
            return false;
    return s.n > 0;
}

/* libcurl reads it for requests, git for itself. */
static bool netrc_has(struct hosted *h)
{
    const char *home = getenv("HOME");
    struct str text, word, host = h->repo->remote.host;
    struct err none;
    ptrdiff_t colon = str_rchr(host, ':');
    bool machine = false;

    if (!home ||
        !file_read(h->arena, str_fmt(h->arena, "%s/.netrc", home).p, NETRC_MAX, &text, &none))
        return false;
    if (colon != STR_NONE)
        host = str_sub(host, 0, (size_t)colon);
    while (word_next(&text, &word)) {
        if (str_eq(word, S("default")) || (machine && str_ieq(word, host)))
            return true;
        machine = str_eq(word, S("machine"));
    }
    return false;
}

/* What git's helpers know; none of them may ask anybody. */
static bool ask_helpers(struct hosted *h, struct login_words *out)
{
    struct repo *r = h->repo;
    struct str said, line;
    struct err none;
    struct str question = str_fmt(h->arena, "protocol=" STR_FMT "\nhost=" STR_FMT "\n\n",
                                  STR_ARG(r->remote.scheme), STR_ARG(r->remote.host));

    *out = (struct login_words){S(""), S("")};
    if (!git_run(&r->at.git, question, &said, &none,
                 (const char *const[]){"credential", "fill", NULL}))
        return false;
    while (str_cut(&said, '\n', &line)) {
        if (str_starts(line, S("username=")))
            out->user = str_from(line, 9);
        else if (str_starts(line, S("password=")))
            out->password = str_from(line, 9);
    }
    return is_sound(out->user) && is_sound(out->password);
}

static struct str basic(struct hosted *h, struct str user, struct str password)
{
    struct arena *a = h->arena;
    struct str pair = str_fmt(a, STR_FMT ":" STR_FMT, STR_ARG(user), STR_ARG(password));
    struct str coded = base64_encode(a, pair);

    secrets_add(&h->repo->bot->secrets, coded);
    return str_fmt(a, "Authorization: Basic " STR_FMT, STR_ARG(coded));
}

void login_find(struct hosted *h)
{
    struct repo *r = h->repo;
    struct str token = token_of_environment(h);
    struct login_words known;
    bool web = str_eq(r->remote.scheme, S("https")) || str_eq(r->remote.scheme, S("http"));

    h->authorization = S("");
    if (!web)
        return;
    if (is_sound(token)) {
        secrets_add(&r->bot->secrets, token);
        struct str user = str_of(getenv("DFIX_USER"));
        if (!is_sound(user))
            user = str_of(h->host->user);
        r->at.git.header_url = str_fmt(h->arena, STR_FMT "://" STR_FMT "/",
                                       STR_ARG(r->remote.scheme), STR_ARG(r->remote.host));
        r->at.git.header = basic(h, user, token);
        h->authorization = str_fmt(h->arena, "Authorization: Bearer " STR_FMT, STR_ARG(token));
    } else if (!netrc_has(h) && h->host->has_pulls && ask_helpers(h, &known)) {
        secrets_add(&r->bot->secrets, known.password);
        h->authorization = basic(h, known.user, known.password);
    }
}
