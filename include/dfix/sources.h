/* sources.h - what apt's source lists say: sources.list(5), both its forms. Pure.
 *
 * A line or stanza that names several archives or suites gives several sources. A URI loses the
 * slashes at its end. Comments, deb-src and what is switched off give none. */
#ifndef DFIX_SOURCES_H
#define DFIX_SOURCES_H

#include "dfix/lookup.h"

struct source_list {
    VEC(struct source) list;
    bool broken; /* something there was not understood: the list may not be all */
};
/* `deb [ option=value ... ] uri suite [component ...]`, a line each. All is copied. */
void sources_read_lines(struct arena *a, struct str text, struct source_list *out);
/* Stanzas of fields (deb822). A key that stands in the file is no name: signed_by says
 * "(in the file)". */
void sources_read_deb822(struct arena *a, struct str text, struct source_list *out);

/* apk's repositories: `[@tag] uri`, a line each. */
void sources_read_repositories(struct arena *a, struct str text, struct source_list *out);

/* Has a file of apt's preferences or settings anything in it that moves candidates? */
bool preferences_matter(struct str text);
bool apt_conf_matters(struct arena *a, struct str text);

#endif
