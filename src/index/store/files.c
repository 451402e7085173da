/* files.c - where an index says that the file of a package lies, and what its bytes are. */
#include <string.h>

#include "index/store/layout.h"

void image_file_name(struct buf *b, const struct store_record *r)
{
    struct str source = r->source.n ? r->source : r->name, version = r->version, epoch;
    size_t first = str_starts(source, S("lib")) && source.n > 3 ? 4 : 1;
    if (str_chr(version, ':') != STR_NONE)
        str_cut(&version, ':', &epoch);
    const struct str part[] = {S("/"),   str_sub(source, 0, first),
                               S("/"),   source,
                               S("/"),   r->name,
                               S("_"),   version,
                               S("_"),   r->arch,
                               S(".deb")};
    for (size_t i = 0; i < sizeof part / sizeof part[0]; i++)
        buf_add(b, part[i]);
}

bool image_path_valid(struct str path)
{
    struct str rest = path, part;
    bool plain = path.n > 0 && str_ends(path, S(".deb"));
    for (size_t i = 0; i < path.n && plain; i++)
        plain = char_is_of_name(path.p[i]) || str_chr(S(".+~-/%:"), path.p[i]) != STR_NONE;
    while (plain && str_cut(&rest, '/', &part))
        plain = part.n && !str_eq(part, S(".."));
    return plain;
}

bool store_file(struct arena *a, const struct store *s, uint32_t i, struct store_file *out)
{
    struct image_file row;
    struct buf b = {.arena = a};
    uint64_t from = s->at.files - s->at.needs + (uint64_t)i * sizeof row;
    if (i >= s->head.files || !store_needs_hold(s, from, sizeof row))
        return false;
    memcpy(&row, s->p + s->at.needs + from, sizeof row);
    struct store_record r = store_record(s, i);
    buf_add(&b, store_text(s, row.path));
    if (b.n && !str_ends(buf_str(&b), S(".deb")))
        image_file_name(&b, &r);
    *out = (struct store_file){.path = b.n ? buf_str(&b) : S(""), .size = row.size};
    memcpy(out->sha256, row.sha256, sizeof out->sha256);
    return row.size && image_path_valid(out->path);
}
