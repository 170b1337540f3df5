/* SPDX-License-Identifier: MIT */
/* gen_secrets SCRIPT: what the script writes is private, is kept, and passes the checks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ape/settings.h>

static char folder[] = "/tmp/ape-secrets-XXXXXX";
static char file[64];
static int failed;

static void expect(int truth, const char *what)
{
    if (truth)
        return;
    printf("not so: %s\n", what);
    failed = 1;
}

static int run(const char *script, const char *option)
{
    char command[1000];

    snprintf(command, sizeof(command), "'%s' %s '%s' >%s/out 2>&1", script, option, file, folder);
    return system(command);
}

static ape_settings *load(void)
{
    ape_settings_options opts;
    ape_settings *s = NULL;

    ape_settings_options_init(&opts, sizeof(opts));
    opts.ignore_environment = 1;
    opts.dotenv_path = file;
    if (ape_settings_new(NULL, &opts, &s, NULL) != APE_OK)
        exit(1);
    return s;
}

static void check_file(const char *previous_key)
{
    ape_settings *s = load();
    ape_error err = { .message = "" };
    const char *key = ape_settings_get_signing_key(s, 0);
    const char *previous = ape_settings_get_signing_key(s, 1);
    struct stat status;

    expect(stat(file, &status) == 0 && (status.st_mode & 07777) == 0600, "mode is 0600");
    expect(key && strlen(key) == 64, "SECRET_KEY has 64 digits");
    expect(previous_key ? previous && strcmp(previous, previous_key) == 0 : previous == NULL,
           "the previous key is believed exactly after a rotation");
    expect(ape_settings_set(s, "LLM_CHAIN", "builtin", NULL) == APE_OK &&
               ape_settings_check(s, NULL, &err) == APE_OK,
           err.message);
    ape_settings_free(s);
}

static void read_key(char out[65])
{
    ape_settings *s = load();

    snprintf(out, 65, "%s", ape_settings_get_signing_key(s, 0));
    ape_settings_free(s);
}

int main(int argc, char **argv)
{
    char first[65], second[65], command[64];

    if (argc != 2 || !mkdtemp(folder))
        return 2;
    snprintf(file, sizeof(file), "%s/.env", folder);
    expect(run(argv[1], "") == 0, "it writes a new file");
    check_file(NULL);
    read_key(first);
    expect(run(argv[1], "") != 0, "it refuses to overwrite a file");
    read_key(second);
    expect(strcmp(first, second) == 0, "the refused file is as it was");
    expect(run(argv[1], "--rotate") == 0, "it rotates");
    check_file(first);
    read_key(first);
    expect(run(argv[1], "--rotate") == 0, "it rotates again");
    check_file(first);
    expect(run(argv[1], "--force") == 0, "it overwrites when told to");
    check_file(NULL);
    expect(run(argv[1], "--fast") != 0, "it refuses an unknown option");
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command) != 0 || failed;
}
