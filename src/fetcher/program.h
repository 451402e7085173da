/* program.h - all of dfix-fetch: its exit status once dfix has closed the socket. */
#ifndef DFIX_FETCHER_PROGRAM_H
#define DFIX_FETCHER_PROGRAM_H

int fetch_program(void);

#endif
