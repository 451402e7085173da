/* dnf.c - dnf and microdnf of Fedora and its kin: dnf(8), microdnf(8). */
#include "packages/rpm.h"

static const unsigned programs[] = {PROGRAM_DNF, PROGRAM_MICRODNF, 0};

const struct manager manager_dnf = {
    .name = "dnf",
    .programs = programs,
    RPM_WORDS,
    .pin_form = "-VERSION",
    .lock_file = "",
    .asks = "install in groupinstall localinstall",
    .fills = "install in upgrade up upgrade-minimal up-min reinstall rei",
};
