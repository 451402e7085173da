/* registries_conf.h - containers' registries.conf (version 2) as policy: its blocked prefixes, its
 * locations and mirrors, its registries that may be insecure, and what short names stand for. */
#ifndef DFIX_SERVICES_REGISTRIES_CONF_H
#define DFIX_SERVICES_REGISTRIES_CONF_H

#include "services/config_value.h"

/* Adds to what the settings hold: what they say of the same prefix already comes first. */
bool registries_conf_read(struct config_scope *s, const char *path);
/* The one that podman and buildah would read here; "" none. */
struct str registries_conf_system(struct arena *a);

#endif
