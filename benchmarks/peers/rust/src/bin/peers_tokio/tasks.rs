//! Switches, and tasks that are made and end.

use crate::in_task;
use peers::{per_op, Outcome};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::Instant;
use tokio::task::yield_now;

const BATCH: usize = 1000;

fn yield_among(workers: usize, tasks: usize, ops: usize) -> Outcome {
    in_task(workers, async move {
        let start = Instant::now();
        let often = || async move {
            for _ in 0..ops / tasks {
                yield_now().await;
            }
        };
        let handles: Vec<_> =
            (0..tasks).map(|_| tokio::spawn(often())).collect();
        for handle in handles {
            handle.await.unwrap();
        }
        per_op(start, ops)
    })
}

pub fn yield_pairs(workers: usize, ops: usize) -> Outcome {
    yield_among(workers, 2 * workers, ops)
}

pub fn yield_100(workers: usize, ops: usize) -> Outcome {
    yield_among(workers, 100, ops)
}

pub fn spawn_join(workers: usize, ops: usize) -> Outcome {
    in_task(workers, async move {
        let start = Instant::now();
        for _ in 0..ops {
            tokio::spawn(async {}).await.unwrap();
        }
        per_op(start, ops)
    })
}

/// The child waits; another task is ready, so that the wait is one.
pub fn spawn_join_wait(workers: usize, ops: usize) -> Outcome {
    in_task(workers, async move {
        let stop = Arc::new(AtomicBool::new(false));
        let seen = stop.clone();
        let other = tokio::spawn(async move {
            while !seen.load(Ordering::Relaxed) {
                yield_now().await;
            }
        });
        let start = Instant::now();
        for _ in 0..ops {
            tokio::spawn(yield_now()).await.unwrap();
        }
        let outcome = per_op(start, ops);
        stop.store(true, Ordering::Relaxed);
        other.await.unwrap();
        outcome
    })
}

/// Batches of tasks that return their numbers.
pub fn gather(workers: usize, ops: usize) -> Outcome {
    in_task(workers, async move {
        let start = Instant::now();
        let mut left = ops;
        while left > 0 {
            let size = left.min(BATCH);
            let handles: Vec<_> =
                (0..size).map(|i| tokio::spawn(async move { i })).collect();
            let mut results = Vec::with_capacity(size);
            for handle in handles {
                results.push(handle.await.unwrap());
            }
            assert!(results[0] == 0 && results[size - 1] == size - 1);
            left -= size;
        }
        per_op(start, ops)
    })
}

pub fn spawn_batch(workers: usize, ops: usize) -> Outcome {
    in_task(workers, async move {
        let start = Instant::now();
        let mut left = ops;
        while left > 0 {
            let size = left.min(BATCH);
            let handles: Vec<_> =
                (0..size).map(|_| tokio::spawn(async {})).collect();
            for handle in handles {
                handle.await.unwrap();
            }
            left -= size;
        }
        per_op(start, ops)
    })
}
