// SPDX-License-Identifier: MIT
use prometheus::{Encoder, Histogram, HistogramOpts, IntCounter, IntCounterVec, Opts, Registry, TextEncoder};

/// Processor time of all threads, in nanoseconds.
fn now() -> f64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut t) };
    t.tv_sec as f64 * 1e9 + t.tv_nsec as f64
}

const ROUNDS: u64 = 5_000_000;

fn run<F: Fn() + Sync>(name: &str, threads: u64, operations: u64, body: F) {
    let begin = now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(&body);
        }
    });
    println!("{} {:.3}", name, (now() - begin) / (operations * threads) as f64);
}

fn scrape(name: &str, series: u64) {
    let registry = Registry::new();
    let requests = IntCounterVec::new(Opts::new("requests_total", "Requests."), &["method", "path"]).unwrap();
    registry.register(Box::new(requests.clone())).unwrap();
    for i in 0..series {
        let method = if i & 1 == 1 { "GET" } else { "POST" };
        requests.with_label_values(&[method, &format!("/api/v1/item/{}", i)]).inc_by(i);
    }
    let mut out = Vec::new();
    let begin = now();
    TextEncoder::new().encode(&registry.gather(), &mut out).unwrap();
    println!("{} {:.0}", name, now() - begin);
}

fn main() {
    for threads in 1..=2 {
        let counter = IntCounter::new("c_total", "C.").unwrap();
        let histogram = Histogram::with_opts(HistogramOpts::new("h", "H.")).unwrap();
        run(&format!("inc_{}t", threads), threads, ROUNDS, || {
            for _ in 0..ROUNDS {
                std::hint::black_box(&counter).inc();
            }
        });
        run(&format!("observe_{}t", threads), threads, ROUNDS / 5, || {
            for i in 0..ROUNDS / 5 {
                histogram.observe((i & 1023) as f64 * 0.01);
            }
        });
    }
    let queries = IntCounterVec::new(Opts::new("queries_total", "Queries."), &["status"]).unwrap();
    let statuses = ["success", "error", "refused", "timeout"];
    run("lookup_inc_1t", 1, ROUNDS / 5, || {
        for i in 0..ROUNDS / 5 {
            queries.with_label_values(&[statuses[(i & 3) as usize]]).inc();
        }
    });
    scrape("scrape_10k", 10_000);
    scrape("scrape_100k", 100_000);
}
