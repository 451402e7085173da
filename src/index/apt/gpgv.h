/* gpgv.h - signatures, judged by GnuPG's verifier in a child process. */
#ifndef DFIX_APT_GPGV_H
#define DFIX_APT_GPGV_H

#include "dfix/base.h"

/* Verify `file` (an InRelease), or `file` with its detached `signature` when
 * that is not "", against the keyrings (paths, binary or armored, or GPGV_BUILTIN and
 * a distribution: the keys that dfix brings).
 * `text` is what was signed, and only that. At least one good signature by a key
 * of the keyrings with a hash that still counts, and none that is bad. `ended`: what is signed
 * is a release past its end of life, whose keys may have expired since. */
bool gpgv_verify(struct arena *a, struct str file, struct str signature, const struct str *keyring,
                 size_t nkeyring, bool ended, struct str *text, struct err *e);

/* "builtin:debian" names the keys that sign Debian's archive, "builtin:debian-ended" those that
 * signed its releases whose life has ended. */
#define GPGV_BUILTIN "builtin:"

/* The pure part of it: what gpgv's status lines come to. */
bool gpgv_judge(struct str status, bool ended, struct err *e);

/* The keys of a built-in keyring, by its name without GPGV_BUILTIN; "": there are none. */
struct str gpgv_builtin(struct arena *a, struct str name);
/* The same question without the work of decoding it: is there such a keyring? */
bool gpgv_has_builtin(struct str name);

/* An armored key block in binary form; false: it is not armored. */
bool armor_decode(struct arena *a, struct str text, struct str *out);

#endif
