package main

import (
	"sync"
	"time"
)

const (
	capacity = 128
	parties  = 4 // producers, consumers, channels of a select
)

func sumBelow(n uint64) uint64 {
	return n * (n - 1) / 2
}

// As many producers as consumers share one channel.
func passItems(pairs, ops int) time.Duration {
	items := make(chan uint64, capacity)
	each := uint64(ops / pairs)
	sums := make([]uint64, pairs)
	var producers, consumers sync.WaitGroup
	producers.Add(pairs)
	consumers.Add(pairs)

	start := time.Now()
	for i := 0; i < pairs; i++ {
		go func(first uint64) {
			for item := first; item < first+each; item++ {
				items <- item
			}
			producers.Done()
		}(uint64(i) * each)
		go func(sum *uint64) {
			mine := uint64(0)
			for item := range items {
				mine += item
			}
			*sum = mine
			consumers.Done()
		}(&sums[i])
	}
	producers.Wait()
	close(items)
	consumers.Wait()
	spent := time.Since(start)

	all := uint64(0)
	for _, sum := range sums {
		all += sum
	}
	require(all == sumBelow(each*uint64(pairs)))
	return spent
}

func chanBuffered(ops int) time.Duration {
	return passItems(1, ops)
}

func chanMpmc(ops int) time.Duration {
	return passItems(parties, ops)
}

// An item goes to another goroutine and comes back before the next one goes.
func playAgainstWall(capacity, ops int) time.Duration {
	there := make(chan uint64, capacity)
	back := make(chan uint64, capacity)
	ended := make(chan bool)
	go func() {
		for item := range there {
			back <- item
		}
		ended <- true
	}()
	start := time.Now()
	for i := uint64(0); i < uint64(ops); i++ {
		there <- i
		require(<-back == i)
	}
	spent := time.Since(start)
	close(there)
	<-ended
	return spent
}

func chanRendezvous(ops int) time.Duration {
	return playAgainstWall(0, ops)
}

func chanPingpong(ops int) time.Duration {
	return playAgainstWall(1, ops)
}

// Puts items 0, 1, 2, … into the channels until they are full.
func fillChans(chans *[parties]chan uint64, next *uint64) {
	for _, c := range chans {
		for len(c) < capacity {
			c <- *next
			*next++
		}
	}
}

func selectItem(chans *[parties]chan uint64) uint64 {
	var item uint64
	select {
	case item = <-chans[0]:
	case item = <-chans[1]:
	case item = <-chans[2]:
	case item = <-chans[3]:
	}
	return item
}

// The channels are filled up after as many selects as one of them holds items,
// with the clock stopped: none is ever found empty.
func selectReady(ops int) time.Duration {
	var chans [parties]chan uint64
	for i := range chans {
		chans[i] = make(chan uint64, capacity)
	}
	var sent, sum uint64
	var spent time.Duration
	for done := 0; done < ops; done += capacity {
		fillChans(&chans, &sent)
		start := time.Now()
		for i := 0; i < capacity && done+i < ops; i++ {
			sum += selectItem(&chans)
		}
		spent += time.Since(start)
	}
	for _, c := range chans {
		for len(c) > 0 {
			sum += <-c
		}
	}
	require(sum == sumBelow(sent))
	return spent
}
