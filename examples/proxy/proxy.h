/* What every connection of the proxy uses.
 */
#ifndef EXAMPLES_PROXY_PROXY_H
#define EXAMPLES_PROXY_PROXY_H

#include "examples/proxy/balancer.h"
#include "examples/proxy/options.h"

struct proxy {
    struct options options;
    struct balancer balancer;
};

#endif
