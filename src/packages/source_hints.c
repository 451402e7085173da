/* What shows that a text is about the settings of a package manager. */
#include "packages/packages.h"
#include "dfix/manager.h"

static const struct sign signs[] = {
    {"sources.list", "changes apt's sources", &manager_apt},
    {"/etc/apt/", "changes apt's settings", &manager_apt},
    {"apt.conf", "changes apt's settings", &manager_apt},
    {"/etc/apk/", "changes apk's repositories", &manager_apk},
};
/* The folders themselves: `find /etc/apt -name ...`. */
static const struct sign folders[] = {
    {"/etc/apt", "changes apt's settings", &manager_apt},
    {"/etc/apk", "changes apk's repositories", &manager_apk},
};
/* Programs that add sources, by their names. */
static const struct sign programs[] = {
    {"apt-add-repository", "adds a repository", &manager_apt},
    {"add-apt-repository", "adds a repository", &manager_apt},
    {"apt.postgresql.org.sh", "adds a repository", &manager_apt},
    {"extrepo", "adds a repository", &manager_apt},
};

/* Does it begin with the place of some manager's keys? */
static bool begins_with_keys(struct str text)
{
    struct str key;

    for (size_t i = 0; managers[i]; i++)
        for (struct str keys = str_of(managers[i]->keys); word_next(&keys, &key);)
            if (str_starts(text, key))
                return true;
    return false;
}

/* Of the settings that it names nothing but keys, which bring no packages? */
static bool is_about_keys(struct str text)
{
    bool named = false;

    if (str_find(text, S("sources.list")) != STR_NONE || str_find(text, S("apt.conf")) != STR_NONE)
        return false;
    for (ptrdiff_t k; (k = str_find(text, S("/etc/ap"))) != STR_NONE; named = true) {
        text = str_from(text, (size_t)k);
        if (!begins_with_keys(text))
            return false;
        text = str_from(text, 1);
    }
    return named;
}

/* Settings that pick no versions. */
static bool is_harmless(struct str text)
{
    static const char *const picks[] = {"sources",        "preferences", "Default-Release",
                                        "Target-Release", "Dir::Etc",    "Dir::State",
                                        "APT::Arch"};

    if (is_about_keys(text))
        return true;
    for (size_t i = 0; i < sizeof(picks) / sizeof(picks[0]); i++)
        if (str_find(text, str_of(picks[i])) != STR_NONE)
            return false;
    return str_find(text, S("/etc/apt/apt.conf")) != STR_NONE;
}

/* The folder, and not something in it or beside it. */
static bool names_folder(struct str text, struct str folder)
{
    static const char within[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                 "_.-*?[{$";

    for (ptrdiff_t k; (k = str_find(text, folder)) != STR_NONE;) {
        text = str_from(text, (size_t)k + folder.n);
        struct str rest = str_from(text, str_starts(text, S("/")));
        if (!rest.n || str_chr(str_of(within), rest.p[0]) == STR_NONE)
            return true;
    }
    return false;
}

/* Can there be a sign at all? Asked of nearly every word. */
static bool may_hold_sign(struct str text)
{
    if (text.n < 8) /* the shortest one's length */
        return false;
    return str_find(text, S("/etc/ap")) != STR_NONE ||
           (str_chr(text, '.') != STR_NONE && (str_find(text, S("sources.list")) != STR_NONE ||
                                               str_find(text, S("apt.conf")) != STR_NONE));
}

const struct sign *sign_in(struct str text)
{
    if (!may_hold_sign(text))
        return NULL;
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
        if (str_find(text, str_of(signs[i].text)) != STR_NONE && !is_harmless(text))
            return &signs[i];
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        if (names_folder(text, str_of(folders[i].text)))
            return &folders[i];
    return NULL;
}

const struct sign *sign_of_program(struct str name)
{
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
        if (str_eq(name, str_of(programs[i].text)))
            return &programs[i];
    return NULL;
}

const struct sign *sign_in_script(struct str text)
{
    const struct sign *found = sign_in(text);

    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]) && !found; i++)
        if (str_find(text, str_of(programs[i].text)) != STR_NONE)
            found = &programs[i];
    return found;
}
