/* Reads the file of --installed: dpkg status, dpkg-query, apk database, SPDX or CycloneDX. */
#include "world/installed.h"
#include "dfix/coding.h"
#include "dfix/facts.h"
#include "dfix/manager.h"

#include <string.h>

#include "host/files.h"
#include "host/json.h"

/* ---- dpkg-query -W: "name[:arch]<TAB>version" ---- */

static void parse_query(struct arena *a, struct str text, struct installed_list *out)
{
    struct str line;

    while (str_cut(&text, '\n', &line)) {
        struct installed p = {S(""), S(""), S(""), S(""), S("")};
        ptrdiff_t tab = str_chr(line, '\t');
        if (!str_trim(line).n)
            continue;
        if (tab == STR_NONE)
            tab = str_chr(line, ' ');
        if (tab == STR_NONE) {
            out->broken = true;
            continue;
        }
        p.name = str_trim(str_sub(line, 0, (size_t)tab));
        p.version = str_trim(str_from(line, (size_t)tab + 1));
        ptrdiff_t colon = str_chr(p.name, ':');
        if (colon != STR_NONE) {
            p.arch = str_dup(a, str_from(p.name, (size_t)colon + 1));
            p.name = str_sub(p.name, 0, (size_t)colon);
        }
        if (!p.version.n)
            continue; /* known to dpkg, not installed */
        p.name = str_dup(a, p.name);
        p.version = str_dup(a, p.version);
        installed_add(a, out, &manager_apt, p);
    }
}

/* ---- package URLs: pkg:deb/debian/libssl3@3.0.15-1~deb12u1?arch=amd64&upstream=openssl ---- */

/* distro=debian-12, debian-12.5 or, of some, 12.5 alone: then the URL's namespace is the distro. */
static void read_release(struct str value, struct str space, struct installed_list *out)
{
    struct release r;
    ptrdiff_t dash = str_rchr(value, '-');
    struct str distro = dash == STR_NONE ? space : str_sub(value, 0, (size_t)dash);
    struct str version = str_from(value, (size_t)(dash + 1));

    while (!release_find(distro, version, &r)) {
        ptrdiff_t dot = str_rchr(version, '.');
        if (dot == STR_NONE)
            return;
        version = str_sub(version, 0, (size_t)dot);
    }
    bool other = out->release.distro.n && (!str_eq(out->release.distro, r.distro) ||
                                           !str_eq(out->release.version, r.version));
    out->several |= other;
    out->release = out->several ? (struct release){S(""), S(""), S("")} : r;
}

static void read_qualifier(struct arena *a, struct str pair, struct str space, struct installed *p,
                           struct installed_list *out)
{
    struct str key, value = pair;

    if (!str_cut(&value, '=', &key))
        return;
    value = percent_decode(a, value);
    if (str_eq(key, S("distro"))) {
        read_release(value, space, out);
    } else if (str_eq(key, S("arch"))) {
        p->arch = value;
    } else if (str_eq(key, S("epoch")) && str_chr(p->version, ':') == STR_NONE &&
               !str_eq(value, S("0"))) {
        p->version = str_fmt(a, STR_FMT ":" STR_FMT, STR_ARG(value), STR_ARG(p->version));
    } else if (str_eq(key, S("upstream"))) {
        ptrdiff_t at = str_chr(value, '@');
        p->source = at == STR_NONE ? value : str_sub(value, 0, (size_t)at);
        p->source_version = at == STR_NONE ? S("") : str_from(value, (size_t)at + 1);
    }
}

static const struct manager *manager_of_url(struct str url)
{
    for (size_t i = 0; managers[i]; i++)
        if (str_starts(url, str_of(managers[i]->purl)))
            return managers[i];
    return NULL;
}

/* False: not a package of a manager that is known, or one that cannot be read. */
static bool read_purl(struct arena *a, struct str url, const struct manager **m,
                      struct installed *p, struct installed_list *out)
{
    struct str qualifiers, pair, path = url;
    ptrdiff_t hash = str_chr(url, '#');

    *p = (struct installed){S(""), S(""), S(""), S(""), S("")};
    if (hash != STR_NONE)
        url = str_sub(url, 0, (size_t)hash);
    *m = manager_of_url(url);
    if (!*m) {
        bool taken = str_starts(url, S("pkg:")) && out->other.n < INSTALLED_MAX;
        if (taken)
            vec_push(a, &out->other, url);
        out->broken |= url.n && !taken;
        return false;
    }
    qualifiers = str_from(url, str_of((*m)->purl).n);
    str_cut(&qualifiers, '?', &path);
    ptrdiff_t at = str_rchr(path, '@'), slash = str_rchr(path, '/');
    if (at == STR_NONE || (slash != STR_NONE && slash > at)) {
        out->broken = true; /* which version is there is not said */
        return false;
    }
    struct str space = slash == STR_NONE ? S("") : path_basename(str_sub(path, 0, (size_t)slash));
    p->name = percent_decode(a, str_sub(path, (size_t)(slash + 1), (size_t)at));
    p->version = percent_decode(a, str_from(path, (size_t)at + 1));
    while (str_cut(&qualifiers, '&', &pair))
        read_qualifier(a, pair, space, p, out);
    return true;
}

/* ---- inventories ---- */

/* A URL as that member says it; "" when there is none. */
static struct str url_of(struct arena *a, const json_t *of, const char *member,
                         struct installed_list *out)
{
    const json_t *url = json_object_get(of, member);

    out->broken |= !json_is_object(of) || (url && !json_is_string(url) && !json_is_null(url));
    return json_text(a, of, member);
}

/* What some inventories say beside the URL. */
static void read_properties(struct arena *a, const json_t *component, struct installed *p)
{
    const json_t *list = json_object_get(component, "properties");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        struct str name = json_text(a, one, "name"), value = json_text(a, one, "value");
        if (!p->source.n && str_ends(name, S(":SrcName")))
            p->source = value;
    }
}

static void parse_cyclonedx(struct arena *a, const json_t *bom, struct installed_list *out)
{
    const json_t *list = json_object_get(bom, "components");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *component = json_array_get(list, i);
        struct installed p;
        const struct manager *m;
        if (!read_purl(a, url_of(a, component, "purl", out), &m, &p, out))
            continue;
        read_properties(a, component, &p);
        installed_add(a, out, m, p);
    }
}

static void parse_spdx(struct arena *a, const json_t *document, struct installed_list *out)
{
    const json_t *list = json_object_get(document, "packages");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *refs = json_object_get(json_array_get(list, i), "externalRefs");
        for (size_t k = 0; k < json_array_size(refs); k++) {
            const json_t *ref = json_array_get(refs, k);
            struct installed p;
            const struct manager *m;
            if (!str_eq(json_text(a, ref, "referenceType"), S("purl")) ||
                !read_purl(a, url_of(a, ref, "referenceLocator", out), &m, &p, out))
                continue;
            installed_add(a, out, m, p);
            break;
        }
    }
}

static bool parse_json(struct arena *a, struct str text, struct installed_list *out, struct err *e)
{
    json_t *whole = json_object_of(text);
    const json_t *document = whole;
    /* An attestation, or an export, carries the inventory inside. */
    static const char *const envelopes[] = {"predicate", "sbom"};

    if (!whole)
        return err_set(e, "it looks like JSON but is not valid");
    for (size_t i = 0; i < 2; i++)
        if (json_is_object(json_object_get(document, envelopes[i])))
            document = json_object_get(document, envelopes[i]);
    bool spdx = json_text(a, document, "spdxVersion").n > 0;
    bool cyclonedx = str_eq(json_text(a, document, "bomFormat"), S("CycloneDX"));
    if (spdx)
        parse_spdx(a, document, out);
    else if (cyclonedx)
        parse_cyclonedx(a, document, out);
    json_decref(whole);
    return spdx || cyclonedx ||
           err_set(e, "this JSON is neither SPDX (spdxVersion) nor CycloneDX (bomFormat)");
}

/* ---- which it is ---- */

static bool is_apk_field(struct str line)
{
    return line.n >= 2 && line.p[1] == ':' && strchr("CPVASITULDptiorkmcFMRaZ", line.p[0]);
}

bool installed_parse(struct arena *a, struct str text, struct installed_list *out, struct err *e)
{
    struct str line, start = str_trim(text), rest = start;

    *out = (struct installed_list){.release = {S(""), S(""), S("")}};
    if (!str_cut(&rest, '\n', &line))
        return err_set(e, "it is empty");
    if (start.p[0] == '{') {
        if (!parse_json(a, start, out, e))
            return false;
    } else if (is_apk_field(line)) {
        installed_apk(a, start, out);
    } else if (str_chr(line, '\t') != STR_NONE ||
               (str_chr(line, ' ') != STR_NONE &&
                !str_ends(str_sub(line, 0, (size_t)str_chr(line, ' ')), S(":")))) {
        parse_query(a, start, out);
    } else {
        installed_dpkg(a, start, out);
    }
    return out->list.n > 0 || out->other.n > 0 || err_set(e, "it lists no dpkg or apk packages");
}

bool installed_read(struct arena *a, struct str path, struct installed_list *out, struct err *e)
{
    struct str text;
    struct err why;

    if (!file_read(a, str_cstr(a, path), INSTALLED_FILE_MAX, &text, e))
        return false;
    return installed_parse(a, text, out, &why) ||
           err_set(e,
                   STR_FMT ": %s; --installed expects a dpkg status, `dpkg-query -W`, apk's "
                           "installed database, SPDX or CycloneDX JSON",
                   STR_ARG(path), why.text);
}
