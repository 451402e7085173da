/* Reading, writing and finding files; gitignore's patterns, against git itself where it is. */
#include <signal.h>

#include <errno.h>

#include "random.h"
#include "sandbox.h"
#include "host/files.h"
#include "host/gitignore.h"
#include "host/held.h"

#define assert_text(got, want) assert_texts(got, want, __LINE__)

static void assert_texts(struct str got, struct str want, int line)
{
    if (!str_eq(got, want))
        fail_msg("line %d:\ngot  [%.*s]\nwant [%.*s]", line, STR_ARG(got), STR_ARG(want));
}

static bool says(const struct err *e, const char *what)
{
    return strstr(e->text, what) != NULL;
}

static void read_regular_files_only(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct sandbox box = sandbox_open();
    struct str text;
    struct err e;
    sandbox_write(&box, "f", S("a\0b"));
    sandbox_write(&box, "empty", S(""));
    assert_int_equal(sandbox_run(&box, "mkdir d; mkfifo p; ln -s f l; ln -s loop loop"), 0);

    assert_true(file_read(a, sandbox_path(&box, a, "f"), 3, &text, &e));
    assert_text(text, S("a\0b"));
    assert_true(file_read(a, sandbox_path(&box, a, "l"), 100, &text, &e));
    assert_text(text, S("a\0b"));
    assert_true(file_read(a, sandbox_path(&box, a, "empty"), 0, &text, &e));
    assert_text(text, S(""));

    assert_false(file_read(a, sandbox_path(&box, a, "f"), 2, &text, &e));
    assert_true(says(&e, "/f: larger than the limit of 2 bytes"));
    assert_false(file_read(a, sandbox_path(&box, a, "d"), 100, &text, &e));
    assert_true(says(&e, "/d: a folder"));
    assert_false(file_read(a, sandbox_path(&box, a, "p"), 100, &text, &e)); /* and does not wait */
    assert_true(says(&e, "/p: a FIFO"));
    assert_false(file_read(a, "/dev/zero", 100, &text, &e));
    assert_true(says(&e, "/dev/zero: a device"));
    assert_false(file_read(a, sandbox_path(&box, a, "none"), 100, &text, &e));
    assert_true(says(&e, "/none: No such file"));
    assert_false(file_read(a, sandbox_path(&box, a, "loop"), 100, &text, &e));
    assert_int_equal(sandbox_run(&box, "truncate -s 65M big"), 0);
    assert_false(file_read(a, sandbox_path(&box, a, "big"), 64 << 20, &text, &e));
    assert_true(says(&e, "limit of 64 MiB"));
    sandbox_close(&box);
    arena_close(a);
}

/* Read, and written at once. */
static bool rewrite(const char *path, struct str text, struct err *e)
{
    struct arena *a = arena_open();
    struct held_folders held;
    struct held_file f;
    struct str was;

    held_open(&held, a);
    bool ok =
        held_read(&held, str_of(path), S(""), 1 << 20, &f, &was, e) && held_write(&f, was, text, e);
    held_close(&held);
    arena_close(a);
    return ok;
}

/* Files of one folder come from it while its path leads to it, and from what took its place; so
 * where no descriptor can be kept. */
static void files_come_from_where_their_path_leads(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct sandbox box = sandbox_open();
    struct str f = str_of(sandbox_path(&box, a, "d/f")), g = str_of(sandbox_path(&box, a, "d/g"));
    sandbox_write(&box, "d/f", S("first"));
    sandbox_write(&box, "d/g", S("second"));
    sandbox_write(&box, "other/g", S("third"));

    for (int room = 1; room >= 0; room--) {
        struct held_folders held;
        struct held_file x, y;
        struct str text;
        struct err e;
        held_open(&held, a);
        held.room = (size_t)room;
        assert_true(held_read(&held, f, S(""), 100, &x, &text, &e));
        assert_text(text, S("first"));
        assert_true(held_read(&held, g, g, 100, &y, &text, &e));
        assert_text(text, S("second"));
        assert_ptr_equal(x.folder, y.folder);

        assert_int_equal(sandbox_run(&box, "mv d away; mv other d"), 0);
        assert_true(held_read(&held, g, S(""), 100, &y, &text, &e));
        assert_text(text, S("third"));
        assert_false(held_write(&x, S("first"), S("new"), &e));
        assert_int_equal(sandbox_run(&box, "mv d other; ln -s other d"), 0);
        assert_false(held_read(&held, f, f, 100, &x, &text, &e)); /* a link, which is no place */
        assert_int_equal(sandbox_run(&box, "rm d; mv away d"), 0);
        assert_true(held_read(&held, f, f, 100, &x, &text, &e));
        assert_true(held_write(&x, S("first"), S("first"), &e));
        held_close(&held);
    }
    sandbox_close(&box);
    arena_close(a);
}

static ino_t inode(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_ino;
}

static void write_replaces_whole_files(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct sandbox box = sandbox_open();
    struct err e;
    const char *f = sandbox_path(&box, a, "d/f");
    sandbox_write(&box, "d/f", S("old"));
    assert_int_equal(sandbox_run(&box, "chmod 640 d/f; ln -s d/f l; ln d/f before"), 0);

    assert_false(rewrite(f, S("new"), &e)); /* the other name would keep the old text */
    assert_text(sandbox_read(&box, a, "d/f"), S("old"));
    assert_int_equal(sandbox_run(&box, "rm before"), 0);
    FILE *before = fopen(f, "r");
    assert_true(rewrite(f, S("new\0text"), &e));
    assert_text(sandbox_read(&box, a, "d/f"), S("new\0text"));
    assert_int_equal(fgetc(before), 'o'); /* replaced, not written over */
    fclose(before);
    struct stat st;
    assert_int_equal(stat(f, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);

    assert_true(rewrite(sandbox_path(&box, a, "l"), S("through a link"), &e));
    assert_text(sandbox_read(&box, a, "d/f"), S("through a link"));
    assert_int_equal(sandbox_run(&box, "test -L l"), 0);

    ino_t was = inode(f);
    assert_true(rewrite(f, S("through a link"), &e));
    assert_int_equal(inode(f), was); /* nothing to write */
    assert_true(rewrite(f, S("through a lint"), &e));
    assert_true(rewrite(f, S(""), &e));
    assert_text(sandbox_read(&box, a, "d/f"), S(""));

    assert_false(rewrite(sandbox_path(&box, a, "none"), S(""), &e));
    assert_false(rewrite(sandbox_path(&box, a, "d"), S(""), &e));
    assert_int_equal(sandbox_run(&box, "test \"$(ls -A d)\" = f"), 0); /* no temp file stays */
    sandbox_close(&box);
    arena_close(a);
}

/* Whenever the program is told to end, no temp file stays, and the file is whole. */
static void write_leaves_nothing_behind(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct sandbox box = sandbox_open();
    struct err e;
    const char *path = sandbox_path(&box, a, "f");
    sandbox_write(&box, "f", S("0"));
    for (unsigned round = 0; round < 100; round++) {
        int ready[2];
        char byte;
        assert_int_equal(pipe(ready), 0);
        pid_t pid = fork();
        if (pid == 0) {
            ssize_t told = write(ready[1], "", 1);
            while (told == 1 && rewrite(path, S("0"), &e) && rewrite(path, S("1"), &e))
                ;
            _exit(1);
        }
        assert_int_equal(read(ready[0], &byte, 1), 1);
        usleep(round * 30);
        kill(pid, round % 2 ? SIGINT : SIGTERM);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        close(ready[0]);
        close(ready[1]);
    }
    assert_int_equal(sandbox_run(&box, "test \"$(ls -A)\" = f && grep -qx '[01]' f"), 0);
    sandbox_close(&box);
    arena_close(a);
}

static void write_keeps_owner(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("skipped: only root can give files away\n");
        skip();
    }
    struct arena *a = arena_open();
    struct sandbox box = sandbox_open();
    struct err e;
    struct stat st;
    sandbox_write(&box, "f", S("old"));
    assert_int_equal(chown(sandbox_path(&box, a, "f"), 12345, 23456), 0);
    assert_int_equal(chmod(sandbox_path(&box, a, "f"), 04755), 0);
    assert_true(rewrite(sandbox_path(&box, a, "f"), S("new"), &e));
    assert_int_equal(stat(sandbox_path(&box, a, "f"), &st), 0);
    assert_int_equal(st.st_uid, 12345);
    assert_int_equal(st.st_gid, 23456);
    assert_int_equal(st.st_mode & 07777, 04755);
    sandbox_close(&box);
    arena_close(a);
}

/* As a user who may not: root may write everywhere. Gives the child's answer. */
static bool write_as_nobody(const char *path, struct err *e)
{
    int fd[2];
    assert_int_equal(pipe(fd), 0);
    pid_t pid = fork();
    if (pid == 0) {
        if (geteuid() == 0 && (setgid(65534) || setuid(65534)))
            _exit(3);
        bool ok = rewrite(path, S("new"), e);
        if (write(fd[1], e->text, sizeof(e->text)) < 0)
            _exit(4);
        _exit(ok);
    }
    int status;
    close(fd[1]);
    assert_int_equal(read(fd[0], e->text, sizeof(e->text)), sizeof(e->text));
    close(fd[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
    return WEXITSTATUS(status) == 1;
}

static void write_says_what_is_read_only(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct sandbox box = sandbox_open();
    struct err e = {""};
    sandbox_write(&box, "d/f", S("old"));
    sandbox_write(&box, "d/locked", S("old"));
    assert_int_equal(
        sandbox_run(&box, "chmod 755 .; chmod 666 d/f; chmod 444 d/locked; chmod 555 d"), 0);
    assert_false(write_as_nobody(sandbox_path(&box, a, "d/f"), &e));
    assert_true(
        says(&e, "/d/f: not written: no file can be made in its folder: Permission denied"));
    assert_false(write_as_nobody(sandbox_path(&box, a, "d/locked"), &e));
    assert_true(says(&e, "/d/locked: not written: Permission denied"));
    assert_text(sandbox_read(&box, a, "d/f"), S("old"));
    sandbox_close(&box);
    arena_close(a);
}

static void paths(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    char here[4096];
    assert_non_null(getcwd(here, sizeof(here)));
    struct str cwd = str_of(here);
    assert_text(path_absolute(a, S("/a/./b//../c/")), S("/a/c"));
    assert_text(path_absolute(a, S("/../..")), S("/"));
    assert_text(path_absolute(a, S(".")), cwd);
    assert_text(path_relative(a, S("./x/../y")), S("y"));
    assert_text(path_relative(a, cwd), S("."));
    assert_text(path_relative(a, path_join(a, cwd, S("d/f"))), S("d/f"));
    assert_text(path_relative(a, str_fmt(a, "%s-not/f", here)), str_fmt(a, "%s-not/f", here));
    assert_text(path_folder(a, S("f")), S("."));
    assert_text(path_folder(a, S("/f")), S("/"));
    assert_text(path_folder(a, S("a/b/")), S("a"));
    assert_text(path_join(a, S("/"), S("f")), S("/f"));
    assert_text(path_join(a, S("."), S("f")), S("f"));
    arena_close(a);
}

static void globs(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *path;
        bool match;
    } v[] = {
        {"a", "a", true},
        {"a", "b", false},
        {"*", "abc", true},
        {"*", "a/b", false},
        {"a*c", "abc", true},
        {"a*c", "ab/c", false},
        {"*.[ch]", "x.c", true},
        {"*.[!ch]", "x.c", false},
        {"*.[^ch]", "x.o", true},
        {"[]]", "]", true},
        {"[a-", "a", false},
        {"[a-c]", "b", true},
        {"[[:digit:]]", "7", true},
        {"[[:digit:]]", "x", false},
        {"v[[:print:]]", "v0", true},
        {"v[[:print:]]", "v\x01", false},
        {"v[[:graph:]]", "v!", true},
        {"v[[:graph:]]", "v ", false},
        {"v[[:cntrl:]]", "v\x7f", true},
        {"v[[:cntrl:]]", "v\x1f", true},
        {"v[[:cntrl:]]", "v0", false},
        {"[[:none:]]", "n", false},
        {"[![:none:]]", "x", false}, /* git takes a class that is none for no pattern at all */
        {"[[:al]a", "la", true},
        {"[[:]", ":", true},
        {"[[:]", "[", true},
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"?", "/", false},
        {"[!a]", "/", false},
        {"**", "a/b", true},
        {"**/b", "b", true},
        {"**/b", "a/x/b", true},
        {"**/b", "ab", false},
        {"a/**", "a/b/c", true},
        {"a/**", "a", false},
        {"a/**/b", "a/b", true},
        {"a/**/b", "a/x/y/b", true},
        {"a/**/b", "a/xb", false},
        {"a**b", "axxb", true},
        {"a**b", "a/b", false},
        {"*a*b*c", "xaybzbc", true},
        {"a/*/c", "a/b/c", true},
        {"a/*/c", "a/b/b/c", false},
        {"**/a/**/b/*.c", "x/a/y/b/z/b/q.c", true},
        {"", "a", false},
        {"a", "", false},
        {"*", "", true},
    };
    for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
        if (glob_fits_path(str_of(v[i].pattern), str_of(v[i].path)) != v[i].match)
            fail_msg("glob %s on %s", v[i].pattern, v[i].path);
    /* Would take for ever if every star were tried at every place. */
    assert_false(glob_fits_path(S("*a*a*a*a*a*a*a*a*a*a*a*a*b"),
                                S("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")));
    assert_false(glob_fits_path(S("**/a/**/a/**/a/**/a/**/a/**/b"),
                                S("a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a")));
}

/* What is found below the sandbox, one a line. */
static struct str found(const struct sandbox *box, struct arena *a, const char *path)
{
    struct file_list list;
    struct err e;
    struct buf out = {.arena = a};
    struct str root = str_fmt(a, "%s/", box->dir);
    if (!files_find(a, str_of(sandbox_path(box, a, path)), NULL, NULL, &list, &e))
        fail_msg("%s", e.text);
    for (size_t i = 0; i < list.n; i++) {
        assert_true(str_starts(list.v[i].path, root));
        buf_add(&out, str_from(list.v[i].path, root.n));
        buf_char(&out, '\n');
    }
    return buf_str(&out);
}

static void find_by_name(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct sandbox box = sandbox_open();
    struct file_list list;
    struct err e;
    static const char *const yes[] = {"Dockerfile",     "b/Dockerfile.dev",  "b/web.Dockerfile",
                                      "b/x.dockerfile", "c/d/Containerfile", "c/d/Containerfile.x"};
    static const char *const no[] = {"dockerfiles",   "Dockerfile.dockerignore", "b/MyDockerfile",
                                     "b/xdockerfile", ".git/Dockerfile",         "c/Dockerfile~"};
    for (size_t i = 0; i < 6; i++) {
        sandbox_write(&box, yes[i], S(""));
        sandbox_write(&box, no[i], S(""));
    }
    assert_int_equal(
        sandbox_run(&box, "mkdir e e/Dockerfile; mkfifo e/Dockerfile.fifo; ln -s .. e/up;"
                          "ln -s ../Dockerfile e/Dockerfile.link; ln -s none e/Dockerfile.broken"),
        0);
    assert_text(
        found(&box, a, ""),
        S("Dockerfile\nb/Dockerfile.dev\nb/web.Dockerfile\nb/x.dockerfile\nc/d/Containerfile\n"
          "c/d/Containerfile.x\ne/Dockerfile.link\n"));
    assert_text(found(&box, a, "b"), S("b/Dockerfile.dev\nb/web.Dockerfile\nb/x.dockerfile\n"));
    /* What is named is taken, whatever it is called. */
    assert_text(found(&box, a, "c/Dockerfile~"), S("c/Dockerfile~\n"));
    assert_false(files_find(a, str_of(sandbox_path(&box, a, "none")), NULL, NULL, &list, &e));
    assert_int_equal(list.n, 0);
    sandbox_close(&box);
    arena_close(a);
}

static void find_by_other_names(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct sandbox box = sandbox_open();
    static const char *const yes[] = {"Containerfile.dev", "Containerfile_x", "Dockerfile-dev",
                                      "Dockerfile.py",     "Dockerfile_dev",  "containerfile",
                                      "dev.Containerfile", "dockerfile",      "dockerfile.dev",
                                      "x.containerfile"};
    static const char *const no[] = {
        "Containerfile~",        "Dockerfile-lint.yml",  "Dockerfile.bak",
        "Dockerfile.erb",        "Dockerfile.j2",        "Dockerfile.md",
        "Dockerfile.orig",       "Dockerfile.rej",       "Dockerfile.swp",
        "Dockerfile.tmpl",       "Dockerfile.tmpl.orig", "Dockerfiles",
        "dockerfile_test.go",    "dockerfile.ex",        "dockerfile.js",
        "x.Dockerfile.template", "Dockerfile.ORIG",      "Dockerfile-dev.Bak"};
    struct buf all = {.arena = a};

    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        sandbox_write(&box, yes[i], S(""));
        buf_fmt(&all, "%s\n", yes[i]);
    }
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
        sandbox_write(&box, no[i], S(""));
    assert_text(found(&box, a, ""), buf_str(&all));
    sandbox_close(&box);
    arena_close(a);
}

static void find_respects_gitignore(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct sandbox box = sandbox_open();
    static const char *const files[] = {
        "a/Dockerfile",       "a/keep/Dockerfile",  "a/x/y/Dockerfile",  "build/Dockerfile",
        "b/build/Dockerfile", "b/Dockerfile.tmp",   "b/Dockerfile.kept", "c/d/Dockerfile",
        "c/Dockerfile",       "excluded/Dockerfile"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        sandbox_write(&box, files[i], S(""));
    sandbox_write(&box, ".git/HEAD", S(""));
    sandbox_write(&box, ".git/info/exclude", S("excluded\n"));
    sandbox_write(&box, ".gitignore",
                  S("# comment\n/build/\r\n*.tmp\na/**/y\nc/*\n!c/d/\nDockerfile.kept\n"));
    sandbox_write(&box, "b/.gitignore", S("!Dockerfile.kept\n"));
    assert_text(found(&box, a, ""), S("a/Dockerfile\na/keep/Dockerfile\nb/Dockerfile.kept\n"
                                      "b/build/Dockerfile\nc/d/Dockerfile\n"));
    /* The rules of the folders above hold from inside too. */
    assert_text(found(&box, a, "b"), S("b/Dockerfile.kept\nb/build/Dockerfile\n"));
    assert_text(found(&box, a, "a/x"), S(""));
    sandbox_close(&box);
    arena_close(a);
}

/* Random trees and rules: the same files as git lists. */
static void find_agrees_with_git(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "ab", "c.d"};
    static const char *const lines[] = {
        "a",     "/a",         "a/",          "b/a",          "*b",           "!a",   "!/b/",
        "**/ab", "a/**",       "!a/b/**",     "c.*",          "[ab]",         "!*/a", "a/*/b",
        "/*",    "!/b",        "?b",          "\\a",          "a ",           "b\\ ", "**",
        "!**/",  "Dockerfile", "!Dockerfile", "a/Dockerfile", "!b/Dockerfile"};
    enum { NAMES = 4, LINES = sizeof(lines) / sizeof(lines[0]) };
    needs("git");
    for (unsigned seed = 0; seed < 60; seed++) {
        struct arena *a = arena_open();
        struct sandbox box = sandbox_open();
        struct random r = random_of(seed);
        for (unsigned file = 0; file < 12; file++) {
            struct buf path = {.arena = a};
            for (uint32_t depth = random_below(&r, 4); depth; depth--)
                buf_fmt(&path, "%s/", names[random_below(&r, NAMES)]);
            bool rules = file % 4 == 0;
            buf_add(&path, rules ? S(".gitignore") : S("Dockerfile"));
            struct buf text = {.arena = a};
            for (uint32_t n = rules ? 1 + random_below(&r, 4) : 0; n; n--)
                buf_fmt(&text, "%s\n", lines[random_below(&r, LINES)]);
            sandbox_write(&box, str_cstr(a, buf_str(&path)), buf_str(&text));
        }
        assert_int_equal(sandbox_run(&box, "git init -q . && git ls-files -co --exclude-standard |"
                                           " grep 'Dockerfile$' | LC_ALL=C sort >/tmp/want.$$;"
                                           " mv /tmp/want.$$ .git/want"),
                         0);
        struct str want = sandbox_read(&box, a, ".git/want"), got = found(&box, a, "");
        if (!str_eq(got, want))
            fail_msg("seed %u:\ngot  [%.*s]\nwant [%.*s]", seed, STR_ARG(got), STR_ARG(want));
        sandbox_close(&box);
        arena_close(a);
    }
}

static void find_says_what_it_could_not_read(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct sandbox box = sandbox_open();
    struct file_list list;
    struct err e;
    sandbox_write(&box, "a/Dockerfile", S(""));
    sandbox_write(&box, "b/Dockerfile", S(""));
    assert_int_equal(sandbox_run(&box, "chmod 0 b"), 0);
    if (geteuid() == 0) { /* root reads everything */
        sandbox_close(&box);
        arena_close(a);
        print_message("skipped: root can read every folder\n");
        skip();
    }
    assert_false(files_find(a, str_of(box.dir), NULL, NULL, &list, &e));
    assert_true(says(&e, "/b: cannot be searched: Permission denied"));
    assert_int_equal(list.n, 1);
    sandbox_close(&box);
    arena_close(a);
}

static void what_is_below_a_folder(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct sandbox box = sandbox_open();
    struct str text;
    bool folder;
    assert_int_equal(sandbox_run(&box,
                                 "mkdir -p c/d c2; echo x >c/d/f; echo y >out; ln -s ../out "
                                 "c/away; ln -s d/f c/inside; ln -s ../c2 c/other; mkfifo c/p"),
                     0);
    struct str c = str_fmt(a, "%s/c", box.dir);

    assert_true(file_below(a, c, S("d/f"), 10, &folder, &text));
    assert_false(folder);
    assert_text(text, S("x\n"));
    assert_true(file_below(a, c, S("inside"), 10, &folder, &text));
    assert_true(file_below(a, c, S("d"), 10, &folder, &text));
    assert_true(folder);
    assert_text(text, S("f\n"));
    assert_true(file_below(a, c, S("."), 100, &folder, &text));
    assert_false(file_below(a, c, S("d/f"), 1, &folder, &text));
    const char *const no[] = {"../out", "away", "other", "none", "d/../../out", "p", "../c2"};
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        if (file_below(a, c, str_of(no[i]), 100, &folder, &text))
            fail_msg("%s was read", no[i]);
    sandbox_close(&box);
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_regular_files_only),
        cmocka_unit_test(files_come_from_where_their_path_leads),
        cmocka_unit_test(write_replaces_whole_files),
        cmocka_unit_test(write_leaves_nothing_behind),
        cmocka_unit_test(write_keeps_owner),
        cmocka_unit_test(write_says_what_is_read_only),
        cmocka_unit_test(paths),
        cmocka_unit_test(globs),
        cmocka_unit_test(what_is_below_a_folder),
        cmocka_unit_test(find_by_name),
        cmocka_unit_test(find_by_other_names),
        cmocka_unit_test(find_respects_gitignore),
        cmocka_unit_test(find_agrees_with_git),
        cmocka_unit_test(find_says_what_it_could_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
