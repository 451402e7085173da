/* file_test.c - what a build leaves where: what a path holds at the end of the last stage, who has
 * it and who may use it. A file is shown as its kind, text, owner and mode; '?' is what is not
 * known. */
#include "cmocka_all.h"
#include "dfix/file.h"

#include <stdio.h>
#include <string.h>

/* The build context: run.sh, app/ with start.sh and conf/x.conf in it. */
static enum answer ask(void *self, const struct question *q, struct reply *out)
{
    static const struct {
        const char *path, *text; /* NULL: a folder */
    } files[] = {{".", NULL},
                 {"run.sh", "exec run\n"},
                 {"other.txt", "other\n"},
                 {"app", NULL},
                 {"app/start.sh", "exec start\n"},
                 {"app/conf", NULL},
                 {"app/conf/x.conf", "x\n"}};
    (void)self;
    if (q->kind != ASK_FILE)
        return ANSWER_UNAVAILABLE;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (str_eq(q->name, str_of(files[i].path))) {
            out->file.is_folder = !files[i].text;
            out->file.text = files[i].text ? str_of(files[i].text) : S("");
            return ANSWER_FOUND;
        }
    return ANSWER_ABSENT;
}

static const struct image *image_of_text(struct arena *a, const char *text)
{
    static const struct lookup lookup = {.ask = ask};
    static const struct image_settings settings = {.folder = {"/c", 2}};
    return image_of(a, tree_parse(a, str_of(text)), &lookup, &settings);
}

static void show_text(struct buf *b, const struct file *f)
{
    if (!f->text_known) {
        buf_add(b, S(" ?"));
        return;
    }
    buf_add(b, S(" \""));
    for (size_t i = 0; i < f->text.n; i++)
        buf_fmt(b, f->text.p[i] == '\n' ? "|" : "%c", f->text.p[i]);
    buf_char(b, '"');
}

static struct str shown(struct arena *a, const struct file *f)
{
    static const char *const kinds[] = {"none", "gone", "plain", "folder", "link", "some"};
    struct buf b = {.arena = a};

    buf_fmt(&b, "%s", kinds[f->kind]);
    if (f->kind == FILE_PLAIN)
        show_text(&b, f);
    if (f->kind == FILE_LINK)
        buf_fmt(&b, " " STR_FMT, STR_ARG(f->link));
    if (f->fetched)
        buf_add(&b, S(" fetched"));
    return buf_str(&b);
}

struct example {
    const char *text, *path, *shown;
};

static void wanted(struct arena *a, const struct example *e, struct str got)
{
    (void)a;
    if (!str_eq(got, str_of(e->shown)))
        fail_msg("%s\n  at %s\n  wanted: %s\n  got:    " STR_FMT, e->text, e->path, e->shown,
                 STR_ARG(got));
}

static void check_files(const struct example *e, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct arena *a = arena_open();
        const struct image *im = image_of_text(a, e[i].text);
        struct file f = file_at(im, (unsigned)im->nstage - 1, UINT32_MAX, str_of(e[i].path));
        wanted(a, &e[i], shown(a, &f));
        arena_close(a);
    }
}
#define CHECK(table) check_files(table, sizeof(table) / sizeof((table)[0]))

static void texts_are_written(void **state)
{
    (void)state;
    static const struct example table[] = {
        {"FROM x\nRUN echo a > /f", "/f", "plain \"a|\""},
        {"FROM x\nRUN echo -n a b >/f && echo c >>/f", "/f", "plain \"a bc|\""},
        {"FROM x\nRUN printf 'a\\n%s' b > /f", "/f", "plain \"a|b\""},
        {"FROM x\nRUN echo a | sudo tee /f", "/f", "plain \"a|\""},
        {"FROM x\nRUN echo a | tee -a /f", "/f", "plain ?"},
        {"FROM scratch\nRUN echo a | tee -a /f", "/f", "plain \"a|\""},
        {"FROM x\nRUN echo a | tee /e /f", "/f", "plain \"a|\""},
        {"FROM x\nRUN cat <<E > /f\na\nE", "/f", "plain \"a|\""},
        {"FROM x\nRUN cat <<E | tee /f\na\nE", "/f", "plain \"a|\""},
        {"FROM x\nRUN cat <<E > /f\n$a\nE", "/f", "plain ?"},
        {"FROM x\nRUN cat <<'E' > /f\n$a\nE", "/f", "plain \"$a|\""},
        {"FROM x\nCOPY <<E /f\na\nE", "/f", "plain \"a|\""},
        {"FROM x\nCOPY <<a <<b /d/\n1\na\n2\nb", "/d/b", "plain \"2|\""},
        {"FROM x\nRUN { echo a; echo b; } > /f", "/f", "plain \"a|b|\""},
        {"FROM x\nRUN { echo a; make; } > /f", "/f", "plain ?"},
        {"FROM x\nRUN : > /f", "/f", "plain \"\""},
        {"FROM x\nRUN > /f", "/f", "plain \"\""},
        {"FROM x\nRUN make > /f", "/f", "plain ?"},
        {"FROM x\nRUN echo $X > /f", "/f", "plain ?"},
        {"FROM x\nENV X=a\nRUN echo $X > /f", "/f", "plain \"a|\""},
        {"FROM x\nRUN sh -c 'echo a > /f'", "/f", "plain \"a|\""},
        {"FROM x\nRUN sh -c \"nice sh -c 'echo a > /f'\"", "/f", "plain \"a|\""},
        {"FROM x\nRUN if b; then echo a > /f; fi", "/f", "some"},
        {"FROM x\nRUN b || echo a > /f", "/f", "some"},
        {"FROM x\nRUN echo a > /f\nRUN sed -i s/a/b/ /f", "/f", "plain \"b|\""},
        {"FROM x\nRUN echo a > /f\nRUN sed -i -e s/a/b/ -e 's/b/c/g' /f", "/f", "plain \"c|\""},
        {"FROM x\nRUN echo a > /f\nRUN perl -pi -e s/a/b/ /f", "/f", "plain ?"},
        {"FROM x\nRUN echo a > /f\nRUN sed s/a/b/ /f", "/f", "plain \"a|\""},
        {"FROM x\nRUN echo a > /d/$X", "/d/f", "some"},
        {"FROM x\nRUN echo a > $X", "/d/f", "none"},
        {"FROM x\nRUN dd if=/dev/zero of=/f", "/f", "plain ?"},
        {"FROM x\nRUN touch /f", "/f", "plain ?"},
        {"FROM scratch\nRUN touch /f", "/f", "plain \"\""},
        {"FROM x\nONBUILD RUN echo a > /f", "/f", "some"},
        {"FROM x\nCMD echo a > /f", "/f", "none"},
        {"FROM x\nRUN echo a > /d/f && sed -i s/a/b/ f", "/d/f", "plain ?"},
        {"FROM x\nRUN echo a > /d/f && echo b > f", "/d/f", "some"},
        {"FROM x\nRUN echo a > /d/f && echo b > e/f", "/d/f", "plain \"a|\""},
    };
    CHECK(table);
}

static void copies_are_followed(void **state)
{
    (void)state;
    static const struct example table[] = {
        {"FROM x\nCOPY run.sh /f", "/f", "plain \"exec run|\""},
        {"FROM x\nCOPY run.sh /d/", "/d/run.sh", "plain \"exec run|\""},
        {"FROM x\nCOPY run.sh /usr/local/bin", "/usr/local/bin", "plain \"exec run|\""},
        {"FROM x\nRUN mkdir /d\nCOPY run.sh /d", "/d/run.sh", "plain \"exec run|\""},
        {"FROM x\nCOPY run.sh other.txt /d/", "/d/other.txt", "plain \"other|\""},
        {"FROM x\nCOPY *.sh /d/", "/d/run.sh", "plain \"exec run|\""},
        {"FROM x\nCOPY *.sh /d/", "/d/other.txt", "none"},
        {"FROM x\nCOPY app /d", "/d/start.sh", "plain \"exec start|\""},
        {"FROM x\nCOPY app /d/", "/d/conf/x.conf", "plain \"x|\""},
        {"FROM x\nCOPY app /d/", "/d/app/start.sh", "none"},
        {"FROM x\nCOPY . /d", "/d/app/start.sh", "plain \"exec start|\""},
        {"FROM x\nCOPY . /d", "/d/missing", "none"},
        {"FROM x\nCOPY made.sh /d/", "/d/made.sh", "some"},
        {"FROM x\nCOPY [\"run.sh\", \"/f\"]", "/f", "plain \"exec run|\""},
        {"FROM x\nENV A=run B=/d\nCOPY [\"$A.sh\", \"${B}/f\"]", "/d/f", "plain \"exec run|\""},
        {"FROM x\nWORKDIR /w\nCOPY run.sh .", "/w/run.sh", "plain \"exec run|\""},
        {"FROM x\nCOPY run.sh .", "run.sh", "plain \"exec run|\""},
        {"FROM scratch\nCOPY run.sh .", "/run.sh", "plain \"exec run|\""},
        {"FROM x AS a\nRUN echo 1 > /f\nFROM y\nCOPY --from=a /f /g", "/g", "plain \"1|\""},
        {"FROM x AS a\nRUN echo 1 > /d/f\nFROM y\nCOPY --from=0 /d /e", "/e/f", "plain \"1|\""},
        {"FROM x AS a\nRUN echo 1 > /f\nFROM a\nRUN cp /f /g", "/g", "plain \"1|\""},
        {"FROM x AS a\nRUN echo 1 > /f\nFROM y", "/f", "none"},
        {"FROM x\nCOPY --from=y /f /g", "/g", "some"},
        {"FROM x\nADD x.tar.gz /d", "/d/f", "some"},
        {"FROM x\nADD https://x.org/f /d/", "/d/f", "plain ? fetched"},
        {"FROM x\nRUN --mount=type=bind,source=app,target=/m cp /m/start.sh /f", "/f",
         "plain \"exec start|\""},
        {"FROM x\nRUN --mount=type=bind,source=app,target=/m true", "/m/start.sh", "none"},
        {"FROM x\nCOPY run.sh /f\nRUN echo a > /f", "/f", "plain \"a|\""},
        {"FROM x\nRUN echo a > /d/run.sh\nCOPY . /d", "/d/run.sh", "plain \"exec run|\""},
        {"FROM x\nRUN echo a > /d/f\nCOPY . /d", "/d/f", "plain \"a|\""},
    };
    CHECK(table);
}

static void files_are_moved(void **state)
{
    (void)state;
    static const struct example table[] = {
        {"FROM x\nCOPY run.sh /a\nRUN mv /a /b", "/b", "plain \"exec run|\""},
        {"FROM x\nCOPY run.sh /a\nRUN mv /a /b", "/a", "gone"},
        {"FROM x\nCOPY run.sh /a\nRUN x || mv /a /b", "/b", "some"},
        {"FROM x\nCOPY run.sh /a\nRUN cd / && cp a b", "/b", "plain \"exec run|\""},
        {"FROM x\nCOPY run.sh /a\nRUN (cd /d && cp /a b) && cp /a b", "b", "plain \"exec run|\""},
        {"FROM x\nCOPY run.sh /a\nRUN (cd /d && cp /a b) && cp /a c", "/d/b",
         "plain \"exec run|\""},
        {"FROM x\nCOPY run.sh /a\nRUN cp -t /d /a", "/d/a", "plain \"exec run|\""},
        {"FROM x\nCOPY app /a\nRUN mv /a /b", "/b/conf/x.conf", "plain \"x|\""},
        {"FROM x\nCOPY app /a\nRUN cp -r /a /b/", "/b/a/start.sh", "plain \"exec start|\""},
        {"FROM x\nCOPY app /a\nRUN cp -r /a/. /b/", "/b/start.sh", "plain \"exec start|\""},
        {"FROM x\nCOPY app /a\nRUN cp /a/*.sh /b/", "/b/start.sh", "plain \"exec start|\""},
        {"FROM x\nCOPY run.sh /a\nRUN install -m 755 /a /b", "/b", "plain \"exec run|\""},
        {"FROM x\nCOPY run.sh /a\nRUN rm /a", "/a", "gone"},
        {"FROM x\nCOPY app /a\nRUN rm -rf /a", "/a/start.sh", "gone"},
        {"FROM x\nCOPY app /a\nRUN rm -f /a/*.sh", "/a/start.sh", "gone"},
        {"FROM x\nCOPY app /a\nRUN rm -f /a/*.sh", "/a/conf/x.conf", "plain \"x|\""},
        {"FROM x\nCOPY run.sh /a\nRUN rm -f /$X", "/a", "some"},
        {"FROM x\nRUN mkdir -p /a/b", "/a/b", "folder"},
        {"FROM x\nWORKDIR /a", "/a", "folder"},
        {"FROM x\nRUN ln -s /a /b", "/b", "link /a"},
        {"FROM x\nRUN ln -s ../a /d/b", "/d/b", "link /a"},
        {"FROM x\nRUN ln -s /usr/bin/a /d/", "/d/a", "link /usr/bin/a"},
        {"FROM x\nRUN cd /d && ln -s /usr/bin/a", "/d/a", "link /usr/bin/a"},
        {"FROM x\nRUN cd $X && echo a > b", "b", "none"},
        {"FROM x\nRUN curl -o /f https://x", "/f", "plain ? fetched"},
        {"FROM x\nRUN cd /d && curl -fsSLO https://x.org/f?v=1", "/d/f", "plain ? fetched"},
        {"FROM x\nRUN wget -P /d https://x.org/f", "/d/f", "plain ? fetched"},
        {"FROM x\nWORKDIR /d\nRUN wget -q https://x.org/f", "/d/f", "plain ? fetched"},
        {"FROM x\nRUN wget -qO- https://x.org/f > /f", "/f", "plain ? fetched"},
        {"FROM x\nRUN wget -qO- https://x.org/f | sed s/a/b/ > /f", "/f", "plain ? fetched"},
        {"FROM x\nRUN wget -O /a https://x.org/f && mv /a /b", "/b", "plain ? fetched"},
        {"FROM x\nRUN curl x | tar -xz -C /d", "/d/f", "some"},
        {"FROM x\nRUN git clone https://e.org/a/b.git /d", "/d/f", "some"},
        {"FROM x\nWORKDIR /w\nRUN git clone --depth 1 -b $V https://e.org/a/b.git", "/w/b/f",
         "some"},
        {"FROM x\nWORKDIR /w\nRUN git -C /v clone git@e.org:b.git", "/v/b/f", "some"},
        {"FROM x\nWORKDIR /w\nRUN git clone https://e.org/a/b.git $D", "/w/b/f", "none"},
        {"FROM x\nRUN git clone https://e.org/a/b.git /d", "/etc/f", "none"},
        {"FROM x\nRUN git pull https://e.org/a/b.git d", "/d/f", "none"},
        {"FROM x\nRUN curl x | tar -xz -C /d a/b", "/d/a/b", "some"},
        {"FROM x\nRUN curl x | tar -xz -C /d a/b", "/d/c", "none"},
        {"FROM x\nRUN unzip x.zip -d /d", "/d/c", "some"},
    };
    CHECK(table);
}

static void check_owners(const struct example *e, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct arena *a = arena_open();
        const struct image *im = image_of_text(a, e[i].text);
        struct file f = file_at(im, (unsigned)im->nstage - 1, UINT32_MAX, str_of(e[i].path));
        struct str got =
            str_fmt(a, "%s %o/%o", f.owner.n ? str_cstr(a, f.owner) : "-", f.mode, f.mode_known);
        wanted(a, &e[i], got);
        arena_close(a);
    }
}

static void owners_and_modes_are_known(void **state)
{
    (void)state;
    static const struct example table[] = {
        {"FROM scratch\nRUN echo a > /f", "/f", "root 644/777"},
        {"FROM x\nRUN echo a > /f", "/f", "- 644/777"},
        {"FROM x\nUSER app\nRUN echo a > /f", "/f", "app 644/777"},
        {"FROM x\nUSER app\nRUN echo a | sudo tee /f", "/f", "root 644/777"},
        {"FROM x\nUSER app\nCOPY run.sh /f", "/f", "root 0/0"},
        {"FROM x\nCOPY --chown=app:app --chmod=750 run.sh /f", "/f", "app:app 750/7777"},
        {"FROM x\nCOPY --chown=$X run.sh /f", "/f", "? 0/0"},
        {"FROM x\nADD https://x.org/f /f", "/f", "root 600/7777"},
        {"FROM x\nCOPY run.sh /f\nRUN chmod +x /f", "/f", "root 111/111"},
        {"FROM x\nCOPY run.sh /f\nRUN chmod u+x /f", "/f", "root 100/111"},
        {"FROM x\nCOPY run.sh /f\nRUN chmod u=rwx,go= /f", "/f", "root 700/777"},
        {"FROM x\nCOPY run.sh /f\nRUN chmod 711 /f && chmod o-x /f", "/f", "root 710/7777"},
        {"FROM x\nCOPY run.sh /f\nRUN chmod -x /f", "/f", "root 0/111"},
        {"FROM x\nCOPY run.sh /f\nRUN chmod $X /f", "/f", "root 0/0"},
        {"FROM x\nCOPY app /d\nRUN chmod -R a+rX,go-w /d", "/d/start.sh", "root 444/466"},
        {"FROM x\nCOPY app /d\nRUN chown -R app /d", "/d/start.sh", "app 0/0"},
        {"FROM x\nCOPY app /d\nRUN chown app /d", "/d/start.sh", "root 0/0"},
        {"FROM x\nCOPY app /d\nRUN chown :app /d/start.sh", "/d/start.sh", "root 0/0"},
        {"FROM x\nCOPY app /d\nRUN chown app /d/*", "/d/start.sh", "app 0/0"},
        {"FROM x\nUSER root\nRUN install -o app -m 700 a /f", "/f", "app 700/7777"},
        {"FROM x\nUSER root\nRUN install -d -o app /d", "/d", "app 755/777"},
        {"FROM x\nUSER root\nRUN mkdir -m 1777 /d", "/d", "root 1777/7777"},
        {"FROM x\nRUN echo a > /f && chmod 600 f", "/f", "- 0/0"},
        {"FROM x\nRUN echo a > /d/f && cd /d && chmod 600 f", "/d/f", "- 600/7777"},
        {"FROM x\nUSER root\nRUN echo a > /f && chown app f", "/f", "? 644/777"},
        {"FROM x\nUSER root\nRUN echo a > /f && chmod 600 /f && mv /f /g", "/g", "root 600/7777"},
    };
    check_owners(table, sizeof(table) / sizeof(table[0]));
}

static void programs_are_found(void **state)
{
    (void)state;
    static const struct example table[] = {
        {"FROM x\nCOPY run.sh /usr/local/bin/", "run.sh", "plain \"exec run|\""},
        {"FROM x\nENV PATH=/app/bin:$PATH\nCOPY run.sh /app/bin/", "run.sh", "plain \"exec run|\""},
        {"FROM x\nWORKDIR /w\nCOPY run.sh .", "./run.sh", "plain \"exec run|\""},
        {"FROM x\nCOPY run.sh .", "/w/run.sh", "plain \"exec run|\""},
        {"FROM x\nCOPY run.sh .", "./run.sh", "plain \"exec run|\""},
        {"FROM x\nCOPY run.sh /w/", "./run.sh", "plain \"exec run|\""},
        {"FROM x\nCOPY run.sh /w/", "/v/run.sh", "none"},
        {"FROM x\nCOPY run.sh /opt/a\nRUN ln -s /opt/a /usr/bin/b", "b", "plain \"exec run|\""},
        {"FROM x\nRUN curl x | tar -xz -C /usr/local\nCOPY run.sh /usr/bin/", "run.sh",
         "plain \"exec run|\""},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct arena *a = arena_open();
        const struct image *im = image_of_text(a, table[i].text);
        unsigned last = (unsigned)im->nstage - 1;
        struct file f =
            file_of_program(im, last, UINT32_MAX, file_folder(im, last), str_of(table[i].path));
        wanted(a, &table[i], shown(a, &f));
        arena_close(a);
    }
}

/* What lies there before a command runs is what was done in front of it. */
static void looks_end_where_they_are_asked_for(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    const struct image *im =
        image_of_text(a, "FROM x\nRUN echo a > /f && one\nRUN echo b > /f && two\n");
    const struct command *c = NULL;
    struct str got[2] = {S(""), S("")};
    unsigned n = 0;

    while ((c = command_next(im, c, PHASE_BUILD)))
        if (word_is_one_of(c->name, "one two") && n < 2)
            got[n++] = file_at(im, 0, c->outer, S("/f")).text;
    assert_true(str_eq(got[0], S("a\n")));
    assert_true(str_eq(got[1], S("b\n")));
    arena_close(a);
}

/* A file of ten thousand lines about one path costs no more than a number of looks that is set. */
static void looks_are_limited(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct buf b = {.arena = a};

    buf_add(&b, S("FROM x\n"));
    for (unsigned i = 0; i < 10000; i++)
        buf_fmt(&b, "RUN cp /a%u /a%u && chmod +x /a%u\n", i % 7, (i + 1) % 7, i % 3);
    buf_char(&b, '\0');
    const struct image *im = image_of_text(a, buf_str(&b).p);
    for (unsigned i = 0; i < 10000; i++)
        file_at(im, 0, UINT32_MAX, str_fmt(a, "/a%u", i % 7));
    struct file f = file_at(im, 0, UINT32_MAX, S("/a1"));
    assert_int_equal(f.kind, FILE_SOME);
    arena_close(a);
}

/* A file that is written line by line costs its bytes, not those of each state that it was in. */
static void lines_cost_their_bytes(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct budget budget = {.memory = (size_t)48 << 20};
    struct buf b = {.arena = a};

    arena_limit(a, &budget);
    if (setjmp(budget.leave)) {
        arena_close(a);
        fail_msg("over %s", budget.why);
    }
    buf_add(&b, S("FROM x\nRUN echo a > /f\n"));
    for (unsigned i = 0; i < 4000; i++)
        buf_add(&b, S("RUN echo 01234567890123456789012345678901234567890123456789 >> /f\n"));
    buf_char(&b, '\0');
    const struct image *im = image_of_text(a, buf_str(&b).p);
    struct file f = file_at(im, 0, UINT32_MAX, S("/f"));
    assert_true(f.text_known);
    assert_int_equal(f.text.n, 2 + 4000 * 51);
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_cost_their_bytes),
        cmocka_unit_test(texts_are_written),
        cmocka_unit_test(copies_are_followed),
        cmocka_unit_test(files_are_moved),
        cmocka_unit_test(owners_and_modes_are_known),
        cmocka_unit_test(programs_are_found),
        cmocka_unit_test(looks_end_where_they_are_asked_for),
        cmocka_unit_test(looks_are_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
