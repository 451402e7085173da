/* sandbox.c - gives up what a job does not need. */
#include "reader/sandbox.h"

#include <elf.h>
#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "host/confine.h"

/* What loads this program, and so gpgv. NULL: nothing does. */
static const char *loader(void)
{
    uintptr_t at = getauxval(AT_PHDR);
    const ElfW(Phdr) *head = (const ElfW(Phdr) *)at;
    size_t n = getauxval(AT_PHNUM);
    uintptr_t base = 0;
    for (size_t i = 0; i < n; i++)
        if (head[i].p_type == PT_PHDR)
            base = at - head[i].p_vaddr;
    for (size_t i = 0; i < n; i++)
        if (head[i].p_type == PT_INTERP)
            return (const char *)(base + head[i].p_vaddr);
    return NULL;
}

/* Where PATH leads for gpgv, without links; false: nowhere. */
static bool find_gpgv(struct arena *a, char out[PATH_MAX])
{
    const char *set = getenv("PATH");
    struct str rest = str_of(set ? set : "/usr/local/bin:/usr/bin:/bin"), folder;
    while (str_cut(&rest, ':', &folder)) {
        const char *path = str_fmt(a, STR_FMT "/gpgv", STR_ARG(folder)).p;
        if (access(path, X_OK) == 0 && realpath(path, out))
            return true;
    }
    return false;
}

/* gpgv may be run, and load what it is linked with: from where systems keep that, or from anywhere
 * when it is itself elsewhere. */
static bool only_gpgv(struct err *e)
{
    struct arena *a = arena_open();
    char gpgv[PATH_MAX], load[PATH_MAX];
    bool found = find_gpgv(a, gpgv);
    const char *interpreter = loader();
    bool usual = found && str_starts(str_of(gpgv), S("/usr/"));
    const struct confine_path path[] = {
        {found ? gpgv : "", CONFINE_READ | CONFINE_RUN},
        {interpreter && realpath(interpreter, load) ? load : "", CONFINE_READ | CONFINE_RUN},
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
