/* SPDX-License-Identifier: MIT */
#include "processes.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void pause_ms(long ms)
{
    struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

    while (nanosleep(&time, &time) != 0)
        ;
}

/* State and what follows of /proc/PID/stat; false where there is no such process. */
static bool read_stat(const char *pid, char *state, long *parent)
{
    char path[300], text[512] = "";
    const char *after;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%s/stat", pid);
    f = fopen(path, "r");
    if (!f)
        return false;
    after = fgets(text, sizeof(text), f) ? strrchr(text, ')') : NULL;
    fclose(f);
    if (!after)
        return false;
    *state = after[2];
    *parent = strtol(after + 4, NULL, 10);
    return true;
}

int children_of(pid_t pid, pid_t *found, int room)
{
    DIR *dir = opendir("/proc");
    const struct dirent *item;
    int count = 0;

    while (dir && (item = readdir(dir)) && count < room) {
        bool numbered = item->d_name[0] >= '1' && item->d_name[0] <= '9';
        long parent;
        char state;

        if (numbered && read_stat(item->d_name, &state, &parent) && parent == pid)
            found[count++] = (pid_t)strtol(item->d_name, NULL, 10);
    }
    if (dir)
        closedir(dir);
    return count;
}

int family_of_this(pid_t found[FAMILY_SIZE])
{
    int count = children_of(getpid(), found, FAMILY_SIZE);

    for (int i = 0; i < count; i++)
        count += children_of(found[i], found + count, FAMILY_SIZE - count);
    return count;
}

bool is_gone(pid_t pid)
{
    char name[16], state;
    long parent;

    snprintf(name, sizeof(name), "%d", (int)pid);
    return !read_stat(name, &state, &parent) || state == 'Z';
}

bool comes_true(bool (*holds)(void *user), void *user)
{
    for (int i = 0; i < 1000; i++) {
        if (holds(user))
            return true;
        pause_ms(10);
    }
    return false;
}

long status_kb(pid_t pid, const char *file, const char *name)
{
    char path[64], line[256];
    long value = -1;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
    f = fopen(path, "r");
    while (f && value < 0 && fgets(line, sizeof(line), f))
        if (strncmp(line, name, strlen(name)) == 0)
            value = strtol(line + strlen(name), NULL, 10);
    if (f)
        fclose(f);
    return value;
}

int open_files(pid_t pid)
{
    char path[64];
    int count = 0;
    DIR *dir;

    snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    dir = opendir(path);
    while (dir && readdir(dir))
        count++;
    if (dir)
        closedir(dir);
    return count;
}
