//! A mutex that nobody, or everybody, wants.

use crate::in_task;
use peers::{per_op, Outcome};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Mutex;
use tokio::task::yield_now;

const TASKS: usize = 8;

async fn add_often(count: Arc<Mutex<usize>>, each: usize, is_held: bool) {
    for _ in 0..each {
        let mut count = count.lock().await;
        *count += 1;
        if is_held {
            yield_now().await;
        }
    }
}

fn together(workers: usize, tasks: usize, held: bool, ops: usize) -> Outcome {
    in_task(workers, async move {
        let each = ops / tasks;
        let count = Arc::new(Mutex::new(0));
        let start = Instant::now();
        let handles: Vec<_> = (0..tasks)
            .map(|_| tokio::spawn(add_often(count.clone(), each, held)))
            .collect();
        for handle in handles {
            handle.await.unwrap();
        }
        let outcome = per_op(start, ops);
        assert_eq!(*count.lock().await, each * tasks);
        outcome
    })
}

pub fn uncontended(workers: usize, ops: usize) -> Outcome {
    together(workers, 1, false, ops)
}

/// The owner yields, so that the others find the mutex locked even on one
/// worker.
pub fn contended(workers: usize, ops: usize) -> Outcome {
    together(workers, TASKS, true, ops)
}

pub fn brief(workers: usize, ops: usize) -> Outcome {
    together(workers, TASKS, false, ops)
}
