/* deb.c - packages of Debian's: which archives are in one, and what its control file says. */
#include "reader/deb.h"

#include <stdlib.h>

#include "dfix/manager.h"
#include "dfix/version.h"
#include "index/apt/release.h"

enum { AR_HEAD = 60, AR_SIZE = 48, AR_END = 58, MEMBERS_MAX = 16, CONTROL_MAX = 1 << 20 };

static const uint64_t unpacked_max = (uint64_t)4 << 30;

bool deb_is(struct str bytes)
{
    return str_starts(bytes, S("!<arch>\n"));
}

/* ---- ar ---- */

struct member {
    struct str name, bytes;
};

/* The next one of `rest`; false at the end, or with the reason. */
static bool next_member(struct str *rest, struct member *out, struct err *e)
{
    uint64_t size;
    if (!rest->n)
        return false;
    if (rest->n < AR_HEAD || !str_eq(str_sub(*rest, AR_END, AR_HEAD), S("`\n")) ||
        !apt_size_read(str_trim(str_sub(*rest, AR_SIZE, AR_END)), &size))
        return err_set(e, "it is a damaged package");
    out->name = str_trim(str_sub(*rest, 0, 16));
    if (str_ends(out->name, S("/"))) /* as other makers of ar archives end it */
        out->name.n--;
    *rest = str_from(*rest, AR_HEAD);
    if (size > rest->n)
        return err_set(e, "it is a package that is cut off");
    out->bytes = str_sub(*rest, 0, (size_t)size);
    size += size & 1 && size < rest->n;
    *rest = str_from(*rest, (size_t)size);
    return true;
}

/* "data.tar", "data.tar.xz" for "data.tar" */
static bool is_archive(struct str name, struct str of)
{
    return str_starts(name, of) && (name.n == of.n || name.p[of.n] == '.');
}

static bool find_archives(struct str bytes, struct str *control, struct str *data, struct err *e)
{
    struct member m;
    struct str rest = str_from(bytes, 8);
    e->text[0] = 0;
    if (!next_member(&rest, &m, e) || !str_eq(m.name, S("debian-binary")) ||
        !str_starts(m.bytes, S("2.")))
        return e->text[0] ? false : err_set(e, "it is no package that dfix can read");
    *control = *data = S("");
    for (int i = 0; i < MEMBERS_MAX && !data->n && next_member(&rest, &m, e); i++) {
        if (is_archive(m.name, S("control.tar")))
            *control = m.bytes;
        else if (is_archive(m.name, S("data.tar")))
            *data = m.bytes;
    }
    if (e->text[0])
        return false;
    return (control->n && data->n) || err_set(e, "it is a package without control or data");
}

/* ---- an archive in it ---- */

static bool read_archive(struct str bytes, const char *what, const struct deb_files *files,
                         struct err *e)
{
    struct tar_entry entry;
    enum tar_step step = TAR_ENTRY;
    enum deb_step took = DEB_ON;
    uint64_t left = unpacked_max;
    struct blob *b = blob_open_bytes(bytes, what);
    struct tar *t = malloc(sizeof *t);
    if (!t)
        abort();
    tar_open(t, b);
    blob_limit(b, &left);
    while (took == DEB_ON && (step = tar_next(t, &entry, e)) == TAR_ENTRY)
        took = files->take(files->user, t, &entry, e);
    free(t);
    blob_close(b);
    return step != TAR_ERROR && took != DEB_ERROR;
}

bool deb_read(const struct deb *d, const struct deb_files *files, struct err *e)
{
    return read_archive(d->data, "its data", files, e);
}

/* ---- control ---- */

struct control {
    struct arena *arena;
    struct str text;
};

static enum deb_step take_control(void *user, struct tar *t, const struct tar_entry *entry,
                                  struct err *e)
{
    struct control *c = user;
    if (entry->type != TAR_FILE || !str_eq(entry->path, S("control")))
        return DEB_ON;
    return tar_data(t, c->arena, CONTROL_MAX, &c->text, e) ? DEB_ENOUGH : DEB_ERROR;
}

static struct str field(struct str text, struct str name)
{
    struct str line;
    while (str_cut(&text, '\n', &line))
        if (str_starts(line, name))
            return str_trim(str_from(line, name.n));
    return S("");
}

bool deb_open(struct arena *a, struct str bytes, struct deb *out, struct err *e)
{
    struct control c = {a, S("")};
    struct str control;
    const struct deb_files files = {take_control, &c};
    if (!find_archives(bytes, &control, &out->data, e) ||
        !read_archive(control, "its control archive", &files, e))
        return false;
    out->name = field(c.text, S("Package:"));
    out->version = field(c.text, S("Version:"));
    return (deb_name_valid(out->name) && deb_valid(out->version)) ||
           err_set(e, "it does not say which package it is");
}
