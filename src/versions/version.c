/* version.c - one door to the version orders. */
#include "dfix/version.h"

int version_compare(enum manager m, struct str a, struct str b)
{
    switch (m) {
    case MANAGER_APT:
        return deb_compare(a, b);
    case MANAGER_APK:
        return apk_compare(a, b);
    }
    return 0;
}

bool version_valid(enum manager m, struct str version)
{
    switch (m) {
    case MANAGER_APT:
        return deb_valid(version);
    case MANAGER_APK:
        return apk_valid(version);
    }
    return false;
}
