/* SPDX-License-Identifier: MIT */
#include "orchestrator/profile.h"

#include <string.h>

#include <criterion/criterion.h>

static void expect(const char *description, const char *wanted)
{
    char profile[APE__PROFILE_SIZE];
    bool known = ape__profile_write(description, strlen(description), profile);

    cr_assert_eq(known, wanted != NULL, "%s", description);
    if (wanted)
        cr_assert_str_eq(profile, wanted);
}

/* What is written is a profile that a sanitizer takes. */
static void expect_taken(const char *profile)
{
    ape_code_sanitizer_options opts;
    ape_code_sanitizer *sanitizer;

    ape_code_sanitizer_options_init(&opts, sizeof(opts));
    opts.profile = profile;
    cr_assert_eq(ape_code_sanitizer_new(NULL, &opts, &sanitizer, NULL), APE_OK);
    ape_code_sanitizer_free(sanitizer);
}

Test(profile, versions_of_the_sandbox)
{
    expect("{\"level\": \"A\", \"runtime\": {\"python\": \"3.11.2\", \"numpy\": \"1.24.2\", "
           "\"pandas\": \"1.5.3\"}}",
           "python=3.11.2,pandas=1.5.3,numpy=1.24.2");
    expect("{\"runtime\": {\"python\": \"3.12.3\", \"numpy\": \"1.26.4\", "
           "\"pandas\": \"2.1.4+dfsg\"}}",
           "python=3.12.3,pandas=2.1.4,numpy=1.26.4");
    expect_taken("python=3.12.3,pandas=2.1.4,numpy=1.26.4");
}

Test(profile, versions_before_they_are_released)
{
    expect("{\"runtime\": {\"python\": \"3.13.0rc1\", \"numpy\": \"2.0.dev0\", "
           "\"pandas\": \"3.0.0rc1\"}}",
           "python=3.13.0,pandas=3.0.0,numpy=2.0");
    expect_taken("python=3.13.0,pandas=3.0.0,numpy=2.0");
}

Test(profile, a_python_that_is_too_new)
{
    expect("{\"runtime\": {\"python\": \"3.14.1\", \"numpy\": \"2.3.1\", \"pandas\": \"2.3.0\"}}",
           "python=3.13,pandas=2.3.0,numpy=2.3.1");
    expect_taken("python=3.13,pandas=2.3.0,numpy=2.3.1");
}

Test(profile, no_versions)
{
    expect("{\"runtime\": {\"python\": \"3.11.2\", \"numpy\": \"1.24.2\"}}", NULL);
    expect("{\"runtime\": {\"python\": \"?\", \"numpy\": \"1.24.2\", \"pandas\": \"1.5.3\"}}",
           NULL);
    expect("{\"level\": \"A\"}", NULL);
    expect("no JSON", NULL);
}
