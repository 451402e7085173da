/* dfix advisories issue: a text for those who maintain a package without a fix. */
#include "dfix/advisory.h"
#include "faces/cli/advisories.h"

/* Where they take reports. */
static struct str tracker_of(struct arena *a, struct str scope, struct str name)
{
    if (str_starts(scope, S("debian:")))
        return str_fmt(
            a, "submit@bugs.debian.org (begin the mail with the two lines below the subject)");
    if (str_starts(scope, S("ubuntu:")))
        return str_fmt(a, "https://bugs.launchpad.net/ubuntu/+source/" STR_FMT "/+filebug",
                       STR_ARG(name));
    if (str_starts(scope, S("alpine:")))
        return S("https://gitlab.alpinelinux.org/alpine/aports/-/issues/new");
    return S("the package's own tracker");
}

static void print_issue(struct advisories_command *c, struct str scope, struct str name,
                        struct str version, const struct advisory_match *m)
{
    struct arena *a = c->arena;
    struct buf b = {.arena = a};
    buf_fmt(&b, "To: " STR_FMT "\n", STR_ARG(tracker_of(a, scope, name)));
    buf_fmt(&b, "Subject: " STR_FMT ": " STR_FMT " is not fixed in " STR_FMT "\n\n", STR_ARG(name),
            STR_ARG(m->is.id), STR_ARG(scope));
    buf_fmt(&b, "Package: " STR_FMT "\nVersion: " STR_FMT "\n\n", STR_ARG(name), STR_ARG(version));
    buf_fmt(&b,
            STR_FMT " affects " STR_FMT " " STR_FMT " in " STR_FMT
                    ", and no version of it holds a fix",
            STR_ARG(m->is.id), STR_ARG(name), STR_ARG(version), STR_ARG(scope));
    if (m->is.cvss_score >= 0)
        buf_fmt(&b, " (CVSS %d.%d)", m->is.cvss_score / 10, m->is.cvss_score % 10);
    buf_fmt(&b, ".%s\n", m->is.exploited ? " It is known to be exploited." : "");
    if (m->is.summary.n)
        buf_fmt(&b, STR_FMT "\n", STR_ARG(m->is.summary));
    buf_fmt(&b,
            "\n" STR_FMT
            "\n\nIs a fix planned for this release, or is it not affected after all?\n",
            STR_ARG(m->is.url));
    report_text(stdout, buf_str(&b));
}

void advisories_issue(struct advisories_command *c)
{
    const struct command_line *l = c->line;
    struct str scope = S(""), name = S(""), version = l->word.n == 4 ? l->word.v[3] : S("");
    struct match_list list;
    bool good = l->word.n == 4 && advisories_ecosystem(c->arena, l->word.v[2], &scope) &&
                str_chr(version, '=') != STR_NONE && str_cut(&version, '=', &name);
    if (!good) {
        advisories_complain(
            c, S("dfix: advisories issue takes an id, an ecosystem and a package, such as "
                 "CVE-2024-5535 debian:12 openssl=3.0.11-1~deb12u2"));
        return;
    }
    struct component x = advisories_probe(scope);
    x.name = name;
    x.version = version;
    advisories_match(c->arena, &c->feeds, &x, false, &list);
    for (size_t i = 0; i < list.n; i++) {
        const struct advisory_match *m = &list.v[i];
        if (!str_eq(m->is.id, l->word.v[1]) && !words_have(m->is.aliases, l->word.v[1]))
            continue;
        if (m->fixed.n)
            advisories_complain(
                c, str_fmt(c->arena, "dfix: " STR_FMT " holds the fix: there is nothing to ask for",
                           STR_ARG(m->fixed)));
        else
            print_issue(c, scope, name, version, m);
        return;
    }
    advisories_complain(c, str_fmt(c->arena,
                                   "dfix: " STR_FMT " is not known to affect " STR_FMT " " STR_FMT,
                                   STR_ARG(l->word.v[1]), STR_ARG(name), STR_ARG(version)));
}
