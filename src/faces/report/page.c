/* page.c - one page of HTML that needs nothing else. */
#include "faces/report/page.h"

#include "dfix/date.h"
#include "faces/cli/site.h"

static const char style[] =
    ":root{color-scheme:light dark;--back:#fff;--text:#1c2128;--soft:#57606a;--line:#d0d7de;"
    "--box:#f6f8fa;--critical:#a40e26;--high:#b6420a;--medium:#8a6100;--low:#3d6d1e;--bar:#0a5cc2}"
    "\n"
    "@media (prefers-color-scheme:dark){:root{--back:#0d1117;--text:#e6edf3;--soft:#9198a1;"
    "--line:#3d444d;--box:#161b22;--critical:#ff8fa0;--high:#ffab70;--medium:#e3c04f;"
    "--low:#8ddb8c;--bar:#6cb6ff}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--back);color:var(--text);font:16px/1.55 system-ui,sans-serif}\n"
    "main{max-width:70rem;margin:0 auto;padding:1.5rem 1.25rem 3rem}\n"
    "h1{font-size:1.8rem;line-height:1.25;margin:0 0 .25rem}\n"
    "h2{font-size:1.25rem;margin:2.2rem 0 .6rem}\n"
    "p{max-width:46rem}.lead,footer,.soft{color:var(--soft)}footer{margin-top:3rem;font-size:.9rem}"
    "\n"
    "nav ul{display:flex;flex-wrap:wrap;gap:.4rem 1.2rem;padding:0;margin:1rem 0;list-style:none}\n"
    "a{color:var(--bar)}\n"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.75rem;"
    "padding:0;margin:1.25rem 0;list-style:none}\n"
    ".tiles li{border:1px solid var(--line);border-radius:8px;background:var(--box);"
    "padding:.6rem .9rem}\n"
    ".tiles b{display:block;font-size:1.7rem;line-height:1.2;font-variant-numeric:tabular-nums}\n"
    ".wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.94rem}\n"
    "th,td{text-align:left;vertical-align:top;padding:.4rem .7rem .4rem 0;"
    "border-bottom:1px solid var(--line)}\n"
    "th{color:var(--soft);font-weight:600;white-space:nowrap}\n"
    "td{overflow-wrap:break-word}.d{white-space:nowrap}.n{text-align:right;font-variant-numeric:"
    "tabular-nums;"
    "white-space:nowrap}\n"
    "mark{background:none;color:inherit;font-weight:600;white-space:nowrap}\n"
    "mark.critical,mark.bad{color:var(--critical)}mark.high,mark.soon{color:var(--high)}"
    "mark.medium{color:var(--medium)}mark.low,mark.good{color:var(--low)}\n"
    "code{font:.9em ui-monospace,monospace}\n"
    "svg{width:100%;height:auto;border:1px solid var(--line);border-radius:8px;"
    "background:var(--box)}\n"
    "svg text{fill:var(--soft);font:12px system-ui,sans-serif}svg .axis{stroke:var(--line)}"
    "svg .line{fill:none;stroke:var(--bar);stroke-width:2}svg circle{fill:var(--bar)}\n"
    ".bar{display:block;height:.55rem;margin-top:.5rem;min-width:2px;border-radius:3px;background:"
    "var(--bar)}\n"
    "@media print{:root{color-scheme:light;--back:#fff;--text:#000;--soft:#444;--line:#999;"
    "--box:#fff;--critical:#a40e26;--high:#b6420a;--medium:#8a6100;--low:#3d6d1e;--bar:#0a5cc2}"
    "nav{display:none}main{max-width:none;padding:0}.wide{overflow:visible}tr,svg,.tiles li"
    "{break-inside:avoid}h2{break-after:avoid}body{font-size:11pt}a{color:inherit}}\n";

void page_begin(struct buf *b, struct str title, struct str lead)
{
    buf_add(b, S("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                 "style-src 'unsafe-inline'\">\n<title>"));
    html_text(b, title);
    buf_fmt(b, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n<h1>", style);
    html_text(b, title);
    buf_add(b, S("</h1>\n<p class=\"lead\">"));
    html_text(b, lead);
    buf_add(b, S("</p>\n"));
}

void page_end(struct buf *b, struct str foot)
{
    buf_add(b, S("<footer>"));
    html_text(b, foot);
    buf_add(b, S("</footer>\n</main>\n</body>\n</html>\n"));
}

void page_heading(struct buf *b, const char *id, struct str text)
{
    buf_fmt(b, "<h2 id=\"%s\">", id);
    html_text(b, text);
    buf_add(b, S("</h2>\n"));
}

void page_table_begin(struct buf *b, const char *head)
{
    struct str rest = str_of(head), word;

    buf_add(b, S("<div class=\"wide\">\n<table>\n<thead><tr>"));
    while (str_cut(&rest, '|', &word)) {
        bool number = str_ends(word, S("#"));
        buf_add(b, number ? S("<th class=\"n\" scope=\"col\">") : S("<th scope=\"col\">"));
        html_text(b, str_without_end(word, '#'));
        buf_add(b, S("</th>"));
    }
    buf_add(b, S("</tr></thead>\n<tbody>\n"));
}

void page_table_end(struct buf *b)
{
    buf_add(b, S("</tbody>\n</table>\n</div>\n"));
}

void page_cell(struct buf *b, struct str text)
{
    buf_add(b, date_is_valid(text) ? S("<td class=\"d\">") : S("<td>"));
    html_text(b, text);
    buf_add(b, S("</td>"));
}

void page_number(struct buf *b, int64_t n)
{
    buf_fmt(b, "<td class=\"n\">%lld</td>", (long long)n);
}

void page_mark(struct buf *b, struct str kind, struct str text)
{
    if (!word_is_one_of(kind, "critical high medium low good bad soon")) {
        html_text(b, text);
        return;
    }
    buf_fmt(b, "<mark class=\"" STR_FMT "\">", STR_ARG(kind));
    html_text(b, text);
    buf_add(b, S("</mark>"));
}
