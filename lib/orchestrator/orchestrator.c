/* SPDX-License-Identifier: MIT */
#include "orchestrator/orchestrator.h"

#include "code_sanitizer/code_sanitizer.h"
#include "core/error.h"
#include "core/host.h"
#include "core/memory.h"
#include "core/options.h"
#include "lineage/lineage.h"
#include "llm_client/llm_client.h"
#include "market/market.h"
#include "sandbox/sandbox.h"
#include "store/store.h"

static const ape_orchestrator_options defaults = { .size = sizeof(ape_orchestrator_options) };

void ape_orchestrator_options_init(ape_orchestrator_options *opts, size_t size)
{
    ape__options_init(opts, size, &defaults, sizeof(defaults));
}

static ape_status make_market(ape_orchestrator *o, const ape_orchestrator_options *opts,
                              ape_error *err)
{
    ape_market_options market;

    if (opts->market) {
        o->market = ape__market_ref(opts->market);
        return APE_OK;
    }
    ape_market_options_init(&market, sizeof(market));
    market.data_dir = ape_settings_get(opts->settings, "APE_DATA_DIR");
    return ape_market_new(o->host, &market, &o->market, err);
}

static ape_status make_sandbox(ape_orchestrator *o, const ape_orchestrator_options *opts,
                               ape_error *err)
{
    ape_sandbox_options sandbox;

    if (opts->sandbox) {
        o->sandbox = ape__sandbox_ref(opts->sandbox);
        return APE_OK;
    }
    ape_sandbox_options_init(&sandbox, sizeof(sandbox));
    sandbox.python_path = ape_settings_get(opts->settings, "APE_PYTHON");
    return ape_sandbox_new(o->host, o->market, &sandbox, &o->sandbox, err);
}

static ape_status make_llm_client(ape_orchestrator *o, const ape_orchestrator_options *opts,
                                  ape_error *err)
{
    if (!opts->llm_client)
        return ape_llm_client_new(o->host, opts->settings, &o->llm_client, err);
    o->llm_client = ape__llm_client_ref(opts->llm_client);
    return APE_OK;
}

ape_status ape_orchestrator_new(ape_host *host, const ape_orchestrator_options *opts,
                                ape_orchestrator **out, ape_error *err)
{
    ape_orchestrator_options o = defaults;
    ape_orchestrator *orchestrator;
    ape_status st;

    if (!out)
        return ape__fail(err, APE_ERR_INVALID, "out is NULL");
    st = ape__options_load(&o, sizeof(o), sizeof(o), opts, err);
    if (st != APE_OK)
        return st;
    orchestrator = ape__alloc(host, sizeof(*orchestrator));
    if (!orchestrator)
        return ape__fail_no_memory(err);
    orchestrator->host = ape__host_ref(host);
    orchestrator->store = ape__store_ref(o.store);
    orchestrator->lineage = ape__lineage_ref(o.lineage);
    orchestrator->sanitizer = ape__code_sanitizer_ref(o.sanitizer);
    pthread_mutex_init(&orchestrator->sanitizer_lock, NULL);
    st = make_market(orchestrator, &o, err);
    if (st == APE_OK)
        st = make_sandbox(orchestrator, &o, err);
    if (st == APE_OK)
        st = make_llm_client(orchestrator, &o, err);
    if (st != APE_OK) {
        ape_orchestrator_free(orchestrator);
        return st;
    }
    *out = orchestrator;
    return APE_OK;
}

void ape_orchestrator_free(ape_orchestrator *orchestrator)
{
    ape_host *host;

    if (!orchestrator)
        return;
    host = orchestrator->host;
    ape_llm_client_free(orchestrator->llm_client);
    ape_code_sanitizer_free(orchestrator->sanitizer);
    pthread_mutex_destroy(&orchestrator->sanitizer_lock);
    ape_sandbox_free(orchestrator->sandbox);
    ape_market_free(orchestrator->market);
    ape_store_free(orchestrator->store);
    ape_lineage_free(orchestrator->lineage);
    ape_metrics_registry_free(orchestrator->metrics.registry);
    ape__free(host, orchestrator, sizeof(*orchestrator));
    ape_host_free(host);
}

const char *ape_stage_name(ape_stage stage)
{
    static const char *const names[] = { "plan", "sanitize", "execute", "gate" };

    return stage >= 0 && stage <= APE_STAGE_GATE ? names[stage] : "unknown";
}
