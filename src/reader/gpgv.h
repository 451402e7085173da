/* gpgv.h - signatures, judged by GnuPG's verifier in a child process. */
#ifndef DFIX_READER_GPGV_H
#define DFIX_READER_GPGV_H

#include "dfix/base.h"

enum { GPGV_KEYRINGS = 8 };

/* Verify `file` (an InRelease), or `file` with its detached `signature` when that is not "",
 * against the keyrings, binary or armored; all of them bytes. `text` is what was signed, and only
 * that. At least one good signature by a key of the keyrings with a hash that still counts, and
 * none that is bad. `ended`: what is signed is a release past its end of life, whose keys may have
 * expired since. */
bool gpgv_verify(struct arena *a, struct str file, struct str signature, const struct str *keyring,
                 size_t nkeyring, bool ended, struct str *text, struct err *e);

/* The pure part of it: what gpgv's status lines come to. */
bool gpgv_judge(struct str status, bool ended, struct err *e);

/* The keys of a keyring that dfix brings, by its name; "": there are none. */
struct str gpgv_builtin(struct arena *a, struct str name);

/* An armored key block in binary form; false: it is not armored. */
bool armor_decode(struct arena *a, struct str text, struct str *out);

#endif
