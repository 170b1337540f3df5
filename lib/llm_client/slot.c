/* SPDX-License-Identifier: MIT */
#include "llm_client/slot.h"

#include <string.h>

#include "core/memory.h"

enum { CURL_BUFFER = 16 << 10 };

ape__llm_slot *ape__llm_slot_new(ape_host *host)
{
    ape__llm_slot *slot = ape__alloc(host, sizeof(*slot));

    if (!slot)
        return NULL;
    slot->easy = curl_easy_init();
    if (!slot->easy) {
        ape__free(host, slot, sizeof(*slot));
        return NULL;
    }
    ape__buffer_init(&slot->body, host);
    return slot;
}

void ape__llm_slot_reset(ape__llm_slot *slot)
{
    curl_easy_reset(slot->easy);
    curl_slist_free_all(slot->headers);
    slot->headers = NULL;
    ape__buffer_clear(&slot->body);
    slot->task = NULL;
}

void ape__llm_slot_free(ape_host *host, ape__llm_slot *slot)
{
    curl_easy_cleanup(slot->easy);
    curl_slist_free_all(slot->headers);
    ape__buffer_clear(&slot->body);
    ape__free(host, slot, sizeof(*slot));
}

static bool add_header(ape__llm_slot *slot, const char *line)
{
    struct curl_slist *longer = curl_slist_append(slot->headers, line);

    if (longer)
        slot->headers = longer;
    return longer != NULL;
}

/* The key is in curl's list until the slot is reset, and nowhere else. */
static bool add_key(ape__llm_slot *slot, const ape__llm_task *task)
{
    ape__buffer line;
    bool ok;

    if (!task->key)
        return true;
    ape__buffer_init(&line, task->attempt.host);
    ape__buffer_append(&line, task->key_format, strcspn(task->key_format, "%"));
    ape__buffer_puts(&line, task->key);
    ok = !line.failed && add_header(slot, line.data);
    if (line.data)
        ape__wipe(line.data, line.size);
    ape__buffer_clear(&line);
    return ok;
}

static bool add_headers(ape__llm_slot *slot, const ape__llm_task *task)
{
    return add_header(slot, "Content-Type: application/json") &&
           add_header(slot, "Accept: text/event-stream, application/json") &&
           add_header(slot, "Expect:") &&
           (!task->more_header || add_header(slot, task->more_header)) && add_key(slot, task);
}

/* Text comes within the call, so that its time counts as our own. */
static size_t on_body(char *bytes, size_t one, size_t size, void *user)
{
    ape__llm_slot *slot = user;
    ape__llm_task *task = slot->task;
    uint64_t began_us;

    (void)one;
    if (!task)
        return size;
    began_us = ape__llm_now_us();
    ape__llm_attempt_bytes(&task->attempt, bytes, size, began_us / 1000);
    task->busy_us += ape__llm_now_us() - began_us;
    return size;
}

static size_t on_header(char *line, size_t one, size_t size, void *user)
{
    ape__llm_slot *slot = user;
    size_t length = size;

    (void)one;
    while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
        length--;
    if (slot->task)
        ape__llm_attempt_header(&slot->task->attempt, line, length, ape__llm_now_ms());
    return size;
}

static int on_connected(void *user, char *remote, char *local, int remote_port, int local_port)
{
    ape__llm_slot *slot = user;

    (void)remote, (void)local, (void)remote_port, (void)local_port;
    if (slot->task)
        ape__llm_attempt_connected(&slot->task->attempt, ape__llm_now_ms());
    return CURL_PREREQFUNC_OK;
}

static void set_protocols(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

static void set_callbacks(ape__llm_slot *slot)
{
    CURL *easy = slot->easy;

    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, slot);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, slot);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, slot);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, slot);
}

bool ape__llm_slot_prepare(ape__llm_slot *slot, ape__llm_task *task)
{
    CURL *easy = slot->easy;

    slot->task = task;
    slot->body = task->body;
    ape__buffer_init(&task->body, task->attempt.host);
    if (!add_headers(slot, task) || curl_easy_setopt(easy, CURLOPT_URL, task->url) != CURLE_OK)
        return false;
    set_protocols(easy);
    set_callbacks(slot);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, slot->headers);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)slot->body.size);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, slot->body.data);
    if (task->ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, task->ca_file);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    /* Compressed streams arrive late; but one that comes compressed anyway is understood. */
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "identity");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L); /* the key stays with its host */
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)CURL_BUFFER);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)CURL_BUFFER);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, task->wants_fresh_connection ? 1L : 0L);
    return true;
}

ape_llm_class ape__llm_class_of_curl(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_URL_MALFORMAT:
        return APE_LLM_CONNECT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
        return APE_LLM_TLS;
    case CURLE_OPERATION_TIMEDOUT:
        return APE_LLM_CONNECT_TIMEOUT;
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL: /* an answer that is no HTTP */
        return APE_LLM_NOT_AN_ANSWER;
    case CURLE_OUT_OF_MEMORY:
        return APE_LLM_INTERNAL;
    default:
        return APE_LLM_LOST;
    }
}
