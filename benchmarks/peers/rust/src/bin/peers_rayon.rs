//! The workloads of benchmarks/peers that compute, done with Rayon.

use peers::queens::{self, Board};
use peers::{choose_fib, choose_leaves, per_op, sum_below, warm, Outcome};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

const BATCH: usize = 1000;

fn in_pool<T: Send>(workers: usize, run: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(workers);
    pool.build().unwrap().install(run)
}

fn spawn_join(workers: usize, ops: usize) -> Outcome {
    in_pool(workers, || {
        let start = Instant::now();
        for _ in 0..ops {
            rayon::scope(|scope| scope.spawn(|_| ()));
        }
        per_op(start, ops)
    })
}

fn spawn_batch(workers: usize, ops: usize) -> Outcome {
    in_pool(workers, || {
        let ended = AtomicUsize::new(0);
        let start = Instant::now();
        let mut left = ops;
        while left > 0 {
            let size = left.min(BATCH);
            rayon::scope(|scope| {
                for _ in 0..size {
                    scope.spawn(|_| {
                        ended.fetch_add(1, Ordering::Relaxed);
                    });
                }
            });
            left -= size;
        }
        let outcome = per_op(start, ops);
        assert_eq!(ended.into_inner(), ops);
        outcome
    })
}

fn fib(n: u64) -> u64 {
    if n < 2 {
        return n;
    }
    let (left, right) = rayon::join(|| fib(n - 1), || fib(n - 2));
    left + right
}

fn fib_tree(workers: usize, ops: usize) -> Outcome {
    let (n, value, calls) = choose_fib(ops);
    in_pool(workers, || {
        let start = Instant::now();
        let found = fib(n);
        let outcome = per_op(start, calls);
        assert_eq!(found, value);
        outcome
    })
}

fn skynet(first: u64, leaves: u64) -> u64 {
    if leaves == 1 {
        return first;
    }
    let part = leaves / 10;
    let mut sums = [0; 10];
    rayon::scope(|scope| {
        for (i, sum) in sums.iter_mut().enumerate() {
            scope.spawn(move |_| *sum = skynet(first + i as u64 * part, part));
        }
    });
    sums.iter().sum()
}

fn skynet_tree(workers: usize, ops: usize) -> Outcome {
    let leaves = choose_leaves(ops);
    in_pool(workers, || {
        let start = Instant::now();
        let sum = skynet(0, leaves as u64);
        let outcome = per_op(start, leaves);
        assert_eq!(sum, sum_below(leaves as u64));
        outcome
    })
}

fn nqueens(board: &Board) -> u64 {
    if board.row == board.size {
        return 1;
    }
    let mut ways = [0; queens::MAX];
    rayon::scope(|scope| {
        for (column, way) in ways.iter_mut().enumerate().take(board.size) {
            if board.is_free(column) {
                let next = board.with(column);
                scope.spawn(move |_| *way = nqueens(&next));
            }
        }
    });
    ways.iter().sum()
}

fn nqueens_tree(workers: usize, ops: usize) -> Outcome {
    let (size, ways, boards) = queens::choose(ops);
    in_pool(workers, || {
        let start = Instant::now();
        let found = nqueens(&Board::empty(size));
        let outcome = per_op(start, boards);
        assert_eq!(found, ways);
        outcome
    })
}

fn main() {
    let workloads = [
        warm("spawn_join", spawn_join),
        warm("spawn_batch", spawn_batch),
        warm("fib", fib_tree),
        warm("skynet", skynet_tree),
        warm("nqueens", nqueens_tree),
    ];
    peers::main(&workloads, &[]);
}
