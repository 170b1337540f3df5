/* SPDX-License-Identifier: MIT */
#include "orchestrator/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "code_sanitizer/code_sanitizer.h"
#include "core/json.h"
#include "orchestrator/orchestrator.h"

static const char newest_python[] = "3.13";

/* Length of the numbers that a version begins with: 5 of "2.1.4+dfsg". */
static int number_length(const char *version)
{
    size_t size = strspn(version, "0123456789.");

    while (size > 0 && version[size - 1] == '.')
        size--;
    return (int)size;
}

static bool is_too_new(const char *python)
{
    return strncmp(python, "3.", 2) == 0 && strtol(python + 2, NULL, 10) > 13;
}

bool ape__profile_write(const char *description, size_t size, char out[APE__PROFILE_SIZE])
{
    const char *python, *pandas, *numpy;
    const cJSON *runtime;
    cJSON *root;
    int length = 0;

    if (ape__json_parse(description, size, &root, NULL) != APE_OK)
        return false;
    runtime = ape__json_get(root, "runtime");
    python = ape__json_get_string(runtime, "python");
    pandas = ape__json_get_string(runtime, "pandas");
    numpy = ape__json_get_string(runtime, "numpy");
    if (python && pandas && numpy && number_length(python) > 0 && number_length(pandas) > 0 &&
        number_length(numpy) > 0) {
        python = is_too_new(python) ? newest_python : python;
        length = snprintf(out, APE__PROFILE_SIZE, "python=%.*s,pandas=%.*s,numpy=%.*s",
                          number_length(python), python, number_length(pandas), pandas,
                          number_length(numpy), numpy);
    }
    cJSON_Delete(root);
    return length > 0 && length < APE__PROFILE_SIZE;
}

/* False where the sandbox does not start: running the code will say why. */
static bool ask_sandbox(ape_sandbox *sandbox, char out[APE__PROFILE_SIZE])
{
    ape_text *text;
    bool known;

    if (ape_sandbox_describe(sandbox, &text, NULL) != APE_OK)
        return false;
    known = ape__profile_write(ape_text_data(text), ape_text_size(text), out);
    ape_text_free(text);
    return known;
}

static ape_status make(ape_orchestrator *o, ape_code_sanitizer **out, ape_error *err)
{
    ape_code_sanitizer_options opts;
    char profile[APE__PROFILE_SIZE];
    bool known = ask_sandbox(o->sandbox, profile);
    ape_status st;

    ape_code_sanitizer_options_init(&opts, sizeof(opts));
    opts.profile = known ? profile : NULL;
    st = ape_code_sanitizer_new(o->host, &opts, out, err);
    if (st == APE_OK && known)
        o->sanitizer = ape__code_sanitizer_ref(*out);
    return st;
}

ape_status ape__orchestrator_sanitizer(ape_orchestrator *orchestrator, ape_code_sanitizer **out,
                                       ape_error *err)
{
    ape_status st = APE_OK;

    pthread_mutex_lock(&orchestrator->sanitizer_lock);
    if (orchestrator->sanitizer)
        *out = ape__code_sanitizer_ref(orchestrator->sanitizer);
    else
        st = make(orchestrator, out, err);
    pthread_mutex_unlock(&orchestrator->sanitizer_lock);
    return st;
}
