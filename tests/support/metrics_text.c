/* SPDX-License-Identifier: MIT */
#include "metrics_text.h"

#include <string.h>

#include "servers.h"

static ape_text *text_of(ape_metrics_registry *registry)
{
    ape_text *text;

    test_expect(ape_metrics_registry_to_text(registry, APE_METRICS_TEXT, &text, NULL) == APE_OK,
                "no text");
    return text;
}

bool metrics_hold(ape_metrics_registry *registry, const char *wanted)
{
    ape_text *text = text_of(registry);
    bool found = strstr(ape_text_data(text), wanted) != NULL;

    ape_text_free(text);
    return found;
}

void expect_metrics(ape_metrics_registry *registry, const char *const *lines)
{
    ape_text *text = text_of(registry);

    for (; *lines; lines++)
        test_expect(strstr(ape_text_data(text), *lines), "%s is not in %s", *lines,
                    ape_text_data(text));
    ape_text_free(text);
}
