//! Very many tasks at once: what each costs in memory, and to keep asleep.

use crate::in_task;
use peers::usage::{cpu_seconds, peak, resident, Random};
use peers::{per_op, Outcome};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::task::yield_now;

const BATCH: usize = 1000;

pub fn parked_task(workers: usize, ops: usize) -> Outcome {
    in_task(workers, async move {
        let parked = Arc::new(AtomicUsize::new(0));
        let end = Arc::new(Notify::new());
        let before = resident();
        let start = Instant::now();
        for i in 0..ops {
            let (parked, end) = (parked.clone(), end.clone());
            tokio::spawn(async move {
                let wait = end.notified();
                parked.fetch_add(1, Ordering::Relaxed);
                wait.await;
            });
            if i % BATCH == 0 {
                yield_now().await;
            }
        }
        while parked.load(Ordering::Relaxed) < ops {
            yield_now().await;
        }
        let mut outcome = per_op(start, ops);
        outcome.bytes_per_task = (resident() - before) / ops as f64;
        end.notify_waiters();
        outcome
    })
}

/// None starts before the one worker's task yields.
pub fn unstarted_task(workers: usize, ops: usize) -> Outcome {
    in_task(workers, async move {
        let ran = Arc::new(AtomicUsize::new(0));
        let before = resident();
        let start = Instant::now();
        for _ in 0..ops {
            let ran = ran.clone();
            tokio::spawn(async move {
                ran.fetch_add(1, Ordering::Relaxed);
            });
        }
        let mut outcome = per_op(start, ops);
        outcome.bytes_per_task = (resident() - before) / ops as f64;
        assert!(workers > 1 || ran.load(Ordering::Relaxed) == 0);
        while ran.load(Ordering::Relaxed) < ops {
            yield_now().await;
        }
        outcome
    })
}

/// Tasks that end at random times within a second.
pub fn sleepers(workers: usize, ops: usize) -> Outcome {
    in_task(workers, async move {
        let mut random = Random::new();
        let mut handles = Vec::with_capacity(ops);
        let before = resident();
        let cpu = cpu_seconds();
        let start = Instant::now();
        for _ in 0..ops {
            let span = Duration::from_nanos(random.next() % 1_000_000_000);
            handles.push(tokio::spawn(tokio::time::sleep(span)));
        }
        for handle in handles {
            handle.await.unwrap();
        }
        let mut outcome = per_op(start, ops);
        outcome.wall_seconds = start.elapsed().as_secs_f64();
        outcome.cpu_seconds = cpu_seconds() - cpu;
        outcome.bytes_per_task = (peak() - before) / ops as f64;
        outcome
    })
}
