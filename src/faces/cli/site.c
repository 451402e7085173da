/* The site of ./dev docs: a page for each rule and a list of them, in files that need no server. */
#include "faces/cli/site.h"

#include <errno.h>
#include <stdio.h>

#include "faces/cli/examples.h"
#include "faces/formats/formats.h"
#include "host/files.h"
#include "host/output.h"

static const char style[] =
    ":root{color-scheme:light dark;--back:#fff;--text:#1c2128;--soft:#59636e;--line:#d1d9e0;"
    "--box:#f6f8fa;--link:#0a5cc2;--plus:#dafbe1;--minus:#ffebe9;--safe:#1a7f37;--unsafe:#9a6700;"
    "--hint:#59636e}\n"
    "@media (prefers-color-scheme:dark){:root{--back:#0d1117;--text:#e6edf3;--soft:#9198a1;"
    "--line:#3d444d;--box:#161b22;--link:#6cb6ff;--plus:#12351f;--minus:#47191c;--safe:#57ab5a;"
    "--unsafe:#d4a72c;--hint:#9198a1}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--back);color:var(--text);font:16px/1.6 system-ui,sans-serif}\n"
    "main,header{max-width:52rem;margin:0 auto;padding:1rem 1.25rem}\n"
    "header{display:flex;gap:1.5rem;border-bottom:1px solid var(--line)}\n"
    "header a{font-weight:600;text-decoration:none}\n"
    "a{color:var(--link)}\n"
    "h1{font-size:1.9rem;line-height:1.25;margin:1.5rem 0 .25rem}h2{font-size:1.25rem;margin:2rem "
    "0 "
    ".5rem}\n"
    "code,pre{font:.9em/1.5 ui-monospace,monospace}\n"
    "code{background:var(--box);padding:.1em .3em;border-radius:4px}\n"
    "pre{background:var(--box);border:1px solid var(--line);border-radius:6px;padding:.75rem "
    "1rem;overflow-x:auto}pre code{padding:0;background:none}\n"
    "pre .plus{display:block;background:var(--plus)}pre .minus{display:block;background:"
    "var(--minus)}pre .same{display:block}\n"
    ".lead{font-size:1.1rem;color:var(--soft);margin:.25rem 0 1rem}\n"
    ".facts{display:flex;flex-wrap:wrap;gap:.5rem;padding:0;list-style:none;margin:1rem 0}\n"
    ".facts li{border:1px solid var(--line);border-radius:999px;padding:.05rem .7rem;"
    "font-size:.9rem}\n"
    ".safe{color:var(--safe)}.unsafe{color:var(--unsafe)}.hint{color:var(--hint)}\n"
    ".wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.95rem}\n"
    "th,td{text-align:left;vertical-align:top;padding:.45rem .6rem;border-bottom:1px solid "
    "var(--line)}th{color:var(--soft);font-weight:600}\n"
    "td:first-child{white-space:nowrap}td:last-child{width:45%}\n";

static const struct example *example_of(const char *rule)
{
    for (const struct example *x = examples; x->rule; x++)
        if (str_eq(str_of(x->rule), str_of(rule)))
            return x;
    return NULL;
}

static void begin_page(struct buf *b, const char *title, const char *up)
{
    buf_add(b, S("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                 "<title>"));
    html_text(b, str_of(title));
    buf_fmt(b,
            "</title>\n<link rel=\"stylesheet\" href=\"%sstyle.css\">\n</head>\n<body>\n"
            "<header><a href=\"%sindex.html\">dfix</a><a href=\"%sindex.html\">Rules</a></header>\n"
            "<main>\n",
            up, up, up);
}

static void end_page(struct buf *b)
{
    buf_add(b, S("</main>\n</body>\n</html>\n"));
}

static void add_example(struct buf *b, const struct example *x)
{
    struct diff_line *line;
    size_t n;

    if (!x)
        return;
    n = lines_diff(b->arena, str_of(x->before), str_of(x->after[0] ? x->after : x->before), &line);
    buf_fmt(b, "<h2>%s</h2>\n<pre><code>", x->after[0] ? "Example" : "Found in");
    for (size_t i = 0; i < n; i++) {
        buf_fmt(b, "<span class=\"%s\">%c ",
                line[i].sign == '+'   ? "plus"
                : line[i].sign == '-' ? "minus"
                                      : "same",
                line[i].sign);
        html_text(b, line[i].text);
        buf_add(b, S("</span>"));
    }
    buf_add(b, S("</code></pre>\n"));
}

static void add_options(struct buf *b, const struct fixer *f)
{
    if (!f->options || !f->options->name)
        return;
    buf_add(b, S("<h2>Options</h2>\n<div class=\"wide\"><table>\n<tr><th>in dfix.yaml</th>"
                 "<th>values</th><th>default</th><th>what it does</th></tr>\n"));
    for (const struct option_doc *o = f->options; o->name; o++) {
        buf_fmt(b, "<tr><td><code>rules.%s.%s</code></td><td>", f->id, o->name);
        html_text(b, str_of(o->values));
        buf_add(b, S("</td><td>"));
        html_text(b, str_of(o->fallback[0] ? o->fallback : "none"));
        buf_add(b, S("</td><td>"));
        html_inline(b, str_of(o->doc));
        buf_add(b, S("</td></tr>\n"));
    }
    buf_add(b, S("</table></div>\n"));
}

static void add_use(struct buf *b, const struct fixer *f)
{
    buf_fmt(b,
            "<h2>In policy and in a file</h2>\n<pre><code># dfix.yaml\nrules:\n  %s: %s\n\n"
            "# Dockerfile, above the instruction\n# dfix ignore=%s because ...\n</code></pre>\n",
            f->id, f->off ? "safe" : "off", f->id);
}

static struct str rule_page(struct arena *a, const struct rule_words *r)
{
    static const char *const severity[] = {"info", "warning", "error"};
    struct buf b = {.arena = a};
    struct str codes = str_of(r->aliases), code;

    begin_page(&b, str_fmt(a, "%s: %s", r->id, r->title).p, "../");
    buf_fmt(&b, "<h1>%s</h1>\n<p class=\"lead\">", r->id);
    html_inline(&b, str_of(r->title));
    buf_add(&b, S("</p>\n<ul class=\"facts\">\n"));
    while (codes.n && str_cut(&codes, ' ', &code))
        buf_fmt(&b, "<li>" STR_FMT "</li>\n", STR_ARG(code));
    buf_fmt(&b, "<li>severity: %s</li>\n", severity[r->severity]);
    if (r->fixer)
        buf_fmt(&b, "<li class=\"%s\">at most: %s</li>\n<li>%s by default</li>\n",
                safety_name(r->safety), safety_name(r->safety), r->fixer->off ? "off" : "on");
    buf_add(&b, S("</ul>\n"));
    if (r->why) {
        buf_add(&b, S("<h2>Why</h2>\n<p>"));
        html_inline(&b, str_of(r->why));
        buf_add(&b, S("</p>\n"));
    }
    add_example(&b, example_of(r->id));
    buf_add(&b, S("<h2>What it does</h2>\n"));
    html_markdown(&b, str_of(r->doc));
    if (r->fixer) {
        add_options(&b, r->fixer);
        add_use(&b, r->fixer);
    }
    end_page(&b);
    return buf_str(&b);
}

static struct str index_page(struct arena *a)
{
    struct buf b = {.arena = a};
    struct rule_words r;

    begin_page(&b, "dfix: rules", "");
    buf_add(&b,
            S("<h1>Rules</h1>\n<p class=\"lead\">What dfix finds in Dockerfiles, and how far it "
              "goes.</p>\n<div class=\"wide\"><table>\n<tr><th>rule</th><th>also</th><th>at "
              "most</th><th>by default</th><th>what it does</th></tr>\n"));
    for (size_t i = 0; rule_words(i, &r); i++) {
        buf_fmt(&b,
                "<tr><td><a href=\"rules/%s.html\">%s</a></td><td>%s</td><td class=\"%s\">%s</td>"
                "<td>%s</td><td>",
                r.id, r.id, r.aliases, r.fixer ? safety_name(r.safety) : "",
                r.fixer ? safety_name(r.safety) : "",
                !r.fixer       ? "on"
                : r.fixer->off ? "off"
                               : "on");
        html_inline(&b, str_of(r.title));
        buf_add(&b, S("</td></tr>\n"));
    }
    buf_add(&b, S("</table></div>\n"));
    end_page(&b);
    return buf_str(&b);
}

static bool write_page(struct arena *a, struct str folder, const char *name, struct str text,
                       struct err *e)
{
    return output_write(a, str_fmt(a, STR_FMT "/%s", STR_ARG(folder), name), text, e);
}

bool site_write(struct arena *a, struct str folder, struct err *e)
{
    struct str rules = str_fmt(a, STR_FMT "/rules", STR_ARG(folder));
    struct rule_words r;

    if (!folder_make(rules.p, 0777, e) || !write_page(a, folder, "style.css", str_of(style), e) ||
        !write_page(a, folder, "index.html", index_page(a), e))
        return false;
    for (size_t i = 0; rule_words(i, &r); i++)
        if (!write_page(a, rules, str_fmt(a, "%s.html", r.id).p, rule_page(a, &r), e))
            return false;
    return true;
}
