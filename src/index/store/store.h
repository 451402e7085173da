/* store.h - one verified package index, compiled to a compact image that is
 * mapped read-only and shared by processes.
 *
 * One image is one index: a (mirror, suite, component, architecture) Packages
 * file or one APKINDEX. It never changes once written: a newer index is a new
 * file renamed over the old one, so a reader keeps what it has mapped. A lookup
 * asks the few images of a release and merges their rows (store_merge).
 *
 *     header | metadata | sums | slots | names | records | providers | strings | needs | files
 *
 * Names (of packages and of what they provide) are found through an open
 * addressing table of slots; each name owns a run of records and a run of
 * providers. All numbers are in the host's byte order, offsets are 32 bits.
 * Opening checks the header and the sums; each block of the rest is checked
 * against its sum when something of it is first read, so that a warm start pays
 * for what it asks. Damage gives no answer (store_damaged), never a wrong one;
 * offsets are checked besides. store_verify reads all of it. The format, with
 * its units, stands in image.h.
 *
 * What goes in was validated: names and versions by the grammar of the manager
 * (version.h), so nothing that comes out can hold a blank or a shell's
 * metacharacter, whatever the index held. A record that fails is dropped, and
 * counted; where its name is valid it leaves one without a version, so that
 * store_merge can say that the versions of that package are not all known.
 *
 * Functions here are for one thread at a time on a writer; a store is read-only
 * and may be asked from any thread. Slices given live as long as the store. */
#ifndef DFIX_STORE_H
#define DFIX_STORE_H

#include "dfix/base.h"
#include "dfix/lookup.h"
#include "dfix/version.h"

enum { STORE_STRING_MAX = 255 }; /* bytes of a name or a version */

struct store_meta {
    const struct manager *manager;
    struct str uri;            /* of the archive or repository, without user and password */
    struct str suite;          /* "bookworm-security", "v3.20" */
    struct str component;      /* "main"; "" for a flat archive */
    struct str arch;           /* by Debian's names: "amd64"; "" for an index of several */
    struct str etag, modified; /* of the index file, as the server gave them; may be "" */
    struct str signer;         /* the fingerprint of the keys that it was verified with; "" none */
    uint8_t sha256[32];        /* of the plain index as signed for; zeros when not known */
    int64_t fetched;           /* seconds since 1970: when it was last known to be current */
    int64_t valid_until;       /* seconds since 1970; 0: no end given */
    int64_t dated;             /* of the Release file that lists it; 0: not known */
    uint32_t dropped;          /* records that failed validation; set by the writer */
};

/* The file that a package is, as its index has signed for it. */
struct store_file {
    struct str path; /* below the archive */
    uint64_t size;
    uint8_t sha256[32];
};
/* One binary package of an index. */
struct store_record {
    struct str name, version;
    struct str arch;                   /* as the index has it: "amd64", "all", "x86_64" */
    struct str source, source_version; /* "" in: same as name and version; out: resolved */
    /* Only in: what it needs, as package_needs has it, the two with a `;` between them; "?": that
     * is not known. Out: store_needs. */
    struct str needs;
    int64_t made; /* seconds since 1970: when it was built, by the index; 0: it does not say */
    const struct store_file *file; /* only in: NULL not known. Out: store_file */
};

/* ---- writing ---- */

struct store_writer;
struct store_writer *store_writer_open(const struct manager *m);
void store_writer_close(struct store_writer *w); /* also without store_build */
/* Copies what it needs. `provides` are plain names. False: dropped as invalid. */
bool store_add(struct store_writer *w, const struct store_record *r, const struct str *provides,
               size_t nprovides);
/* The image, in memory; a store like any other. NULL: more than an image can hold. */
struct store *store_build(struct store_writer *w, const struct store_meta *meta, struct err *e);
/* Put the image at `path`, whole or not at all, whatever happens meanwhile:
 * temporary file, fsync, rename, under the lock of the directory (made when
 * missing). A full disk or a read-only cache is an error that leaves the store
 * in memory and what was at `path` usable. */
bool store_save(const struct store *s, struct str path, struct err *e);
/* The index at `path` was found current again (HTTP 304, or the same hash). */
bool store_touch(struct str path, int64_t fetched, int64_t valid_until, struct err *e);
/* The same of one that is open. */
void store_renew(struct store *s, int64_t fetched, int64_t valid_until);

/* ---- reading ---- */

/* NULL: not there (*missing, when given, is set, and says all), or not a store of this version. */
struct store *store_open(struct str path, bool *missing, struct err *e);
void store_close(struct store *s); /* NULL is fine */
struct store_meta store_meta(const struct store *s);
bool store_verify(const struct store *s, struct err *e); /* every byte */
/* Something that was read of it until now is not what was written: its answers do not count. */
bool store_damaged(const struct store *s);
size_t store_bytes(const struct store *s);

/* [first, end) of something of the store. */
struct store_range {
    uint32_t first, end;
};
struct store_range store_find(const struct store *s, struct str name);
struct store_range store_providers(const struct store *s, struct str name);
uint32_t store_records(const struct store *s); /* how many; [0, n) are all */
struct store_record store_record(const struct store *s, uint32_t i);
/* False: that of this record is not known, or is damaged. */
bool store_needs(const struct store *s, uint32_t i, struct package_needs *out);
/* files.c. False: that of this record is not known, or is damaged. */
bool store_file(struct arena *a, const struct store *s, uint32_t i, struct store_file *out);
struct store_record store_provider(const struct store *s, uint32_t i);

/* ---- many ---- */

/* Where an image belongs: CACHE/index/URI=SUITE=COMPONENT=ARCH=SIGNER.idx. What other keys have
 * verified is another image. */
struct str store_path(struct arena *a, struct str cache_dir, const struct store_meta *meta);
/* Paths of all images under a cache directory, sorted. */
struct str *store_list(struct arena *a, struct str cache_dir, size_t *n);

/* One image as part of a release. */
struct store_part {
    const struct store *store;
    struct str suite, component; /* as the offer shall name them */
    bool security;
    struct str from; /* as in the offer; nothing at all is as good as "" */
};
/* The offers for `name` on any of `archs`: parts that differ only in architecture
 * give one offer with several bits; the newest version comes first. Providers are
 * named once each, sorted. FOUND, or ABSENT when there are neither offers nor providers;
 * UNAVAILABLE, with the reason, when an index has it in a way that cannot be read. */
enum answer store_merge(struct arena *a, const struct manager *m, const struct store_part *part,
                        size_t npart, arch_set archs, struct str name, struct package_info *out);

/* What the record of this version says, on the first of `archs`, in the first part that has it. */
enum answer store_merge_needs(const struct store_part *part, size_t npart, const struct question *q,
                              struct package_needs *out);

/* Which part has this version on any of `archs`, and its file; `npart`: none, or it does not tell.
 */
size_t store_merge_file(struct arena *a, const struct store_part *part, size_t npart,
                        const struct question *q, struct store_file *out);

/* names.c. Names of packages that begin so, each once, by byte order: the first NAMES_MOST, of the
 * first part's architecture. */
struct name_list store_names(struct arena *a, const struct store_part *part, size_t n,
                             struct str prefix);

#endif
