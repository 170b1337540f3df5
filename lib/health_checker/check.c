/* SPDX-License-Identifier: MIT */
#include <ape/health_checker.h>

#include <math.h>
#include <string.h>

#include "core/host.h"
#include "core/options.h"
#include "health_checker/internal.h"

static const ape_health_check_options check_defaults = {
    .size = sizeof(ape_health_check_options),
    .period_ms = 10000,
    .timeout_ms = 2000,
    .rise = 2,
    .fall = 2,
};

void ape_health_check_options_init(ape_health_check_options *opts, size_t size)
{
    ape__options_init(opts, size, &check_defaults, sizeof(check_defaults));
}

static double read_status(void *user)
{
    static const double shown[] = { 1, 0.5, 0, (double)NAN };
    ape__check *check = user;
    ape_health_status status;

    pthread_mutex_lock(&check->checker->lock);
    status = check->state.status;
    pthread_mutex_unlock(&check->checker->lock);
    return shown[status];
}

static ape_status show_status(ape__check *check, ape_metric_callback callback, ape_error *err)
{
    const char *const name[] = { check->name };

    return ape_metric_family_set_callback(check->checker->status_family, name, callback, check,
                                          err);
}

void ape__check_free(ape__check *check)
{
    if (check->checker->status_family)
        (void)show_status(check, NULL, NULL);
    if (check->user_free)
        check->user_free(check->user);
    ape__free(check->checker->host, check, sizeof(*check));
}

void ape__check_release(ape__check *check)
{
    ape_health_checker *checker = check->checker;
    bool is_last;

    pthread_mutex_lock(&checker->lock);
    check->users--;
    is_last = check->removed && check->users == 0;
    checker->removed_count -= is_last;
    pthread_mutex_unlock(&checker->lock);
    if (is_last)
        ape__check_free(check);
}

static bool is_check_name(const char *name)
{
    size_t size = name ? strlen(name) : 0;

    return size > 0 && size < APE__CHECK_NAME_SIZE &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == size;
}

static ape_status require(bool ok, const char *name, uint32_t value, const char *range,
                          ape_error *err)
{
    return ok ? APE_OK
              : ape__fail(err, APE_ERR_INVALID, "%s is %u: must be %s", name, value, range);
}

static ape_status load_check(ape_health_check_options *o, const ape_health_check_options *opts,
                             ape_error *err)
{
    ape_status st;

    *o = check_defaults;
    st = ape__options_load(o, sizeof(*o), sizeof(*o), opts, err);
    if (st == APE_OK)
        st = require(o->critical <= 1, "critical", o->critical, "0 or 1", err);
    if (st == APE_OK)
        st = require(o->period_ms >= 10 && o->period_ms <= 86400000, "period_ms", o->period_ms,
                     "10 to 86400000", err);
    if (st == APE_OK)
        st = require(o->timeout_ms >= 1 && o->timeout_ms <= 600000, "timeout_ms", o->timeout_ms,
                     "1 to 600000", err);
    if (st == APE_OK)
        st = require(o->rise >= 1, "rise", o->rise, "1 or more", err);
    if (st == APE_OK)
        st = require(o->fall >= 1, "fall", o->fall, "1 or more", err);
    return st;
}

static ape_status get_series(ape__check *check, ape_error *err)
{
    const ape_health_checker *checker = check->checker;
    const char *const passed[] = { check->name, "passed" }, *const failed[] = { check->name,
                                                                                "failed" };
    ape_status st;

    if (!checker->status_family)
        return APE_OK;
    /* A place for the status; where a check of this name is shown, that goes on. */
    st = show_status(check, NULL, err);
    if (st == APE_OK)
        st = ape_metric_family_get_histogram(checker->seconds_family, passed, &check->seconds, err);
    if (st == APE_OK)
        st = ape_metric_family_get_counter(checker->runs_family, passed, &check->passed, err);
    if (st == APE_OK)
        st = ape_metric_family_get_counter(checker->runs_family, failed, &check->failed, err);
    return st;
}

/* Where a check of this name is, or would be; with the lock held. */
static size_t find_check(const ape_health_checker *checker, const char *name)
{
    size_t i = 0;

    while (i < checker->check_count && strcmp(checker->checks[i]->name, name) != 0)
        i++;
    return i;
}

static ape_status link_check(ape_health_checker *checker, ape__check *check,
                             void (*user_free)(void *user), ape_error *err)
{
    ape_status st = APE_OK;

    pthread_mutex_lock(&checker->lock);
    if (find_check(checker, check->name) < checker->check_count) {
        st = ape__fail(err, APE_ERR_STATE, "there is a check \"%s\" already", check->name);
    } else if (checker->check_count == APE__CHECKS_MAX) {
        st = ape__fail(err, APE_ERR_LIMIT, "more than %d checks", APE__CHECKS_MAX);
    } else {
        check->user_free = user_free;
        check->users++;
        checker->checks[checker->check_count++] = check;
        atomic_store(&checker->status, ape__checks_status(checker));
        pthread_cond_broadcast(&checker->work);
    }
    pthread_mutex_unlock(&checker->lock);
    return st;
}

/* With the lock held. True if nobody is busy with it: the caller frees it. */
static bool unlink_check(ape_health_checker *checker, size_t at)
{
    ape__check *check = checker->checks[at];

    checker->check_count--;
    memmove(checker->checks + at, checker->checks + at + 1,
            (checker->check_count - at) * sizeof(ape__check *));
    check->removed = check->users > 0;
    checker->removed_count += check->removed;
    atomic_store(&checker->status, ape__checks_status(checker));
    return !check->removed;
}

ape_status ape_health_checker_remove(ape_health_checker *checker, const char *name, ape_error *err)
{
    ape__check *unused = NULL;
    bool found;
    size_t at;

    if (!checker || !name)
        return ape__fail(err, APE_ERR_INVALID, "%s is NULL", checker ? "name" : "checker");
    pthread_mutex_lock(&checker->lock);
    at = find_check(checker, name);
    found = at < checker->check_count;
    if (found) {
        ape__check *check = checker->checks[at];

        unused = unlink_check(checker, at) ? check : NULL;
    }
    pthread_mutex_unlock(&checker->lock);
    if (unused)
        ape__check_free(unused);
    return found ? APE_OK : ape__fail(err, APE_ERR_NOT_FOUND, "there is no check \"%s\"", name);
}

static ape_status add(ape_health_checker *checker, const char *name, const char *component,
                      const ape_health_check_options *o, ape_health_probe probe, void *user,
                      void (*user_free)(void *user), ape_error *err)
{
    ape__check *check = ape__alloc(checker->host, sizeof(*check));
    ape_status st;

    if (!check)
        return ape__fail_no_memory(err);
    check->checker = checker;
    memcpy(check->name, name, strlen(name) + 1);
    check->component = component;
    check->opts = *o;
    check->probe = probe;
    check->user = user;
    check->state.status = APE_HEALTH_UNKNOWN;
    check->due_ms = ape__now_ms(checker->host);
    st = get_series(check, err);
    if (st == APE_OK)
        st = ape__health_threads_start(checker, err);
    if (st == APE_OK)
        st = link_check(checker, check, user_free, err);
    if (st != APE_OK) {
        ape__check_free(check); /* user is still the caller's */
        return st;
    }
    if (checker->status_family)
        (void)show_status(check, read_status, NULL); /* its place is there */
    ape__check_release(check);
    return APE_OK;
}

static ape_status check_and_add(ape_health_checker *checker, const char *name,
                                const char *component, const ape_health_check_options *opts,
                                ape_health_probe probe, void *user, void (*user_free)(void *user),
                                ape_error *err)
{
    ape_health_check_options o;
    ape_status st;

    if (!checker || !probe)
        return ape__fail(err, APE_ERR_INVALID, "%s is NULL", checker ? "probe" : "checker");
    if (!is_check_name(name))
        return ape__fail(err, APE_ERR_INVALID,
                         "name of a check \"%.60s\": must be [a-z0-9_-]+, %d bytes at most",
                         name ? name : "", APE__CHECK_NAME_SIZE - 1);
    st = load_check(&o, opts, err);
    return st == APE_OK ? add(checker, name, component, &o, probe, user, user_free, err) : st;
}

ape_status ape_health_checker_add(ape_health_checker *checker, const char *name,
                                  const ape_health_check_options *opts, ape_health_probe probe,
                                  void *user, void (*user_free)(void *user), ape_error *err)
{
    return check_and_add(checker, name, "component", opts, probe, user, user_free, err);
}

ape_status ape__health_checker_add_built_in(ape_health_checker *checker, const char *name,
                                            const char *component,
                                            const ape_health_check_options *opts,
                                            ape_health_probe probe, void *user,
                                            void (*user_free)(void *user), ape_error *err)
{
    ape_status st = check_and_add(checker, name, component, opts, probe, user, user_free, err);

    if (st != APE_OK)
        user_free(user);
    return st;
}
