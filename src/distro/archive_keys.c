/* archive_keys.c - the keys that Debian and Ubuntu sign their package indexes with. */
#include "dfix/facts.h"

static const struct archive_key keys[] = {
#define ARCHIVE_KEY(distro, ended, fingerprint, name, key) {distro, ended, fingerprint, name, key},
#include "distro/debian_keys.def"
#include "distro/ubuntu_keys.def"
#undef ARCHIVE_KEY
};

size_t archive_keys(const struct archive_key **out)
{
    *out = keys;
    return sizeof keys / sizeof keys[0];
}
