/* Poms that Maven has published: from ~/.m2, from a mirror over HTTP, from one in a folder, and
 * from one that lies. */
#include "dfix/lock.h"
#include "loopback.h"
#include "program.h"
#include "world/world.h"

#define POM(gav, more) "<project><modelVersion>4.0.0</modelVersion>" gav more "</project>"
#define GAV(g, a, v)                                                                               \
    "<groupId>" g "</groupId><artifactId>" a "</artifactId><version>" v "</version>"
#define DEPENDENCY(more) "<dependency>" more "</dependency>"
#define MANAGED(more)                                                                              \
    "<dependencyManagement><dependencies>" more "</dependencies></dependencyManagement>"
#define BOM(gav) DEPENDENCY(gav "<type>pom</type><scope>import</scope>")

static const struct {
    const char *path, *text;
} published[] = {
    {"org/example/parent/1.0/parent-1.0.pom",
     POM(GAV("org.example", "parent", "1.0"),
         "<properties><v>5.3.1</v></properties>" MANAGED(DEPENDENCY(GAV("m", "managed", "${v}"))
                                                             BOM(GAV("org.example", "bom", "2"))))},
    {"org/example/bom/2/bom-2.pom",
     POM(GAV("org.example", "bom", "2"), MANAGED(DEPENDENCY(GAV("m", "listed", "7"))))},
    {"org/example/liar/1.0/liar-1.0.pom",
     POM(GAV("org.example", "other", "1.0"), MANAGED(DEPENDENCY(GAV("m", "managed", "6.6"))))},
    {"org/example/broken/1.0/broken-1.0.pom",
     "<project><groupId>org.example</groupId><artifactId>broken</artifactId><version>1.0"
     "</version><dependencyManagement><dependencies><dependency><groupId>m</groupId><artifactId>"
     "managed</artifactId><version>6.6</version></dep"},
    {"org/example/html/1.0/html-1.0.pom", "<html><body>Sign in</body></html>"}};
enum { PUBLISHED = sizeof published / sizeof published[0] };

static struct loopback *server;
static struct settings settings;

/* A mirror below /maven2. What is not there is 404; "down" is 503, and "big" more than a pom. */
static void answer(struct loopback_request *q)
{
    static char big[(1 << 20) + 1];
    for (size_t i = 0; i < PUBLISHED; i++)
        if (strcmp(q->path, str_fmt(arena, "/maven2/%s", published[i].path).p) == 0) {
            loopback_text(q, 200, "", published[i].text);
            return;
        }
    if (strstr(q->path, "/down/"))
        loopback_text(q, 403, "", "not today");
    else if (strstr(q->path, "/big/"))
        loopback_reply(q, 200, "", memset(big, ' ', sizeof big), sizeof big);
    else if (strstr(q->path, "/led/"))
        loopback_text(q, 302, "Location: file:///etc/hostname\r\n", "");
    else
        loopback_text(q, 404, "", "not here");
}

static int set_up(void **state)
{
    program_set_up(state);
    server = loopback_start(answer, NULL);
    setenv("HOME", box.dir, 1);
    settings = (struct settings){.max_age = -1,
                                 .today = S("2026-11-24"),
                                 .installed_file = S(""),
                                 .cache_dir = str_fmt(arena, "%s/cache", box.dir)};
    settings.advisories.maven = str_fmt(arena, "http://127.0.0.1:%u/maven2/", server->port);
    return 0;
}

static int tear_down(void **state)
{
    loopback_stop(server);
    return program_tear_down(state);
}

/* ---- as the inventory asks ---- */

struct asking {
    const struct lookup *lookup;
    bool pending;
};

static bool pom_published(void *user, const struct str package[3], struct str *text)
{
    struct asking *x = user;
    struct str name = str_fmt(arena, STR_FMT ":" STR_FMT, STR_ARG(package[0]), STR_ARG(package[1]));
    enum answer got = lookup_pom(x->lookup, name, package[2], text);
    x->pending |= got == ANSWER_PENDING;
    return got == ANSWER_FOUND;
}

static bool nothing_beside(void *user, struct str path, struct str *text)
{
    (void)user;
    (void)path;
    (void)text;
    return false;
}

/* "name version|" of each dependency, "? name: why|" of what is not known; then what the run says.
 */
static struct str resolve(const char *pom)
{
    struct world *w = world_open(&settings);
    struct asking x = {.lookup = world_lookup(w), .pending = true};
    const struct lock_files files = {&x, nothing_beside, pom_published};
    struct lock l = {.n = 0};
    for (int i = 0; i < 8 && x.pending; i++) {
        x.pending = false;
        lock_read(arena, lock_kind(S("pom.xml")), str_of(pom), &files, &l);
        if (x.pending)
            x.lookup->resolve(x.lookup->self);
    }
    assert_false(x.pending);
    struct buf b = {.arena = arena};
    size_t n;
    for (size_t i = 0; i < l.n; i++)
        buf_fmt(&b, STR_FMT " " STR_FMT "|", STR_ARG(l.v[i].name), STR_ARG(l.v[i].version));
    for (size_t i = 0; i < l.nunknown; i++)
        if (str_starts(l.unknown[i].name, S("m:")))
            buf_fmt(&b, "? " STR_FMT ": " STR_FMT "|", STR_ARG(l.unknown[i].name),
                    STR_ARG(l.unknown[i].why));
    const struct world_note *note = world_notes(w, &n);
    for (size_t i = 0; i < n; i++)
        buf_fmt(&b, "%s" STR_FMT "|", note[i].error ? "error: " : "! ", STR_ARG(note[i].text));
    world_close(w);
    return b.n ? buf_str(&b) : S("");
}

#define APP(parent)                                                                                \
    POM("<parent>" parent "</parent><artifactId>app</artifactId>",                                 \
        "<dependencies>" DEPENDENCY("<groupId>m</groupId><artifactId>managed</artifactId>")        \
            DEPENDENCY("<groupId>m</groupId><artifactId>listed</artifactId>") "</dependencies>")
#define ONLY(parent)                                                                               \
    POM("<parent>" parent "</parent><artifactId>app</artifactId>",                                 \
        "<dependencies>" DEPENDENCY(                                                               \
            "<groupId>m</groupId><artifactId>managed</artifactId>") "</dependencies>")
#define NOT_AT_HAND(what)                                                                          \
    "? m:managed: its version is managed by org.example:" what ", which is not at hand|"
#define IS(got, want) assert_string_equal(str_cstr(arena, got), want)

static void a_parent_and_a_bill(void **state)
{
    (void)state;
    IS(resolve(APP(GAV("org.example", "parent", "1.0"))), "m:managed 5.3.1|m:listed 7|");
    assert_int_equal(loopback_asked(server, "GET /maven2/org/example/parent/1.0/parent-1.0.pom"),
                     1);
    assert_int_equal(loopback_asked(server, "GET /maven2/org/example/bom/2/bom-2.pom"), 1);
}

static void what_is_not_there(void **state)
{
    (void)state;
    IS(resolve(ONLY(GAV("org.example", "none", "1.0"))), NOT_AT_HAND("none 1.0"));
    /* Without an answer it is not known, and the run says so. */
    struct str got = resolve(ONLY(GAV("org.example", "down", "1.0")));
    assert_true(str_starts(got, S(NOT_AT_HAND("down 1.0") "! no pom of org.example:down 1.0: ")));
    got = resolve(ONLY(GAV("org.example", "big", "1.0")));
    assert_true(str_starts(got, S(NOT_AT_HAND("big 1.0") "! no pom of org.example:big 1.0: ")));
    got = resolve(ONLY(GAV("org.example", "led", "1.0")));
    assert_true(str_starts(got, S(NOT_AT_HAND("led 1.0") "! no pom of org.example:led 1.0: ")));
}

static void what_lies(void **state)
{
    (void)state;
    IS(resolve(ONLY(GAV("org.example", "liar", "1.0"))), NOT_AT_HAND("liar 1.0"));
    IS(resolve(ONLY(GAV("org.example", "broken", "1.0"))), NOT_AT_HAND("broken 1.0"));
    IS(resolve(ONLY(GAV("org.example", "html", "1.0"))), NOT_AT_HAND("html 1.0"));
}

/* What leads elsewhere, or is another one each day, is never asked for. */
static void what_is_not_asked(void **state)
{
    static const char *const parents[] = {GAV("..", "parent", "1.0"),
                                          GAV("org.example", "../../x", "1.0"),
                                          GAV("org.example", "x", "../1"),
                                          GAV("org..example", "x", "1"),
                                          GAV("org/example", "x", "1"),
                                          GAV("org.example", "x?y", "1"),
                                          GAV("org.example", "x", "1#2"),
                                          GAV("org.example", "x", "1%2e"),
                                          GAV("org.example", "x", "1.0-SNAPSHOT")};
    (void)state;
    for (size_t i = 0; i < sizeof parents / sizeof parents[0]; i++) {
        struct str pom =
            str_fmt(arena,
                    "<project><parent>%s</parent><artifactId>app</artifactId>"
                    "<dependencies>" DEPENDENCY("<groupId>m</groupId><artifactId>managed"
                                                "</artifactId>") "</dependencies>"
                                                                 "</project>",
                    parents[i]);
        struct str got = resolve(pom.p);
        if (!str_starts(got, S("? m:managed: ")))
            fail_msg("%s: " STR_FMT, parents[i], STR_ARG(got));
    }
    settings.offline = true;
    IS(resolve(ONLY(GAV("org.example", "parent", "1.0"))), NOT_AT_HAND("parent 1.0"));
    settings.offline = false;
    settings.advisories.maven = S("");
    IS(resolve(ONLY(GAV("org.example", "parent", "1.0"))), NOT_AT_HAND("parent 1.0"));
    assert_int_equal(server->requests, 0);
}

static void folders(void **state)
{
    (void)state;
    for (size_t i = 0; i < PUBLISHED; i++)
        sandbox_write(&box, str_fmt(arena, "mirror/%s", published[i].path).p,
                      str_of(published[i].text));
    settings.advisories.maven = str_fmt(arena, "file://%s/mirror", box.dir);
    IS(resolve(APP(GAV("org.example", "parent", "1.0"))), "m:managed 5.3.1|m:listed 7|");
    IS(resolve(ONLY(GAV("org.example", "none", "1.0"))), NOT_AT_HAND("none 1.0"));
    /* Maven's own folder goes before any mirror, and needs no network. */
    assert_int_equal(sandbox_run(&box, "mkdir .m2 && mv mirror .m2/repository"), 0);
    sandbox_write(
        &box, ".m2/repository/org/example/bom/2/bom-2.pom",
        S(POM(GAV("org.example", "bom", "2"), MANAGED(DEPENDENCY(GAV("m", "listed", "8"))))));
    settings.advisories.maven = str_fmt(arena, "http://127.0.0.1:%u/maven2", server->port);
    IS(resolve(APP(GAV("org.example", "parent", "1.0"))), "m:managed 5.3.1|m:listed 8|");
    settings.offline = true;
    IS(resolve(APP(GAV("org.example", "parent", "1.0"))), "m:managed 5.3.1|m:listed 8|");
    assert_int_equal(server->requests, 0);
}

/* A repository's own policy names no mirror: who writes it could learn of the machine's network. */
static void whose_policy(void **state)
{
    (void)state;
    put("pom.xml", APP(GAV("org.example", "parent", "1.0")));
    put("Dockerfile", "FROM maven:3\nCOPY pom.xml .\nRUN mvn -B package\n");
    const char *feeds = str_fmt(arena,
                                "kev: 'file://%s/kev', epss: 'file://%s/epss', osv: "
                                "'file://%s/osv'",
                                box.dir, box.dir, box.dir)
                            .p;
    const char *mirror = str_fmt(arena, "maven: 'http://127.0.0.1:%u/maven2'", server->port).p;
    sandbox_write(
        &box, "dfix/dfix.yaml",
        str_fmt(arena, "index: {advisories: {%s}}\nregistries: {blocked: [docker.io]}\n", feeds));
    put("dfix.yaml", str_fmt(arena, "index: {advisories: {%s}}\n", mirror).p);
    shell("dfix --select known-vulnerabilities");
    assert_int_equal(server->requests, 0);
    put("dfix.yaml", "\n");
    sandbox_write(&box, "dfix/dfix.yaml",
                  str_fmt(arena, "index: {advisories: {%s, %s}}\n", feeds, mirror));
    shell("dfix --select known-vulnerabilities");
    assert_int_equal(loopback_asked(server, "GET /maven2/org/example/parent/1.0/parent-1.0.pom"),
                     1);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_parent_and_a_bill), CASE(what_is_not_there), CASE(what_lies),
        CASE(what_is_not_asked),   CASE(folders),           CASE(whose_policy)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
