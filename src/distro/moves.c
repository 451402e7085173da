/* moves.c - what is known of single packages: those that jump, and those that an archive of someone
 * else's has. Sources: the stable-update and security policies of Debian and Ubuntu, the histories
 * of their suites and of Alpine's stable branches, and the Packages files of the archives named. */
#include "distro/distro.h"
#include "dfix/url.h"

/* Sources that get new upstream versions within a release, in their first two components, whatever
 * its suites hold today. */
static const char *const jumpers[] = {
    "amd64-microcode",
    "ca-certificates",
    "chromium",
    "chromium-browser",
    "clamav",
    "cloud-init",
    "containerd-app",
    "docker.io-app",
    "firefox",
    "firefox-esr",
    "intel-microcode",
    "intel-ucode",
    "linux-firmware",
    "nvidia-graphics-drivers*",
    "postgresql-1*",
    "postgresql1*",
    "publicsuffix",
    "runc-app",
    "rust-cbindgen-web",
    "rustc-web",
    "thunderbird",
    "tzdata",
    "ubuntu-advantage-tools",
    "webkit2gtk",
    "wpewebkit",
};

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

bool source_jumps(struct str source)
{
    for (size_t i = 0; i < sizeof jumpers / sizeof jumpers[0]; i++)
        if (str_glob(str_of(jumpers[i]), source, false))
            return true;
    return false;
}

bool archive_is_known(struct str uri, struct str *packages)
{
    struct str place = url_cut(uri).place;

    for (size_t i = 0; i < sizeof archives / sizeof archives[0]; i++)
        if (str_starts(place, str_of(archives[i].place))) {
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
