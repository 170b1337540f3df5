/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/host.h"
#include "notifier/internal.h"

enum {
    WAIT_MOST_S = 600, /* however long the service asks for */
};

static size_t ignore_body(char *bytes, size_t size, size_t count, void *user)
{
    (void)bytes, (void)user;
    return size * count;
}

/* Break off when the notifier is freed. */
static int on_progress(void *user, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    ape_notifier *n = user;

    (void)a, (void)b, (void)c, (void)d;
    return atomic_load(&n->closing);
}

bool ape__notifier_set_up_curl(ape_notifier *notifier)
{
    CURL *curl = curl_easy_init();

    notifier->curl = curl;
    notifier->headers = curl_slist_append(NULL, "Content-Type: application/json");
    return curl && notifier->headers &&
           curl_easy_setopt(curl, CURLOPT_URL, notifier->webhook_url) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HTTPHEADER, notifier->headers) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore_body) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_XFERINFODATA, notifier) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_USERAGENT, "libape/" APE_VERSION) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)notifier->opts.timeout_ms) == CURLE_OK;
}

static ape__delivery judge(const ape_notifier *n, CURLcode code)
{
    ape__delivery d = { APE__TRY_AGAIN, 0 };
    curl_off_t wait_s = 0;
    long status = 0;

    curl_easy_getinfo(n->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(n->curl, CURLINFO_RETRY_AFTER, &wait_s);
    if (code != CURLE_OK) {
        ape__log(n->host, APE_LOG_WARNING, "notifier", "the webhook cannot be reached: %s",
                 curl_easy_strerror(code));
        return d;
    }
    if (status >= 200 && status < 300)
        d.result = APE__DELIVERED;
    else if (status != 408 && status != 429 && status < 500)
        d.result = APE__HOPELESS;
    if (wait_s > 0)
        d.wait_ms = (uint64_t)(wait_s < WAIT_MOST_S ? wait_s : WAIT_MOST_S) * 1000;
    if (d.result != APE__DELIVERED)
        ape__log(n->host, APE_LOG_WARNING, "notifier", "the webhook answers %ld", status);
    return d;
}

ape__delivery ape__notifier_send(ape_notifier *notifier, const char *body, size_t size)
{
    curl_easy_setopt(notifier->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
    curl_easy_setopt(notifier->curl, CURLOPT_POSTFIELDS, body);
    return judge(notifier, curl_easy_perform(notifier->curl));
}
