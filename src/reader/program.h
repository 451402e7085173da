/* program.h - all of dfix-read: one job, and its exit status. */
#ifndef DFIX_READER_PROGRAM_H
#define DFIX_READER_PROGRAM_H

int read_program(void);

#endif
