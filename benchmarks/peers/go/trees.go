package main

import (
	"sync"
	"time"
)

// Recursive computing: a goroutine for each node. Each workload takes the
// largest tree with at most so many nodes as it is to have.

const (
	fibMax    = 32
	queensMax = 12
)

func perNode(start time.Time, nodes int) result {
	spent := time.Since(start)
	return result{NsPerOp: float64(spent.Nanoseconds()) / float64(nodes)}
}

func fib(n int) int64 {
	if n < 2 {
		return int64(n)
	}
	var left int64
	var child sync.WaitGroup
	child.Add(1)
	go func() {
		left = fib(n - 1)
		child.Done()
	}()
	right := fib(n - 2)
	child.Wait()
	return left + right
}

func fibTree(ops int) result {
	n, calls, before := 1, 1, 1
	var value, last int64 = 1, 0
	for n < fibMax && calls+before+1 <= ops {
		n, calls, before = n+1, calls+before+1, calls
		value, last = value+last, value
	}
	start := time.Now()
	found := fib(n)
	r := perNode(start, calls)
	require(found == value)
	return r
}

func skynet(first, leaves int64) int64 {
	if leaves == 1 {
		return first
	}
	var sums [10]int64
	var children sync.WaitGroup
	children.Add(len(sums))
	part := leaves / 10
	for i := range sums {
		go func(i int) {
			sums[i] = skynet(first+int64(i)*part, part)
			children.Done()
		}(i)
	}
	children.Wait()
	all := int64(0)
	for _, sum := range sums {
		all += sum
	}
	return all
}

func skynetTree(ops int) result {
	leaves := 1
	for leaves*10 <= ops {
		leaves *= 10
	}
	start := time.Now()
	sum := skynet(0, int64(leaves))
	r := perNode(start, leaves)
	require(uint64(sum) == sumBelow(uint64(leaves)))
	return r
}

// The first row rows have a queen each, at those columns.
type board struct {
	size, row int
	columns   [queensMax]int8
}

func (b *board) isFree(column int) bool {
	for i := 0; i < b.row; i++ {
		apart := int(b.columns[i]) - column
		if apart == 0 || apart == b.row-i || apart == i-b.row {
			return false
		}
	}
	return true
}

// The ways to place the other queens.
func nqueens(b board) int64 {
	if b.row == b.size {
		return 1
	}
	var ways [queensMax]int64
	var children sync.WaitGroup
	for column := 0; column < b.size; column++ {
		if b.isFree(column) {
			next := b
			next.columns[b.row] = int8(column)
			next.row++
			children.Add(1)
			go func(way *int64) {
				*way = nqueens(next)
				children.Done()
			}(&ways[column])
		}
	}
	children.Wait()
	all := int64(0)
	for _, way := range ways {
		all += way
	}
	return all
}

var queensWays = []int64{2, 10, 4, 40, 92, 352, 724, 2680, 14200}
var queensBoards = []int{17, 54, 153, 552, 2057, 8394, 35539, 166926, 856189}

func nqueensTree(ops int) result {
	i := len(queensBoards) - 1
	for i > 0 && queensBoards[i] > ops {
		i--
	}
	start := time.Now()
	ways := nqueens(board{size: i + 4})
	r := perNode(start, queensBoards[i])
	require(ways == queensWays[i])
	return r
}
