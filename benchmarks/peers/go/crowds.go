package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Very many goroutines at once: what each costs in memory, and to keep asleep.

// The sum of some lines of /proc/self/status, in bytes.
func status(keys ...string) float64 {
	file, err := os.Open("/proc/self/status")
	require(err == nil)
	defer file.Close()
	sum := 0.0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		for _, key := range keys {
			var kib float64
			if strings.HasPrefix(lines.Text(), key+":") {
				fmt.Sscanf(lines.Text()[len(key)+1:], "%f", &kib)
				sum += kib * 1024
			}
		}
	}
	return sum
}

func resident() float64 {
	return status("VmRSS", "VmPTE")
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	require(syscall.Getrusage(syscall.RUSAGE_SELF, &usage) == nil)
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) * 1e-9
}

func parkedTask(ops int) result {
	debug.FreeOSMemory()
	var parked int64
	var all sync.WaitGroup
	end := make(chan bool)
	all.Add(ops)
	before := resident()
	start := time.Now()
	for i := 0; i < ops; i++ {
		go func() {
			atomic.AddInt64(&parked, 1)
			<-end
			all.Done()
		}()
		if i%batch == 0 {
			runtime.Gosched()
		}
	}
	for atomic.LoadInt64(&parked) < int64(ops) {
		runtime.Gosched()
	}
	spent := time.Since(start)
	bytes := resident() - before
	close(end)
	all.Wait()
	return result{NsPerOp: float64(spent.Nanoseconds()) / float64(ops),
		BytesPerTask: bytes / float64(ops)}
}

// Goroutines that have not run yet: the one that makes them goes on, on one
// processor. Go stops it after 10 ms, so some run; those do not end.
func unstartedTask(ops int) result {
	debug.FreeOSMemory()
	var all sync.WaitGroup
	end := make(chan bool)
	all.Add(ops)
	before := resident()
	start := time.Now()
	for i := 0; i < ops; i++ {
		go func() {
			<-end
			all.Done()
		}()
	}
	spent := time.Since(start)
	bytes := resident() - before
	close(end)
	all.Wait()
	return result{NsPerOp: float64(spent.Nanoseconds()) / float64(ops),
		BytesPerTask: bytes / float64(ops)}
}

// Goroutines that end at random times within a second.
func passSecond(ops int, begin func(span time.Duration, end func())) result {
	debug.FreeOSMemory()
	var all sync.WaitGroup
	all.Add(ops)
	random := uint64(88172645463325252)
	before := resident()
	cpu := cpuSeconds()
	start := time.Now()
	for i := 0; i < ops; i++ {
		random ^= random << 13
		random ^= random >> 7
		random ^= random << 17
		begin(time.Duration(random%uint64(time.Second)), all.Done)
	}
	all.Wait()
	spent := time.Since(start)
	peak := status("VmHWM", "VmPTE")
	return result{NsPerOp: float64(spent.Nanoseconds()) / float64(ops),
		WallSeconds: spent.Seconds(), CPUSeconds: cpuSeconds() - cpu,
		BytesPerTask: (peak - before) / float64(ops)}
}

func sleepers(ops int) result {
	return passSecond(ops, func(span time.Duration, end func()) {
		go func() {
			time.Sleep(span)
			end()
		}()
	})
}

func delayed(ops int) result {
	return passSecond(ops, func(span time.Duration, end func()) {
		time.AfterFunc(span, end)
	})
}
