// SPDX-License-Identifier: MIT
package main

import (
	"errors"
	"fmt"
	"sync"
	"syscall"

	"github.com/sony/gobreaker/v2"
)

const rounds = 1000000

// Processor time of all threads, in nanoseconds.
func now() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func run(name string, threads int, breaker *gobreaker.CircuitBreaker[int]) {
	var group sync.WaitGroup
	begin := now()
	for i := 0; i < threads; i++ {
		group.Add(1)
		go func() {
			for n := 0; n < rounds; n++ {
				_, _ = breaker.Execute(func() (int, error) { return 1, nil })
			}
			group.Done()
		}()
	}
	group.Wait()
	fmt.Printf("%s %.3f\n", name, float64(now()-begin)/float64(rounds*threads))
}

func main() {
	breaker := gobreaker.NewCircuitBreaker[int](gobreaker.Settings{})
	run("closed_1t", 1, breaker)
	run("closed_2t", 2, breaker)
	failed := errors.New("failed")
	for n := 0; n < 6; n++ {
		_, _ = breaker.Execute(func() (int, error) { return 0, failed })
	}
	run("reject_1t", 1, breaker)
	run("reject_2t", 2, breaker)
}
