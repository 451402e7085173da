/* dfix-read, which dfix starts. */
#include "reader/program.h"

int main(void)
{
    return read_program();
}
