/* pin-apt on people's Dockerfiles, moved to the host's own release: every pin that is written
 * goes to the real apt, which must pick the version that `apt-cache policy` calls the candidate,
 * and a sample of the files' installs is simulated whole. One file in ten, and of those that got a
 * pin one in eight is installed; `./dev test all`: all of them. */
#include "sandbox.h"

#include <regex.h>

enum { FILES = 10, SAMPLE = 8 };

/* A pin, and the candidate of its package. */
struct pin {
    struct str word, package, candidate;
};
struct pins {
    VEC(struct pin) list;
};

static struct arena *arena;
static struct sandbox box;

/* apt on the host's lists, with nothing installed and nobody's preferences. */
static const char apt_options[] = "-o Dir::State::status=$PWD/status -o Dir::Cache=$PWD/cache "
                                  "-o Dir::Cache::pkgcache=pkgcache.bin "
                                  "-o Dir::Cache::srcpkgcache=srcpkgcache.bin "
                                  "-o Dir::Etc::preferences=/dev/null "
                                  "-o Dir::Etc::preferencesparts=/dev/null";

static bool lay_out(void)
{
    return have_program("apt-get") &&
           sandbox_run(&box, "grep -q '^ID=debian' /etc/os-release && "
                             "ls /var/lib/apt/lists/*_InRelease >/dev/null 2>&1") == 0 &&
           sandbox_run(
               &box,
               "mkdir -p files cache/archives/partial && : > status && . /etc/os-release && "
               "for f in $(grep -lE 'apt(-get)? .*install' '%s'/corpus/public/*.Dockerfile | "
               "awk 'NR %% %d == 0'); do "
               "sed -E \"s/^([Ff][Rr][Oo][Mm] +(--platform=[^ ]+ +)?)[^ ]+/"
               "\\1debian:$VERSION_CODENAME/\" $f > files/$(basename $f) || exit 1; done; "
               "cp -r files before; ls files > list; test -s list",
               DFIX_SHARED, whole() ? 1 : FILES) == 0;
}

static struct pin *find(struct pins *p, struct str word)
{
    for (size_t i = 0; i < p->list.n; i++)
        if (str_eq(p->list.v[i].word, word))
            return &p->list.v[i];
    return NULL;
}

/* The pins that a file got, each once; all of them into `all` as well. */
static struct pins pins_written(struct str before, struct str after, struct pins *all)
{
    struct pins found = {0};
    regex_t re;
    regmatch_t m[3];

    assert_int_equal(
        regcomp(&re, "([a-z0-9][a-z0-9+.-]+)(:[a-z0-9]+)?=[0-9][A-Za-z0-9.+:~*-]*", REG_EXTENDED),
        0);
    for (const char *p = str_cstr(arena, after); regexec(&re, p, 3, m, 0) == 0; p += m[0].rm_eo) {
        struct str word = {p + m[0].rm_so, (size_t)(m[0].rm_eo - m[0].rm_so)};
        struct pin pin = {word, {p + m[1].rm_so, (size_t)(m[1].rm_eo - m[1].rm_so)}, S("")};
        bool qualified = m[2].rm_so >= 0; /* of an architecture that apt may not be set up for */
        if (qualified || str_find(before, word) != STR_NONE || find(&found, word))
            continue;
        vec_push(arena, &found.list, pin);
        if (!find(all, word))
            vec_push(arena, &all->list, pin);
    }
    regfree(&re);
    return found;
}

/* Run a program of apt's on words of the pins; what it prints. */
static struct str apt_says(const char *program, const struct pins *p, bool names)
{
    struct buf words = {.arena = arena};

    for (size_t i = 0; i < p->list.n; i++)
        buf_fmt(&words, STR_FMT "\n", STR_ARG(names ? p->list.v[i].package : p->list.v[i].word));
    sandbox_write(&box, "words", buf_str(&words));
    if (sandbox_run(&box, "LC_ALL=C xargs -x %s %s < words > said 2>&1", program, apt_options) != 0)
        assert_int_equal(sandbox_run(&box, "grep ^E: said; false"), 0);
    return sandbox_read(&box, arena, "said");
}

/* "curl:\n  Installed: (none)\n  Candidate: 7.88.1-10+deb12u14\n" */
static void read_candidates(struct pins *all)
{
    struct str text = apt_says("apt-cache policy", all, true), line, package = S("");

    while (str_cut(&text, '\n', &line)) {
        if (line.n && line.p[0] != ' ')
            package = str_sub(line, 0, line.n - 1);
        if (!str_starts(line, S("  Candidate: ")))
            continue;
        for (size_t i = 0; i < all->list.n; i++)
            if (str_eq(all->list.v[i].package, package))
                all->list.v[i].candidate = str_from(line, 13);
    }
}

/* "'URI' curl_7.88.1-10+deb12u14_amd64.deb SIZE HASH": one line a package that apt picked. */
static void check_picks(const struct pins *all)
{
    struct str text = apt_says("apt-get --print-uris download", all, false);

    for (size_t i = 0; i < all->list.n; i++) {
        const struct pin *p = &all->list.v[i];
        struct buf file = {.arena = arena};
        assert_true(p->candidate.n > 0);
        buf_fmt(&file, "' " STR_FMT "_", STR_ARG(p->package));
        for (size_t k = 0; k < p->candidate.n; k++)
            buf_add(&file, p->candidate.p[k] == ':' ? S("%3a") : str_sub(p->candidate, k, k + 1));
        buf_add(&file, S("_"));
        if (str_find(text, buf_str(&file)) == STR_NONE)
            fail_msg(STR_FMT " does not pick the candidate " STR_FMT, STR_ARG(p->word),
                     STR_ARG(p->candidate));
    }
}

/* "Inst curl (7.88.1-10+deb12u14 Debian:12.12/stable [amd64])". Packages of one file may belong
 * to several of its stages, and not go together: that is not the pins' fault. */
static bool check_install(const struct pins *p, struct pins *all)
{
    struct str text =
        apt_says("sh -c 'apt-get -s -y --no-install-recommends install \"$@\" || test $? = 100' sh",
                 p, false);

    if (str_find(text, S("unmet dependencies")) != STR_NONE)
        return false;
    for (size_t i = 0; i < p->list.n; i++) {
        const struct pin *pin = find(all, p->list.v[i].word);
        struct str line = str_fmt(arena, "\nInst " STR_FMT " (" STR_FMT " ", STR_ARG(pin->package),
                                  STR_ARG(pin->candidate));
        if (str_find(text, line) == STR_NONE)
            fail_msg(STR_FMT ": apt-get -s does not install it: " STR_FMT, STR_ARG(pin->word),
                     STR_ARG(text));
    }
    return true;
}

static void pins_of_the_corpus(void **state)
{
    struct pins all = {0}, *file = NULL;
    size_t nfile = 0, installed = 0, apart = 0;
    size_t step = whole() ? 1 : SAMPLE;

    (void)state;
    if (!lay_out()) {
        print_message("skipped: no Debian with apt's lists, or no corpus in %s\n", DFIX_SHARED);
        skip();
    }
    /* 2: bases and releases that nothing here tells of. */
    assert_int_equal(sandbox_run(&box,
                                 "XDG_CACHE_HOME=$PWD/dfix '%s/dfix' --no-config --offline "
                                 "--platform \"$(dpkg --print-architecture)\" -s pin-apt --fix -q "
                                 "files > out 2>&1; test $? -le 2",
                                 DFIX_BUILD),
                     0);
    struct str list = sandbox_read(&box, arena, "list"), name;
    file = arena_new(arena, struct pins, list.n);
    while (str_cut(&list, '\n', &name)) {
        struct str was = str_fmt(arena, "before/" STR_FMT, STR_ARG(name));
        struct str is = str_fmt(arena, "files/" STR_FMT, STR_ARG(name));
        file[nfile] = pins_written(sandbox_read(&box, arena, str_cstr(arena, was)),
                                   sandbox_read(&box, arena, str_cstr(arena, is)), &all);
        nfile += file[nfile].list.n > 0;
    }
    if (!all.list.n) {
        print_message("skipped: the lists of the host's apt do not cover its own release\n");
        skip();
    }
    read_candidates(&all);
    check_picks(&all);
    for (size_t i = 0; i < nfile; i += step)
        if (check_install(&file[i], &all))
            installed++;
        else
            apart++;
    printf("%zu pins in %zu files picked by apt; installs of %zu files simulated, %zu whose "
           "packages do not go together\n",
           all.list.n, nfile, installed, apart);
    size_t part = whole() ? 1 : FILES;
    assert_true(nfile * part > 200 && all.list.n * part > 500 && installed > 4 * apart);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pins_of_the_corpus)};

    arena = arena_open();
    box = sandbox_open();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sandbox_close(&box);
    arena_close(arena);
    return failed;
}
