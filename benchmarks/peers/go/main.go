// The workloads of benchmarks/peers, done with goroutines.
//
//	peers --list                  the workloads, one a line
//	peers WORKLOAD WORKERS OPS    one run: a line of JSON with ns_per_op
//	peers serve_echo|serve_http WORKERS
//	                              a server: a line of JSON with its port; it
//	                              ends when standard input does
//
// A workload checks its answer and stops the program when it is wrong; a short
// run does so before the one that is timed.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"
)

// What a run found; a field that is 0 is not reported.
type result struct {
	NsPerOp      float64 `json:"ns_per_op"`
	WallSeconds  float64 `json:"wall_seconds,omitempty"`
	CPUSeconds   float64 `json:"cpu_seconds,omitempty"`
	BytesPerTask float64 `json:"bytes_per_task,omitempty"`
	P99Ns        float64 `json:"p99_ns,omitempty"`
}

type workload struct {
	name string
	run  func(ops int) result
	cold bool // takes a second however short, or memory that stays
}

// A workload that has nothing but a time.
func timed(run func(ops int) time.Duration) func(ops int) result {
	return func(ops int) result {
		return result{NsPerOp: float64(run(ops).Nanoseconds()) / float64(ops)}
	}
}

var workloads = []workload{
	{"yield", timed(yield), false},
	{"yield_100", timed(yield100), false},
	{"spawn_join", timed(spawnJoin), false},
	{"spawn_join_wait", timed(spawnJoinWait), false},
	{"spawn_batch", timed(spawnBatch), false},
	{"gather", timed(gather), false},
	{"fib", fibTree, false},
	{"skynet", skynetTree, false},
	{"skynet_spawn", skynetTree, false},
	{"nqueens", nqueensTree, false},
	{"chan_buffered", timed(chanBuffered), false},
	{"chan_mpmc", timed(chanMpmc), false},
	{"chan_rendezvous", timed(chanRendezvous), false},
	{"chan_pingpong", timed(chanPingpong), false},
	{"select_ready", timed(selectReady), false},
	{"mutex_uncontended", timed(mutexUncontended), false},
	{"mutex_contended", timed(mutexContended), false},
	{"mutex_brief", timed(mutexBrief), false},
	{"scope_unused", timed(scopeUnused), false},
	{"timer_add_cancel", timed(timerAddCancel), false},
	{"foreign_wake", foreignWake, false},
	{"offload_roundtrip", timed(offloadRoundtrip), false},
	{"sleepers", sleepers, true},
	{"delayed", delayed, true},
	{"parked_task", parkedTask, true},
	{"unstarted_task", unstartedTask, true},
}

func require(isRight bool) {
	if !isRight {
		panic("wrong answer")
	}
}

func workers() int {
	return runtime.GOMAXPROCS(0)
}

func list() {
	for _, w := range workloads {
		fmt.Println(w.name)
	}
	fmt.Println("serve_echo")
	fmt.Println("serve_http")
}

func measure(w workload, ops int) {
	if !w.cold {
		w.run(ops/100 + 100)
		runtime.GC()
	}
	line, err := json.Marshal(w.run(ops))
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

// The number in an argument, at least 1; 0 when it is none.
func number(index int) int {
	if index >= len(os.Args) {
		return 0
	}
	n, err := strconv.Atoi(os.Args[index])
	if err != nil || n < 1 {
		return 0
	}
	return n
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--list" {
		list()
		return
	}
	if count := number(2); count > 0 {
		runtime.GOMAXPROCS(count)
		switch os.Args[1] {
		case "serve_echo":
			serveEcho()
			return
		case "serve_http":
			serveHTTP()
			return
		}
	}
	for _, w := range workloads {
		if number(3) > 0 && w.name == os.Args[1] {
			measure(w, number(3))
			return
		}
	}
	fmt.Fprintln(os.Stderr, "usage: peers --list | WORKLOAD WORKERS [OPS]")
	os.Exit(2)
}
