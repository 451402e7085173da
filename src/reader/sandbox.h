/* sandbox.h - what dfix-read may still do once it has heard its job: the one place for it. */
#ifndef DFIX_READER_SANDBOX_H
#define DFIX_READER_SANDBOX_H

#include "dfix/base.h"

/* From here on the process has nothing but the descriptors that it was given. `runs_gpgv`: and may
 * run that. False with the reason: it could not be closed in. */
bool sandbox_enter(bool runs_gpgv, struct err *e);

#endif
