/* label.h - what labels of images may be called, and the kinds of values that a policy may demand
 * of them. Pure. */
#ifndef DFIX_LABEL_H
#define DFIX_LABEL_H

#include "dfix/base.h"

enum label_type {
    LABEL_TEXT,
    LABEL_EMAIL,
    LABEL_HASH,    /* of a git commit, whole or shortened to 7 digits */
    LABEL_TIME,    /* RFC 3339 */
    LABEL_VERSION, /* semantic versioning 2.0 */
    LABEL_LICENSE, /* an SPDX expression */
    LABEL_URL,
    LABEL_TYPES
};
/* By hadolint's names: text, email, hash, rfc3339, semver, spdx, url; "" is text. False: none. */
bool label_type_of(struct str name, enum label_type *out);
/* "a valid e-mail address": what a value of the type must be, for people. */
const char *label_type_says(enum label_type t);
bool label_fits(enum label_type t, struct str value);

/* By Docker's rules: letters in lower case, digits, `.`, `-`, `_` and `/`; begins with a letter;
 * no two separators together; not in the namespaces that Docker keeps for itself. */
bool label_key_is_valid(struct str key);
bool label_key_is_reserved(struct str key);

#endif
