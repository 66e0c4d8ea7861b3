/* The libuv program: its services, a loop for each worker.
 */
#ifndef BENCHMARKS_PEERS_C_LIBUV_H
#define BENCHMARKS_PEERS_C_LIBUV_H

/* As struct service has it. */
void libuv_serve_echo(unsigned workers);
void libuv_serve_http(unsigned workers);

#endif
