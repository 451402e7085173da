/* known.c - what an image is known to be by its name and its tag. */
#include "distro/distro.h"

#include <string.h>

enum { DROPS = 1, INIT = 2, ROOT = 4, ALPINE = 8, PROGRAMS = 16 };

struct row {
    const char *name, *user, *spare_user, *spare_uid;
    unsigned flags;
    const char *touched;
};
struct tag_row {
    const char *name, *tag, *user;
};
struct spare_row {
    const char *name;
    unsigned since;
    const char *user, *uid;
};

#define TAG_USER(name, tag, user)
#define TAG_DROPS(name, tag)
#define UNTOUCHED(name, tag)
#define SPARE_SINCE(name, since, user, uid)
static const struct row rows[] = {
#define KNOWN(name, user, spare, uid, flags, touched) {name, user, spare, uid, flags, touched},
#include "distro/known_images.def"
#undef KNOWN
};
#undef TAG_USER
#define KNOWN(name, user, spare, uid, flags, touched)
static const struct tag_row tag_rows[] = {
#define TAG_USER(name, tag, user) {name, tag, user},
#include "distro/known_images.def"
#undef TAG_USER
#undef TAG_DROPS
};
#define TAG_USER(name, tag, user)
static const struct tag_row drops_rows[] = {
#define TAG_DROPS(name, tag) {name, tag, NULL},
#include "distro/known_images.def"
#undef TAG_DROPS
#undef UNTOUCHED
};
#define TAG_DROPS(name, tag)
static const struct tag_row untouched_rows[] = {
#define UNTOUCHED(name, tag) {name, tag, NULL},
#include "distro/known_images.def"
#undef UNTOUCHED
};
#undef SPARE_SINCE
#define UNTOUCHED(name, tag)
static const struct spare_row spare_rows[] = {
#define SPARE_SINCE(name, since, user, uid) {name, since, user, uid},
#include "distro/known_images.def"
#undef SPARE_SINCE
};
#undef UNTOUCHED
#undef TAG_DROPS
#undef TAG_USER
#undef KNOWN
static const struct {
    const char *image, *releases, *packages;
} bases[] = {
#define BASE(image, releases, packages) {image, releases, packages},
#include "distro/base_packages.def"
#undef BASE
};

/* Whose folders hold official images: all architectures', or those of one platform. */
static const struct {
    const char *name, *platform;
} makers[] = {
    {"library/", ""},        {"amd64/", "amd64"},       {"i386/", "386"},
    {"arm32v5/", "arm/v5"},  {"arm32v6/", "arm/v6"},    {"arm32v7/", "arm/v7"},
    {"arm64v8/", "arm64"},   {"ppc64le/", "ppc64le"},   {"s390x/", "s390x"},
    {"riscv64/", "riscv64"}, {"mips64le/", "mips64le"}, {"winamd64/", ""},
};

size_t known_image_count(void)
{
    return sizeof rows / sizeof rows[0];
}

struct str known_image_nth(size_t i)
{
    return str_of(rows[i].name);
}

arch_set known_image_archs(struct str name)
{
    if (!str_starts(name, S("docker.io/")))
        return 0;
    name = str_from(name, 10);
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++)
        if (str_starts(name, str_of(makers[i].name)))
            return arch_of(str_of(makers[i].platform));
    return 0;
}

/* "debian" for docker.io/library/debian, docker.io/arm64v8/debian and the copies that other
 * registries keep; `official` for these. */
static struct str short_name(struct str name, bool *official)
{
    static const char *const copies[] = {"public.ecr.aws/docker/library/",
                                         "mirror.gcr.io/library/"};

    *official = true;
    for (size_t i = 0; i < sizeof copies / sizeof copies[0]; i++)
        if (str_starts(name, str_of(copies[i])))
            return str_from(name, strlen(copies[i]));
    *official = false;
    if (!str_starts(name, S("docker.io/")))
        return name;
    name = str_from(name, 10);
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++) {
        struct str maker = str_of(makers[i].name);
        if (str_starts(name, maker) && str_chr(str_from(name, maker.n), '/') == STR_NONE) {
            *official = true;
            return str_from(name, maker.n);
        }
    }
    return name;
}

/* A part of a tag that names a release: bookworm, alpine3.20, ubuntu22.04, debian12; the
 * distro's name may be a part of its own before the version. Sets *used to the parts taken. */
static bool part_names(struct str part, struct str next, struct release *out, unsigned *used)
{
    static const char *const distros[] = {"alpine", "debian", "ubuntu"};
    *used = 1;
    for (size_t i = 0; i < sizeof distros / sizeof distros[0]; i++) {
        struct str distro = str_of(distros[i]);
        if (!str_starts(part, distro))
            continue;
        struct str version = str_from(part, distro.n);
        if (!version.n) {
            *used = 2;
            version = next;
        }
        if (version.n == 4 && i == 2 && str_chr(version, '.') == STR_NONE) {
            char dotted[5] = {version.p[0], version.p[1], '.', version.p[2], version.p[3]};
            return release_find(distro, (struct str){dotted, 5}, out);
        }
        return version.n && (version.p[0] >= '0' && version.p[0] <= '9') &&
               release_find(distro, version, out);
    }
    return release_find(S(""), part, out);
}

static bool next_part(struct str *rest, struct str *part)
{
    size_t i = 0;
    if (!rest->n)
        return false;
    while (i < rest->n && rest->p[i] != '-' && rest->p[i] != '_')
        i++;
    *part = str_sub(*rest, 0, i);
    *rest = str_from(*rest, i < rest->n ? i + 1 : i);
    return true;
}

/* 0: the tag names no release; 1: one; 2: several. */
static unsigned tag_names(struct str image, struct str tag, struct release *out)
{
    struct str rest = tag, part, next;
    bool robots =
        str_eq(image, S("ros")) || str_ends(image, S("/ros")) || str_starts(image, S("osrf/"));
    unsigned found = 0, used;

    while (next_part(&rest, &part)) {
        struct release r;
        struct str after = rest;
        if (!next_part(&after, &next))
            next = S("");
        /* Releases of the Robot Operating System, too. */
        if (robots && (str_eq(part, S("kinetic")) || str_eq(part, S("lunar"))))
            continue;
        if (!part_names(part, next, &r, &used))
            continue;
        if (used == 2)
            rest = after;
        if (found && !str_eq(out->version, r.version))
            return 2;
        found = 1;
        *out = r;
    }
    return found;
}

/* By tag (`windowsservercore-1809`), or by names that Microsoft has only for Windows. */
static bool is_windows(struct str name, struct str tag)
{
    static const char *const begins[] = {
        "mcr.microsoft.com/windows",
        "mcr.microsoft.com/dotnet/framework/",
        "microsoft/windows",
        "microsoft/dotnet-framework",
        "microsoft/iis",
        "microsoft/mssql-server-windows",
    };
    static const char *const within[] = {"servercore", "nanoserver"};

    for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
        if (str_starts(name, str_of(begins[i])))
            return true;
    for (size_t i = 0; i < sizeof(within) / sizeof(within[0]); i++)
        if (str_find(name, str_of(within[i])) != STR_NONE ||
            str_find(tag, str_of(within[i])) != STR_NONE)
            return true;
    return false;
}

/* "stable" and so on; with a date, "stable-20240612-slim", it does not move any more. */
static bool debian_moving(struct str suite, struct str rest, struct known_image *out)
{
    struct str date = S("");
    while (next_part(&rest, &date))
        if (date.n == 8 && str_starts(date, S("20")))
            break;
    if (date.n != 8 || !str_starts(date, S("20")))
        return release_moving(suite, &out->release);
    char day[10] = {date.p[0], date.p[1], date.p[2], date.p[3], '-',
                    date.p[4], date.p[5], '-',       date.p[6], date.p[7]};
    return release_moving_at(suite, (struct str){day, sizeof day}, &out->release);
}

/* The tags of a distro's own image: its versions and codenames, and tags that move. */
static bool distro_image(struct str name, struct str tag, struct known_image *out)
{
    struct str rest = tag, first;
    if (!str_eq(name, S("debian")) && !str_eq(name, S("ubuntu")) && !str_eq(name, S("alpine")))
        return false;
    if (!next_part(&rest, &first))
        return false;
    if (release_find(name, first, &out->release)) {
        out->exact = str_chr(first, '.') != STR_NONE || str_eq(name, S("debian")) ||
                     str_eq(name, S("ubuntu"));
        if (str_eq(out->release.version, S("sid")) || str_eq(out->release.version, S("edge")))
            out->exact = true;
        return true;
    }
    if (str_eq(name, S("debian")))
        return debian_moving(str_starts(tag, S("rc-buggy")) ? S("rc-buggy") : first, rest, out);
    if (str_eq(name, S("alpine")) && first.n == 8 && str_starts(first, S("20")))
        return release_find(name, S("edge"), &out->release);
    return false;
}

/* Images of other distros by those who make them. */
static const char foreign_official[] =
    "almalinux amazonlinux archlinux busybox centos clearlinux cirros fedora mageia oraclelinux "
    "photon rockylinux sl";
static const char foreign_others[] =
    "almalinux/* archlinux/* opensuse/* redhat/* rockylinux/* registry.access.redhat.com/* "
    "registry.fedoraproject.org/* quay.io/centos/* quay.io/fedora/*";

static void find_release(struct str name, bool official, struct str tag, struct known_image *out)
{
    unsigned named;

    if (is_windows(name, tag)) {
        out->windows = true;
        out->why = "the image is a Windows image";
        return;
    }
    if (globs_fit(str_of(official ? foreign_official : foreign_others), name)) {
        out->foreign = true;
        out->why = "the image is not built on Debian, Ubuntu or Alpine";
        return;
    }
    if (!tag.n) {
        out->why = "the image is named by digest alone";
        return;
    }
    if (official && distro_image(name, tag, out))
        return;
    out->exact = false;
    named = tag_names(name, tag, &out->release);
    out->exact = named == 1;
    if (named == 1)
        return;
    out->release = (struct release){S(""), S(""), S("")};
    if (named == 2) {
        out->why = "the tag names several releases";
    } else if (!official) {
        out->why =
            "the tag does not name a release, and the image is not one of Docker's official ones";
    } else if (!official_release(name, tag, &out->release)) {
        out->why = "the tag is not in the table of Docker's official images";
    } else if (!out->release.distro.n) {
        out->foreign = true;
        out->why = "the image is not built on Debian, Ubuntu or Alpine";
    }
}

/* Most rows begin with another letter. */
static inline bool may_fit(const char *pattern, struct str name)
{
    return pattern[0] == '*' || (name.n && pattern[0] == name.p[0]);
}

static bool name_fits(const char *pattern, struct str name, bool official)
{
    struct str p = str_of(pattern);

    return (official || str_chr(name, '/') != STR_NONE) && str_glob(p, name, false);
}

/* The major version that a tag begins with: 8 of 8.0-alpine; 0: none. */
static unsigned tag_major(struct str tag)
{
    unsigned major = 0;

    for (size_t i = 0; i < tag.n && i < 4 && tag.p[i] >= '0' && tag.p[i] <= '9'; i++)
        major = major * 10 + (unsigned)(tag.p[i] - '0');
    return major;
}

/* A user that is there for programs, since some version. */
static void find_spare(struct str name, bool official, struct str tag, struct known_image *out)
{
    for (size_t i = 0; i < sizeof spare_rows / sizeof spare_rows[0]; i++) {
        const struct spare_row *r = &spare_rows[i];
        if (may_fit(r->name, name) && name_fits(r->name, name, official) &&
            tag_major(tag) >= r->since) {
            out->spare_user = str_of(r->user);
            out->spare_uid = str_of(r->uid);
        }
    }
}

/* What a distro's own image may hold of packages. */
static struct str base_packages(struct str image, struct str version)
{
    for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++)
        if (str_eq(image, str_of(bases[i].image)) && globs_fit(str_of(bases[i].releases), version))
            return str_of(bases[i].packages);
    return S("*");
}

/* Official images that set no WORKDIR, by their own Dockerfiles. */
static bool starts_in_root(struct str name, struct str tag)
{
    static const char names[] =
        "almalinux alpine amazonlinux archlinux buildpack-deps busybox centos "
        "clearlinux debian eclipse-temurin fedora mageia nginx node openjdk "
        "oraclelinux photon python rockylinux ruby rust ubuntu";
    return word_is_one_of(name, names) && str_find(tag, S("onbuild")) == STR_NONE;
}

static bool tag_fits(const struct tag_row *row, size_t n, struct str name, bool official,
                     struct str tag)
{
    bool fits = false;

    for (size_t i = 0; i < n && !fits; i++)
        fits = may_fit(row[i].name, name) && name_fits(row[i].name, name, official) &&
               str_glob(str_of(row[i].tag), tag, false);
    return fits;
}

void known_image_find(struct str full, struct str tag, struct known_image *out)
{
    bool official;
    struct str name = short_name(full, &official);
    const struct row *r = NULL;

    *out = (struct known_image){.release = {S(""), S(""), S("")},
                                .user = S(""),
                                .spare_user = S(""),
                                .spare_uid = S(""),
                                .touched = S("*"),
                                .holds = S("*")};
    find_release(name, official, tag, out);
    out->in_root = official ? starts_in_root(name, tag)
                            : str_starts(name, S("mcr.microsoft.com/windows/")) ||
                                  word_is_one_of(name, "microsoft/windowsservercore "
                                                       "microsoft/nanoserver");
    if (official)
        out->holds = base_packages(name, out->release.version);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && !r; i++)
        if (may_fit(rows[i].name, name) && name_fits(rows[i].name, name, official))
            r = &rows[i];
    if (!r)
        return;
    out->user_known = r->user != NULL;
    out->user = str_of(r->user);
    out->spare_user = str_of(r->spare_user);
    out->spare_uid = str_of(r->spare_uid);
    if (str_eq(out->spare_user, S("www-data")) && !out->spare_uid.n && out->release.distro.n)
        out->spare_uid = str_eq(out->release.distro, S("alpine")) ? S("82") : S("33");
    if (!out->windows)
        find_spare(name, official, tag, out);
    out->drops_root =
        (r->flags & DROPS) ||
        tag_fits(drops_rows, sizeof drops_rows / sizeof drops_rows[0], name, official, tag);
    out->init = r->flags & INIT;
    out->needs_root = r->flags & ROOT;
    out->only_programs = r->flags & PROGRAMS;
    /* Alpine's variants of these images leave its repositories as they are. */
    bool untouched = official && str_eq(out->release.distro, S("alpine")) && !(r->flags & ALPINE);
    out->touched = str_of(untouched || tag_fits(untouched_rows,
                                                sizeof untouched_rows / sizeof untouched_rows[0],
                                                name, official, tag)
                              ? ""
                              : r->touched);
    if (str_find(tag, S("backports")) != STR_NONE || str_starts(tag, S("experimental")) ||
        str_starts(tag, S("rc-buggy")))
        out->touched = S("*");
    for (size_t i = 0; i < sizeof tag_rows / sizeof tag_rows[0]; i++) {
        const struct tag_row *u = &tag_rows[i];
        if (!may_fit(u->name, name) || !name_fits(u->name, name, official) ||
            !str_glob(str_of(u->tag), tag, false))
            continue;
        out->user_known = u->user != NULL;
        out->user = str_of(u->user);
        return;
    }
}
