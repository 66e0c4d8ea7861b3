#include "tests/support/name_faulty.h"

#include <netinet/in.h>
#include <stdlib.h>

#include "src/platform/name.h"
#include "tests/support/twin.h"

#define ADDRESSES_MAX 100

/* All of an answer, in one block. */
typedef struct made_answer {
    struct addrinfo info[ADDRESSES_MAX];
    struct sockaddr_storage address[ADDRESSES_MAX];
} made_answer;

static rv_name_server *present;

void rv_name_serve(rv_name_server *server)
{
    present = server;
}

RV_TWIN(void, rv_name_lookup,
        (const char *name, int family, rv_name_answer *answer))
{
    if (present == NULL) {
        __real_rv_name_lookup(name, family, answer);
        return;
    }
    made_answer *made = calloc(1, sizeof *made);
    *answer = (rv_name_answer){0};
    size_t count = present(name, family, made->address, ADDRESSES_MAX,
                           &answer->code, &answer->error);
    for (size_t i = 0; i < count; i++) {
        int kind = made->address[i].ss_family;
        made->info[i] = (struct addrinfo){
            .ai_family = kind,
            .ai_socktype = SOCK_STREAM,
            .ai_addr = (struct sockaddr *)&made->address[i],
            .ai_addrlen = kind == AF_INET ? sizeof(struct sockaddr_in)
                                          : sizeof(struct sockaddr_in6),
            .ai_next = i + 1 < count ? &made->info[i + 1] : NULL,
        };
    }
    if (count != 0) {
        answer->list = made->info;
    } else {
        free(made);
    }
}

RV_TWIN(void, rv_name_free, (struct addrinfo * list))
{
    if (present == NULL) {
        __real_rv_name_free(list);
    } else {
        free(list);
    }
}
