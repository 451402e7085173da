/* Lock files: what is in them with a whole version, and what is not known. */
#include "dfix/advisory.h"
#include "dfix/lock.h"

#include "cmocka_all.h"

static struct arena *arena;

/* Others that are at hand: "../pom.xml", or "group:artifact:version", and its text. */
static const char *const (*others)[2];

static bool other(const char *name, struct str *text)
{
    for (size_t i = 0; others && others[i][0]; i++)
        if (strcmp(others[i][0], name) == 0) {
            *text = str_of(others[i][1]);
            return true;
        }
    return false;
}

static bool file_beside(void *user, struct str path, struct str *text)
{
    (void)user;
    return other(str_cstr(arena, path), text);
}

static bool pom_published(void *user, const struct str package[3], struct str *text)
{
    (void)user;
    return other(str_fmt(arena, STR_FMT ":" STR_FMT ":" STR_FMT, STR_ARG(package[0]),
                         STR_ARG(package[1]), STR_ARG(package[2]))
                     .p,
                 text);
}

/* "name version", a line each; what is not known as "? name: why"; files that count besides as
 * "+ path"; "!" when it is broken. */
static void is(const char *file, const char *text, const char *wanted)
{
    const struct lock_kind *kind = lock_kind(str_of(file));
    struct buf b = {.arena = arena};
    struct lock l;
    assert_non_null(kind);
    const struct lock_files files = {NULL, file_beside, pom_published};
    lock_read(arena, kind, str_of(text), &files, &l);
    for (size_t i = 0; i < l.n; i++)
        buf_fmt(&b, STR_FMT " " STR_FMT "\n", STR_ARG(l.v[i].name), STR_ARG(l.v[i].version));
    for (size_t i = 0; i < l.nunknown; i++)
        buf_fmt(&b, "? " STR_FMT ": " STR_FMT "\n", STR_ARG(l.unknown[i].name),
                STR_ARG(l.unknown[i].why));
    for (size_t i = 0; i < l.nmore; i++)
        buf_fmt(&b, "+ " STR_FMT "\n", STR_ARG(l.more[i]));
    if (l.broken)
        buf_add(&b, S("!\n"));
    struct str got = b.n ? buf_str(&b) : S("");
    if (!str_eq(got, str_of(wanted)))
        fail_msg("%s: " STR_FMT "wanted: %s", file, STR_ARG(got), wanted);
    assert_true(ecosystem_known(str_of(l.ecosystem)));
}

static void test_requirements(void **state)
{
    (void)state;
    is("app/requirements.txt",
       "# comment\n"
       "-r base.txt\n--requirement=more/dev.txt\n-e .\n--hash-checking\n"
       "Django==3.2.1  # pinned\r\n"
       "uvicorn[standard] == 0.15.0 ; python_version >= '3.6'\n"
       "requests==2.25.1 \\\n    --hash=sha256:abc \\\n    --hash=sha256:def\n"
       "flask>=1.0\nurllib3\nx==1.*\ny==1.0,!=1.1\nz===1.0+local\n"
       "pkg @ https://x.org/p.whl\nhttps://x.org/q.whl\n./folder\n",
       "Django 3.2.1\nuvicorn 0.15.0\nrequests 2.25.1\nz 1.0+local\n"
       "? .: it is installed from a folder or repository\n"
       "? flask: its version is a range\n? urllib3: no version is given\n"
       "? x: its version is a range\n? y: its version is a range\n? pkg: its version is a range\n"
       "? https://x.org/q.whl: it is installed from a file or URL\n"
       "? ./folder: it is installed from a file or URL\n"
       "+ base.txt\n+ more/dev.txt\n");
    is("requirements-dev.txt", "", "");
}

static void test_tables(void **state)
{
    (void)state;
    is("poetry.lock",
       "[[package]]\nname = \"jinja2\"\nversion = \"2.11.2\"\n\n[package.dependencies]\nversion = "
       "\"9\"\n"
       "[[package]]\nname = 'x'\nversion = '1'\n[metadata]\nlock-version = \"2.0\"\n"
       "content-hash = \"a\"\n",
       "jinja2 2.11.2\nx 1\n");
    is("Cargo.lock",
       "version = 3\n[[package]]\nname = \"own\"\nversion = \"0.1.0\"\n\n[[package]]\nname = "
       "\"time\"\n"
       "version = \"0.1.44\"\nsource = \"registry+https://x\"\nchecksum = \"a\"\n",
       "time 0.1.44\n");
    is("poetry.lock", "[[package]]\nname = \"x\"\n", "!\n");
}

static void test_npm(void **state)
{
    (void)state;
    is("package-lock.json",
       "{\"name\":\"own\",\"lockfileVersion\":3,\"packages\":{\"\":{\"name\":\"own\",\"version\":"
       "\"1.0.0\"},"
       "\"node_modules/lodash\":{\"version\":\"4.17.20\",\"resolved\":\"https://r/lodash.tgz\"},"
       "\"node_modules/a/node_modules/@s/b\":{\"version\":\"1.0.0\"},"
       "\"node_modules/alias\":{\"name\":\"real\",\"version\":\"2.0.0\"},"
       "\"packages/own2\":{\"version\":\"3.0.0\"},"
       "\"node_modules/own2\":{\"resolved\":\"packages/own2\",\"link\":true},"
       "\"node_modules/g\":{\"version\":\"1.0.0\",\"resolved\":\"git+ssh://x\"}},"
       "\"dependencies\":{\"lodash\":{\"version\":\"4.17.20\"}}}",
       "lodash 4.17.20\n@s/b 1.0.0\nreal 2.0.0\n"
       "? g: it is installed from a folder, file or repository\n");
    is("package-lock.json",
       "{\"lockfileVersion\":1,\"dependencies\":{\"a\":{\"version\":\"1.0.0\",\"dependencies\":{"
       "\"b\":{"
       "\"version\":\"2.0.0\"}}},\"f\":{\"version\":\"file:../f\"}}}",
       "b 2.0.0\na 1.0.0\n? f: it is installed from a folder, file or repository\n");
    is("package-lock.json", "{\"packages\":{\"node_modules/a\":{\"version\":\"1", "!\n");
    is("package-lock.json", "nonsense", "!\n");
}

static void test_yarn(void **state)
{
    (void)state;
    is("yarn.lock",
       "# yarn lockfile v1\n\n\"@babel/core@^7.0.0\", \"@babel/core@^7.1\":\n  version \"7.1.2\"\n"
       "  resolved \"https://x\"\n  dependencies:\n    version \"9\"\n\nlodash@^4:\n  version "
       "\"4.17.20\"\n",
       "@babel/core 7.1.2\nlodash 4.17.20\n");
    is("yarn.lock",
       "__metadata:\n  version: 6\n\n\"lodash@npm:^4.17.20\":\n  version: 4.17.20\n  resolution: "
       "\"x\"\n\n"
       "\"own@workspace:.\":\n  version: 0.0.0-use.local\n",
       "lodash 4.17.20\n? own: it is a folder of the project\n");
    /* Under a name of one's own: it is the other package that is installed. */
    is("yarn.lock",
       "mine@npm:lodash@^4:\n  version \"4.17.20\"\n\n\"@o/b@npm:@s/a@1\":\n  version \"1.0.0\"\n",
       "lodash 4.17.20\n@s/a 1.0.0\n");
}

static void test_go(void **state)
{
    (void)state;
    is("go.mod",
       "module x.org/own // v9\n\ngo 1.21\n\nrequire golang.org/x/net v0.7.0\nrequire (\n"
       "\tgithub.com/a/b v1.2.3 // indirect\n\t\"q.org/c\" v2.0.0+incompatible\n\tx.org/d "
       "v0.1.0\n)\n"
       "replace github.com/a/b => github.com/fork/b v1.2.4\nreplace (\n\tx.org/d v0.1.0 => "
       "../d\n)\n"
       "exclude y.org/z v1.0.0\n",
       "golang.org/x/net v0.7.0\ngithub.com/fork/b v1.2.4\nq.org/c v2.0.0+incompatible\n"
       "? x.org/d: it is replaced by a folder\n");
    /* Of a version alone. */
    is("go.mod",
       "require (\n a.b/c v1.0.0\n d.e/f v1.0.0\n)\nreplace (\n a.b/c v1.0.0 => x.y/c v1.0.1\n"
       " d.e/f v2.0.0 => ../f\n)\n",
       "x.y/c v1.0.1\nd.e/f v1.0.0\n");
}

static void test_gems(void **state)
{
    (void)state;
    is("Gemfile.lock",
       "GIT\n  remote: https://x\n  specs:\n    own (0.1)\n\nGEM\n  remote: "
       "https://rubygems.org/\n  specs:\n"
       "    nokogiri (1.13.0-x86_64-linux)\n      racc (~> 1.4)\n    rack (2.2.3)\n\nPLATFORMS\n  "
       "ruby\n\n"
       "DEPENDENCIES\n  rack (= 2.2.3)\n",
       "nokogiri 1.13.0\nrack 2.2.3\n? own: it is installed from a folder or repository\n");
}

static void test_pom(void **state)
{
    (void)state;
    is("pom.xml",
       "<?xml version=\"1.0\"?>\n<!-- <dependency> -->\n<project xmlns=\"http://m\">\n"
       "<groupId>own</groupId><version>7</version>\n"
       "<properties><log4j.version>2.${minor}.0</log4j.version><minor>14</minor></properties>\n"
       "<dependencyManagement><dependencies><dependency><groupId>g</groupId><artifactId>m</"
       "artifactId>"
       "<version>1.5</version></dependency></dependencies></dependencyManagement>\n"
       "<dependencies>\n<dependency><groupId>org.apache.logging.log4j</groupId>"
       "<artifactId>log4j-core</artifactId><version>${log4j.version}</version></dependency>\n"
       "<dependency><groupId>g</groupId><artifactId>m</artifactId></dependency>\n"
       "<dependency><groupId>${project.groupId}</groupId><artifactId>sub</artifactId>"
       "<version>${project.version}</version></dependency>\n"
       "<dependency><groupId>g</groupId><artifactId>t</artifactId><version>1</version>"
       "<scope>test</scope></dependency>\n"
       "<dependency><groupId>g</groupId><artifactId>r</artifactId><version>[1,2)</version></"
       "dependency>\n"
       "<dependency><groupId>g</groupId><artifactId>u</artifactId><version>${nosuch}</version>"
       "<exclusions><exclusion><groupId>e</groupId></exclusion></exclusions></dependency>\n"
       "</dependencies>\n<build><plugins><plugin><dependencies><dependency><groupId>p</groupId>"
       "<artifactId>p</artifactId><version>1</version></dependency></dependencies></plugin></"
       "plugins></build>"
       "</project>",
       "org.apache.logging.log4j:log4j-core 2.14.0\ng:m 1.5\nown:sub 7\n"
       "? g:r: its version is a range\n? g:u: its version is given elsewhere\n"
       "? what is brought by dependencies: only Maven resolves it\n");
    is("pom.xml",
       "<project><parent><groupId>org.springframework.boot</groupId>"
       "<artifactId>spring-boot-starter-parent</artifactId><version>2.6.6</version></parent>"
       "<dependencies><dependency><groupId>org.springframework.boot</groupId>"
       "<artifactId>spring-boot-starter-web</artifactId></dependency></dependencies></project>",
       "? org.springframework.boot:spring-boot-starter-web: its version is managed by "
       "org.springframework.boot:spring-boot-starter-parent 2.6.6, which is not at hand\n"
       "? what is brought by the parent and dependencies: only Maven resolves it\n");
    is("pom.xml", "<project><dependencies>", "!\n");
    is("pom.xml", "</project>", "!\n");
    is("pom.xml", "<project><!-- ", "!\n");
}

#define GAV(g, a, v)                                                                               \
    "<groupId>" g "</groupId><artifactId>" a "</artifactId><version>" v "</version>"
#define GA(g, a)        "<groupId>" g "</groupId><artifactId>" a "</artifactId>"
#define DEPENDENCY(x)   "<dependency>" x "</dependency>"
#define DEPENDENCIES(x) "<dependencies>" x "</dependencies>"
#define MANAGED(x)      "<dependencyManagement>" DEPENDENCIES(x) "</dependencyManagement>"
#define IMPORTED(x)     DEPENDENCY(x "<type>pom</type><scope>import</scope>")
#define PARENT(x)       "<parent>" x "</parent>"
#define POM(x)          "<project>" x "</project>"
#define REST            "? what is brought by dependencies: only Maven resolves it\n"

/* As Maven puts it together: who is nearer has the word. */
static void test_maven(void **state)
{
    static const char *const all[][2] = {
        {"../pom.xml",
         POM(PARENT(GAV("g", "top", "1") "<relativePath>up</relativePath>")
                 GA("g", "parent") "<properties><a>2</a><b>2</b></properties>" MANAGED(
                     DEPENDENCY(GAV("m", "near", "${a}"))
                         DEPENDENCY(GAV("m", "own", "${project.version}"))
                             IMPORTED(GAV("b", "one", "1")) IMPORTED(GAV("b", "two", "1")))
                     DEPENDENCIES(DEPENDENCY(GAV("m", "inherited", "5"))
                                      DEPENDENCY(GAV("m", "said", "5"))))},
        {"../up/pom.xml",
         POM(GAV("g", "top", "1") "<properties><b>1</b><c>1</c></properties>" MANAGED(
             DEPENDENCY(GAV("m", "near", "1")) DEPENDENCY(GAV("m", "far", "${b}"))
                 DEPENDENCY(GAV("m", "test", "1") "<scope>test</scope>")))},
        {"b:one:1", POM(GAV("b", "one", "1") "<properties><a>9</a></properties>" MANAGED(
                        DEPENDENCY(GAV("m", "far", "9")) DEPENDENCY(GAV("m", "listed", "${a}"))
                            IMPORTED(GAV("b", "inner", "1"))))},
        {"b:inner:1", POM(GAV("b", "inner", "1") MANAGED(DEPENDENCY(GAV("m", "inner", "4"))))},
        {"b:two:1", POM(GAV("b", "two", "1") MANAGED(DEPENDENCY(GAV("m", "listed", "8"))
                                                         DEPENDENCY(GAV("m", "second", "8"))))},
        {NULL, NULL}};
    static const char *const without[][2] = {
        {"b:two:1", POM(GAV("b", "two", "1") MANAGED(DEPENDENCY(GAV("m", "second", "8"))))},
        {NULL, NULL}};
    (void)state;
    others = all;
    is("pom.xml",
       POM(PARENT(GAV("g", "parent", "1"))
               GA("g", "app") "<version>3</version>"
                              "<properties><a>3</a></properties>" DEPENDENCIES(
                                  DEPENDENCY(GA("m", "near")) DEPENDENCY(GA("m", "own"))
                                      DEPENDENCY(GA("m", "far")) DEPENDENCY(GA("m", "test"))
                                          DEPENDENCY(GA("m", "listed")) DEPENDENCY(GA("m", "inner"))
                                              DEPENDENCY(GA("m", "second"))
                                                  DEPENDENCY(GAV("m", "said", "6"))
                                                      DEPENDENCY(GA("m", "nobody")))),
       "m:near 3\nm:own 3\nm:far 2\nm:listed 9\nm:inner 4\nm:second 8\nm:said 6\n"
       "m:inherited 5\n? m:nobody: no version is given\n" REST);
    /* An import that is not at hand may have the word before those behind it. */
    others = without;
    is("pom.xml",
       POM(GAV("g", "app", "1") MANAGED(DEPENDENCY(GAV("m", "first", "1")) IMPORTED(
           GAV("b", "one", "1")) IMPORTED(GAV("b", "two", "1")))
               DEPENDENCIES(DEPENDENCY(GA("m", "first")) DEPENDENCY(GA("m", "second")))),
       "m:first 1\n? m:second: its version is managed by b:one 1, which is not at hand\n" REST);
    others = NULL;
}

/* A file in the place of the parent is that only if it says so; one that is its own parent is read
 * a few times. */
static void test_maven_strangers(void **state)
{
    static const char *const all[][2] = {
        {"../pom.xml", POM(GAV("other", "parent", "1") MANAGED(DEPENDENCY(GAV("m", "x", "1"))))},
        {"g:self:1", POM(PARENT(GAV("g", "self", "1")) GAV("g", "self", "1"))},
        {NULL, NULL}};
    (void)state;
    others = all;
    is("pom.xml", POM(PARENT(GAV("g", "parent", "1")) DEPENDENCIES(DEPENDENCY(GA("m", "x")))),
       "? m:x: its version is managed by g:parent 1, which is not at hand\n"
       "? what is brought by the parent and dependencies: only Maven resolves it\n");
    is("pom.xml",
       POM(PARENT(GAV("g", "self", "1") "<relativePath/>") DEPENDENCIES(DEPENDENCY(GA("m", "x")))),
       "? m:x: its version is managed by g:self 1, which is not at hand\n"
       "? what is brought by the parent and dependencies: only Maven resolves it\n");
    is("pom.xml",
       POM("<profiles><profile><properties><v>2</v></properties>" DEPENDENCIES(
           "") "</profile>"
               "</profiles><properties><v>1</v></properties><modules><module>a</module>"
               "<module>b/pom.xml</module></modules>" DEPENDENCIES(
                   DEPENDENCY(GAV("m", "x", "${v}")) DEPENDENCY(GAV("m", "y", "1<!-- -->.2")))),
       "? m:x: its version is given elsewhere\n? m:y: its version is given elsewhere\n"
       "? what is brought by profiles: only the build knows which of them are active\n" REST
       "+ a/pom.xml\n+ b/pom.xml\n!\n");
    others = NULL;
}

static void test_kinds(void **state)
{
    const struct lock_kind *kinds;
    size_t n = lock_kinds(&kinds);
    (void)state;
    assert_null(lock_kind(S("src/package.json")));
    assert_null(lock_kind(S("requirements.in")));
    /* Whatever is in them, reading ends, and names and versions are of the text. */
    static const char *const texts[] = {"\"",
                                        "[[package]]\n[[package]]",
                                        "{\"packages\":[",
                                        "<a><b/><c ",
                                        "a@:\n  version",
                                        "require (",
                                        "GEM\n  specs:\n    x (",
                                        "==1\n;\n@\n[\n",
                                        "${",
                                        "<project><properties><a>${a}</a>"};
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++) {
            struct lock l;
            lock_read(arena, &kinds[i], str_of(texts[k]), NULL, &l);
            for (size_t e = 0; e < l.n; e++)
                assert_true(l.v[e].name.n && l.v[e].version.n);
        }
}

static int open_arena(void **state)
{
    (void)state;
    arena = arena_open();
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    arena_close(arena);
    return 0;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, open_arena, close_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_requirements), CASE(test_tables), CASE(test_npm),
        CASE(test_yarn),         CASE(test_go),     CASE(test_gems),
        CASE(test_pom),          CASE(test_maven),  CASE(test_maven_strangers),
        CASE(test_kinds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
