//! What the process has used, and its allocator: jemalloc, as in rove's
//! programs.

use std::fs;

#[link(name = "jemalloc")]
extern "C" {
    fn malloc_stats_print(
        write: Option<extern "C" fn(*mut libc::c_void, *const libc::c_char)>,
        opaque: *mut libc::c_void,
        options: *const libc::c_char,
    );
}

extern "C" fn write_nothing(_: *mut libc::c_void, _: *const libc::c_char) {}

/// A library that nobody calls would not be linked.
pub fn keep_jemalloc() {
    let options = b"gmdablxeh\0".as_ptr().cast();
    unsafe {
        malloc_stats_print(Some(write_nothing), std::ptr::null_mut(), options)
    }
}

/// The sum of some lines of /proc/self/status, in bytes.
fn status(keys: &[&str]) -> f64 {
    let text = fs::read_to_string("/proc/self/status").unwrap();
    let mut kib = 0.0;
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let key = words.next().unwrap_or("").trim_end_matches(':');
        if keys.contains(&key) {
            kib += words.next().unwrap().parse::<f64>().unwrap();
        }
    }
    kib * 1024.0
}

pub fn resident() -> f64 {
    status(&["VmRSS", "VmPTE"])
}

/// At most so far. Page tables stay until the end.
pub fn peak() -> f64 {
    status(&["VmHWM", "VmPTE"])
}

pub fn cpu_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    let clock = libc::CLOCK_PROCESS_CPUTIME_ID;
    assert_eq!(unsafe { libc::clock_gettime(clock, &mut time) }, 0);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// The same random numbers as everybody's.
pub struct Random(u64);

impl Random {
    pub fn new() -> Random {
        Random(88172645463325252)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

impl Default for Random {
    fn default() -> Random {
        Random::new()
    }
}
