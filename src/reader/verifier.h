/* verifier.h - the program that judges signatures: GnuPG's gpgv. */
#ifndef DFIX_READER_VERIFIER_H
#define DFIX_READER_VERIFIER_H

#include "dfix/base.h"

/* Without links: where PATH leads, else the one that was installed with dfix; "" none. */
struct str verifier_find(struct arena *a);
/* What loads a program: the path in its ELF header; "" nothing does. */
struct str verifier_loader(struct arena *a, struct str program);

#endif
