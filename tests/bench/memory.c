/* Linked to a verifier in C, which then says at its end how much memory it has had. */
#include <stdio.h>
#include <string.h>

__attribute__((destructor)) static void say(void)
{
    char line[256];
    FILE *status = fopen("/proc/self/status", "r");

    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, "VmHWM:", 6) == 0)
            printf("\n%s", line);
}
