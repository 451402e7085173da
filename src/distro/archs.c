/* archs.c - architectures under the names that Debian, OCI platforms and
 * Alpine give them.
 *
 * One name means two things: "armhf" is ARMv7 at Debian and ARMv6 at Alpine. The
 * Debian meaning stands; Alpine's own is the bit "armv6", which Debian has not. */
#include "dfix/lookup.h"

struct arch {
    const char *deb, *apk;
    const char *also; /* OCI platforms and the kernel's names, blank separated */
};

/* clang-format off */
static const struct arch archs[] = {
    {"amd64",    "x86_64",      "amd64/v2 amd64/v3 amd64/v4"},
    {"arm64",    "aarch64",     "arm64/v8"},
    {"armhf",    "armv7",       "arm arm/v7 armv7l"},
    {"i386",     "x86",         "386 i686"},
    {"ppc64el",  "ppc64le",     ""},
    {"s390x",    "s390x",       ""},
    {"riscv64",  "riscv64",     ""},
    {"armel",    "",            "arm/v5"},
    {"armv6",    "armhf",       "arm/v6 armv6l"},
    {"mips64el", "",            "mips64le"},
    {"mipsel",   "",            "mipsle"},
    {"loong64",  "loongarch64", ""},
};
/* clang-format on */
enum { NARCH = sizeof archs / sizeof archs[0] };
_Static_assert(sizeof archs / sizeof archs[0] <= (size_t)ARCH_MAX,
               "an arch_set holds all architectures");

struct str arch_name(unsigned bit)
{
    return str_of(bit < NARCH ? archs[bit].deb : "");
}

struct str arch_apk(unsigned bit)
{
    return str_of(bit < NARCH ? archs[bit].apk : "");
}

static bool is_also(struct str list, struct str name)
{
    struct str one;
    while (str_cut(&list, ' ', &one))
        if (str_eq(one, name))
            return true;
    return false;
}

arch_set arch_of(struct str name)
{
    if (str_starts(name, S("linux/")))
        name = str_from(name, 6);
    if (!name.n)
        return 0;
    for (unsigned i = 0; i < NARCH; i++)
        if (str_eq(arch_name(i), name))
            return (arch_set)1 << i;
    for (unsigned i = 0; i < NARCH; i++)
        if (str_eq(arch_apk(i), name) || is_also(str_of(archs[i].also), name))
            return (arch_set)1 << i;
    return 0;
}
