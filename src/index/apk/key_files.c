/* key_files.c - reads files of public keys. */
#include "index/apk/key_files.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "host/files.h"

enum { KEY_MAX = 16 * 1024, KEYS_MAX = 256 };

static bool read_file(struct arena *a, struct str path, struct key_texts *k, struct err *e)
{
    struct key_text text = {.name = str_from(path, (size_t)(str_rchr(path, '/') + 1))};
    if (!file_read(a, str_cstr(a, path), KEY_MAX, &text.pem, e))
        return false;
    vec_push(a, &k->v, text);
    return true;
}

static bool read_folder(struct arena *a, struct str path, struct key_texts *k, struct err *e)
{
    DIR *d = opendir(str_cstr(a, path));
    bool ok = true, any = false;

    if (!d)
        return err_set(e, STR_FMT ": %s", STR_ARG(path), strerror(errno));
    for (struct dirent *x; ok && (x = readdir(d)) && k->v.n < KEYS_MAX;)
        if (str_ends(str_of(x->d_name), S(".pub"))) {
            ok = read_file(a, path_join(a, path, str_of(x->d_name)), k, e);
            any = true;
        }
    closedir(d);
    return !ok ? false : any || err_set(e, "%s: no key (*.pub) in this folder", str_cstr(a, path));
}

bool key_files_read(struct arena *a, struct str path, struct key_texts *k, struct err *e)
{
    struct str name = str_dup(a, path);
    struct stat st;

    if (stat(str_cstr(a, name), &st) != 0)
        return err_set(e, STR_FMT ": %s", STR_ARG(name), strerror(errno));
    return S_ISDIR(st.st_mode) ? read_folder(a, name, k, e) : read_file(a, name, k, e);
}
