/* moves.c - what is known of single packages: those whose versions outgrow a pin within a release,
 * and those that an archive of someone else's has. Sources: moves.def, which moves.py writes, and
 * the Packages files of the archives named. */
#include "distro/distro.h"
#include "dfix/url.h"

static const struct move {
    const char *distro, *release, *source; /* release "": all; source: a pattern */
} moves[] = {
#define MOVES(distro, release, source) {distro, release, source},
#include "distro/moves.def"
#undef MOVES
};
enum { MOVES_MOST = sizeof moves / sizeof moves[0] };

static const struct archive {
    const char *place; /* without the scheme; all that lies below it */
    const char *packages;
} archives[] = {
    {"apt.kitware.com/ubuntu", "cmake* kitware-archive-keyring"},
    {"artifacts.elastic.co/packages",
     "elasticsearch* kibana* logstash* *beat* elastic-* apm-server*"},
    {"cli.github.com/packages", "gh"},
    {"deb.nodesource.com/", "nodejs* nsolid*"},
    {"dl.google.com/linux/chrome/deb", "google-chrome-*"},
    {"dl.yarnpkg.com/debian", "yarn*"},
    {"download.docker.com/linux/", "docker-* containerd.io"},
    {"nginx.org/packages/", "nginx*"},
    {"packages.microsoft.com/repos/azure-cli", "azure-cli"},
    {"packages.microsoft.com/repos/code", "code*"},
    {"pkgs.k8s.io/", "cri-tools kube* kubernetes-*"},
    {"repo.mongodb.org/apt/", "mongodb-*"},
};

bool archive_rolls(struct str uri)
{
    struct str part;

    while (str_cut(&uri, '/', &part))
        if (str_listed(S("edge latest-stable"), part))
            return true;
    return false;
}

static bool is_wild(char c)
{
    return c == '*' || c == '?' || c == '[' || c == '\\';
}

bool source_moves(const struct release *r, struct str source)
{
    for (size_t i = 0; i < MOVES_MOST; i++) {
        const struct move *m = &moves[i];
        bool may_fit = !source.n || m->source[0] == source.p[0] || is_wild(m->source[0]);
        if (may_fit && str_eq(r->distro, str_of(m->distro)) &&
            (!m->release[0] || str_eq(r->version, str_of(m->release))) &&
            str_glob(str_of(m->source), source, true))
            return true;
    }
    return false;
}

bool archive_is_known(struct str uri, struct str *packages)
{
    struct str place = uri.n ? url_cut(uri).place : S("");

    for (size_t i = 0; i < sizeof archives / sizeof archives[0] && place.n; i++)
        if (archives[i].place[0] == place.p[0] && str_starts(place, str_of(archives[i].place))) {
            *packages = str_of(archives[i].packages);
            return true;
        }
    return false;
}

bool archive_lacks(struct str uri, struct str package)
{
    struct str packages;

    return archive_is_known(uri, &packages) && !globs_fit(packages, package);
}
