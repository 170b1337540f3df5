/* SPDX-License-Identifier: MIT */
/*
 * numpy's LAPACK calls answer a failed allocation with whatever memory held, and
 * no error. So an allocation that fails ends the run: better no number than a
 * wrong one.
 */
#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "rt.h"
#include "run_protocol.h"

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *ptr, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static bool armed;

void rt_guard_arm(void)
{
    armed = true;
}

static void out_of_memory(void)
{
    const run_note end = { .type = RUN_END, .kind = RUN_END_MEMORY, .exit_code = -1 };

    rt_say_and_wait(&end, sizeof(end));
}

RT_EXPORT void *malloc(size_t size)
{
    void *ptr = __libc_malloc(size);

    if (!ptr && armed)
        out_of_memory();
    return ptr;
}

RT_EXPORT void *calloc(size_t count, size_t size)
{
    void *ptr = __libc_calloc(count, size);

    if (!ptr && armed)
        out_of_memory();
    return ptr;
}

RT_EXPORT void *realloc(void *old, size_t size)
{
    void *ptr = __libc_realloc(old, size);

    if (!ptr && size > 0 && armed)
        out_of_memory();
    return ptr;
}

RT_EXPORT void *reallocarray(void *old, size_t count, size_t size)
{
    size_t bytes;

    if (!__builtin_mul_overflow(count, size, &bytes))
        return realloc(old, bytes);
    errno = ENOMEM;
    if (armed)
        out_of_memory();
    return NULL;
}

RT_EXPORT void *memalign(size_t alignment, size_t size)
{
    void *ptr = __libc_memalign(alignment, size);

    if (!ptr && armed)
        out_of_memory();
    return ptr;
}

RT_EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

RT_EXPORT int posix_memalign(void **out, size_t alignment, size_t size)
{
    void *ptr;

    if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0)
        return EINVAL;
    ptr = memalign(alignment, size);
    if (!ptr)
        return ENOMEM;
    *out = ptr;
    return 0;
}
