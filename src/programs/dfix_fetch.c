/* dfix-fetch, which dfix starts. */
#include "fetcher/program.h"

int main(void)
{
    return fetch_program();
}
