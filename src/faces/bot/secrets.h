/* secrets.h - what no message may show. */
#ifndef DFIX_BOT_SECRETS_H
#define DFIX_BOT_SECRETS_H

#include "dfix/base.h"

struct secrets {
    struct arena *arena;
    VEC(struct str) text;
};
void secrets_add(struct secrets *s, struct str text); /* "" is fine; copied */
/* The text with each of them as "***", and what may not be shown to a terminal as '?'. */
struct str secrets_hide(struct arena *a, const struct secrets *s, struct str text);

#endif
