/* layer_facts.c - what an image's layers tell of it: its release, packages, sources, users. */
#include "reader/layer_facts.h"

#include "dfix/username.h"
#include "registry/facts.h"
#include "registry/installed.h"

enum group { RELEASE = 1, DPKG = 2, DPKG_PARTS = 4, APT = 8, APK = 16, APK_DB = 32, PASSWD = 64 };

enum which {
    OS_RELEASE,
    OS_RELEASE_USR,
    DPKG_STATUS,
    DPKG_STATUS_D,
    APT_SOURCES,
    APT_SOURCES_D,
    APT_PREFERENCES,
    APT_PREFERENCES_D,
    APT_CONF,
    APT_CONF_D,
    APK_INSTALLED,
    APK_INSTALLED_USR,
    APK_REPOSITORIES,
    ETC_PASSWD,
    NWANT
};

static const struct want wants[NWANT] = {
    [OS_RELEASE] = {"etc/os-release", false, 0, RELEASE},
    [OS_RELEASE_USR] = {"usr/lib/os-release", false, RELEASE, 0},
    [DPKG_STATUS] = {"var/lib/dpkg/status", false, DPKG, DPKG_PARTS | APK | APK_DB},
    [DPKG_STATUS_D] = {"var/lib/dpkg/status.d", true, DPKG_PARTS, 0},
    [APT_SOURCES] = {"etc/apt/sources.list", false, APT, 0},
    [APT_SOURCES_D] = {"etc/apt/sources.list.d", true, APT, 0},
    [APT_PREFERENCES] = {"etc/apt/preferences", false, APT, 0},
    [APT_PREFERENCES_D] = {"etc/apt/preferences.d", true, APT, 0},
    [APT_CONF] = {"etc/apt/apt.conf", false, APT, 0},
    [APT_CONF_D] = {"etc/apt/apt.conf.d", true, APT, 0},
    [APK_INSTALLED] = {"lib/apk/db/installed", false, APK_DB, APK_DB | APT | DPKG | DPKG_PARTS},
    [APK_INSTALLED_USR] = {"usr/lib/apk/db/installed", false, APK_DB,
                           APK_DB | APT | DPKG | DPKG_PARTS},
    [APK_REPOSITORIES] = {"etc/apk/repositories", false, APK, 0},
    [ETC_PASSWD] = {"etc/passwd", false, PASSWD, 0},
};

static void take_apt_sources(struct arena *a, const struct found *found, struct base_facts *f)
{
    struct source_list sources = {.broken = false};
    sources_read_lines(a, found[APT_SOURCES].bytes, &sources);
    for (size_t i = 0; i < found[APT_SOURCES_D].nfile; i++) {
        const struct rootfs_file *file = &found[APT_SOURCES_D].file[i];
        if (str_ends(file->name, S(".list")))
            sources_read_lines(a, file->bytes, &sources);
        else if (str_ends(file->name, S(".sources")))
            sources_read_deb822(a, file->bytes, &sources);
    }
    f->source = sources.list.v;
    f->nsource = sources.list.n;
    f->sources_known = !sources.broken && !found[APT_SOURCES].unreadable &&
                       !found[APT_SOURCES_D].unreadable && !found[APT_CONF].unreadable &&
                       !found[APT_CONF_D].unreadable;
    f->preferences = preferences_matter(found[APT_PREFERENCES].bytes) ||
                     found[APT_PREFERENCES].unreadable || found[APT_PREFERENCES_D].unreadable ||
                     apt_conf_matters(a, found[APT_CONF].bytes);
    for (size_t i = 0; i < found[APT_PREFERENCES_D].nfile; i++)
        f->preferences =
            f->preferences || preferences_matter(found[APT_PREFERENCES_D].file[i].bytes);
    for (size_t i = 0; i < found[APT_CONF_D].nfile; i++)
        f->preferences = f->preferences || apt_conf_matters(a, found[APT_CONF_D].file[i].bytes);
}

static void take_apk(struct arena *a, const struct found *found, struct str text,
                     struct base_facts *f)
{
    struct installed_list list = {.broken = false};
    struct source_list sources = {.broken = false};
    installed_apk(a, text, &list);
    sources_apk(a, found[APK_REPOSITORIES].bytes, &sources);
    f->installed = list.list.v;
    f->ninstalled = list.list.n;
    f->installed_known = !list.broken;
    f->source = sources.list.v;
    f->nsource = sources.list.n;
    f->sources_known = !sources.broken && !found[APK_REPOSITORIES].unreadable;
}

static void take_dpkg(struct arena *a, const struct found *found, struct base_facts *f)
{
    const struct found *parts = &found[DPKG_STATUS_D];
    struct installed_list list = {.broken = false};
    if (found[DPKG_STATUS].there)
        installed_dpkg(a, found[DPKG_STATUS].bytes, &list);
    else
        for (size_t i = 0; i < parts->nfile; i++)
            if (!str_ends(parts->file[i].name, S(".md5sums")))
                installed_dpkg(a, parts->file[i].bytes, &list);
    f->installed = list.list.v;
    f->ninstalled = list.list.n;
    f->installed_known = !list.broken && !found[DPKG_STATUS].unreadable && !parts->unreadable;
    take_apt_sources(a, found, f);
}

static void take_release(struct arena *a, const struct found *found, struct base_facts *f)
{
    struct str id, text = found[OS_RELEASE].bytes;
    if (!found[OS_RELEASE].there)
        text = found[OS_RELEASE_USR].bytes;
    release_read(a, text, &f->release, &id);
    if (!id.n)
        f->why = S("the image has no os-release file that names its distribution");
    else if (!f->release.distro.n)
        f->why = str_fmt(a, "the image's distribution is " STR_FMT, STR_ARG(id));
}

bool facts_of_layers(struct arena *a, struct layers layers, struct base_facts *f, struct err *e)
{
    struct found found[NWANT];
    /* The last want, users by name, only when the config names one. */
    struct str user = user_name(f->user);
    bool named = facts_user_named(f);
    found[ETC_PASSWD] = (struct found){.bytes = S("")};
    if (!rootfs_read(a, layers, wants, named ? NWANT : ETC_PASSWD, found, e))
        return false;
    f->user_root = f->user_root || passwd_is_root(found[ETC_PASSWD].bytes, user);
    f->user_looked_up = !named || !found[ETC_PASSWD].unreadable;
    take_release(a, found, f);
    if (found[APK_INSTALLED].there)
        take_apk(a, found, found[APK_INSTALLED].bytes, f);
    else if (found[APK_INSTALLED_USR].there)
        take_apk(a, found, found[APK_INSTALLED_USR].bytes, f);
    else if (found[DPKG_STATUS].there || found[DPKG_STATUS_D].there)
        take_dpkg(a, found, f);
    return true;
}
