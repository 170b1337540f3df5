/* SPDX-License-Identifier: MIT */
#ifndef APE_HEALTH_CHECKS_H
#define APE_HEALTH_CHECKS_H

#include <ape/bus.h>
#include <ape/health_checker.h>
#include <ape/llm_client.h>
#include <ape/market.h>
#include <ape/notifier.h>
#include <ape/sandbox.h>
#include <ape/store.h>

APE_BEGIN_DECLS

/*
 * Health checks of the library's own parts, ready-made. Each returns what
 * ape_health_checker_add() returns, and APE_ERR_INVALID for NULL. The check keeps its
 * part alive, but for the bus.
 */

/**
 * A language model of a client's chain, by the state of its circuit breaker: that costs
 * nothing and sees real traffic. Unhealthy while the breaker is open or where the key is
 * missing, degraded while it lets a trial call through. The check has the provider's name.
 *
 * @param provider  one of the chain; APE_ERR_NOT_FOUND if it is not there. "builtin" is
 *                  always healthy.
 * @param ask       1: the provider is also asked for its list of models, which is free of
 *                  charge but goes over the network with the key; choose a long period. An
 *                  answer of any kind but "wrong key" and "trouble" (5xx) is healthy. 0: no
 */
APE_API APE_MUST_USE ape_status ape_health_checker_add_llm_provider(
    ape_health_checker *checker, ape_llm_client *client, const char *provider, uint32_t ask,
    const ape_health_check_options *opts, ape_error *err);

/**
 * The sandbox: its self-test proved an isolation, and a program of one line runs and prints.
 * The first run starts the helper, which may take seconds: choose a timeout_ms of 10000, and
 * a period_ms of a minute, since each run costs some ten milliseconds of processor time.
 */
APE_API APE_MUST_USE ape_status ape_health_checker_add_sandbox(ape_health_checker *checker,
                                                               const char *name,
                                                               ape_sandbox *sandbox,
                                                               const ape_health_check_options *opts,
                                                               ape_error *err);

/**
 * Prices: unhealthy where there are none; degraded where the newest are older than so many
 * days of the calendar, by the host's wall clock.
 *
 * @param max_age_days  0: their age does not matter
 */
APE_API APE_MUST_USE ape_status ape_health_checker_add_market(ape_health_checker *checker,
                                                              const char *name, ape_market *market,
                                                              uint32_t max_age_days,
                                                              const ape_health_check_options *opts,
                                                              ape_error *err);

/** The store: degraded while its database is away (writes are queued on this machine), or where
 *  the database refused a write for good. */
APE_API APE_MUST_USE ape_status ape_health_checker_add_store(ape_health_checker *checker,
                                                             const char *name, ape_store *store,
                                                             const ape_health_check_options *opts,
                                                             ape_error *err);

/** The bus: degraded while Redis is away (it goes on within this process). It is borrowed: take
 *  the check out, or free the checker, before the bus. */
APE_API APE_MUST_USE ape_status ape_health_checker_add_bus(ape_health_checker *checker,
                                                           const char *name, ape_bus *bus,
                                                           const ape_health_check_options *opts,
                                                           ape_error *err);

/**
 * Accuracy: degraded while ape_accuracy{window} of a registry is below a bar. Healthy as long
 * as it has not been measured. See ape_orchestrator_set_accuracy() and
 * ape_orchestrator_check_actuals().
 *
 * @param window  as "golden" or "90d"; copied
 * @param least   0 to 1
 */
APE_API APE_MUST_USE ape_status ape_health_checker_add_accuracy(
    ape_health_checker *checker, const char *name, ape_metrics_registry *registry,
    const char *window, double least, const ape_health_check_options *opts, ape_error *err);

/**
 * Tell people of a change of health: pass this as the on_change callback of a checker, with
 * the notifier as its user. Unhealthy is critical, degraded a warning, healthy the end of the
 * matter "health:NAME"; the first run of a healthy check is not worth telling.
 *
 * @param notifier  an ape_notifier that outlives the checker; NULL tells nothing
 */
APE_API void ape_notifier_tell_health(void *notifier, const char *name, ape_health_status from,
                                      ape_health_status to, const char *message);

APE_END_DECLS

#endif /* APE_HEALTH_CHECKS_H */
