/* yum.c - yum of CentOS and its kin, today another name of dnf: yum(8). */
#include "packages/rpm.h"

static const unsigned programs[] = {PROGRAM_YUM, 0};

const struct manager manager_yum = {
    .name = "yum",
    .programs = programs,
    RPM_WORDS,
    .pinned_by = "write NAME-VERSION, as `yum list NAME` shows it",
    .asks = "install groupinstall localinstall",
    .fills = "install",
};
