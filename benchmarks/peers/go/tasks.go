package main

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const batch = 1000

func yieldAmong(tasks, ops int) time.Duration {
	var all sync.WaitGroup
	all.Add(tasks)
	start := time.Now()
	for i := 0; i < tasks; i++ {
		go func() {
			for i := 0; i < ops/tasks; i++ {
				runtime.Gosched()
			}
			all.Done()
		}()
	}
	all.Wait()
	return time.Since(start)
}

func yield(ops int) time.Duration {
	return yieldAmong(2*workers(), ops)
}

func yield100(ops int) time.Duration {
	return yieldAmong(100, ops)
}

func spawnJoin(ops int) time.Duration {
	var one sync.WaitGroup
	start := time.Now()
	for i := 0; i < ops; i++ {
		one.Add(1)
		go one.Done()
		one.Wait()
	}
	return time.Since(start)
}

// The child waits; another goroutine is ready, so that the wait is one.
func spawnJoinWait(ops int) time.Duration {
	var stop uint32
	var other, one sync.WaitGroup
	other.Add(1)
	go func() {
		for atomic.LoadUint32(&stop) == 0 {
			runtime.Gosched()
		}
		other.Done()
	}()
	start := time.Now()
	for i := 0; i < ops; i++ {
		one.Add(1)
		go func() {
			runtime.Gosched()
			one.Done()
		}()
		one.Wait()
	}
	spent := time.Since(start)
	atomic.StoreUint32(&stop, 1)
	other.Wait()
	return spent
}

func spawnBatch(ops int) time.Duration {
	var all sync.WaitGroup
	start := time.Now()
	for left := ops; left > 0; left -= batch {
		size := batch
		if left < batch {
			size = left
		}
		all.Add(size)
		for i := 0; i < size; i++ {
			go all.Done()
		}
		all.Wait()
	}
	return time.Since(start)
}

// Go has no call for it: the usual slice of results and a WaitGroup.
func gather(ops int) time.Duration {
	results := make([]int64, batch)
	start := time.Now()
	for left := ops; left > 0; left -= batch {
		size := batch
		if left < batch {
			size = left
		}
		var all sync.WaitGroup
		all.Add(size)
		for i := 0; i < size; i++ {
			go func(i int) {
				results[i] = int64(i)
				all.Done()
			}(i)
		}
		all.Wait()
		require(results[0] == 0 && results[size-1] == int64(size-1))
	}
	return time.Since(start)
}

//go:noinline
func compute(x uint64) uint64 {
	return x * 0x9e3779b97f4a7c15 >> 1
}

// What is inside waits for nothing. The parent cannot be cancelled, which is
// the cheaper case for Go.
func scopeUnused(ops int) time.Duration {
	sum := uint64(0)
	late := false
	start := time.Now()
	for i := uint64(0); i < uint64(ops); i++ {
		ctx, cancel := context.WithTimeout(context.Background(),
			250*time.Millisecond)
		sum += compute(i)
		late = late || ctx.Err() != nil
		cancel()
	}
	spent := time.Since(start)
	for i := uint64(0); i < uint64(ops); i++ {
		sum -= compute(i)
	}
	require(!late && sum == 0)
	return spent
}
