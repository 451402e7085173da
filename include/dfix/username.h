/* username.h - what USER and the User of an image's config say, as text. */
#ifndef DFIX_USERNAME_H
#define DFIX_USERNAME_H

#include "dfix/base.h"

/* "app" and "staff" of "app:staff"; the group "" when there is none. */
struct str user_name(struct str user);
struct str user_group(struct str user);
bool user_is_number(struct str name);
/* "", "root", "0", "00", "+0", "0:0": whose number is 0, and the name that means it everywhere. */
bool user_is_root(struct str user);

#endif
