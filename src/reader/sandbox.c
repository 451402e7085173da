/* sandbox.c - gives up what a job does not need. */
#include "reader/sandbox.h"

#include <limits.h>
#include <stdlib.h>

#include "host/confine.h"
#include "reader/verifier.h"

/* gpgv may be run, and load what it is linked with: from where systems keep that, or from anywhere
 * when it is itself elsewhere. */
static bool only_gpgv(struct err *e)
{
    struct arena *a = arena_open();
    char load[PATH_MAX];
    struct str gpgv = verifier_find(a), loader = verifier_loader(a, gpgv);
    bool usual = str_starts(gpgv, S("/usr/"));
    const struct confine_path path[] = {
        {gpgv.p, CONFINE_READ | CONFINE_RUN},
        {loader.n && realpath(loader.p, load) ? load : "", CONFINE_READ | CONFINE_RUN},
        {usual ? "/usr/lib" : "/", CONFINE_READ},
        {"/usr/lib64", CONFINE_READ},
        {"/usr/bin", CONFINE_READ},
        {"/usr/local", CONFINE_READ},
        {"/lib", CONFINE_READ},
        {"/lib64", CONFINE_READ},
        {"/etc/ld.so.cache", CONFINE_READ},
        {"/proc", CONFINE_READ},
        {"/dev/null", CONFINE_READ | CONFINE_WRITE},
    };
    bool ok = confine_files(path, sizeof path / sizeof path[0], e);
    arena_close(a);
    return ok && confine_calls((struct confine_need){.programs = true}, e);
}

bool sandbox_enter(bool runs_gpgv, struct err *e)
{
    if (!confine_begin(e))
        return false;
    if (runs_gpgv)
        return only_gpgv(e);
    return confine_files(NULL, 0, e) && confine_to_computing(e);
}
