/* SPDX-License-Identifier: MIT */
#ifndef APE_APE_H
#define APE_APE_H

/* Everything. A program that needs one handle includes that handle's header alone. */
#include <ape/base.h>
#include <ape/bus.h>
#include <ape/circuit_breaker.h>
#include <ape/code_sanitizer.h>
#include <ape/health_checker.h>
#include <ape/health_checks.h>
#include <ape/host.h>
#include <ape/lineage.h>
#include <ape/llm_client.h>
#include <ape/market.h>
#include <ape/metrics_registry.h>
#include <ape/notifier.h>
#include <ape/orchestrator.h>
#include <ape/price_feed.h>
#include <ape/sandbox.h>
#include <ape/settings.h>
#include <ape/store.h>
#include <ape/text.h>

#endif /* APE_APE_H */
