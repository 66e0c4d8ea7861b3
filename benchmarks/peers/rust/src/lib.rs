//! What the Rust programs of benchmarks/peers share.
//!
//!     PROGRAM --list                the workloads, one a line
//!     PROGRAM WORKLOAD WORKERS OPS  one run: a line of JSON with ns_per_op
//!     PROGRAM serve_SERVICE WORKERS a server: a line of JSON with its port; it
//!                                   ends when standard input does
//!
//! A workload checks its answer and panics when it is wrong; a short run does
//! so before the one that is timed.

pub mod queens;
pub mod usage;

use std::time::{Duration, Instant};

/// What a run found; a field that is 0 is not reported.
#[derive(Default)]
pub struct Outcome {
    pub ns_per_op: f64,
    pub wall_seconds: f64,
    pub cpu_seconds: f64,
    pub bytes_per_task: f64,
    pub p99_ns: f64,
}

impl Outcome {
    pub fn timed(spent: Duration, ops: usize) -> Outcome {
        Outcome {
            ns_per_op: spent.as_nanos() as f64 / ops as f64,
            ..Outcome::default()
        }
    }

    fn print(&self) {
        let mut line = format!("{{\"ns_per_op\": {}", self.ns_per_op);
        for (name, value) in [
            ("wall_seconds", self.wall_seconds),
            ("cpu_seconds", self.cpu_seconds),
            ("bytes_per_task", self.bytes_per_task),
            ("p99_ns", self.p99_ns),
        ] {
            if value > 0.0 {
                line += &format!(", \"{name}\": {value}");
            }
        }
        println!("{line}}}");
    }
}

/// A run of so many operations on so many workers.
pub type Run = fn(workers: usize, ops: usize) -> Outcome;

pub struct Workload {
    pub name: &'static str,
    pub run: Run,
    pub cold: bool, // takes a second however short, or memory that stays
}

pub const fn warm(name: &'static str, run: Run) -> Workload {
    Workload { name, run, cold: false }
}

pub const fn cold(name: &'static str, run: Run) -> Workload {
    Workload { name, run, cold: true }
}

/// A server on so many workers; does not return.
pub type Serve = (&'static str, fn(workers: usize));

/// The largest fib with at most so many calls: n, fib(n), the calls.
pub fn choose_fib(ops: usize) -> (u64, u64, usize) {
    let (mut n, mut value, mut last) = (1, 1, 0);
    let (mut calls, mut before) = (1, 1);
    while n < 32 && calls + before < ops {
        n += 1;
        (value, last) = (value + last, value);
        (calls, before) = (calls + before + 1, calls);
    }
    (n, value, calls)
}

/// The largest power of ten that is not over ops.
pub fn choose_leaves(ops: usize) -> usize {
    let mut leaves = 1;
    while leaves * 10 <= ops {
        leaves *= 10;
    }
    leaves
}

/// 0 + 1 + … + n - 1
pub fn sum_below(n: u64) -> u64 {
    n * n.saturating_sub(1) / 2
}

pub fn per_op(start: Instant, ops: usize) -> Outcome {
    Outcome::timed(start.elapsed(), ops)
}

fn number(text: Option<&String>) -> usize {
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn measure(workload: &Workload, workers: usize, ops: usize) {
    if !workload.cold {
        (workload.run)(workers, ops / 100 + 100);
    }
    (workload.run)(workers, ops).print();
}

/// The whole of a main function.
pub fn main(workloads: &[Workload], serves: &[Serve]) {
    usage::keep_jemalloc();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let wanted = arguments.first().map_or("", |name| name.as_str());
    if wanted == "--list" {
        workloads.iter().for_each(|workload| println!("{}", workload.name));
        serves.iter().for_each(|(name, _)| println!("{name}"));
        return;
    }
    let workers = number(arguments.get(1));
    let ops = number(arguments.get(2));
    let workload = workloads.iter().find(|one| one.name == wanted);
    let serve = serves.iter().find(|one| one.0 == wanted);
    match (workload, serve) {
        (Some(workload), _) if workers > 0 && ops > 0 => {
            measure(workload, workers, ops)
        }
        (_, Some(serve)) if workers > 0 => (serve.1)(workers),
        _ => {
            eprintln!("usage: --list | WORKLOAD WORKERS [OPS]");
            std::process::exit(2);
        }
    }
}
