/* SPDX-License-Identifier: MIT */
/* Many threads use one sanitizer, and the memory that it keeps between answers; all come to the
 * same code. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <ape/code_sanitizer.h>

enum { WORKERS = 4, ANSWERS = 50 };

static const char answer[] = "Here it is:\n```python\nimport json\nimport yfinance as yf\n"
                             "data = yf.download('AAPL', start='2021-01-01')\n"
                             "print(json.dumps({'last': float(data['Close'].iloc[-1])}))\n```\n";

static ape_code_sanitizer *sanitizer;
static const char *expected;
static atomic_uint wrong;

static void *work(void *user)
{
    (void)user;
    for (int i = 0; i < ANSWERS; i++) {
        ape_sanitized_code *code;

        if (ape_code_sanitizer_sanitize(sanitizer, answer, strlen(answer), NULL, &code, NULL) !=
            APE_OK) {
            wrong++;
            continue;
        }
        wrong += strcmp(ape_sanitized_code_text(code), expected) != 0;
        ape_sanitized_code_free(code);
    }
    return NULL;
}

int main(void)
{
    pthread_t workers[WORKERS];
    ape_sanitized_code *alone;

    if (ape_code_sanitizer_new(NULL, NULL, &sanitizer, NULL) != APE_OK ||
        ape_code_sanitizer_sanitize(sanitizer, answer, strlen(answer), NULL, &alone, NULL) !=
            APE_OK)
        return 1;
    expected = ape_sanitized_code_text(alone);
    if (!expected || !strstr(expected, "yf.download"))
        return 1;
    for (int i = 0; i < WORKERS; i++)
        if (pthread_create(&workers[i], NULL, work, NULL) != 0)
            return 1;
    for (int i = 0; i < WORKERS; i++)
        pthread_join(workers[i], NULL);
    ape_sanitized_code_free(alone);
    ape_code_sanitizer_free(sanitizer);
    return wrong != 0;
}
