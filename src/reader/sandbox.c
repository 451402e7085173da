/* sandbox.c - gives up what reading does not need. */
#include "reader/sandbox.h"

#include <sys/prctl.h>

bool sandbox_enter(bool runs_gpgv, struct err *e)
{
    (void)runs_gpgv;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ||
           err_set(e, "dfix-read cannot give up privileges");
}
