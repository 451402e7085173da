/* registries_conf.h - containers' registries.conf (version 2) as policy: its blocked prefixes, its
 * locations and mirrors, its registries that may be insecure, and what short names stand for. */
#ifndef DFIX_SERVICES_REGISTRIES_CONF_H
#define DFIX_SERVICES_REGISTRIES_CONF_H

#include "config/config_value.h"

/* The most important file first: of a prefix the first table counts. What the settings hold
 * already of a prefix comes before all of them. */
bool registries_conf_read(struct config_scope *s, const struct str *path, size_t n);
/* Those that podman and buildah would read here: the user's or the system's, and the drop-ins. */
size_t registries_conf_system(struct arena *a, const struct str **out);

#endif
