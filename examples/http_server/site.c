#include "examples/http_server/site.h"

void limits_init(struct limits *limits)
{
    *limits = (struct limits){
        .line_max = 8192,
        .head_max = 16384,
        .fields_max = 100,
        .body_max = 1 << 20,
        .requests_max = 1000,
        .head_time = 10 * ROVE_SEC,
        .body_time = 30 * ROVE_SEC,
        .idle_time = 60 * ROVE_SEC,
        .rest_time = 20 * ROVE_MS,
        .write_time = 30 * ROVE_SEC,
        .linger_time = 2 * ROVE_SEC,
    };
}
