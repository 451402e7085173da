/* feeds.c - a document of advisories into the image of a feed. */
#include "reader/feeds.h"

#include <string.h>

#include "dfix/date.h"
#include "host/packing.h"
#include "index/advisories/layout.h"
#include "reader/deb.h"
#include "reader/unpack.h"

enum { ID_MAX = 64, DAY = 24 * 60 * 60 };

struct vulnerability feed_named(struct str id)
{
    struct str none = S("");
    return (struct vulnerability){.id = id,
                                  .aliases = none,
                                  .summary = none,
                                  .published = none,
                                  .url = none,
                                  .rating = none,
                                  .rated_by = none,
                                  .cvss = none,
                                  .cvss_score = ADVISORY_UNSCORED,
                                  .kev_added = none,
                                  .kev_due = none,
                                  .epss = ADVISORY_UNSCORED,
                                  .percentile = ADVISORY_UNSCORED};
}

bool feed_id_valid(struct str id)
{
    bool named = false;
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'),
             digit = c >= '0' && c <= '9';
        if (!letter && !digit && (!c || !strchr("-:._?", c)))
            return false;
        named |= digit || c == '-' || c == ':';
    }
    return named && id.n <= ID_MAX && id.p[0] != '-';
}

struct str feed_id(struct feed_source *s, struct str id)
{
    if (feed_id_valid(id))
        return id;
    s->meta.dropped++;
    return str_fmt(s->scratch, "unnamed-%08x", (unsigned)(str_hash(id) & UINT32_MAX));
}

int64_t feed_date(struct str text)
{
    int64_t days;
    return date_read(text.n > 10 ? str_sub(text, 0, 10) : text, &days) ? days * DAY : 0;
}

/* ---- what it is ---- */

/* {package: {id: {"releases": ...}}} */
static bool is_tracker(struct pull j)
{
    struct str name;
    if (!pull_object(&j) || !pull_member(&j, &name) || !pull_is(&j, '{') || !pull_object(&j) ||
        !pull_member(&j, &name) || !feed_id_valid(name) || !pull_is(&j, '{') || !pull_object(&j))
        return false;
    while (pull_member(&j, &name)) {
        if (str_eq(name, S("releases")))
            return true;
        pull_skip(&j);
    }
    return false;
}

static enum feed_kind kind_of(struct pull j)
{
    struct str name;
    bool packages = false, release = false, list = false, cisa = false;
    if (is_tracker(j))
        return FEED_DEBIAN;
    if (!pull_is(&j, '{'))
        return pull_is(&j, '[') ? FEED_OSV : FEED_KINDS;
    pull_object(&j);
    while (pull_member(&j, &name)) {
        if (str_eq(name, S("id")) || str_eq(name, S("affected")))
            return FEED_OSV;
        packages |= str_eq(name, S("packages"));
        release |= str_eq(name, S("distroversion"));
        list |= str_eq(name, S("vulnerabilities"));
        cisa |= str_eq(name, S("catalogVersion"));
        pull_skip(&j);
    }
    if (packages && release)
        return FEED_ALPINE;
    return list && cisa ? FEED_KEV : FEED_KINDS;
}

/* ---- OSV: one document, many, or an archive of them ---- */

static bool read_documents(struct feed_source *s, struct str text)
{
    struct pull j;
    pull_open(&j, s->scratch, text);
    while (pull_more(&j))
        feed_read_osv(s, &j);
    return pull_end(&j) || err_set(s->err, "it is no whole JSON document");
}

static bool take_file(void *user, struct str name, struct str bytes, struct err *e)
{
    struct feed_source *s = user;
    (void)e;
    if (str_ends(name, S(".json")) && !read_documents(s, bytes))
        return err_set(s->err, STR_FMT ": it is no whole JSON document", STR_ARG(name));
    return true;
}

/* A part has the name of its file, so that several can lie side by side. */
static struct str part_name(struct feed_source *s)
{
    struct buf b = {.arena = s->arena};
    buf_add(&b, S("part-"));
    for (size_t i = 0; i < s->from.n && i < ID_MAX; i++) {
        char c = s->from.p[i];
        bool plain = char_is_of_name(c) || c == '-' || c == '.';
        buf_char(&b, plain ? c : '_');
    }
    return buf_str(&b);
}

/* One ecosystem's name where all are of one. */
static bool feed_finish_osv(struct feed_source *s)
{
    struct err e;
    struct feed_meta none = {.kind = FEED_OSV,
                             .name = S(""),
                             .title = S(""),
                             .url = S(""),
                             .etag = S(""),
                             .modified = S("")};
    struct str image = feed_build(s->writer, s->scratch, &none, &e), common = S("");
    struct feed *f = image.n ? feed_of(image, &e) : NULL;
    for (size_t i = 0; f && i < feed_scopes(f); i++) {
        struct str rest = feed_scope(f, i), first = rest;
        str_cut(&rest, ':', &first);
        if (str_eq(first, S("ubuntu-pro")))
            first = S("ubuntu");
        if (common.n && !str_eq(common, first))
            common = S("mixed");
        else
            common = first;
    }
    s->meta.kind = FEED_OSV;
    s->meta.name = s->meta.partial
                       ? part_name(s)
                       : str_fmt(s->arena, "osv-" STR_FMT, STR_ARG(common.n ? common : S("none")));
    s->meta.title = str_fmt(s->arena, "OSV (" STR_FMT ")", STR_ARG(common));
    feed_close(f);
    return s->documents > 0 || err_set(s->err, "there are no advisories in it");
}

static bool read_osv_archive(struct feed_source *s, struct str bytes)
{
    const struct zip_reader r = {.take = take_file, .user = s};
    uint64_t most = FEED_BYTES_MAX * (uint64_t)4;
    return zip_read(bytes, &most, &r, s->err) && feed_finish_osv(s);
}

/* ---- any ---- */

static bool read_json(struct feed_source *s, struct str text)
{
    struct pull j;
    pull_open(&j, s->arena, text);
    enum feed_kind kind = kind_of(j);
    bool ok = false;
    switch (kind) {
    case FEED_DEBIAN:
        ok = feed_read_debian(s, &j);
        break;
    case FEED_ALPINE:
        ok = feed_read_alpine(s, &j);
        break;
    case FEED_KEV:
        ok = feed_read_kev(s, &j);
        break;
    case FEED_OSV:
        s->meta.partial = true;
        return read_documents(s, text) && feed_finish_osv(s);
    case FEED_EPSS:
    case FEED_SUPPORT:
    case FEED_LIFE:
    case FEED_CHANGELOG:
    case FEED_KINDS:
        return err_set(s->err, "it is no document of advisories that dfix knows");
    }
    if (!ok)
        return s->err->text[0] ? false : err_set(s->err, "it is no document of advisories");
    if (!pull_end(&j))
        return err_set(s->err, "it is no whole JSON document");
    return s->documents > 0 || err_set(s->err, "there are no advisories in it");
}

static bool read_plain(struct feed_source *s, struct str text)
{
    struct str head = str_trim(text.n > 200 ? str_sub(text, 0, 200) : text);
    if (deb_is(text))
        return feed_read_deb(s, text);
    if (zip_is(text))
        return read_osv_archive(s, text);
    if (str_starts(head, S("{")) || str_starts(head, S("[")))
        return read_json(s, text);
    if (str_starts(head, S("#model_version:")) || str_starts(head, S("cve,epss")))
        return feed_read_epss(s, text) &&
               (s->documents > 0 || err_set(s->err, "there are no scores in it"));
    if (str_starts(head, S("version,codename,series,")))
        return feed_read_life(s, text) &&
               (s->documents > 0 || err_set(s->err, "there are no releases in it"));
    if (str_starts(s->from, S("security-support-ended.deb")))
        return feed_read_support_file(s, text);
    return err_set(s->err, "it is no document of advisories that dfix knows");
}

/* ---- packed ---- */

static enum packing packing_by_bytes(struct str b)
{
    if (str_starts(b, S("\x1f\x8b")))
        return PACKING_GZIP;
    if (str_starts(b, S("\xfd"
                        "7zXZ")))
        return PACKING_XZ;
    return str_starts(b, S("\x28\xb5\x2f\xfd")) ? PACKING_ZSTD : PACKING_PLAIN;
}

static bool take_block(void *user, struct str block, struct err *e)
{
    (void)e;
    buf_add(user, block);
    return true;
}

bool feed_unpack(struct arena *a, struct str bytes, uint64_t most, struct str *out, struct err *e)
{
    enum packing packing = packing_by_bytes(bytes);
    struct buf b = {.arena = a};
    *out = bytes;
    if (packing == PACKING_PLAIN)
        return true;
    struct unpacker *u = unpack_open(packing, most, take_block, &b);
    bool ok = unpack_feed(u, bytes, e) && unpack_finish(u, e);
    unpack_close(u);
    *out = buf_str(&b);
    return ok;
}

bool feed_compile(struct arena *a, struct str bytes, struct str from, const struct feed_meta *given,
                  struct str *image, struct err *e)
{
    struct arena *scratch = arena_open();
    struct feed_source s = {.arena = a,
                            .scratch = scratch,
                            .writer = feed_writer_open(),
                            .meta = *given,
                            .from = path_basename(from),
                            .err = e};
    struct str text;
    e->text[0] = 0;
    *image = S("");
    bool ok = feed_unpack(a, bytes, FEED_BYTES_MAX, &text, e) && read_plain(&s, text);
    if (ok)
        *image = feed_build(s.writer, a, &s.meta, e);
    feed_writer_close(s.writer);
    arena_close(scratch);
    return ok && image->n;
}
