/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One line an event: time, level, what happened, key=value pairs. To standard error.
 *	ek_info("pod started", "pod", EK_F("%s/%s", ns, name), "ms", EK_I(ms));
 * Values are quoted when they need it and cut at 1 KiB; control characters are escaped, so a
 * hostile name cannot forge a line. Nothing is logged at rest.
 */

#include <ekube/base.h>
#include <ekube/err.h>
#include <ekube/str.h>

enum ek_log_level { EK_LOG_ERROR, EK_LOG_WARN, EK_LOG_INFO, EK_LOG_DEBUG };

void ek_log_set_level(enum ek_log_level level); /* default INFO */
bool ek_log_enabled(enum ek_log_level level);
void ek_log_write(enum ek_log_level level, const char *event, ...) EK_SENTINEL;

/* Tests: send lines to fn instead of standard error; NULL restores. */
void ek_log_capture(void (*fn)(void *arg, const char *line), void *arg);

#define ek_error(...) ek_log_write(EK_LOG_ERROR, __VA_ARGS__, (char *)NULL)
#define ek_warn(...)  ek_log_write(EK_LOG_WARN, __VA_ARGS__, (char *)NULL)
#define ek_info(...)  ek_log_write(EK_LOG_INFO, __VA_ARGS__, (char *)NULL)
#define ek_debug(...)                                                                           \
	do {                                                                                    \
		if (ek_log_enabled(EK_LOG_DEBUG))                                               \
			ek_log_write(EK_LOG_DEBUG, __VA_ARGS__, (char *)NULL);                  \
	} while (0)
