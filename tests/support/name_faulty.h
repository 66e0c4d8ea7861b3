/* The twin of src/platform/name.c, in whose place a test answers for the name
 * servers: so that names exist, do not, and hang, without a network.
 */
#ifndef TESTS_SUPPORT_NAME_FAULTY_H
#define TESTS_SUPPORT_NAME_FAULTY_H

#include <stddef.h>
#include <sys/socket.h>

/* What a name server says: sets *code (EAI_…) and *error (-errno with
 * EAI_SYSTEM), or fills found, which has room for `max`, and returns how many.
 * Called on the thread that looks up, which it may hold. */
typedef size_t rv_name_server(const char *name, int family,
                              struct sockaddr_storage found[], size_t max,
                              int *code, int *error);

/* Answers all lookups from now on; NULL: the C library does. While nobody looks
 * up. */
void rv_name_serve(rv_name_server *server);

#endif
