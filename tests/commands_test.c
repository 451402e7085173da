/* commands_test.c - which programs a build runs, whoever starts them, and how their command lines
 * are read. Each command is shown as its name, what holds it, and its words. */
#include "cmocka_all.h"
#include "dfix/command.h"
#include "dfix/user.h"

#include <string.h>

static const struct image *image_of_text(struct arena *a, struct str text)
{
    static const struct lookup nothing = {0};
    static const struct image_settings settings = {0};
    return image_of(a, tree_parse(a, text), &nothing, &settings);
}

static void show_wrappers(struct buf *out, const struct command *c)
{
    static const struct {
        unsigned wrapper;
        const char *name;
    } names[] = {{WRAP_SUDO, "sudo"},      {WRAP_SH_C, "text"},       {WRAP_ENV, "env"},
                 {WRAP_EXEC_FORM, "exec"}, {WRAP_HEREDOC, "heredoc"}, {WRAP_OTHER, "started"},
                 {WRAP_XARGS, "xargs"},    {WRAP_FIND, "find"}};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (c->wrappers & names[i].wrapper)
            buf_fmt(out, " +%s", names[i].name);
    if (c->onbuild)
        buf_add(out, S(" +onbuild"));
    if (command_may_not_run(c))
        buf_add(out, S(" +maybe"));
}

static void show_command(struct buf *out, const struct command *c)
{
    const struct field *f;
    size_t n = command_args(c, &f);

    buf_fmt(out, "%s" STR_FMT, out->n ? "; " : "", STR_ARG(c->name.n ? c->name : S("?")));
    show_wrappers(out, c);
    for (size_t i = 1; i < n; i++)
        buf_fmt(out, " " STR_FMT,
                STR_ARG(f[i].value.certainty == VALUE_KNOWN ? f[i].value.text : S("?")));
}

struct example {
    const char *text, *shown;
};

static void check_commands(const struct example *e, size_t n, const char *head, enum phase phase)
{
    for (size_t i = 0; i < n; i++) {
        struct arena *a = arena_open();
        struct buf got = {.arena = a};
        const struct image *im = image_of_text(a, str_fmt(a, "%s%s\n", head, e[i].text));
        for (const struct command *c = NULL; (c = command_next(im, c, phase));)
            show_command(&got, c);
        if (!str_eq(buf_str(&got), str_of(e[i].shown)))
            fail_msg("%s\n  wanted: %s\n  got:    " STR_FMT, e[i].text, e[i].shown,
                     STR_ARG(buf_str(&got)));
        arena_close(a);
    }
}

static void commands_are_found(void **state)
{
    (void)state;
    static const struct example table[] = {
        {"RUN ls -l", "ls -l"},
        {"RUN a && b; c | d", "a; b; c; d"},
        {"RUN [\"ls\", \"-l\"]", "ls +exec -l"},
        {"RUN /usr/bin/apt-get install x", "apt-get install x"},
        {"RUN X=1 Y=2 ls", "ls"},
        {"RUN X=1", ""},
        {"RUN > file", ""},
        {"RUN $X y", "? y"},
        {"ARG X=ls\nRUN $X y", "ls y"},
        {"RUN <<EOF\nls -l\nEOF", "ls +heredoc -l"},
        {"RUN bash <<EOF\nls -l\nEOF", "bash; ls +heredoc -l"},
        {"ONBUILD RUN ls", "ls +onbuild"},
        {"RUN if a; then b; fi", "a +maybe; b +maybe"},
        {"RUN a || b", "a; b +maybe"},
        {"RUN f() { a; }; f", "a +maybe; f"},
        {"RUN echo $(a)", "echo ?; a +maybe"},
        {"RUN \"l\"s 'a b'", "ls a b"},
    };
    check_commands(table, sizeof(table) / sizeof(table[0]), "FROM x\n", PHASE_BUILD);
}

static void wrappers_are_stepped_over(void **state)
{
    (void)state;
    static const struct example table[] = {
        {"RUN sudo ls", "ls +sudo"},
        {"RUN sudo -E -u app ls -l", "ls +sudo -l"},
        {"RUN sudo -uapp ls", "ls +sudo"},
        {"RUN sudo --user=app --group app ls", "ls +sudo"},
        {"RUN sudo -i", "sudo -i"},
        {"RUN env", "env"},
        {"RUN env A=b C=d ls", "ls +env"},
        {"RUN nice -n 10 ionice -c3 ls", "ls +started"},
        {"RUN timeout -s KILL 60 ls", "ls +started"},
        {"RUN timeout --signal=KILL -- 60 ls", "ls +started"},
        {"RUN gosu app:app ls", "ls +started"},
        {"RUN exec sudo env X=1 nice ls", "ls +sudo +env +started"},
        {"RUN command -v ls", "ls +started"},
        {"RUN cat x | xargs -n 1 apt-get install -y", "cat x; apt-get +xargs install -y"},
        {"RUN find / -name x -exec rm -f {} \\; -o -exec ls {} +",
         "find / -name x -exec rm -f {} ; -o -exec ls {} +; rm +find -f {}; ls +find {}"},
        {"RUN find / -exec sh -c 'ls $1' x {} +",
         "find / -exec sh -c ls $1 x {} +; sh +find -c ls $1 x {}; ls +text +find ?"},
        {"RUN python3 -m pip install x", "pip +started install x"},
        {"RUN python3 -m venv x", "python3 -m venv x"},
        {"RUN [\"sudo\", \"ls\"]", "ls +sudo +exec"},
        {"RUN nice -n", "nice -n"},
        {"RUN runuser -u app -- ls -l", "ls +started -l"},
        {"RUN runuser -u app -- sh -c 'a b'", "sh +started -c a b; a +text +started b"},
        {"RUN runuser app -c 'a b'", "runuser app -c a b; a +text b"},
        {"RUN flock -w 5 /tmp/l ls", "ls +started"},
    };
    check_commands(table, sizeof(table) / sizeof(table[0]), "FROM x\n", PHASE_BUILD);
}

static void texts_are_read(void **state)
{
    (void)state;
    static const struct example table[] = {
        {"RUN sh -c 'a && b'", "sh -c a && b; a +text; b +text"},
        {"RUN bash -euxo pipefail -c 'a'", "bash -euxo pipefail -c a; a +text"},
        {"RUN [\"/bin/bash\", \"-c\", \"a | b\"]",
         "bash +exec -c a | b; a +text +exec; b +text +exec"},
        {"RUN sh -c \"sh -c 'sh -c a'\"",
         "sh -c sh -c 'sh -c a'; sh +text -c sh -c a; sh +text -c a; a +text"},
        {"RUN su - app -c 'a b'", "su - app -c a b; a +text b"},
        {"RUN su -c 'a b' app", "su -c a b app; a +text b"},
        {"RUN eval 'a b'", "eval a b; a +text b"},
        {"RUN eval a b", "a +started b"},
        {"RUN sudo sh -c 'nice a'", "sh +sudo -c nice a; a +sudo +text +started"},
        {"RUN a || sh -c b", "a; sh +maybe -c b; b +text +maybe"},
        {"RUN sh -c 'if x; then b; fi'", "sh -c if x; then b; fi; x +text +maybe; b +text +maybe"},
        {"RUN sh -c \"a $X\"", "sh -c ?; a +text ?"},
        {"RUN sh script -c a", "sh script -c a"},
    };
    check_commands(table, sizeof(table) / sizeof(table[0]), "FROM x\n", PHASE_BUILD);
}

static void starts_are_apart(void **state)
{
    (void)state;
    static const struct example table[] = {
        {"RUN a\nCMD b\nENTRYPOINT [\"c\", \"d\"]", "b; c +exec d"},
        {"HEALTHCHECK --interval=3s CMD curl -f x", "curl -f x"},
        {"ONBUILD CMD a", "a +onbuild"},
        {"CMD exec tini -- gosu app java -jar x", "java +started -jar x"},
        {"SHELL [\"bash\", \"-c\"]\nCOPY [\"a\", \"b\"]", ""},
    };
    check_commands(table, sizeof(table) / sizeof(table[0]), "FROM x\n", PHASE_START);
}

/* "subcommand | option=value ... | operand ...". */
static struct str line_of(struct arena *a, const struct command *c)
{
    const struct field *const *operand;
    struct buf b = {.arena = a};

    buf_fmt(&b, STR_FMT " |", STR_ARG(command_subcommand(c)));
    for (const struct command_option *o = NULL; (o = command_option(c, NULL, o));) {
        buf_fmt(&b, " " STR_FMT, STR_ARG(o->name));
        if (o->has_value)
            buf_fmt(&b, "=" STR_FMT, STR_ARG(o->value.value.text));
    }
    buf_add(&b, S(" |"));
    size_t n = command_operands(c, &operand);
    for (size_t i = 0; i < n; i++)
        buf_fmt(&b, " " STR_FMT, STR_ARG(operand[i]->value.text));
    return buf_str(&b);
}

static void lines_are_read(void **state)
{
    (void)state;
    static const struct example table[] = {
        {"apt-get install -y curl", "install | yes | curl"},
        {"apt-get -qqy install --no-install-recommends a b",
         "install | quiet quiet yes no-install-recommends | a b"},
        {"apt-get -q=2 -t stable install -tx a", "install | quiet=2 target-release=stable "
                                                 "target-release=x | a"},
        {"apt-get --assume-yes install", "install | yes |"},
        {"apt-get -o Dpkg::Use-Pty=0 install a", "install | option=Dpkg::Use-Pty=0 | a"},
        {"apk add --virt .b --no-cache a", "add | virtual=.b no-cache | a"},
        {"apk -U add -t .b a", "add | update-cache virtual=.b | a"},
        {"apk add -- -x", "add | | -x"},
        {"useradd -rmu 10 -g app --shell /bin/sh app",
         " | system create-home uid=10 gid=app shell=/bin/sh | app"},
        {"pip install --no-cache-dir -r requirements.txt x==1",
         "install | no-cache-dir requirement=requirements.txt | x==1"},
        {"wget -qO- https://x", " | quiet output-document=- | https://x"},
        {"curl -fsSLo f https://x", " | fail silent show-error location output=f | https://x"},
        {"foo -ab --c=d e", " | a b c=d | e"},
        {"tar xzf a.tgz -C /d m", " | extract gzip file=a.tgz directory=/d | m"},
        {"tar xCf /d a.tar m", " | extract directory=/d file=a.tar | m"},
        {"tar -xzf a.tgz xz", " | extract gzip file=a.tgz | xz"},
        {"git -C /s clone -b v1 https://x/a.git d", "clone | C=/s branch=v1 | https://x/a.git d"},
        {"go install -ldflags -x a@b", "install | ldflags x | a@b"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct arena *a = arena_open();
        const struct image *im = image_of_text(a, str_fmt(a, "FROM x\nRUN %s\n", table[i].text));
        const struct command *c = command_next(im, NULL, PHASE_BUILD);
        assert_non_null(c);
        struct str got = line_of(a, c);
        if (!str_eq(got, str_of(table[i].shown)))
            fail_msg("%s\n  wanted: %s\n  got:    " STR_FMT, table[i].text, table[i].shown,
                     STR_ARG(got));
        arena_close(a);
    }
}

/* The bytes of a text's words are found in the file, however deep it is quoted. */
static void places_are_the_files(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "RUN here",
        "RUN sh -c 'x && here'",
        "RUN sh -c \"sh -c 'here y'\"",
        "RUN [\"sh\", \"-c\", \"x; here\"]",
        "RUN su app -c \"nice here\"",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct arena *a = arena_open();
        struct str text = str_fmt(a, "FROM x\n%s\n", texts[i]);
        const struct image *im = image_of_text(a, text);
        const struct command *c = NULL;
        const struct field *f;
        do
            assert_non_null(c = command_next(im, c, PHASE_BUILD));
        while (!str_eq(c->name, S("here")));
        assert_true(command_args(c, &f) >= 1);
        assert_int_equal(f[0].value.npiece, 1);
        struct span at = f[0].value.piece[0].span;
        assert_true(f[0].value.piece[0].literal);
        assert_true(str_eq(str_sub(text, at.start, at.end), S("here")));
        arena_close(a);
    }
}

static void is_sorted(const char *const *name, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (strcmp(name[i - 1], name[i]) >= 0)
            fail_msg("%s stands before %s", name[i - 1], name[i]);
}

/* The look-ups go by halves: a row out of order would never be found. */
static void programs_are_sorted(void **state)
{
    (void)state;
    static const char *const names[] = {
#define PROGRAM(id, name, flags, words, options) name,
#define ALIAS(id, name)                          name,
#include "commands/programs.def"
#undef PROGRAM
#undef ALIAS
    };
    static const char *const ordinary[] = {
#define ORDINARY(name) name,
#include "packages/ordinary_programs.def"
#undef ORDINARY
    };
    static const char *const root[] = {
#define REASON(id, why)
#define ROOT_PROGRAM(name, reason) name,
#include "runtime/root_programs.def"
#undef REASON
#undef ROOT_PROGRAM
    };
    is_sorted(names, sizeof names / sizeof names[0]);
    is_sorted(ordinary, sizeof ordinary / sizeof ordinary[0]);
    is_sorted(root, sizeof root / sizeof root[0]);
}

/* Words that stand in the text as they are, that go on in the next line, that a comment or a label
 * alone has, that two instructions make. */
static void stages_say_words(void **state)
{
    (void)state;
    static const struct {
        const char *text, *what;
        bool says;
    } example[] = {
        {"RUN exec gosu app\n", "gosu", true},
        {"RUN exec go\\\nsu app\n", "gosu", true},
        {"RUN exec go\\\n su app\n", "gosu", false},
        {"# gosu\nRUN exec app\n", "gosu", false},
        {"RUN exec \\\n# gosu\n app\n", "gosu", false},
        {"LABEL a=gosu\nRUN exec app\n", "gosu", false},
        {"LABEL a=gosu\nENV a=gosu\n", "gosu", true},
        {"RUN pip  install \\\n  --user x\n", "pip install --user", true},
        {"RUN pip\nRUN install --user\n", "pip install --user", false},
        {"ENV HOME /x\n", "HOME=/x", true},
        {"RUN <<EOF\n# gosu\nchown x\nEOF\n", "gosu", false},
    };
    for (size_t i = 0; i < sizeof example / sizeof example[0]; i++) {
        struct arena *a = arena_open();
        const struct image *im = image_of_text(a, str_fmt(a, "FROM x\n%s", example[i].text));
        if (image_stage_says(im, 0, str_of(example[i].what)) != example[i].says)
            fail_msg("%s: %s", example[i].text, example[i].what);
        arena_close(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_found),  cmocka_unit_test(wrappers_are_stepped_over),
        cmocka_unit_test(texts_are_read),      cmocka_unit_test(starts_are_apart),
        cmocka_unit_test(lines_are_read),      cmocka_unit_test(places_are_the_files),
        cmocka_unit_test(programs_are_sorted), cmocka_unit_test(stages_say_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
