/* keyring.h - the keyrings that verify an archive: files, and those that dfix brings. */
#ifndef DFIX_APT_KEYRING_H
#define DFIX_APT_KEYRING_H

#include "dfix/facts.h"

/* "builtin:debian" names the keys that sign Debian's archive, "builtin:debian-ended" those that
 * signed its releases whose life has ended. */
#define KEYRING_BUILTIN "builtin:"

/* Is this key one of the keyring that is called so, without KEYRING_BUILTIN? */
bool keyring_holds(struct str name, const struct archive_key *key);
/* Is there such a keyring? */
bool keyring_is_builtin(struct str name);

/* A text that somebody has signed: the file `path` (an InRelease), or that with its detached
 * `signature` when that is not "". Keyrings are paths, or KEYRING_BUILTIN and a name. */
struct signed_file {
    struct str path, signature;
    const struct str *keyring;
    size_t nkeyring;
    bool ended;      /* of a release past its end of life, whose keys may have expired since */
    struct str text; /* what was signed */
    bool broken;     /* it could not be judged, which says nothing of the file */
};
/* By dfix-read. False with the reason. */
bool keyring_verify(struct arena *a, struct signed_file *s, struct err *e);

/* Of the keys: what one set has verified is not what another one has. "": one cannot be read. */
struct str keyring_fingerprint(struct arena *a, struct str cache_dir, const struct str *keyring,
                               size_t n);

#endif
