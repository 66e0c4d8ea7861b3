//! The workloads of benchmarks/peers, done with Tokio.

mod channels;
mod crowds;
mod locks;
mod servers;
mod tasks;
mod trees;
mod waiting;

use peers::{cold, warm};
use std::future::Future;
use tokio::runtime::{Builder, Runtime};

/// One worker is Tokio's own runtime for that, which is the faster one.
pub fn runtime(workers: usize) -> Runtime {
    let mut builder = if workers == 1 {
        Builder::new_current_thread()
    } else {
        Builder::new_multi_thread()
    };
    builder.worker_threads(workers).enable_all().build().unwrap()
}

/// Runs a future as a task of a runtime of its own.
pub fn in_task<F>(workers: usize, future: F) -> F::Output
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let main = async { tokio::spawn(future).await.unwrap() };
    runtime(workers).block_on(main)
}

fn main() {
    let workloads = [
        warm("yield", tasks::yield_pairs),
        warm("yield_100", tasks::yield_100),
        warm("spawn_join", tasks::spawn_join),
        warm("spawn_join_wait", tasks::spawn_join_wait),
        warm("spawn_batch", tasks::spawn_batch),
        warm("gather", tasks::gather),
        warm("fib", trees::fib_tree),
        warm("skynet", trees::skynet_tree),
        warm("skynet_spawn", trees::skynet_tree),
        warm("nqueens", trees::nqueens_tree),
        warm("chan_buffered", channels::buffered),
        warm("chan_mpmc", channels::mpmc),
        warm("chan_pingpong", channels::pingpong),
        warm("select_ready", channels::select_ready),
        warm("mutex_uncontended", locks::uncontended),
        warm("mutex_contended", locks::contended),
        warm("mutex_brief", locks::brief),
        warm("scope_unused", waiting::scope_unused),
        warm("timer_add_cancel", waiting::timer_add_cancel),
        warm("foreign_wake", waiting::foreign_wake),
        warm("offload_roundtrip", waiting::offload_roundtrip),
        cold("sleepers", crowds::sleepers),
        cold("delayed", crowds::sleepers),
        cold("parked_task", crowds::parked_task),
        cold("unstarted_task", crowds::unstarted_task),
    ];
    let serves: [peers::Serve; 2] = [
        ("serve_echo", servers::serve_echo),
        ("serve_http", servers::serve_http),
    ];
    peers::main(&workloads, &serves);
}
