//! Waiting for timers, for plain threads, for the pool of blocking threads.

use crate::in_task;
use peers::{per_op, Outcome};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout, Sleep};

#[inline(never)]
fn compute(x: u64) -> u64 {
    x.wrapping_mul(0x9e3779b97f4a7c15) >> 1
}

/// What is inside waits for nothing.
pub fn scope_unused(workers: usize, ops: usize) -> Outcome {
    in_task(workers, async move {
        let mut sum = 0u64;
        let start = Instant::now();
        for i in 0..ops as u64 {
            let inside = async { compute(i) };
            let found = timeout(Duration::from_millis(250), inside).await;
            sum = sum.wrapping_add(found.unwrap());
        }
        let outcome = per_op(start, ops);
        for i in 0..ops as u64 {
            sum = sum.wrapping_sub(compute(i));
        }
        assert_eq!(sum, 0);
        outcome
    })
}

/// Polls a sleep once, which starts its timer; true when it is not over.
struct Begun<'a>(Pin<&'a mut Sleep>);

impl Future for Begun<'_> {
    type Output = bool;
    fn poll(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<bool> {
        Poll::Ready(self.0.as_mut().poll(context).is_pending())
    }
}

pub fn timer_add_cancel(workers: usize, ops: usize) -> Outcome {
    in_task(workers, async move {
        let start = Instant::now();
        for i in 0..ops as u64 {
            let timer = sleep(Duration::from_nanos(1_000_000_000 + i % 4096));
            tokio::pin!(timer);
            assert!(Begun(timer).await);
        }
        per_op(start, ops)
    })
}

/// Ends each wait a while after it began, and notes when.
fn ring(senders: Vec<oneshot::Sender<Instant>>, begun: &AtomicUsize) {
    for (i, sender) in senders.into_iter().enumerate() {
        while begun.load(Ordering::SeqCst) <= i {}
        let from = Instant::now();
        while from.elapsed() < Duration::from_micros(30) {}
        sender.send(Instant::now()).unwrap();
    }
}

/// The median and the 99th percentile from the call to the task that goes on.
pub fn foreign_wake(workers: usize, ops: usize) -> Outcome {
    in_task(workers, async move {
        let (senders, receivers): (Vec<_>, Vec<_>) =
            (0..ops).map(|_| oneshot::channel()).unzip();
        let begun = Arc::new(AtomicUsize::new(0));
        let seen = begun.clone();
        let thread = std::thread::spawn(move || ring(senders, &seen));
        let mut latency = Vec::with_capacity(ops);
        for (i, receiver) in receivers.into_iter().enumerate() {
            begun.store(i + 1, Ordering::SeqCst);
            let set_at = receiver.await.unwrap();
            latency.push(set_at.elapsed().as_nanos() as f64);
        }
        thread.join().unwrap();
        latency.sort_by(f64::total_cmp);
        Outcome {
            ns_per_op: latency[ops / 2],
            p99_ns: latency[ops * 99 / 100],
            ..Outcome::default()
        }
    })
}

pub fn offload_roundtrip(workers: usize, ops: usize) -> Outcome {
    in_task(workers, async move {
        let start = Instant::now();
        for _ in 0..ops {
            let found = tokio::task::spawn_blocking(|| 7).await;
            assert_eq!(found.unwrap(), 7);
        }
        per_op(start, ops)
    })
}
