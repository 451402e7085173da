/* document.h - the JSON that registries speak: manifests, indexes, configs, tokens, tag lists.
 * All of it written by strangers: sizes are capped, digests and names checked, unknown
 * fields passed over, a document that claims to be two things refused. */
#ifndef DFIX_SERVICES_REGISTRY_DOCUMENT_H
#define DFIX_SERVICES_REGISTRY_DOCUMENT_H

#include "dfix/lookup.h"

enum {
    MANIFEST_MAX = 4 * 1024 * 1024,
    CONFIG_MAX = 8 * 1024 * 1024,
    LAYERS_MAX = 1024,
    CHILDREN_MAX = 1024,
    TAGS_MAX = 50 * 1000
};

/* What an Accept header for manifests lists. */
extern const char manifest_accept[];

struct descriptor {
    struct str media_type, digest;
    uint64_t size;
    struct str os, architecture, variant; /* an index's: platform */
    struct str name, full_name; /* a layout's: annotations that say the tag, the whole name */
    arch_set arch;              /* 0: not linux, or not known */
};
struct manifest {
    bool index;
    struct descriptor config;       /* manifest only */
    const struct descriptor *layer; /* manifest: oldest first */
    size_t nlayer;
    const struct descriptor *child; /* index: in its order */
    size_t nchild;
    bool others; /* index: some are for platforms that are not known */
};
/* `type` is the Content-Type or descriptor's media type; "" unknown. */
bool manifest_parse(struct arena *a, struct str json, struct str type, struct manifest *out,
                    struct err *e);
/* The same, of which `a` keeps no more than what is asked of it later: of an index the first
 * manifest for each architecture, of each part its digest and size. */
bool manifest_read(struct arena *a, struct str json, struct str type, struct manifest *out,
                   struct err *e);
/* The manifest of an index for the first of `archs` that it has; NULL: none. */
const struct descriptor *manifest_child(const struct manifest *index, arch_set archs,
                                        arch_set *which);
arch_set manifest_archs(const struct manifest *index);

struct image_config {
    arch_set arch;
    struct str os, user, created;
    const struct str *port, *env, *entrypoint, *command, *shell;
    size_t nport, nenv, nentrypoint, ncommand, nshell;
    bool onbuild;
};
bool config_parse(struct arena *a, struct str json, struct image_config *out, struct err *e);

/* A token service's answer: the token, "" when it has none. */
struct str token_parse(struct arena *a, struct str json);
/* Adds the tags that are valid ones to what is there, up to TAGS_MAX. */
struct tag_list {
    VEC(struct str) list;
};
bool tags_parse(struct arena *a, struct str json, struct tag_list *out);

#endif
