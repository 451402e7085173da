/* Reads OCI image layouts on disk as a registry without a network. */
#include "registry/layout.h"

#include <sys/stat.h>

#include "host/files.h"
#include "registry/memory.h"

struct str layout_folder(struct arena *a, const struct settings *s, struct str name)
{
    const struct mirror *best = NULL;
    for (size_t i = 0; i < s->nlayout; i++) {
        struct str from = s->layout[i].from;
        bool covers = str_starts(name, from) && (name.n == from.n || name.p[from.n] == '/');
        if (covers && (!best || from.n > best->from.n))
            best = &s->layout[i];
    }
    if (!best)
        return S("");
    /* A name has no ".." in it: its grammar says so. */
    return str_fmt(a, STR_FMT STR_FMT, STR_ARG(best->to), STR_ARG(str_from(name, best->from.n)));
}

struct str layout_blob_path(struct arena *a, struct str folder, struct str digest)
{
    ptrdiff_t colon = str_chr(digest, ':');
    return str_fmt(a, STR_FMT "/blobs/" STR_FMT "/" STR_FMT, STR_ARG(folder),
                   STR_ARG(str_sub(digest, 0, (size_t)colon)),
                   STR_ARG(str_from(digest, (size_t)colon + 1)));
}

bool layout_find(struct arena *a, struct str folder, struct str name, struct str tag,
                 struct descriptor *out, struct err *e)
{
    struct str text, path = str_fmt(a, STR_FMT "/index.json", STR_ARG(folder));
    struct str whole =
        str_fmt(a, STR_FMT ":" STR_FMT, STR_ARG(name), STR_ARG(tag.n ? tag : S("latest")));
    struct manifest index;
    struct stat st;
    e->text[0] = 0;
    if (stat(path.p, &st) != 0)
        return false;
    if (!file_read(a, str_cstr(a, path), MANIFEST_MAX, &text, e) ||
        !manifest_parse(a, text, S("application/vnd.oci.image.index.v1+json"), &index, e))
        return false;
    if (!tag.n)
        tag = S("latest");
    for (size_t i = 0; i < index.nchild; i++) {
        const struct descriptor *d = &index.child[i];
        if (str_eq(d->full_name, whole) || str_eq(d->name, whole) ||
            (!d->full_name.n && str_eq(d->name, tag))) {
            *out = *d;
            return true;
        }
    }
    return false;
}
