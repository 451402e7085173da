/* url.h - the parts of a URL as it is written. Pure; nothing is decoded. */
#ifndef DFIX_URL_H
#define DFIX_URL_H

#include "dfix/base.h"

/* https://user:word@host:443/path?query; what is not there is "". Without "://" it begins with
 * the login. */
struct url {
    struct str scheme, login;
    struct str host;  /* with its port */
    struct str path;  /* with its slash, and all that follows */
    struct str place; /* host and path */
};
struct url url_cut(struct str text);
/* As it may be shown. */
struct str url_without_login(struct arena *a, struct str text);
bool url_is_http(struct str text); /* or https */

#endif
