/* SPDX-License-Identifier: MIT */
#include <ape/health_checks.h>

#include <string.h>

#include "core/date.h"
#include "core/host.h"
#include "health_checker/internal.h"
#include "market/market.h"

typedef struct freshness {
    ape_host *host; /* the checker's; outlives this */
    ape_market *market;
    uint32_t max_age_days;
} freshness;

static void probe_market(void *user, uint32_t timeout_ms, ape_health_result *result)
{
    const freshness *f = user;
    char newest[11];
    ape__date date;
    ape_error err;
    int64_t age;

    (void)timeout_ms;
    if (ape_market_newest_date(f->market, newest, &err) != APE_OK) {
        ape__health_fail(result, "%s", err.message);
        return;
    }
    if (f->max_age_days == 0 || !ape__date_parse(newest, strlen(newest), &date))
        return;
    age = (int64_t)ape__date_from_wall_ms(ape__wall_ms(f->host)) - date;
    if (age <= f->max_age_days)
        return;
    ape__health_fail(result, "the newest prices are of %s, %lld days ago", newest, (long long)age);
    result->status = APE_HEALTH_DEGRADED;
}

static void freshness_free(void *user)
{
    freshness *f = user;

    ape_market_free(f->market);
    ape__free(f->host, f, sizeof(*f));
}

ape_status ape_health_checker_add_market(ape_health_checker *checker, const char *name,
                                         ape_market *market, uint32_t max_age_days,
                                         const ape_health_check_options *opts, ape_error *err)
{
    freshness *f;

    if (!checker || !market)
        return ape__fail(err, APE_ERR_INVALID, "%s is NULL", checker ? "market" : "checker");
    f = ape__alloc(checker->host, sizeof(*f));
    if (!f)
        return ape__fail_no_memory(err);
    f->host = checker->host;
    f->market = ape__market_ref(market);
    f->max_age_days = max_age_days;
    return ape__health_checker_add_built_in(checker, name, "component", opts, probe_market, f,
                                            freshness_free, err);
}
