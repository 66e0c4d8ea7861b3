package main

/*
#include <stdint.h>

int foreign_start(uint64_t rounds);
void foreign_join(void);
void foreign_wait_begins(uint64_t round);
int64_t foreign_now(void);
int64_t foreign_set_at(uint64_t round);
*/
import "C"

import (
	"runtime"
	"sort"
	"time"
)

// A timer that is stopped before its time.
func timerAddCancel(ops int) time.Duration {
	start := time.Now()
	for i := 0; i < ops; i++ {
		timer := time.NewTimer(time.Second + time.Duration(i%4096))
		require(timer.Stop())
	}
	return time.Since(start)
}

var rings = make(chan uint64, 1)

//export foreignRing
func foreignRing(round C.uint64_t) {
	rings <- uint64(round)
}

// A thread that is none of Go's sends a while after a goroutine began to wait,
// when nothing else runs: the median and the 99th percentile until it goes on.
func foreignWake(ops int) result {
	latency := make([]float64, ops)
	require(C.foreign_start(C.uint64_t(ops)) == 0)
	for i := range latency {
		C.foreign_wait_begins(C.uint64_t(i))
		require(<-rings == uint64(i))
		latency[i] = float64(C.foreign_now() -
			C.foreign_set_at(C.uint64_t(i)))
	}
	C.foreign_join()
	sort.Float64s(latency)
	return result{NsPerOp: latency[ops/2], P99Ns: latency[ops*99/100]}
}

// A call on a thread of its own, as one makes those that must not share one.
func offloadRoundtrip(ops int) time.Duration {
	calls := make(chan func() int)
	results := make(chan int)
	go func() {
		runtime.LockOSThread()
		for call := range calls {
			results <- call()
		}
	}()
	call := func() int { return 7 }
	start := time.Now()
	for i := 0; i < ops; i++ {
		calls <- call
		require(<-results == 7)
	}
	spent := time.Since(start)
	close(calls)
	return spent
}
