/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static bool spawn(chaos_server *server, const char *script, const int in[2], const int out[2])
{
    char python[] = TEST_PYTHON;
    char *path = strdup(script);
    char *argv[] = { python, path, NULL };
    posix_spawn_file_actions_t actions;
    int rc;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    rc = posix_spawn(&server->pid, python, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    free(path);
    return rc == 0;
}

static bool read_url(chaos_server *server, int fd)
{
    size_t used = 0;

    while (used + 1 < sizeof(server->url) && read(fd, server->url + used, 1) == 1)
        if (server->url[used++] == '\n') {
            server->url[used - 1] = '\0';
            return true;
        }
    return false;
}

bool chaos_server_start(chaos_server *server, const char *script)
{
    int in[2], out[2];
    bool ok;

    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
        return false;
    ok = spawn(server, script, in, out);
    close(in[0]);
    close(out[1]);
    server->input = in[1];
    ok = ok && read_url(server, out[0]);
    close(out[0]);
    return ok;
}

void chaos_server_stop(chaos_server *server)
{
    close(server->input);
    waitpid(server->pid, NULL, 0);
}

typedef struct page {
    char text[65536];
    size_t size;
} page;

static size_t keep(char *bytes, size_t one, size_t size, void *user)
{
    page *p = user;

    (void)one;
    if (p->size + size < sizeof(p->text)) {
        memcpy(p->text + p->size, bytes, size);
        p->size += size;
    }
    return size;
}

int chaos_server_count(const chaos_server *server, const char *model)
{
    static page p;
    char url[128], key[128];
    CURL *easy = curl_easy_init();
    const char *at;
    CURLcode code;

    p.size = 0;
    snprintf(url, sizeof(url), "%s/stats", server->url);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &p);
    if (server->ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, server->ca_file);
    code = curl_easy_perform(easy);
    curl_easy_cleanup(easy);
    if (code != CURLE_OK)
        return -1;
    p.text[p.size] = '\0';
    snprintf(key, sizeof(key), "\"%s\": {\"count\": ", model);
    at = strstr(p.text, key);
    return at ? (int)strtol(at + strlen(key), NULL, 10) : 0;
}
