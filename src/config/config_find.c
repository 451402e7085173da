/* Where policy files are. */
#include <stdlib.h>
#include <sys/stat.h>

#include "config/config.h"
#include "host/files.h"

#define SYSTEM_POLICY "/etc/dfix/dfix.yaml"

static bool is_there(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

struct str config_user_path(struct arena *a)
{
    const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    struct str path;
    if (xdg && xdg[0] == '/') /* a relative one is to be ignored, says the standard */
        path = path_join(a, str_of(xdg), S("dfix/dfix.yaml"));
    else if (home && home[0] == '/')
        path = path_join(a, str_of(home), S(".config/dfix/dfix.yaml"));
    else
        return S("");
    return is_there(path.p) ? path : S("");
}

struct str config_system_path(void)
{
    return is_there(SYSTEM_POLICY) ? S(SYSTEM_POLICY) : S("");
}

/* The highest folder whose policy holds in `folder`: the repository's root; without one, the
 * working directory if it is above, else the folder itself. */
static struct str policy_root(struct arena *a, struct str folder)
{
    struct str root = file_repository(a, folder), here = path_absolute(a, S(".")), left;

    if (root.n)
        return root;
    return path_below(folder, here, &left) ? here : folder;
}

static struct str find_upward(struct arena *a, struct str path, const char *const *names)
{
    struct str folder = path_absolute(a, path_folder(a, path)), root;
    char *real = realpath(folder.p, NULL);
    if (real)
        folder = str_dup(a, str_of(real));
    free(real);
    root = policy_root(a, folder);
    for (;;) {
        for (size_t i = 0; names[i]; i++) {
            struct str file = path_join(a, folder, str_of(names[i]));
            if (is_there(file.p))
                return path_relative(a, file);
        }
        if (str_eq(folder, root))
            return S("");
        folder = path_folder(a, folder);
    }
}

struct str config_find(struct arena *a, struct str path)
{
    static const char *const names[] = {"dfix.yaml", "dfix.yml", ".dfix.yaml", ".dfix.yml", NULL};
    return find_upward(a, path, names);
}

struct str config_find_accept(struct arena *a, struct str path)
{
    static const char *const names[] = {ACCEPT_FILE, NULL};
    return find_upward(a, path, names);
}

/* Where hadolint looks for the user's own file. */
static struct str user_hadolint(struct arena *a)
{
    static const char *const names[] = {".hadolint/hadolint.yaml", ".hadolint/hadolint.yml",
                                        ".hadolint/config.yaml",   ".hadolint/config.yml",
                                        ".hadolint.yaml",          ".hadolint.yml"};
    static const char *const visible[] = {"hadolint.yaml", "hadolint.yml"};
    const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    struct str config = S(""), file;

    if (xdg && xdg[0] == '/')
        config = str_of(xdg);
    else if (home && home[0] == '/')
        config = path_join(a, str_of(home), S(".config"));
    for (size_t i = 0; config.n && i < sizeof visible / sizeof visible[0]; i++) {
        file = path_join(a, config, str_of(visible[i]));
        if (is_there(file.p))
            return file;
    }
    for (size_t i = 0; home && home[0] == '/' && i < sizeof names / sizeof names[0]; i++) {
        file = path_join(a, str_of(home), str_of(names[i]));
        if (is_there(file.p))
            return file;
    }
    return S("");
}

struct str config_find_hadolint(struct arena *a, struct str path, bool *user)
{
    static const char *const names[] = {".hadolint.yaml", ".hadolint.yml", NULL};
    struct str found = find_upward(a, path, names);

    *user = !found.n;
    return found.n ? found : user_hadolint(a);
}
