/* SPDX-License-Identifier: MIT */
#include "core/thread_number.h"

#include <stdatomic.h>

_Thread_local uint64_t ape__thread_number = APE__NO_NUMBER;

uint64_t ape__number_of_this_thread(void)
{
    static _Atomic uint64_t last_number;

    if (ape__thread_number == APE__NO_NUMBER)
        ape__thread_number = atomic_fetch_add_explicit(&last_number, 1, memory_order_relaxed) + 1;
    return ape__thread_number;
}
