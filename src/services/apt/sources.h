/* sources.h - what the host's own apt is set up with: its sources and where it
 * keeps the lists that it has downloaded and verified. Reads APT_CONFIG (plain
 * `Key "value";` lines), sources.list, sources.list.d. Nothing found is no error. */
#ifndef DFIX_APT_SOURCES_H
#define DFIX_APT_SOURCES_H

#include "dfix/base.h"

/* One archive and suite: a line or stanza that names several gives several. */
struct apt_source {
    struct str uri;        /* ends without '/' */
    struct str suite;      /* "bookworm-security"; flat ones end with '/' */
    struct str components; /* blank separated */
    struct str archs;      /* blank separated; "": the host's */
    struct str signed_by;  /* paths, comma or blank separated; "": apt's trusted keys */
};
struct apt_host {
    struct str lists; /* folder of the lists; "" when there is none */
    struct apt_source *source;
    size_t nsource;
};

struct apt_host sources_read(struct arena *a);
/* The parsers behind it, adding to what is there. `text` must outlive the result. */
typedef VEC(struct apt_source) apt_sources;
void sources_parse_list(struct arena *a, struct str text, apt_sources *out);
void sources_parse_deb822(struct arena *a, struct str text, apt_sources *out);

/* The path of a file of an archive ("InRelease", "main/binary-amd64/Packages") among the lists,
 * without the end of its compression. */
struct str sources_list_path(struct arena *a, struct str lists, struct str uri, struct str suite,
                             struct str file);
/* True while `list` holds the word. */
bool sources_has_word(struct str list, struct str word);

#endif
