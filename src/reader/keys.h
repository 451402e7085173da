/* keys.h - public keys that package indexes are signed with, by the names that signatures call
 * them: the name of the key's file, "alpine-devel@lists.alpinelinux.org-6165ee59.rsa.pub". */
#ifndef DFIX_READER_KEYS_H
#define DFIX_READER_KEYS_H

#include <openssl/types.h>

#include "index/apk/key_files.h"

struct apk_key {
    struct str name;
    struct str archs; /* by apk's names, blank separated; "": any */
    EVP_PKEY *key;
};
struct apk_keys {
    VEC(struct apk_key) v;
    struct str from; /* where they come from, for people */
};

/* Alpine's own, for all architectures that it has. */
void apk_keys_builtin(struct arena *a, struct apk_keys *k);
/* False: it is no RSA key of 2048 bits or more. */
bool apk_keys_add(struct arena *a, struct apk_keys *k, const struct key_text *text, struct err *e);
void apk_keys_close(struct apk_keys *k);

/* The key that signs such indexes; NULL: none of that name, or it is another architecture's. */
const struct apk_key *apk_keys_find(const struct apk_keys *k, struct str name, struct str arch);

#endif
