/* dfix in one file: its helpers are processes of the same program, under their own names. */
#include <string.h>

#include "faces/faces.h"
#include "fetcher/program.h"
#include "reader/program.h"

int main(int argc, char **argv)
{
    if (argc == 1 && strcmp(argv[0], "dfix-fetch") == 0)
        return fetch_program();
    if (argc == 1 && strcmp(argv[0], "dfix-read") == 0)
        return read_program();
    return dfix_program(argc, argv);
}
