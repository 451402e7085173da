/* policy.h - what policy says of images: which registries are approved or blocked, and what
 * an image is to be replaced by. Names are as reference_name gives them, in full. Pure. */
#ifndef DFIX_POLICY_H
#define DFIX_POLICY_H

#include "dfix/reference.h"
#include "dfix/settings.h"

/* An entry is a registry ("quay.io"), or one and the beginning of a path ("quay.io/team"); `*`
 * stands for any run of bytes. Docker Hub is docker.io by any of its names. */
bool policy_lists(const struct str *entry, size_t n, struct str name);
bool policy_blocks(const struct settings *s, struct str name);

enum replacement {
    REPLACE_NOT,
    REPLACE_MIRROR, /* the same image, kept elsewhere: its digest stays what it is */
    REPLACE_OTHER   /* another image, approved in its place */
};
/* What to take in place of an image: `to` is the name, and the tag if there is one.
 * REPLACE_OTHER: the entry that says most of the tag wins, and a `*` in its tag hands on what it
 * stood for; REPLACE_MIRROR: the longest prefix wins. */
enum replacement policy_replaces(struct arena *a, const struct settings *s,
                                 const struct reference *r, struct str *to);
/* Policy sends images there: approved, listed or not. */
bool policy_is_target(struct arena *a, const struct settings *s, const struct reference *r);
/* With its registry, when it has none and policy says which one short names have. */
struct str policy_qualify(struct arena *a, const struct settings *s, struct str image);
/* What an image that was taken from a mirror is called at home; otherwise as it was. */
struct str policy_canonical(struct arena *a, const struct settings *s, struct str image);

#endif
