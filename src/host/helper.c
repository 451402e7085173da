/* helper.c - finds the helper programs. */
#include "host/helper.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/process.h"

#ifndef DFIX_LIBEXECDIR
#define DFIX_LIBEXECDIR "/usr/local/libexec/dfix"
#endif

static bool is_program(struct str path)
{
    struct stat st;
    return path.n && stat(path.p, &st) == 0 && S_ISREG(st.st_mode) && access(path.p, X_OK) == 0;
}

#ifdef DFIX_ONE_FILE
static const bool one_file = true;
#else
static const bool one_file;
#endif

struct str helper_find(struct arena *a, struct str exe, const char *name, const char *set)
{
    const char *given = getenv(set);
    if (given && *given)
        return str_of(given);
    return one_file ? exe : helper_beside(a, exe, name);
}

struct str helper_beside(struct arena *a, struct str exe, const char *name)
{
    const char *folder = getenv("DFIX_LIBEXEC");
    ptrdiff_t slash = str_rchr(exe, '/');
    /* A prefix may have been moved as a whole after it was installed. */
    struct str places[] = {
        slash < 0 ? S("") : str_fmt(a, "%.*s/%s", (int)slash, exe.p, name),
        folder && *folder ? str_fmt(a, "%s/%s", folder, name) : S(""),
        slash < 0 ? S("") : str_fmt(a, "%.*s/../libexec/dfix/%s", (int)slash, exe.p, name),
        str_fmt(a, DFIX_LIBEXECDIR "/%s", name),
    };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (is_program(places[i]))
            return places[i];
    return S("");
}

bool helper_path(struct arena *a, const char *name, const char *set, struct str *out, struct err *e)
{
    *out = helper_find(a, process_own_path(a), name, set);
    if (!out->n && one_file)
        return err_set(e, "dfix does not know its own file, which it starts as %s; mount /proc",
                       name);
    return out->n || err_set(e,
                             "the program %s was not found beside dfix, in ../libexec/dfix from "
                             "there, nor in %s; install it or set %s",
                             name, DFIX_LIBEXECDIR, set);
}
