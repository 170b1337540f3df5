/* SPDX-License-Identifier: MIT */
#ifndef APE_BASE_H
#define APE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ape/version.h>

#ifdef __cplusplus
#define APE_BEGIN_DECLS extern "C" {
#define APE_END_DECLS }
#else
#define APE_BEGIN_DECLS
#define APE_END_DECLS
#endif

#if defined(__GNUC__)
#define APE_API __attribute__((visibility("default")))
#define APE_MUST_USE __attribute__((warn_unused_result))
#else
#define APE_API
#define APE_MUST_USE
#endif

APE_BEGIN_DECLS

/**
 * What a function returns: APE_OK, or a negative number that says what kind of
 * thing went wrong. Values are never renumbered and never reused.
 */
typedef int32_t ape_status;
enum {
    APE_OK = 0,
    APE_ERR_INVALID = -1,     /**< an argument or option the caller can mend */
    APE_ERR_NO_MEMORY = -2,   /**< an allocation failed */
    APE_ERR_UNSUPPORTED = -3, /**< this build or this version cannot do it */
    APE_ERR_NOT_FOUND = -4,   /**< the named thing does not exist */
    APE_ERR_UNAVAILABLE = -5, /**< a service is down or resting; try later */
    APE_ERR_TIMEOUT = -6,     /**< a deadline passed */
    APE_ERR_CANCELLED = -7,   /**< the caller asked to stop */
    APE_ERR_IO = -8,          /**< the operating system refused; detail is errno */
    APE_ERR_FORMAT = -9,      /**< data that does not follow its format */
    APE_ERR_LIMIT = -10,      /**< a size, count or budget was used up */
    APE_ERR_REFUSED = -11,    /**< policy forbids it, or a peer declined it */
    APE_ERR_ISOLATION = -12,  /**< the sandbox cannot be made safe here */
    APE_ERR_STATE = -13,      /**< not now: the object is in another state */
    APE_ERR_INTERNAL = -14,   /**< a bug in libape; please report it */
};

/** Name of a status, as "APE_ERR_INVALID". Never NULL; static storage. */
APE_API const char *ape_status_name(ape_status status);

/** True if the same call may succeed later without any change by the caller. */
APE_API bool ape_status_is_transient(ape_status status);

/**
 * The story behind a failure, in memory of the caller. Every function that can
 * fail takes one as its last parameter; NULL means that you do not need it.
 * It is written only on failure, and never holds a key, a password or a prompt.
 */
typedef struct ape_error {
    ape_status status;
    int32_t detail;    /**< errno, HTTP status or CURLcode; the function says which */
    uint64_t offset;   /**< byte in the input where it makes sense, else 0 */
    char message[240]; /**< one line of UTF-8, always ended, cut if too long */
} ape_error;

/** Release of the library in use, as "0.1.0". Static storage. */
APE_API const char *ape_version(void);

/** Release of the library in use, comparable with APE_VERSION_NUMBER. */
APE_API uint32_t ape_version_number(void);

APE_END_DECLS

#endif /* APE_BASE_H */
