/* packages.c - the few fields of a Packages file that dfix needs.
 *
 * Most bytes are skipped line by line with memchr; a line cut by the end of a
 * block is kept until the next block brings the rest. */
#include "reader/packages.h"

#include <string.h>

#include "index/apt/release.h"

/* Those from PROVIDES on are lists, which may go on over several lines. */
enum field {
    PACKAGE,
    VERSION,
    ARCHITECTURE,
    SOURCE,
    FILENAME,
    SIZE,
    SHA256,
    PROVIDES,
    PRE_DEPENDS,
    DEPENDS,
    RECOMMENDS,
    FIELDS,
    OTHER
};

struct value {
    size_t at, n; /* in the stanza's text */
    bool set;
};

struct packages {
    struct arena *arena;
    struct store_writer *writer;
    struct buf line;   /* the part of a line that the last block ended with */
    struct buf stanza; /* values of the fields below */
    struct value value[FIELDS];
    enum field field; /* of the last line, for lines that continue it */
    size_t size;      /* bytes of the stanza so far */
    bool bad;         /* malformed: goes as a whole */
    VEC(struct str) provides;
    struct buf needs;
    struct store_file file;
};

struct packages *packages_open(struct store_writer *w)
{
    struct arena *a = arena_open();
    struct packages *p = arena_new(a, struct packages, 1);
    p->arena = a;
    p->writer = w;
    p->line.arena = p->stanza.arena = p->needs.arena = a;
    p->field = OTHER;
    return p;
}

void packages_close(struct packages *p)
{
    if (p)
        arena_close(p->arena);
}

/* ---- a stanza ---- */

static struct str value_of(const struct packages *p, enum field f)
{
    const struct value *v = &p->value[f];
    return v->n ? (struct str){p->stanza.p + v->at, v->n} : S("");
}

/* "name (version)", "name:any (= version)": the name, and what the brackets hold. */
static struct str cut_name(struct str s, struct str *version)
{
    s = str_trim(s);
    *version = S("");
    ptrdiff_t open = str_chr(s, '(');
    if (open != STR_NONE) {
        ptrdiff_t close = str_chr(s, ')');
        if (close > open)
            *version = str_trim(str_sub(s, (size_t)open + 1, (size_t)close));
        s = str_trim(str_sub(s, 0, (size_t)open));
    }
    ptrdiff_t colon = str_chr(s, ':');
    return colon == STR_NONE ? s : str_sub(s, 0, (size_t)colon);
}

static void gather_provides(struct packages *p)
{
    struct str list = value_of(p, PROVIDES), one, version;
    p->provides.n = 0;
    while (str_cut(&list, ',', &one)) {
        struct str name = cut_name(one, &version);
        if (name.n)
            vec_push(p->arena, &p->provides, name);
    }
}

/* "libc6 (>= 2.36), foo:any | bar" as "libc6>=2.36,foo|bar". */
static void add_needs(struct packages *p, struct str list)
{
    bool version = false, qualifier = false;

    for (size_t i = 0; i < list.n; i++) {
        char c = list.p[i];
        if (c == '(' || c == ')' || c == ',' || c == '|') {
            version = c == '(';
            qualifier = false;
        }
        qualifier |= c == ':' && !version;
        if (c != ' ' && c != '\t' && c != '(' && c != ')' && !qualifier)
            buf_char(&p->needs, c);
    }
}

static struct str gather_needs(struct packages *p)
{
    struct str before = value_of(p, PRE_DEPENDS), depends = value_of(p, DEPENDS);

    p->needs.n = 0;
    add_needs(p, before);
    if (before.n && depends.n)
        buf_char(&p->needs, ',');
    add_needs(p, depends);
    buf_char(&p->needs, ';');
    add_needs(p, value_of(p, RECOMMENDS));
    return buf_str(&p->needs);
}

/* Where it lies, and what its bytes are. False: it does not say, or not so that it is known. */
static bool gather_file(struct packages *p)
{
    struct str sum = value_of(p, SHA256), size = value_of(p, SIZE);
    p->file.path = value_of(p, FILENAME);
    if (str_starts(p->file.path, S("./"))) /* of flat archives */
        p->file.path = str_from(p->file.path, 2);
    return apt_sum_read(sum, p->file.sha256) && apt_size_read(size, &p->file.size);
}

static void end_stanza(struct packages *p)
{
    if (p->size) {
        struct store_record r = {.name = value_of(p, PACKAGE),
                                 .version = value_of(p, VERSION),
                                 .arch = value_of(p, ARCHITECTURE)};
        r.source = cut_name(value_of(p, SOURCE), &r.source_version);
        r.needs = gather_needs(p);
        r.file = gather_file(p) ? &p->file : NULL;
        gather_provides(p);
        if (p->bad)
            r.name = S(""); /* dropped, and counted */
        store_add(p->writer, &r, p->provides.v, p->provides.n);
    }
    memset(p->value, 0, sizeof p->value);
    p->stanza.n = 0;
    p->field = OTHER;
    p->size = 0;
    p->bad = false;
}

/* ---- a line ---- */

static enum field field_of(struct str name)
{
    switch (name.n) {
    case 4:
        return str_ieq(name, S("Size")) ? SIZE : OTHER;
    case 6:
        return str_ieq(name, S("Source")) ? SOURCE : str_ieq(name, S("SHA256")) ? SHA256 : OTHER;
    case 7:
        return str_ieq(name, S("Package"))   ? PACKAGE
               : str_ieq(name, S("Version")) ? VERSION
               : str_ieq(name, S("Depends")) ? DEPENDS
                                             : OTHER;
    case 8:
        return str_ieq(name, S("Provides"))   ? PROVIDES
               : str_ieq(name, S("Filename")) ? FILENAME
                                              : OTHER;
    case 10:
        return str_ieq(name, S("Recommends")) ? RECOMMENDS : OTHER;
    case 11:
        return str_ieq(name, S("Pre-Depends")) ? PRE_DEPENDS : OTHER;
    case 12:
        return str_ieq(name, S("Architecture")) ? ARCHITECTURE : OTHER;
    default:
        return OTHER;
    }
}

/* Lines after the first of a field: only lists may have them. */
static void continue_field(struct packages *p, struct str line)
{
    if (p->field == OTHER)
        return;
    if (p->field < PROVIDES) {
        p->bad = true;
        return;
    }
    buf_char(&p->stanza, ' ');
    buf_add(&p->stanza, str_trim(line));
    p->value[p->field].n = p->stanza.n - p->value[p->field].at;
}

static void begin_field(struct packages *p, struct str line)
{
    p->field = OTHER;
    ptrdiff_t colon = str_chr(line.n > 64 ? str_sub(line, 0, 64) : line, ':');
    if (colon == STR_NONE) {
        p->bad = true;
        return;
    }
    p->field = field_of(str_sub(line, 0, (size_t)colon));
    if (p->field == OTHER)
        return;
    struct value *v = &p->value[p->field];
    p->bad = p->bad || v->set;
    struct str value = str_trim(str_from(line, (size_t)colon + 1));
    *v = (struct value){p->stanza.n, value.n, true};
    buf_add(&p->stanza, value);
}

/* Most lines are of no field of ours, which their first two letters tell: PAckage, PRovides,
 * VErsion, ARchitecture, SOurce, PRe-depends, DEpends, REcommends, FIlename, SIze, SHA256. The
 * others go by without a closer look. */
static bool is_idle(const struct packages *p, struct str line)
{
    if (line.n < 2)
        return false;
    unsigned pair = ((unsigned char)line.p[0] | 0x20u) << 8 | ((unsigned char)line.p[1] | 0x20u);
    if (line.p[0] == ' ' || line.p[0] == '\t')
        return p->field == OTHER;
    return pair != ('p' << 8 | 'a') && pair != ('p' << 8 | 'r') && pair != ('v' << 8 | 'e') &&
           pair != ('a' << 8 | 'r') && pair != ('s' << 8 | 'o') && pair != ('d' << 8 | 'e') &&
           pair != ('r' << 8 | 'e') && pair != ('f' << 8 | 'i') && pair != ('s' << 8 | 'i') &&
           pair != ('s' << 8 | 'h') && line.p[0] != '\r';
}

/* Without its line end. False: the stanza is too long. */
static bool take_line(struct packages *p, struct str line)
{
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    if (!line.n) {
        end_stanza(p);
        return true;
    }
    p->size += line.n;
    if (p->size > PACKAGES_STANZA_MAX)
        return false;
    if (line.p[0] == ' ' || line.p[0] == '\t')
        continue_field(p, line);
    else
        begin_field(p, line);
    return true;
}

static bool too_long(struct err *e)
{
    return err_set(e, "a stanza of the package index is longer than %d bytes", PACKAGES_STANZA_MAX);
}

bool packages_feed(struct packages *p, struct str block, struct err *e)
{
    while (block.n) {
        ptrdiff_t end = str_chr(block, '\n');
        if (end == STR_NONE) {
            if (p->line.n + block.n > PACKAGES_STANZA_MAX)
                return too_long(e);
            buf_add(&p->line, block);
            return true;
        }
        struct str line = str_sub(block, 0, (size_t)end);
        if (p->line.n) {
            buf_add(&p->line, line);
            line = buf_str(&p->line);
        }
        if (is_idle(p, line) && p->size + line.n <= PACKAGES_STANZA_MAX) {
            p->size += line.n;
            p->field = OTHER;
        } else if (!take_line(p, line)) {
            return too_long(e);
        }
        p->line.n = 0;
        block = str_from(block, (size_t)end + 1);
    }
    return true;
}

bool packages_finish(struct packages *p, struct err *e)
{
    if (p->line.n && !take_line(p, buf_str(&p->line)))
        return too_long(e);
    p->line.n = 0;
    end_stanza(p);
    return true;
}
