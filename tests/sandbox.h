/* sandbox.h - a directory of a test's own, and running programs in it. */
#ifndef DFIX_TEST_SANDBOX_H
#define DFIX_TEST_SANDBOX_H

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmocka_all.h"
#include "dfix/base.h"

struct sandbox {
    char dir[64];
};

static inline struct sandbox sandbox_open(void)
{
    struct sandbox s = {"/tmp/dfix-test-XXXXXX"};
    assert_non_null(mkdtemp(s.dir));
    return s;
}

/* Run a shell command inside; its exit status, or -1 when it was killed. */
static inline int DFIX_PRINTF(2, 3) sandbox_run(const struct sandbox *s, const char *fmt, ...)
{
    char command[4096];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(command, sizeof(command), fmt, ap);
    va_end(ap);
    assert_true(n > 0 && (size_t)n < sizeof(command));
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (chdir(s->dir) == 0)
            execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline void sandbox_close(const struct sandbox *s)
{
    assert_int_equal(sandbox_run(s, "chmod -R u+rwX . && rm -rf \"$PWD\""), 0);
}

static inline const char *sandbox_path(const struct sandbox *s, struct arena *a, const char *name)
{
    return str_cstr(a, str_fmt(a, "%s/%s", s->dir, name));
}

/* Write a file; the folders on its way are made. */
static inline void sandbox_write(const struct sandbox *s, const char *name, struct str text)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof(path), "%s/%s", s->dir, name);
    assert_true(n > 0 && (size_t)n < sizeof(path));
    for (char *slash = path + strlen(s->dir) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = 0;
        mkdir(path, 0777);
        *slash = '/';
    }
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text.p, 1, text.n, f), text.n);
    assert_int_equal(fclose(f), 0);
}

/* A file's bytes; the empty text when there is no such file. */
static inline struct str sandbox_read(const struct sandbox *s, struct arena *a, const char *name)
{
    struct buf b = {.arena = a};
    char chunk[4096];
    FILE *f = fopen(sandbox_path(s, a, name), "rb");
    for (size_t n; f && (n = fread(chunk, 1, sizeof(chunk), f)) > 0;)
        buf_add(&b, (struct str){chunk, n});
    if (f)
        fclose(f);
    return buf_str(&b);
}

static inline bool have_program(const char *name)
{
    struct sandbox here = {"/"};
    return sandbox_run(&here, "command -v %s >/dev/null", name) == 0;
}

/* Programs (blank separated) that the rest of this test runs: without them it is skipped, and
 * fails where CI=true says that the set-up has brought them. */
static inline void needs(const char *programs)
{
    char all[256], *rest = all;
    const char *ci = getenv("CI");
    snprintf(all, sizeof(all), "%s", programs);
    for (char *name; (name = strsep(&rest, " "));) {
        if (have_program(name))
            continue;
        if (ci && strcmp(ci, "true") == 0)
            fail_msg("%s is not installed, and CI is true", name);
        print_message("skipped: %s is not installed\n", name);
        skip();
    }
}

/* `./dev test all`: the whole of what is sampled otherwise. */
static inline bool whole(void)
{
    const char *tier = getenv("DFIX_TEST_TIER");
    return tier && strcmp(tier, "all") == 0;
}

#endif
