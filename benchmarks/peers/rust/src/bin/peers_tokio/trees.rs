//! Recursive computing: a task for each node.

use crate::in_task;
use peers::queens::{self, Board};
use peers::{choose_fib, choose_leaves, per_op, sum_below, Outcome};
use std::future::Future;
use std::pin::Pin;
use std::time::Instant;

type Answer = Pin<Box<dyn Future<Output = u64> + Send>>;

fn fib(n: u64) -> Answer {
    Box::pin(async move {
        if n < 2 {
            return n;
        }
        let left = tokio::spawn(fib(n - 1));
        let right = fib(n - 2).await;
        left.await.unwrap() + right
    })
}

pub fn fib_tree(workers: usize, ops: usize) -> Outcome {
    let (n, value, calls) = choose_fib(ops);
    in_task(workers, async move {
        let start = Instant::now();
        let found = fib(n).await;
        let outcome = per_op(start, calls);
        assert_eq!(found, value);
        outcome
    })
}

fn skynet(first: u64, leaves: u64) -> Answer {
    Box::pin(async move {
        if leaves == 1 {
            return first;
        }
        let part = leaves / 10;
        let children: Vec<_> = (0..10)
            .map(|i| tokio::spawn(skynet(first + i * part, part)))
            .collect();
        let mut sum = 0;
        for child in children {
            sum += child.await.unwrap();
        }
        sum
    })
}

pub fn skynet_tree(workers: usize, ops: usize) -> Outcome {
    let leaves = choose_leaves(ops);
    in_task(workers, async move {
        let start = Instant::now();
        let sum = skynet(0, leaves as u64).await;
        let outcome = per_op(start, leaves);
        assert_eq!(sum, sum_below(leaves as u64));
        outcome
    })
}

fn nqueens(board: Board) -> Answer {
    Box::pin(async move {
        if board.row == board.size {
            return 1;
        }
        let children: Vec<_> = (0..board.size)
            .filter(|&column| board.is_free(column))
            .map(|column| tokio::spawn(nqueens(board.with(column))))
            .collect();
        let mut ways = 0;
        for child in children {
            ways += child.await.unwrap();
        }
        ways
    })
}

pub fn nqueens_tree(workers: usize, ops: usize) -> Outcome {
    let (size, ways, boards) = queens::choose(ops);
    in_task(workers, async move {
        let start = Instant::now();
        let found = nqueens(Board::empty(size)).await;
        let outcome = per_op(start, boards);
        assert_eq!(found, ways);
        outcome
    })
}
