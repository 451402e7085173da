/* dfix, which starts its helpers as programs of their own. */
#include "faces/faces.h"

int main(int argc, char **argv)
{
    return dfix_program(argc, argv);
}
