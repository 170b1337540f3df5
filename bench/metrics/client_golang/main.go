// SPDX-License-Identifier: MIT
package main

import (
	"fmt"
	"io"
	"sync"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
)

const rounds = 5000000

// Processor time of all threads, in nanoseconds.
func now() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func run(name string, threads, operations int, body func()) {
	var group sync.WaitGroup
	begin := now()
	for i := 0; i < threads; i++ {
		group.Add(1)
		go func() {
			body()
			group.Done()
		}()
	}
	group.Wait()
	fmt.Printf("%s %.3f\n", name, float64(now()-begin)/float64(operations*threads))
}

func scrape(name string, series int) {
	registry := prometheus.NewRegistry()
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "requests_total", Help: "Requests."}, []string{"method", "path"})
	registry.MustRegister(requests)
	methods := []string{"POST", "GET"}
	for i := 0; i < series; i++ {
		requests.WithLabelValues(methods[i&1], fmt.Sprintf("/api/v1/item/%d", i)).Add(float64(i))
	}
	begin := now()
	families, err := registry.Gather()
	if err != nil {
		panic(err)
	}
	encoder := expfmt.NewEncoder(io.Discard, expfmt.NewFormat(expfmt.TypeTextPlain))
	for _, family := range families {
		if err := encoder.Encode(family); err != nil {
			panic(err)
		}
	}
	fmt.Printf("%s %d\n", name, now()-begin)
}

func main() {
	newCounter := func() prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "c_total", Help: "C."})
	}
	newHistogram := func() prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{Name: "h", Help: "H."})
	}
	for threads := 1; threads <= 2; threads++ {
		counter, histogram := newCounter(), newHistogram()
		run(fmt.Sprintf("inc_%dt", threads), threads, rounds, func() {
			for i := 0; i < rounds; i++ {
				counter.Inc()
			}
		})
		run(fmt.Sprintf("observe_%dt", threads), threads, rounds/5, func() {
			for i := 0; i < rounds/5; i++ {
				histogram.Observe(float64(i&1023) * 0.01)
			}
		})
	}
	queries := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "queries_total", Help: "Queries."}, []string{"status"})
	statuses := []string{"success", "error", "refused", "timeout"}
	run("lookup_inc_1t", 1, rounds/5, func() {
		for i := 0; i < rounds/5; i++ {
			queries.WithLabelValues(statuses[i&3]).Inc()
		}
	})
	scrape("scrape_10k", 10000)
	scrape("scrape_100k", 100000)
}
