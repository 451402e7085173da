/* removal.c - what the file itself says for leaving an installed package out. */
#include "dfix/command.h"
#include "dfix/inventory.h"

/* Packages that only build others, as Debian, Ubuntu and Alpine call them. */
static const char build_tools[] =
    "ant autoconf automake autotools-dev binutils bison build-base build-essential bzip2-dev cargo "
    "ccache clang cmake composer cpp debhelper devscripts dh-make dpkg-dev erlang-dev fakeroot "
    "flex "
    "g++ gcc gfortran ghc go golang golang-go gradle leiningen libc6-dev libtool linux-headers lld "
    "llvm m4 make maven meson musl-dev nasm ninja ninja-build nodejs-dev patch patchelf pkg-config "
    "pkgconf pkgconfig python3-dev rust rustc sbt scons swig yasm";

static bool is_build_tool(struct str name)
{
    return word_is_one_of(name, build_tools) || str_ends(name, S("-dev")) ||
           str_starts(name, S("gcc-")) || str_starts(name, S("g++-")) ||
           str_starts(name, S("clang-")) || str_ends(name, S("-jdk")) ||
           str_ends(name, S("-jdk-headless"));
}

/* Packages that people add for themselves, each with a program of its name, which hardly another
 * program starts. */
static const char tools[] =
    "aria2 bc curl dialog ftp htop less lsof lynx mc nano nmap screen strace "
    "tcpdump telnet tmux tree vim wget";

/* Does a command of the file run it, at build or when the image starts? */
static bool is_run(const struct image *im, struct str program)
{
    static const enum phase phases[] = {PHASE_BUILD, PHASE_START};
    bool is = false;

    for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++)
        for (const struct command *c = NULL; !is && (c = command_next(im, c, phases[i]));)
            is = str_eq(c->name, program);
    return is;
}

struct str inventory_removal(struct arena *a, const struct image *im,
                             const struct inventory_item *it)
{
    if (!it->install)
        return S("");
    if (it->stage + 1 == im->nstage && im->nstage && is_build_tool(it->is.name))
        return S("move this build tool to a stage of its own");
    if (word_is_one_of(it->is.name, tools) && !is_run(im, it->is.name))
        return str_fmt(a, "leave " STR_FMT " out (no command of this file runs it)",
                       STR_ARG(it->is.name));
    return S("");
}
