/* key_files.h - files of public keys, as text. What a key is only dfix-read knows. */
#ifndef DFIX_APK_KEY_FILES_H
#define DFIX_APK_KEY_FILES_H

#include "dfix/base.h"

struct key_text {
    struct str name; /* of the file, which is what signatures call the key */
    struct str pem;
};
struct key_texts {
    VEC(struct key_text) v;
};
/* Add a file, or every file of a folder whose name ends in .pub. False with the reason when one
 * cannot be read, or there is none. */
bool key_files_read(struct arena *a, struct str path, struct key_texts *k, struct err *e);

#endif
