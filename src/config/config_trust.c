/* Whose policy files hold. A folder that strangers can write may have any file in it, and a `.git`
 * of theirs above it makes theirs the policy of all that lies below. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "host/files.h"
#include "config/git_safe.h"

/* Who may speak for a Dockerfile. */
struct voices {
    uid_t dockerfile; /* its owner, when `known` */
    bool known;
};

static bool is_the_callers(uid_t owner)
{
    const char *sudo = geteuid() == 0 ? getenv("SUDO_UID") : NULL;
    char *end = NULL;
    unsigned long by_sudo = sudo ? strtoul(sudo, &end, 10) : 0;

    return owner == geteuid() || (end && end != sudo && !*end && by_sudo == owner);
}

static bool may_speak(const struct voices *v, const struct stat *st)
{
    if (is_the_callers(st->st_uid))
        return true;
    return v->known && st->st_uid == v->dockerfile &&
           (S_ISLNK(st->st_mode) || !(st->st_mode & (S_IWGRP | S_IWOTH)));
}

/* The thing itself and, of a link, what it leads to. */
static bool belongs(struct arena *a, const struct voices *v, struct str path, uid_t *owner)
{
    const char *name = str_cstr(a, path);
    struct stat link, st;

    *owner = 0;
    if (lstat(name, &link) < 0 || stat(name, &st) < 0)
        return false;
    *owner = may_speak(v, &link) ? st.st_uid : link.st_uid;
    return may_speak(v, &link) && may_speak(v, &st);
}

static bool refuse(struct arena *a, struct str file, const char *what, uid_t owner,
                   struct str folder, struct err *e)
{
    struct arena_mark m = arena_mark(a);
    err_write(e,
              STR_FMT " is not trusted because %s belongs to another user (uid %lu) or can be "
                      "written by others; the files it covers were not changed. To trust it, pass "
                      "it with --config or run `git config --global --add safe.directory %s`",
              STR_ARG(path_relative(a, file)), what, (unsigned long)owner, str_cstr(a, folder));
    arena_rewind(a, m);
    return false;
}

/* A link may lead about in its repository. */
static bool stays_inside(struct arena *a, struct str file, struct str real, struct str repository)
{
    struct str left, theirs = file_repository(a, path_folder(a, real));

    if (str_eq(file, real))
        return true;
    if (str_find(real, S("/.git/")) != STR_NONE)
        return false;
    return repository.n ? str_eq(repository, theirs)
                        : !theirs.n && path_below(real, path_folder(a, file), &left);
}

static bool is_owned_well(struct arena *a, struct str file, struct str real, struct str repository,
                          const struct voices *v, struct err *e)
{
    struct str folder = path_folder(a, file);
    struct str top = repository.n ? repository : folder;
    uid_t owner;

    if (!belongs(a, v, folder, &owner))
        return refuse(a, file, "its folder", owner, top, e);
    if (repository.n && !belongs(a, v, path_join(a, repository, S(".git")), &owner))
        return refuse(a, file, "the repository's `.git`", owner, top, e);
    /* What root has put into a folder of theirs is no stranger's. */
    if (!belongs(a, v, real, &owner) && owner != 0)
        return refuse(a, file, "it", owner, top, e);
    return true;
}

bool config_is_trusted(struct arena *a, struct str file, struct str dockerfile, struct err *e)
{
    struct str whole = path_absolute(a, file), folder = path_folder(a, whole);
    struct str repository = file_repository(a, folder);
    char *leads = realpath(whole.p, NULL);
    struct str real = leads ? str_dup(a, str_of(leads)) : S("");
    int why = errno;
    struct stat st;
    struct voices v = {0};

    free(leads);
    if (!real.n)
        return err_set(e, STR_FMT ": %s", STR_ARG(file), strerror(why));
    if (!stays_inside(a, whole, real, repository))
        return err_set(e,
                       STR_FMT " was not read because it is a link that leads out of its "
                               "repository; the files it covers were not changed",
                       STR_ARG(file));
    v.known = stat(str_cstr(a, dockerfile), &st) == 0;
    v.dockerfile = v.known ? st.st_uid : 0;
    struct err not_safe;
    if (is_owned_well(a, whole, real, repository, &v, &not_safe))
        return true;
    if (git_is_safe(a, repository.n ? repository : folder) || git_is_safe(a, folder))
        return true;
    *e = not_safe;
    return false;
}

/* It speaks for every user of the machine: only root may have written it. */
static bool is_roots_alone(struct arena *a, const char *path)
{
    const char *both[] = {path, path_folder(a, str_of(path)).p};
    struct stat st;

    for (size_t i = 0; i < 2; i++)
        if (stat(both[i], &st) < 0 || st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)))
            return false;
    return true;
}

bool config_is_roots(struct arena *a, const char *path, struct err *e)
{
    return is_roots_alone(a, path) || err_set(e,
                                              "%s is not trusted; it and its folder must belong to "
                                              "root and be writable by root only",
                                              path);
}
