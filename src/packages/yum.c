/* yum.c - yum of CentOS and its kin, today another name of dnf: yum(8). */
#include "packages/rpm.h"

static const unsigned programs[] = {PROGRAM_YUM, 0};

const struct manager manager_yum = {
    .name = "yum",
    .programs = programs,
    RPM_WORDS,
    .pin_form = "-VERSION",
    .lock_file = "",
    .asks = "install groupinstall localinstall",
    .fills = "install",
};
