// SPDX-License-Identifier: MIT
#include <cstdio>
#include <ctime>
#include <ostream>
#include <streambuf>
#include <string>
#include <thread>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

static constexpr int rounds = 5000000;

/* Processor time of all threads. */
static double now_ns()
{
    timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

template <typename Body> static void run(const char *name, int threads, int operations, Body body)
{
    std::vector<std::thread> others;
    auto begin = now_ns();

    for (int i = 0; i < threads; i++)
        others.emplace_back(body);
    for (auto &other : others)
        other.join();
    std::printf("%s %.3f\n", name, (now_ns() - begin) / operations / threads);
}

struct counting_buffer : std::streambuf {
    std::size_t bytes = 0;
    std::streamsize xsputn(const char *, std::streamsize size) override
    {
        bytes += static_cast<std::size_t>(size);
        return size;
    }
    int overflow(int c) override
    {
        bytes++;
        return c;
    }
};

static void scrape(const char *name, int series)
{
    prometheus::Registry registry;
    auto &requests = prometheus::BuildCounter().Name("requests_total").Help("Requests.").Register(registry);
    counting_buffer buffer;
    std::ostream out(&buffer);

    for (int i = 0; i < series; i++)
        requests.Add({ { "method", i & 1 ? "GET" : "POST" }, { "path", "/api/v1/item/" + std::to_string(i) } })
            .Increment(i);
    auto begin = now_ns();
    prometheus::TextSerializer().Serialize(out, registry.Collect());
    std::printf("%s %.0f\n", name, (now_ns() - begin));
}

int main()
{
    static const char *const statuses[] = { "success", "error", "refused", "timeout" };
    const prometheus::Histogram::BucketBoundaries bounds = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                             0.5,   1,    2.5,   5,    10 };
    prometheus::Registry registry;
    auto &queries = prometheus::BuildCounter().Name("queries_total").Help("Queries.").Register(registry);

    for (int threads = 1; threads <= 2; threads++) {
        prometheus::Counter counter;
        prometheus::Histogram histogram(bounds);
        run(threads == 1 ? "inc_1t" : "inc_2t", threads, rounds, [&] {
            for (int i = 0; i < rounds; i++)
                counter.Increment();
        });
        run(threads == 1 ? "observe_1t" : "observe_2t", threads, rounds / 5, [&] {
            for (int i = 0; i < rounds / 5; i++)
                histogram.Observe((i & 1023) * 0.01);
        });
    }
    run("lookup_inc_1t", 1, rounds / 5, [&] {
        for (int i = 0; i < rounds / 5; i++)
            queries.Add({ { "status", statuses[i & 3] } }).Increment();
    });
    scrape("scrape_10k", 10000);
    scrape("scrape_100k", 100000);
}
