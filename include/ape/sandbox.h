/* SPDX-License-Identifier: MIT */
#ifndef APE_SANDBOX_H
#define APE_SANDBOX_H

#include <ape/market.h>
#include <ape/metrics_registry.h>

APE_BEGIN_DECLS

/**
 * The verified execution environment: runs Python that nobody trusts, on prices
 * cut at an as-of date, in a process that can reach nothing else.
 *
 * Isolation is proved by a self-test before the first run. Level A: namespaces,
 * a private root, a system-call allowlist, Landlock. Level B: allowlist and
 * Landlock, no writable path, for containers without namespaces. Where not even
 * B can be had, nothing runs.
 *
 * The work happens in a helper process, ape-vee, started by posix_spawn when
 * first needed; the calling process never forks.
 *
 * Ownership: the caller frees it; that ends the helper and its runs.
 * Threads:   any number of threads may use one sandbox at the same time.
 */
typedef struct ape_sandbox ape_sandbox;

typedef int32_t ape_sandbox_level;
enum {
    APE_SANDBOX_LEVEL_B = 1, /**< filtered */
    APE_SANDBOX_LEVEL_A = 2, /**< filtered and in namespaces of its own */
};

/** Fill with ape_sandbox_options_init(), then change what you need. */
typedef struct ape_sandbox_options {
    uint32_t size;               /**< set by _init; leave it alone */
    ape_sandbox_level min_level; /**< refuse below this (default APE_SANDBOX_LEVEL_B) */
    const char *helper_path;     /**< ape-vee; NULL: where it was installed (default) */
    const char *python_path;     /**< interpreter with numpy and pandas; NULL: python3 as found
                                      in /usr/local/bin, /usr/bin (default) */
    /* libape 0.1 ends here. Add below, never in between. */
} ape_sandbox_options;

/** Write defaults into the first @p size bytes; pass sizeof(*opts). */
APE_API void ape_sandbox_options_init(ape_sandbox_options *opts, size_t size);

/**
 * Create a sandbox. Cheap: the helper starts with the first run.
 *
 * @param market  where prices come from; NULL: runs have no prices. Kept alive.
 */
APE_API APE_MUST_USE ape_status ape_sandbox_new(ape_host *host, ape_market *market,
                                                const ape_sandbox_options *opts, ape_sandbox **out,
                                                ape_error *err);

/**
 * Count runs by how they ended, their time and their memory into a registry:
 * ape_vee_*. Call it once, before the sandbox is used. The registry is kept alive.
 *
 * @return APE_OK; APE_ERR_INVALID for NULL; APE_ERR_STATE for a second registry, or
 *         where the registry has other families of these names; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_sandbox_set_metrics(ape_sandbox *sandbox,
                                                        ape_metrics_registry *registry,
                                                        ape_error *err);

/** Give up the caller's share of a sandbox. NULL is ignored. */
APE_API void ape_sandbox_free(ape_sandbox *sandbox);

/** Fill with ape_sandbox_run_options_init(), then change what you need. */
typedef struct ape_sandbox_run_options {
    uint32_t size;         /**< set by _init; leave it alone */
    uint32_t wall_ms;      /**< time on the clock, 1 to 600000 (default 10000) */
    uint32_t cpu_ms;       /**< processor time, 1 to 600000 (default 10000) */
    uint32_t memory_mb;    /**< beyond the interpreter's own, 16 to 65536 (default 512) */
    uint32_t output_bytes; /**< stdout and stderr each, 1 to 67108864 (default 1048576) */
    uint32_t seed;         /**< of all randomness in the run (default 0) */
    const char *as_of;     /**< "2022-12-28": the run sees nothing later, and this is its
                                today; NULL: the newest date of the market */
    /* libape 0.1 ends here. Add below, never in between. */
} ape_sandbox_run_options;

/** Write defaults into the first @p size bytes; pass sizeof(*opts). */
APE_API void ape_sandbox_run_options_init(ape_sandbox_run_options *opts, size_t size);

/** Why a run ended. */
typedef int32_t ape_sandbox_reason;
enum {
    APE_SANDBOX_OK = 0,        /**< the program ran to its end */
    APE_SANDBOX_ERROR = 1,     /**< an exception, or exit with a status other than 0 */
    APE_SANDBOX_WALL = 2,      /**< wall_ms were over */
    APE_SANDBOX_CPU = 3,       /**< cpu_ms were used up */
    APE_SANDBOX_MEMORY = 4,    /**< an allocation was refused */
    APE_SANDBOX_OUTPUT = 5,    /**< more than output_bytes */
    APE_SANDBOX_POLICY = 6,    /**< a system call that ends a run */
    APE_SANDBOX_SIGNAL = 7,    /**< died of a signal */
    APE_SANDBOX_CANCELLED = 8, /**< the caller stopped it */
    APE_SANDBOX_HELPER = 9,    /**< the helper itself failed; nothing is known of the run */
};

/** "ok", "error", "wall", ... Static storage. */
APE_API const char *ape_sandbox_reason_name(ape_sandbox_reason reason);

/** How a run ended, and what it left. Immutable; the caller frees it. */
typedef struct ape_sandbox_result ape_sandbox_result;

/**
 * Run a program and wait for its end. A program that fails is not an error of
 * this function: the result's reason tells.
 *
 * @param code  Python source, UTF-8, 1 byte to 1 MiB, no NUL
 * @param opts  read during the call only; NULL for the defaults
 * @param out   set on success, untouched on failure
 * @return APE_OK; APE_ERR_INVALID for an option or code out of range;
 *         APE_ERR_ISOLATION: below min_level, nothing was executed (the message
 *         says what is missing); APE_ERR_NOT_FOUND: no helper, no Python, no
 *         numpy or pandas (the message says what to install); APE_ERR_IO;
 *         APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_sandbox_run(ape_sandbox *sandbox, const char *code, size_t size,
                                                const ape_sandbox_run_options *opts,
                                                ape_sandbox_result **out, ape_error *err);

/** A run in flight, begun by ape_sandbox_submit(). */
typedef struct ape_sandbox_job ape_sandbox_job;

/**
 * The end of a submitted run; called once, on a thread of the library.
 *
 * @param status  what ape_sandbox_run() would have returned
 * @param result  for APE_OK: yours, to be freed; else NULL
 * @param err     for anything else: the story; valid during the call
 */
typedef void (*ape_sandbox_done)(void *user, ape_status status, ape_sandbox_result *result,
                                 const ape_error *err);

/**
 * Run a program without waiting for its end. Any number of runs may be in flight.
 *
 * @param code  copied
 * @param opts  read during the call only; NULL for the defaults
 * @param done  must not free the job: that waits for it
 * @param out   set on success; free with ape_sandbox_job_free()
 * @return APE_OK: done will be called; APE_ERR_INVALID for an option or code out
 *         of range; APE_ERR_IO: no thread to be had (detail: errno); APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_sandbox_submit(ape_sandbox *sandbox, const char *code,
                                                   size_t size, const ape_sandbox_run_options *opts,
                                                   ape_sandbox_done done, void *user,
                                                   ape_sandbox_job **out, ape_error *err);

/** Stop a run, from any thread; its reason will be APE_SANDBOX_CANCELLED unless it
 *  had ended before. May be called again, and after the end. NULL is ignored. */
APE_API void ape_sandbox_job_cancel(ape_sandbox_job *job);

/** Wait until done has returned, then free the job. NULL is ignored. */
APE_API void ape_sandbox_job_free(ape_sandbox_job *job);

/**
 * What isolation this machine gives, as proved by a self-test, and why not more:
 * {"level": "A", "mechanisms": [], "landlock_abi", "filter_sha256",
 *  "why_not_higher": null or text, "runtime": {"python", "numpy", "pandas"}}.
 * Starts the helper if it does not run.
 *
 * @return as ape_sandbox_run().
 */
APE_API APE_MUST_USE ape_status ape_sandbox_describe(ape_sandbox *sandbox, ape_text **out,
                                                     ape_error *err);

/** Free a result. NULL is ignored. */
APE_API void ape_sandbox_result_free(ape_sandbox_result *result);

APE_API ape_sandbox_reason ape_sandbox_result_reason(const ape_sandbox_result *result);

/** Exit status of the program; -1 if it did not get that far. */
APE_API int32_t ape_sandbox_result_exit_code(const ape_sandbox_result *result);

/** What it printed, NUL-ended; may hold any bytes. Lives as long as the result. */
APE_API const char *ape_sandbox_result_stdout(const ape_sandbox_result *result);
APE_API size_t ape_sandbox_result_stdout_size(const ape_sandbox_result *result);
APE_API const char *ape_sandbox_result_stderr(const ape_sandbox_result *result);
APE_API size_t ape_sandbox_result_stderr_size(const ape_sandbox_result *result);

/**
 * {"reason", "exit_code", "stdout", "stderr", "truncated", "as_of", "seed",
 *  "isolation": {"level", "mechanisms": []}, "runtime": {"python", "numpy", "pandas"},
 *  "data": [{"symbol", "first", "last", "rows", "sha256"}], "data_error",
 *  "usage": {"wall_ms", "cpu_ms", "peak_memory_bytes"}}.
 * "data" is what the run asked for; where there were no rows, they are 0 and first, last and
 * sha256 null. "data_error" says which price file could not be read; null if all could.
 * Output bytes that are not UTF-8 appear as U+FFFD.
 */
APE_API APE_MUST_USE ape_status ape_sandbox_result_to_json(const ape_sandbox_result *result,
                                                           ape_text **out, ape_error *err);

APE_END_DECLS

#endif /* APE_SANDBOX_H */
