/* conf.h - the configuration of the host's apt, as its files say it: APT_CONFIG, apt.conf.d,
 * apt.conf, the later over the earlier. They are only read; what they name is not run. */
#ifndef DFIX_APT_CONF_H
#define DFIX_APT_CONF_H

#include "dfix/base.h"

struct apt_option {
    struct str name, value; /* "Acquire::http::Proxy" */
};
struct apt_conf {
    VEC(struct apt_option) v;
};

struct apt_conf apt_conf_read(struct arena *a);
/* One file's text over what is known. */
void apt_conf_parse(struct arena *a, struct str text, struct apt_conf *c);
/* `fallback` when it is not set. */
struct str apt_conf_find(const struct apt_conf *c, const char *name, struct str fallback);
/* A path of the options of that group, "/etc/apt/sources.list" of "Dir::Etc::sourcelist". */
struct str apt_conf_path(struct arena *a, const struct apt_conf *c, const char *group,
                         const char *fallback_group, const char *name, const char *fallback);
/* What a URL is fetched through: "DIRECT" no proxy, "" apt says nothing. */
struct str apt_conf_proxy(struct arena *a, const struct apt_conf *c, struct str url);

#endif
