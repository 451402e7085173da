/* The Markdown of rules' words as HTML. */
#include "faces/cli/site.h"

void html_text(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        switch (text.p[i]) {
        case '<':
            buf_add(out, S("&lt;"));
            break;
        case '>':
            buf_add(out, S("&gt;"));
            break;
        case '&':
            buf_add(out, S("&amp;"));
            break;
        case '"':
            buf_add(out, S("&quot;"));
            break;
        default:
            buf_char(out, text.p[i]);
        }
}

void html_inline(struct buf *out, struct str text)
{
    struct str part;

    for (bool code = false; text.n && str_cut(&text, '`', &part); code = !code) {
        buf_add(out, code ? S("<code>") : S(""));
        html_text(out, part);
        buf_add(out, code ? S("</code>") : S(""));
    }
}

enum kind { NONE, PARAGRAPH, LIST, CODE };

static void close_block(struct buf *out, enum kind kind)
{
    static const char *const end[] = {"", "</p>\n", "</li>\n</ul>\n", "</code></pre>\n"};
    buf_add(out, str_of(end[kind]));
}

static enum kind kind_of(struct str line, enum kind now)
{
    if (str_starts(line, S("- ")))
        return LIST;
    if (now == LIST && str_starts(line, S("  ")))
        return LIST;
    if (str_starts(line, S("    ")))
        return CODE;
    return now == NONE || now == CODE || now == LIST ? PARAGRAPH : now;
}

/* One block: the lines between two empty ones. */
static void add_block(struct buf *out, struct str block)
{
    static const char *const begin[] = {"", "<p>", "<ul>\n<li>", "<pre><code>"};
    enum kind kind = NONE;
    struct buf text = {.arena = out->arena};
    struct str line;

    while (block.n && str_cut(&block, '\n', &line)) {
        enum kind next = kind_of(line, kind);
        bool item = next == LIST && str_starts(line, S("- "));
        if (next != kind || item) {
            html_inline(out, buf_str(&text));
            text.n = 0;
            if (next != kind)
                close_block(out, kind);
            buf_add(out, next != kind ? str_of(begin[next]) : S("</li>\n<li>"));
        } else {
            buf_char(&text, '\n');
        }
        buf_add(&text, next == CODE ? str_from(line, 4)
                       : item       ? str_from(line, 2)
                                    : str_trim(line));
        kind = next;
    }
    if (kind == CODE)
        html_text(out, buf_str(&text));
    else
        html_inline(out, buf_str(&text));
    close_block(out, kind);
}

void html_markdown(struct buf *out, struct str text)
{
    ptrdiff_t end;

    while ((end = str_find(text, S("\n\n"))) != STR_NONE) {
        add_block(out, str_sub(text, 0, (size_t)end + 1));
        text = str_from(text, (size_t)end + 2);
    }
    add_block(out, text);
}
