/* Lock files: what is in them with a whole version, and what is not known. */
#include "dfix/advisory.h"
#include "dfix/lock.h"

#include "cmocka_all.h"

static struct arena *arena;

/* "name version", a line each; what is not known as "? name: why"; files that count besides as
 * "+ path"; "!" when it is broken. */
static void is(const char *file, const char *text, const char *wanted)
{
    const struct lock_kind *kind = lock_kind(str_of(file));
    struct buf b = {.arena = arena};
    struct lock l;
    assert_non_null(kind);
    lock_read(arena, kind, str_of(text), &l);
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
       "? what its dependencies bring: only Maven resolves it\n");
    is("pom.xml",
       "<project><parent><groupId>org.springframework.boot</groupId>"
       "<artifactId>spring-boot-starter-parent</artifactId><version>2.6.6</version></parent>"
       "<dependencies><dependency><groupId>org.springframework.boot</groupId>"
       "<artifactId>spring-boot-starter-web</artifactId></dependency></dependencies></project>",
       "? org.springframework.boot:spring-boot-starter-web: its version is managed by a parent or "
       "a "
       "bill of materials\n"
       "? what its parent and its dependencies bring: only Maven resolves it\n");
    is("pom.xml", "<project><dependencies>", "!\n");
    is("pom.xml", "</project>", "!\n");
    is("pom.xml", "<project><!-- ", "!\n");
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
            lock_read(arena, &kinds[i], str_of(texts[k]), &l);
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
    const struct CMUnitTest tests[] = {CASE(test_requirements), CASE(test_tables), CASE(test_npm),
                                       CASE(test_yarn),         CASE(test_go),     CASE(test_gems),
                                       CASE(test_pom),          CASE(test_kinds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
