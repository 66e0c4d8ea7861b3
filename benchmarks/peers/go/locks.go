package main

import (
	"runtime"
	"sync"
	"time"
)

const tasks = 8

func addTogether(tasks int, isHeld bool, ops int) time.Duration {
	var mutex sync.Mutex
	var all sync.WaitGroup
	count := 0
	each := ops / tasks
	all.Add(tasks)
	start := time.Now()
	for i := 0; i < tasks; i++ {
		go func() {
			for i := 0; i < each; i++ {
				mutex.Lock()
				count++
				if isHeld {
					runtime.Gosched()
				}
				mutex.Unlock()
			}
			all.Done()
		}()
	}
	all.Wait()
	spent := time.Since(start)
	require(count == each*tasks)
	return spent
}

func mutexUncontended(ops int) time.Duration {
	return addTogether(1, false, ops)
}

// The owner yields, so that the others find the mutex locked even on one
// processor.
func mutexContended(ops int) time.Duration {
	return addTogether(tasks, true, ops)
}

func mutexBrief(ops int) time.Duration {
	return addTogether(tasks, false, ops)
}
