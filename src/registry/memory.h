/* memory.h - what one run tells the next, in a folder of the cache:
 *   blobs/ALGORITHM/HEX     manifests and configs by digest, checked again when read
 *   facts/ALGORITHM-HEX     base facts by the digest of a platform's manifest
 *   names/HEX               what a tag pointed to, and when
 *   failures/HEX            what could not be had, why, and when: of an image or a whole host
 *   layers.N/               layers while a run reads them
 * Written whole or not at all; what its name does not verify carries a checksum, and damage makes
 * it as good as none. A folder that cannot be written only costs time. Nothing here is a secret: no
 * credentials, no tokens. */
#ifndef DFIX_SERVICES_REGISTRY_MEMORY_H
#define DFIX_SERVICES_REGISTRY_MEMORY_H

#include "dfix/lookup.h"
#include "host/cache.h"

struct memory {
    struct arena *arena;
    struct str folder; /* "": nothing is kept */
    struct str layers; /* "": not made so far */
    struct str names;  /* the folder of what tags pointed to */
    bool has_names;    /* it is there; false: not so far */
};
void memory_open(struct memory *m, struct arena *a, struct str cache_dir);
void memory_close(struct memory *m); /* removes the layers */

bool memory_blob(struct memory *m, struct arena *a, struct str digest, struct str *out);
void memory_keep_blob(struct memory *m, struct str digest, struct str bytes);

bool memory_facts(struct memory *m, struct arena *a, struct str digest, struct base_facts *out);
void memory_keep_facts(struct memory *m, struct str digest, struct str text);
/* Facts as they are kept; what is read is all in `a`. Digest, platforms and source, which belong
 * to the name that was asked for, are not part of it. */
struct str memory_facts_text(struct arena *a, const struct base_facts *f);
bool memory_facts_parse(struct arena *a, struct str text, struct base_facts *out);

struct pointer {
    struct str digest, better_tag;
    int64_t asked;   /* seconds since 1970 */
    bool tags_asked; /* better_tag was looked for */
};
bool memory_pointer(struct memory *m, struct arena *a, struct str name, struct pointer *out);
void memory_keep_pointer(struct memory *m, struct str name, const struct pointer *p);

/* Of an image by its name, or of a host ("docker.io"). */
struct failure {
    bool absent; /* the registry says that there is no such image */
    struct str why;
    int64_t asked;
};
bool memory_failure(struct memory *m, struct arena *a, struct str name, struct failure *out);
void memory_keep_failure(struct memory *m, struct str name, const struct failure *f);
void memory_forget_failure(struct memory *m, struct str name);

/* Where to put a layer; "" with the reason when no folder can be made. */
struct str memory_layer_path(struct memory *m, struct str digest, struct err *e);
void memory_drop_layer(struct memory *m, struct str path);

/* Look at all that is kept: `prune` 0 tells what is damaged; else it is the time now, and what is
 * damaged, of another version, left by a killed run or not used for a month goes. */
void memory_care(struct str cache_dir, int64_t prune, struct cache_care *out);

#endif
