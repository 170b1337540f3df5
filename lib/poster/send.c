/* SPDX-License-Identifier: MIT */
#include "core/host.h"
#include "poster/poster.h"

enum {
    WAIT_MOST_S = 600,         /* however long the service asks for */
    BODY_MOST_BYTES = 1 << 20, /* of an answer; a longer one is a failure */
};

/* Only somebody who judges answers needs them. */
static size_t keep_body(char *bytes, size_t size, size_t count, void *user)
{
    ape__poster *poster = user;

    if (poster->owner.judge)
        ape__buffer_append(&poster->body, bytes, size * count);
    return poster->body.failed ? 0 : size * count;
}

/* Break off when the poster is stopped. */
static int on_progress(void *user, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const ape__poster *poster = user;

    (void)a, (void)b, (void)c, (void)d;
    return atomic_load(&poster->closing);
}

bool ape__poster_set_up_curl(ape__poster *poster, const char *url)
{
    CURL *curl = curl_easy_init();

    poster->curl = curl;
    poster->headers = curl_slist_append(NULL, "Content-Type: application/json");
    return curl && poster->headers && curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HTTPHEADER, poster->headers) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep_body) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEDATA, poster) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_XFERINFODATA, poster) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_USERAGENT, "libape/" APE_VERSION) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)poster->owner.timeout_ms) == CURLE_OK;
}

ape__delivery ape__poster_judge_status(long status)
{
    if (status >= 200 && status < 300)
        return APE__DELIVERED;
    return status != 408 && status != 429 && status < 500 ? APE__HOPELESS : APE__TRY_AGAIN;
}

static ape__delivery judge(const ape__poster *p, CURLcode code)
{
    ape__delivery result;
    long status = 0;

    if (code != CURLE_OK) {
        ape__log(p->host, APE_LOG_WARNING, p->owner.name, "%s cannot be reached: %s",
                 p->owner.service, curl_easy_strerror(code));
        return APE__TRY_AGAIN;
    }
    curl_easy_getinfo(p->curl, CURLINFO_RESPONSE_CODE, &status);
    result = ape__poster_judge_status(status);
    if (p->owner.judge)
        result = p->owner.judge(p->owner.user, status, p->body.data ? p->body.data : "");
    if (result != APE__DELIVERED)
        ape__log(p->host, APE_LOG_WARNING, p->owner.name, "%s answers %ld", p->owner.service,
                 status);
    return result;
}

ape__delivery ape__poster_send(ape__poster *poster, const ape__buffer *body, uint64_t *wait_ms)
{
    curl_off_t wait_s = 0;
    CURLcode code;

    ape__buffer_clear(&poster->body);
    poster->body.limit = BODY_MOST_BYTES;
    curl_easy_setopt(poster->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->size);
    curl_easy_setopt(poster->curl, CURLOPT_POSTFIELDS, body->data);
    code = curl_easy_perform(poster->curl);
    curl_easy_getinfo(poster->curl, CURLINFO_RETRY_AFTER, &wait_s);
    if (wait_s > WAIT_MOST_S)
        wait_s = WAIT_MOST_S;
    *wait_ms = wait_s > 0 ? (uint64_t)wait_s * 1000 : 0;
    return judge(poster, code);
}
