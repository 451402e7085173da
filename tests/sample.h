/* sample.h - the demo's small signed index, as a policy file names it. */
#ifndef DFIX_TEST_SAMPLE_H
#define DFIX_TEST_SAMPLE_H

#define SAMPLE DFIX_ROOT "/tests/demo/sample/"

static const char sample_policy[] =
    "architectures: [amd64]\n"
    "index: {apt: {debian: {mirror: 'file://" SAMPLE "debian', "
    "security: 'file://" SAMPLE "debian-security', keyring: '" SAMPLE "keyring.gpg'}}}\n";

#endif
