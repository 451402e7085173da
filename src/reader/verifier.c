/* verifier.c - finds gpgv, and what loads it. */
#include "reader/verifier.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/helper.h"
#include "host/process.h"

struct str verifier_find(struct arena *a)
{
    const char *set = getenv("PATH");
    struct str rest = str_of(set ? set : "/usr/local/bin:/usr/bin:/bin"), folder;
    char real[PATH_MAX];

    while (str_cut(&rest, ':', &folder)) {
        const char *path = str_fmt(a, STR_FMT "/gpgv", STR_ARG(folder)).p;
        if (access(path, X_OK) == 0 && realpath(path, real))
            return str_dup(a, str_of(real));
    }
    struct str beside = helper_beside(a, process_own_path(a), "gpgv");
    return beside.n && realpath(beside.p, real) ? str_dup(a, str_of(real)) : S("");
}

static bool read_at(int fd, size_t at, void *into, size_t n)
{
    return pread(fd, into, n, (off_t)at) == (ssize_t)n;
}

static struct str loader_in(struct arena *a, int fd)
{
    enum { HEADERS_MAX = 64 };
    ElfW(Ehdr) file;
    ElfW(Phdr) part;
    char path[PATH_MAX];

    if (!read_at(fd, 0, &file, sizeof file) || memcmp(file.e_ident, ELFMAG, SELFMAG) != 0 ||
        file.e_phnum > HEADERS_MAX)
        return S("");
    for (size_t i = 0; i < file.e_phnum; i++) {
        if (!read_at(fd, (size_t)file.e_phoff + i * sizeof part, &part, sizeof part))
            return S("");
        if (part.p_type != PT_INTERP)
            continue;
        bool good = part.p_filesz > 1 && part.p_filesz <= sizeof path &&
                    read_at(fd, (size_t)part.p_offset, path, (size_t)part.p_filesz) &&
                    !path[part.p_filesz - 1];
        return good ? str_dup(a, str_of(path)) : S("");
    }
    return S("");
}

struct str verifier_loader(struct arena *a, struct str program)
{
    int fd = open(str_cstr(a, program), O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return S("");
    struct str found = loader_in(a, fd);
    close(fd);
    return found;
}
