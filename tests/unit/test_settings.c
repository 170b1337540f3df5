/* SPDX-License-Identifier: MIT */
#include <ape/settings.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "counting_host.h"

static counting_host counting;
static char path[] = "/tmp/ape-dotenv-XXXXXX";

static void setup(void)
{
    counting_host_init(&counting);
    close(mkstemp(path));
}

static void teardown(void)
{
    unlink(path);
    counting_host_end_test(&counting);
}

TestSuite(settings, .init = setup, .fini = teardown);

static ape_status load(const char *text, ape_settings **out, ape_error *err)
{
    ape_settings_options opts;
    FILE *f = fopen(path, "w");

    fputs(text, f);
    fclose(f);
    ape_settings_options_init(&opts, sizeof(opts));
    opts.ignore_environment = 1;
    opts.dotenv_path = path;
    return ape_settings_new(counting.host, &opts, out, err);
}

Test(settings, forms_of_a_line)
{
    ape_settings *s;

    cr_assert_eq(load("# comment\n\nA=1\r\n  export B = two words  # note\nC='raw $x \\n'\n"
                      "D=\"a\\tb\\\"c\"  # note\nE=\nF=x#y\nexport=1\nA=2",
                      &s, NULL),
                 APE_OK);
    cr_assert_str_eq(ape_settings_get(s, "A"), "2");
    cr_assert_str_eq(ape_settings_get(s, "B"), "two words");
    cr_assert_str_eq(ape_settings_get(s, "C"), "raw $x \\n");
    cr_assert_str_eq(ape_settings_get(s, "D"), "a\tb\"c");
    cr_assert_null(ape_settings_get(s, "E"));
    cr_assert_str_eq(ape_settings_get(s, "F"), "x#y");
    cr_assert_str_eq(ape_settings_get(s, "export"), "1");
    cr_assert_null(ape_settings_get(s, "G"));
    ape_settings_free(s);
}

typedef struct bad_line {
    char text[40];
    char says[40];
} bad_line;

ParameterizedTestParameters(settings, refuses)
{
    static bad_line bad[] = {
        { "A=1\nhunter2\n", "line 2: expected NAME=value" },
        { "A='hunter2\n", "line 1: the quoted value of A" },
        { "A=\"hunter2\" x\n", "line 1: the quoted value of A" },
        { "1A=hunter2\n", "line 1: expected NAME=value" },
        { "=hunter2\n", "line 1: expected NAME=value" },
        { "export\n", "line 1: expected NAME=value" },
    };

    return cr_make_param_array(bad_line, bad, sizeof(bad) / sizeof(bad[0]));
}

ParameterizedTest(bad_line *bad, settings, refuses)
{
    ape_settings *s = NULL;
    ape_error err;

    cr_assert_eq(load(bad->text, &s, &err), APE_ERR_FORMAT);
    cr_assert_null(s);
    cr_assert_not_null(strstr(err.message, bad->says), "%s", err.message);
    cr_assert_null(strstr(err.message, "hunter2"), "the value shows");
}

Test(settings, environment_wins_and_set_wins_over_all)
{
    ape_settings_options opts;
    ape_settings *s;
    FILE *f = fopen(path, "w");

    fputs("APE_TEST_A=file\nAPE_TEST_B=file\n", f);
    fclose(f);
    setenv("APE_TEST_A", "environment", 1);
    ape_settings_options_init(&opts, sizeof(opts));
    opts.dotenv_path = path;
    cr_assert_eq(ape_settings_new(counting.host, &opts, &s, NULL), APE_OK);
    unsetenv("APE_TEST_A");
    cr_assert_str_eq(ape_settings_get(s, "APE_TEST_A"), "environment");
    cr_assert_str_eq(ape_settings_get(s, "APE_TEST_B"), "file");
    cr_assert_eq(ape_settings_set(s, "APE_TEST_A", "set", NULL), APE_OK);
    cr_assert_str_eq(ape_settings_get(s, "APE_TEST_A"), "set");
    cr_assert_eq(ape_settings_set(s, "APE_TEST_A", NULL, NULL), APE_OK);
    cr_assert_null(ape_settings_get(s, "APE_TEST_A"));
    cr_assert_eq(ape_settings_set(s, "no name", "x", NULL), APE_ERR_INVALID);
    ape_settings_free(s);
}

Test(settings, missing_file_is_no_error_a_folder_is)
{
    ape_settings_options opts;
    ape_settings *s;
    ape_error err;

    ape_settings_options_init(&opts, sizeof(opts));
    opts.dotenv_path = "/nowhere/.env";
    cr_assert_eq(ape_settings_new(counting.host, &opts, &s, NULL), APE_OK);
    ape_settings_free(s);
    opts.dotenv_path = "/tmp";
    cr_assert_eq(ape_settings_new(counting.host, &opts, &s, &err), APE_ERR_IO);
    cr_assert_not_null(strstr(err.message, "/tmp: "));
}

Test(settings, integers)
{
    ape_settings *s;
    ape_error err;
    int64_t value = 0;

    cr_assert_eq(load("A=12\nB=12x\nC=999999999999999999999\nD=-1\n", &s, NULL), APE_OK);
    cr_assert_eq(ape_settings_get_integer(s, "A", 1, 100, 7, &value, NULL), APE_OK);
    cr_assert_eq(value, 12);
    cr_assert_eq(ape_settings_get_integer(s, "Z", 1, 100, 7, &value, NULL), APE_OK);
    cr_assert_eq(value, 7);
    for (const char *name = "BCD"; *name; name++) {
        char text[2] = { *name, '\0' };

        cr_assert_eq(ape_settings_get_integer(s, text, 1, 100, 7, &value, &err), APE_ERR_INVALID);
        cr_assert_not_null(strstr(err.message, "from 1 to 100"));
    }
    ape_settings_free(s);
}
