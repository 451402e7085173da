/* alpine.c - the keys that Alpine signs its package indexes with. */
#include "dfix/facts.h"

static const struct alpine_key keys[] = {
#define ALPINE_KEY(id, archs, der)                                                                 \
    {"alpine-devel@lists.alpinelinux.org-" id ".rsa.pub", archs, der},
#include "distro/alpine_keys.def"
#undef ALPINE_KEY
};

size_t alpine_keys(const struct alpine_key **out)
{
    *out = keys;
    return sizeof keys / sizeof keys[0];
}
