/* HTTP and what else libcurl (7.84 or later) speaks: easy handles, performed by
 * many tasks at once over one multi handle, so that they share its connections.
 *
 *     rove_curl *curl;
 *     int error = rove_curl_new(&curl);
 *     …
 *     CURL *easy = curl_easy_init();
 *     curl_easy_setopt(easy, CURLOPT_URL, url);
 *     …
 *     int code = rove_curl_perform(curl, easy);
 *     if (code == CURLE_OK) { … }
 *     curl_easy_cleanup(easy);
 *     …
 *     rove_curl_free(curl);
 *
 * The multi belongs to a task of its own, the driver, which waits for all the
 * sockets by one epoll and calls libcurl when one is ready. One driver keeps
 * one worker busy at most; a program that transfers more makes several.
 *
 * The callbacks of the easy handles (CURLOPT_WRITEFUNCTION and its kin) run in
 * the driver, below libcurl: they may not suspend. libcurl keeps nothing in the
 * thread, and looks names up on threads of its own.
 *
 * Results: libcurl's codes, which are positive, or -errno.
 */
#ifndef ADAPTERS_CURL_ROVE_CURL_H
#define ADAPTERS_CURL_ROVE_CURL_H

#include <curl/curl.h>

#include "rove/rove.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rove_curl rove_curl;

/* Starts a driver, in the runtime of the calling task. 0 and *out; -ENOMEM (so
 * too when there is no stack for it), -EMFILE, -ECANCELED; or why its task was
 * refused, as rove_join(NULL). Context  a task; suspends until it runs */
ROVE_SUSPENDS ROVE_MUST_CHECK int rove_curl_new(rove_curl **out);

/* Stops it and gives it back; NULL is ignored. Nobody performs by it any more.
 * Not stopped by cancellation. Context  any thread; may suspend */
ROVE_SUSPENDS void rove_curl_free(rove_curl *curl);

/* Performs the transfer that the handle is set up for, and waits for its end;
 * the handle is the driver's meanwhile. CURLOPT_PRIVATE and CURLOPT_NOSIGNAL of
 * it are used.
 *
 * Returns CURLE_OK (0), another CURLcode, or
 *   -ECANCELED  nothing of the transfer goes on; its connection is closed
 *   -EPIPE      the driver has ended, as its runtime has
 * Context  a task of the driver's runtime; suspends */
ROVE_SUSPENDS ROVE_MUST_CHECK int rove_curl_perform(rove_curl *curl,
                                                    CURL *easy);

#ifdef __cplusplus
}
#endif

#endif
