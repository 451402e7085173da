/* sources.h - what the host's own apt is set up with: its sources and where it
 * keeps the lists that it has downloaded and verified. Reads its configuration,
 * sources.list, sources.list.d. Nothing found is no error. */
#ifndef DFIX_APT_SOURCES_H
#define DFIX_APT_SOURCES_H

#include "dfix/sources.h"
#include "index/apt/conf.h"

struct apt_host {
    struct apt_conf conf;
    struct str lists; /* folder of the lists; "" when there is none */
    struct source *source;
    size_t nsource;
};

struct apt_host sources_read(struct arena *a);
/* The path of a file of an archive ("InRelease", "main/binary-amd64/Packages") among the lists,
 * without the end of its compression. */
struct str sources_list_path(struct arena *a, struct str lists, struct str uri, struct str suite,
                             struct str file);

#endif
