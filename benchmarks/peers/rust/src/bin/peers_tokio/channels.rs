//! Items through channels, and the choice among several. Tokio has no channel
//! without a buffer.

use crate::in_task;
use peers::{per_op, sum_below, Outcome};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{channel, Receiver, Sender};
use tokio::sync::Mutex;

const CAPACITY: usize = 128;
const PARTIES: usize = 4; // producers, consumers, channels of a select

async fn send_all(sender: Sender<u64>, first: u64, count: u64) {
    for item in first..first + count {
        sender.send(item).await.unwrap();
    }
}

pub fn buffered(workers: usize, ops: usize) -> Outcome {
    in_task(workers, async move {
        let (sender, mut receiver) = channel(CAPACITY);
        let start = Instant::now();
        let producer = tokio::spawn(send_all(sender, 0, ops as u64));
        let consumer = tokio::spawn(async move {
            let mut sum = 0;
            while let Some(item) = receiver.recv().await {
                sum += item;
            }
            sum
        });
        producer.await.unwrap();
        let sum = consumer.await.unwrap();
        let outcome = per_op(start, ops);
        assert_eq!(sum, sum_below(ops as u64));
        outcome
    })
}

async fn receive_shared(receiver: Arc<Mutex<Receiver<u64>>>) -> u64 {
    let mut sum = 0;
    loop {
        let item = receiver.lock().await.recv().await;
        match item {
            Some(item) => sum += item,
            None => return sum,
        }
    }
}

/// Receivers share one end behind a lock, as Tokio's documentation has it.
pub fn mpmc(workers: usize, ops: usize) -> Outcome {
    in_task(workers, async move {
        let each = (ops / PARTIES) as u64;
        let (sender, receiver) = channel(CAPACITY);
        let receiver = Arc::new(Mutex::new(receiver));
        let start = Instant::now();
        let mut consumers = Vec::new();
        for i in 0..PARTIES as u64 {
            tokio::spawn(send_all(sender.clone(), i * each, each));
            consumers.push(tokio::spawn(receive_shared(receiver.clone())));
        }
        drop(sender);
        let mut sum = 0;
        for consumer in consumers {
            sum += consumer.await.unwrap();
        }
        let outcome = per_op(start, ops);
        assert_eq!(sum, sum_below(each * PARTIES as u64));
        outcome
    })
}

/// An item goes to another task and comes back before the next one goes.
pub fn pingpong(workers: usize, ops: usize) -> Outcome {
    in_task(workers, async move {
        let (there, mut thrown) = channel(1);
        let (returned, mut back) = channel(1);
        let wall = tokio::spawn(async move {
            while let Some(item) = thrown.recv().await {
                returned.send(item).await.unwrap();
            }
        });
        let start = Instant::now();
        for i in 0..ops as u64 {
            there.send(i).await.unwrap();
            assert_eq!(back.recv().await, Some(i));
        }
        let outcome = per_op(start, ops);
        drop(there);
        wall.await.unwrap();
        outcome
    })
}

/// Fills the channels with 0, 1, 2, …
fn fill(senders: &[Sender<u64>], next: &mut u64) {
    for sender in senders {
        while sender.try_send(*next).is_ok() {
            *next += 1;
        }
    }
}

/// The channels are filled up after as many selects as one of them holds items,
/// with the clock stopped: none is ever found empty.
pub fn select_ready(workers: usize, ops: usize) -> Outcome {
    in_task(workers, async move {
        let (senders, receivers): (Vec<_>, Vec<_>) =
            (0..PARTIES).map(|_| channel::<u64>(CAPACITY)).unzip();
        let mut ends: [Receiver<u64>; PARTIES] = receivers.try_into().unwrap();
        let [a, b, c, d] = &mut ends;
        let (mut sent, mut sum, mut done) = (0, 0, 0);
        let mut spent = Duration::ZERO;
        while done < ops {
            fill(&senders, &mut sent);
            let start = Instant::now();
            for _ in 0..CAPACITY.min(ops - done) {
                sum += tokio::select! {
                    Some(item) = a.recv() => item,
                    Some(item) = b.recv() => item,
                    Some(item) = c.recv() => item,
                    Some(item) = d.recv() => item,
                };
            }
            spent += start.elapsed();
            done += CAPACITY;
        }
        for end in &mut ends {
            while let Ok(item) = end.try_recv() {
                sum += item;
            }
        }
        assert_eq!(sum, sum_below(sent));
        Outcome::timed(spent, ops)
    })
}
