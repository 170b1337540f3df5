/* SPDX-License-Identifier: MIT */
#ifndef APE_CORE_THREAD_NUMBER_H
#define APE_CORE_THREAD_NUMBER_H

#include <stdint.h>

/*
 * Each thread that asks has a number, from 1, that is never given twice: so what belongs to a
 * number has one writer at most, whatever threads come and go.
 */
#define APE__NO_NUMBER UINT64_MAX

/** Number of this thread; APE__NO_NUMBER before it first asked. Eight bytes of the space that is
 *  there for libraries loaded late. */
extern _Thread_local uint64_t ape__thread_number
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

/** The same, given now if need be. */
uint64_t ape__number_of_this_thread(void);

#endif /* APE_CORE_THREAD_NUMBER_H */
