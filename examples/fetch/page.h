/* One page of the batch: attempts within a timeout, and a file that is there
 * when it is whole.
 */
#ifndef EXAMPLES_FETCH_PAGE_H
#define EXAMPLES_FETCH_PAGE_H

#include "rove/rove.h"

#include "adapters/curl/rove_curl.h"
#include "examples/fetch/options.h"

struct page {
    const struct options *options;
    rove_curl *curl;
    const char *url;
    size_t number;                /* begins the name of its file */
    char reason[CURL_ERROR_SIZE]; /* why the last attempt failed */
};

/* Fetches the page. Its size in bytes; -ECANCELED; or -EIO, and page->reason
 * says why.
 * Context  a task; suspends */
ROVE_SUSPENDS int64_t page_fetch(struct page *page);

#endif
