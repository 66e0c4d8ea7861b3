/* Fetches many pages at once: asyncio's batch of requests, as a program.
 *
 *     fetch --concurrency 8 --output pages https://example.org/ - <urls
 *
 *     async def fetch_one(slots, url):
 *         async with slots, asyncio.timeout(30):
 *             return await fetch(url)
 *
 *     slots = asyncio.Semaphore(8)
 *     results = await asyncio.gather(*[fetch_one(slots, u) for u in urls],
 *                                    return_exceptions=True)
 *
 * Here is the batch; page.c fetches one page, options.c reads the command line.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rove/rove.h"

#include "adapters/curl/rove_curl.h"
#include "examples/fetch/options.h"
#include "examples/fetch/page.h"

#define PROGRESS_EVERY (100 * ROVE_MS)

struct batch {
    struct options options;
    rove_semaphore slots;
    rove_curl *curl;
    struct job *jobs;
    rove_task **tasks;
    int64_t *results; /* of the jobs: a size, or -errno */
    rove_time begin;
    atomic_size_t ended;
    atomic_size_t failed;
};

struct job {
    struct batch *batch;
    struct page page;
};

static int64_t fetch_one(void *arg)
{
    struct job *job = arg;
    struct batch *batch = job->batch;
    int64_t result = rove_semaphore_take(&batch->slots, 1);
    if (result == 0) {
        result = page_fetch(&job->page);
        rove_semaphore_give(&batch->slots, 1);
    }
    atomic_fetch_add(&batch->ended, 1);
    atomic_fetch_add(&batch->failed, result < 0 && result != -ECANCELED);
    return result;
}

/* A task for each page; those beyond the limit wait for a slot. Failures are
 * results like others, or the first one cancels the rest. */
static int64_t fetch_all(void *arg)
{
    struct batch *batch = arg;
    size_t count = batch->options.count;
    for (size_t i = 0; i < count; i++) {
        batch->tasks[i] = rove_spawn(fetch_one, &batch->jobs[i]);
    }
    return rove_gather(batch->tasks, count, batch->results,
                       batch->options.fail_fast ? 0 : ROVE_COLLECT);
}

static void show_progress(struct batch *batch)
{
    fprintf(stderr, "\r\033[K%zu of %zu, %zu failed",
            atomic_load(&batch->ended), batch->options.count,
            atomic_load(&batch->failed));
}

/* Shows how it goes to who looks, and cancels what runs when told to. */
static void run_batch(struct batch *batch, rove_signals *signals)
{
    bool is_watched = isatty(STDERR_FILENO) == 1;
    rove_task *all = rove_spawn(fetch_all, batch);
    int which;
    do {
        rove_case cases[] = {
            rove_on_task(all),
            rove_on_signal(signals),
            rove_on_time(is_watched ? rove_now() + PROGRESS_EVERY
                                    : ROVE_FOREVER),
        };
        which = rove_select(cases, 3, 0);
        if (which == 1) {
            rove_cancel(all);
        } else if (which == 2) {
            show_progress(batch);
        }
    } while (which > 0);
    (void)rove_join(all);
    if (is_watched) {
        fprintf(stderr, "\r\033[K");
    }
}

/* The failures, and what it came to. The exit code. */
static int report(const struct batch *batch)
{
    size_t fetched = 0;
    size_t failed = 0;
    int64_t bytes = 0;
    for (size_t i = 0; i < batch->options.count; i++) {
        const struct page *page = &batch->jobs[i].page;
        if (batch->results[i] >= 0) {
            fetched++;
            bytes += batch->results[i];
        } else if (batch->results[i] != -ECANCELED) {
            failed++;
            fprintf(stderr, "%s: %s\n", page->url, page->reason);
        }
    }
    size_t rest = batch->options.count - fetched - failed;
    printf("%zu fetched, %zu failed, %zu given up; %" PRId64 " bytes, %.2f s\n",
           fetched, failed, rest, bytes,
           (double)(rove_now() - batch->begin) / (double)ROVE_SEC);
    return failed + rest > 0 ? 1 : 0;
}

static int64_t start(void *arg)
{
    static const int ends[] = {SIGINT, SIGTERM};
    struct batch *batch = arg;
    rove_signals *signals;
    int64_t result = rove_signals_new(ends, 2, &signals);
    if (result != 0) {
        return result;
    }
    result = rove_curl_new(&batch->curl);
    if (result == 0) {
        for (size_t i = 0; i < batch->options.count; i++) {
            batch->jobs[i].page.curl = batch->curl;
        }
        run_batch(batch, signals);
        rove_curl_free(batch->curl);
        result = report(batch);
    }
    rove_signals_free(signals);
    return result;
}

static bool prepare(struct batch *batch)
{
    const struct options *options = &batch->options;
    size_t count = options->count;
    batch->jobs = calloc(count, sizeof batch->jobs[0]);
    batch->tasks = calloc(count, sizeof(rove_task *));
    batch->results = calloc(count, sizeof batch->results[0]);
    if (count > 0 && (batch->jobs == NULL || batch->tasks == NULL ||
                      batch->results == NULL)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        batch->jobs[i].batch = batch;
        batch->jobs[i].page = (struct page){
            .options = options, .url = options->urls[i], .number = i + 1};
        batch->results[i] = -ECANCELED;
    }
    rove_semaphore_init(&batch->slots, options->concurrency, 0);
    batch->begin = rove_now();
    return true;
}

int main(int argc, char **argv)
{
    static struct batch batch;
    options_read(&batch.options, argc, argv);
    int64_t result = -ENOMEM;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK && prepare(&batch)) {
        result = rove_run(NULL, start, &batch);
    }
    curl_global_cleanup();
    free(batch.jobs);
    free(batch.tasks);
    free(batch.results);
    options_free(&batch.options);
    if (result < 0) {
        fprintf(stderr, "fetch: %s\n", strerror((int)-result));
        return 1;
    }
    return (int)result;
}
