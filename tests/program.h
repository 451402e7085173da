/* program.h - the program itself, run in a sandbox where the demo's small signed index is all
 * the world: the user's own policy file names it, the cache begins empty. */
#ifndef DFIX_TEST_PROGRAM_H
#define DFIX_TEST_PROGRAM_H

#include "sandbox.h"

#define SAMPLE DFIX_ROOT "/tests/demo/sample/"

static const char sample_policy[] =
    "architectures: [amd64, arm64]\n"
    "index: {apt: {debian: {mirror: 'file://" SAMPLE "debian', "
    "security: 'file://" SAMPLE "debian-security', keyring: '" SAMPLE "keyring.gpg'}}}\n";

static struct arena *arena;
static struct sandbox box;
static const char *program_options; /* given to each run */

static inline int program_set_up(void **state)
{
    (void)state;
    arena = arena_open();
    box = sandbox_open();
    sandbox_write(&box, "dfix/dfix.yaml", str_of(sample_policy));
    assert_int_equal(sandbox_run(&box, "mkdir work"), 0);
    program_options = "";
    return 0;
}

static inline int program_tear_down(void **state)
{
    (void)state;
    sandbox_close(&box);
    arena_close(arena);
    return 0;
}

/* A command for the shell in the folder `work`, where `dfix` is the program; its exit status. */
static inline int DFIX_PRINTF(1, 2) shell(const char *fmt, ...)
{
    char words[2048];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(words, sizeof(words), fmt, ap);
    va_end(ap);
    return sandbox_run(&box,
                       "cd work && export XDG_CACHE_HOME=$PWD/../cache XDG_CONFIG_HOME=$PWD/.. && "
                       "dfix() { '%s/dfix' %s \"$@\"; } && { %s; } > ../out 2> ../err",
                       DFIX_BUILD, program_options, words);
}

/* With the index of bookworm in the cache: then no run asks for more, nor any registry. */
static inline int program_set_up_warm(void **state)
{
    program_set_up(state);
    assert_int_equal(shell("dfix index update --release bookworm"), 0);
    program_options = "--offline --concise";
    return 0;
}

/* What the last command printed. */
static inline const char *out(void)
{
    return str_cstr(arena, sandbox_read(&box, arena, "out"));
}

static inline const char *err(void)
{
    return str_cstr(arena, sandbox_read(&box, arena, "err"));
}

/* A file in `work`. */
static inline void put(const char *name, const char *text)
{
    sandbox_write(&box, str_fmt(arena, "work/%s", name).p, str_of(text));
}

static inline const char *get(const char *name)
{
    return str_cstr(arena, sandbox_read(&box, arena, str_fmt(arena, "work/%s", name).p));
}

#endif
