/* Host names, by the C library's resolver: whatever nsswitch.conf says.
 */
#ifndef SRC_PLATFORM_NAME_H
#define SRC_PLATFORM_NAME_H

#include <netdb.h>

typedef struct rv_name_answer {
    struct addrinfo *list; /* NULL: none; given back by rv_name_free */
    int code;              /* 0, or getaddrinfo's EAI_ code */
    int error;             /* -errno when the code is EAI_SYSTEM, else 0 */
} rv_name_answer;

/* Looks up the addresses of a host, for streams; ports are 0. family: AF_INET,
 * AF_INET6, or AF_UNSPEC for both. Context: any thread that may block for as
 * long as name servers keep it. */
void rv_name_lookup(const char *name, int family, rv_name_answer *answer);
void rv_name_free(struct addrinfo *list);

#endif
