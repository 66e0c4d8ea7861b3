/* Files, of the directory that the site has as its root.
 */
#ifndef EXAMPLES_HTTP_SERVER_FILES_H
#define EXAMPLES_HTTP_SERVER_FILES_H

#include "examples/http_server/client.h"

/* Answers with the file that the path of the request names, below the root; a
 * path that ends in a slash means index.html there. What is no regular file,
 * or leads out of the root by .. or by a link, is not found. */
void answer_file(struct client *client);

#endif
