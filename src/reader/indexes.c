/* indexes.c - READ_PACKAGES and READ_APKINDEX: package indexes into images of stores. */
#include <string.h>

#include "dfix/manager.h"
#include "index/store/receive.h"
#include "reader/apkindex.h"
#include "reader/job.h"
#include "reader/packages_file.h"

static struct store_meta no_meta(const struct manager *m)
{
    struct str none = S("");
    return (struct store_meta){.manager = m,
                               .uri = none,
                               .suite = none,
                               .component = none,
                               .arch = none,
                               .etag = none,
                               .modified = none,
                               .signer = none};
}

/* ---- Packages ---- */

bool job_packages(struct job *j)
{
    struct packages_file f = {.packing = PACKING_PLAIN};
    struct store_meta meta = no_meta(&manager_apt);
    struct str rest = j->fields, value;
    if (j->fd.n != 1)
        return err_set(&j->err, "a file is missing in the request");
    f.fd = j->fd.v[0];
    for (int tag; (tag = wire_field(&rest, &value)) > 0;) {
        if (tag == READ_PACKING && wire_u64(value) <= PACKING_LZ4)
            f.packing = (enum packing)wire_u64(value);
        else if (tag == READ_PACKED)
            f.sum_of_packed = wire_u64(value) != 0;
        else if (tag == READ_SHA256 && value.n == sizeof f.sha256)
            memcpy(f.sha256, value.p, sizeof f.sha256);
        else if (tag == READ_SIZE)
            f.size = wire_u64(value);
        else if (tag == READ_MOST)
            f.most = wire_u64(value);
        else
            store_meta_take(tag, value, &meta);
    }
    j->store = packages_file_compile(&f, &meta, &j->err);
    return j->store != NULL;
}

/* ---- APKINDEX.tar.gz ---- */

struct apk_request {
    struct apk_keys keys;
    struct key_text key; /* in hand */
    struct str arch, branch;
    struct store_meta meta;
};

static bool take_apk_field(struct job *j, struct apk_request *q, int tag, struct str value)
{
    switch (tag) {
    case READ_ARCH:
        q->arch = value;
        return true;
    case READ_BRANCH:
        q->branch = value;
        return true;
    case READ_FROM:
        q->keys.from = value;
        return true;
    case READ_KEY_NAME:
        q->key.name = value;
        return true;
    case READ_KEY:
        q->key.pem = value;
        return apk_keys_add(j->arena, &q->keys, &q->key, &j->err);
    default:
        store_meta_take(tag, value, &q->meta);
        return true;
    }
}

static struct store *compile_apkindex(struct job *j, struct apk_request *q, struct str bytes)
{
    struct apkindex x;
    if (!q->keys.v.n)
        apk_keys_builtin(j->arena, &q->keys);
    if (!apkindex_open(j->arena, bytes, &q->keys, q->arch, &x, &j->err))
        return NULL;
    if (!apkindex_is_of(x.description, q->branch)) {
        err_set(&j->err, "it is of another release: " STR_FMT, STR_ARG(x.description));
        return NULL;
    }
    struct store_writer *w = store_writer_open(&manager_apk);
    bool ok = apkindex_read(x.text, q->arch, w, &j->err);
    struct store *s = ok ? store_build(w, &q->meta, &j->err) : NULL;
    store_writer_close(w);
    return s;
}

bool job_apkindex(struct job *j)
{
    struct apk_request q = {.arch = S(""), .branch = S(""), .meta = no_meta(&manager_apk)};
    struct str rest = j->fields, value, bytes;
    bool ok = job_bytes(j, 0, APKINDEX_MAX, &bytes);
    q.keys.from = q.key.name = q.key.pem = S("");
    for (int tag; ok && (tag = wire_field(&rest, &value)) > 0;)
        ok = take_apk_field(j, &q, tag, value);
    j->store = ok ? compile_apkindex(j, &q, bytes) : NULL;
    apk_keys_close(&q.keys);
    return j->store != NULL;
}
