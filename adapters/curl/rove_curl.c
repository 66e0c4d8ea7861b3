#include "adapters/curl/rove_curl.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS_AT_ONCE 32
#define STACK_SIZE     262144 /* libcurl and the TLS below it */

/* A transfer, in the frame of who performs it. Sent to the driver to begin it,
 * and once more to end it early: it is the driver's until it sets `done`, or
 * then `stopped`. */
struct transfer {
    CURL *easy;
    rove_event done;
    rove_event stopped;
    int result;
    enum { NEW, RUNNING, ENDED } state;
};

/* But for channel and event all is the driver's. */
struct rove_curl {
    CURLM *multi;
    int epoll; /* of libcurl's sockets */
    size_t running;
    rove_event started;
    rove_chan *transfers; /* without room: what was sent was received */
    rove_task *driver;
};

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context,
                     void *unused)
{
    const rove_curl *curl = context;
    struct epoll_event event = {.data.fd = fd};
    (void)easy;
    (void)unused;
    if (what == CURL_POLL_REMOVE) {
        (void)epoll_ctl(curl->epoll, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    event.events = ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0) |
                   ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0);
    if (epoll_ctl(curl->epoll, EPOLL_CTL_MOD, fd, &event) != 0) {
        return epoll_ctl(curl->epoll, EPOLL_CTL_ADD, fd, &event);
    }
    return 0;
}

/* When libcurl wants to be called though no socket is ready. */
static rove_time alarm_of(const rove_curl *curl)
{
    long span = -1; /* ms */
    (void)curl_multi_timeout(curl->multi, &span);
    return span < 0 ? ROVE_FOREVER : rove_now() + span * ROVE_MS;
}

static void end(rove_curl *curl, struct transfer *transfer, int result)
{
    (void)curl_multi_remove_handle(curl->multi, transfer->easy);
    curl->running--;
    transfer->result = result;
    transfer->state = ENDED;
    rove_event_set(&transfer->done);
}

static void obey(rove_curl *curl, struct transfer *transfer)
{
    if (transfer->state != NEW) {
        if (transfer->state == RUNNING) {
            end(curl, transfer, -ECANCELED);
        }
        rove_event_set(&transfer->stopped);
        return;
    }
    curl->running++;
    transfer->state = RUNNING;
    (void)curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer);
    (void)curl_easy_setopt(transfer->easy, CURLOPT_NOSIGNAL, 1L);
    if (curl_multi_add_handle(curl->multi, transfer->easy) != CURLM_OK) {
        end(curl, transfer, CURLE_FAILED_INIT);
    }
}

/* Lets libcurl serve what is ready and due. */
static void act(rove_curl *curl)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    int count = epoll_wait(curl->epoll, events, EVENTS_AT_ONCE, 0);
    int unused;
    for (int i = 0; i < count; i++) {
        int mask = ((events[i].events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                   ((events[i].events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0);
        if ((events[i].events & (EPOLLERR | EPOLLHUP)) != 0) {
            mask |= CURL_CSELECT_ERR;
        }
        (void)curl_multi_socket_action(curl->multi, events[i].data.fd, mask,
                                       &unused);
    }
    (void)curl_multi_socket_action(curl->multi, CURL_SOCKET_TIMEOUT, 0,
                                   &unused);
    CURLMsg *news;
    while ((news = curl_multi_info_read(curl->multi, &unused)) != NULL) {
        struct transfer *transfer;
        int result = (int)news->data.result;
        (void)curl_easy_getinfo(news->easy_handle, CURLINFO_PRIVATE, &transfer);
        end(curl, transfer, result);
    }
}

/* Until the channel is closed. When the runtime ends it goes on behind a shield
 * until all who perform, who are cancelled as well, have taken leave. */
static int64_t drive(void *arg)
{
    rove_curl *curl = arg;
    rove_scope shield;
    bool is_ending = false;
    rove_event_set(&curl->started);
    while (!is_ending || curl->running > 0) {
        struct transfer *transfer;
        rove_case cases[] = {
            rove_on_recv(curl->transfers, &transfer),
            rove_on_fd(curl->epoll, POLLIN),
            rove_on_time(alarm_of(curl)),
        };
        int which = rove_select(cases, 3, 0);
        if (which < 0 && !is_ending) {
            rove_shield_open(&shield, ROVE_FOREVER);
            is_ending = true;
        } else if (which == 0 && cases[0].result == 0) {
            obey(curl, transfer);
        } else if (which == 0) {
            break;
        } else {
            act(curl);
        }
    }
    rove_chan_close(curl->transfers);
    if (is_ending) {
        (void)rove_scope_close(&shield);
    }
    return 0;
}

static void release(rove_curl *curl)
{
    (void)curl_multi_cleanup(curl->multi);
    rove_chan_unref(curl->transfers);
    if (curl->epoll >= 0) {
        (void)close(curl->epoll);
    }
    free(curl);
}

/* A driver for which there is no stack ends without having run: nobody would
 * receive what is sent to it. */
static int start(rove_curl *curl)
{
    rove_task_options options;
    (void)curl_multi_setopt(curl->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    (void)curl_multi_setopt(curl->multi, CURLMOPT_SOCKETDATA, curl);
    rove_task_options_init(&options);
    options.stack_size = STACK_SIZE;
    options.name = "curl";
    curl->driver = rove_spawn_with(&options, drive, curl);
    rove_case cases[] = {
        rove_on_event(&curl->started),
        rove_on_task(curl->driver),
    };
    int which = rove_select(cases, 2, ROVE_FIRST_LISTED);
    if (which == 0) {
        return 0;
    }
    rove_chan_close(curl->transfers);
    int error = (int)rove_join(curl->driver);
    return which < 0 ? which : error;
}

int rove_curl_new(rove_curl **out)
{
    rove_curl *curl = calloc(1, sizeof *curl);
    if (curl == NULL) {
        return -ENOMEM;
    }
    curl->multi = curl_multi_init();
    curl->transfers = rove_chan_new(sizeof(struct transfer *), 0, NULL);
    curl->epoll = epoll_create1(EPOLL_CLOEXEC);
    int error = curl->epoll < 0 ? -EMFILE : -ENOMEM;
    if (curl->multi != NULL && curl->transfers != NULL && curl->epoll >= 0) {
        error = start(curl);
    }
    if (error != 0) {
        release(curl);
        return error;
    }
    *out = curl;
    return 0;
}

void rove_curl_free(rove_curl *curl)
{
    if (curl != NULL) {
        rove_chan_close(curl->transfers);
        (void)rove_join(curl->driver);
        release(curl);
    }
}

int rove_curl_perform(rove_curl *curl, CURL *easy)
{
    struct transfer own = {
        .easy = easy, .done = ROVE_EVENT_INIT, .stopped = ROVE_EVENT_INIT};
    struct transfer *transfer = &own;
    int error = rove_chan_send(curl->transfers, &transfer);
    if (error != 0 || rove_event_wait(&own.done) == 0) {
        return error != 0 ? error : own.result;
    }
    ROVE_SHIELD(ROVE_FOREVER)
    {
        error = rove_chan_send(curl->transfers, &transfer);
        error = rove_event_wait(error == 0 ? &own.stopped : &own.done);
    }
    return error == 0 ? own.result : error;
}
