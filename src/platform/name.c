#include "src/platform/name.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>

void rv_name_lookup(const char *name, int family, rv_name_answer *answer)
{
    struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};

    *answer = (rv_name_answer){0};
    answer->code = getaddrinfo(name, NULL, &hints, &answer->list);
    if (answer->code != 0) {
        answer->error = answer->code == EAI_SYSTEM ? -errno : 0;
        answer->list = NULL;
    }
}

void rv_name_free(struct addrinfo *list)
{
    if (list != NULL) {
        freeaddrinfo(list);
    }
}
