/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Strings that everybody knows, as constant values. */

#include <ekube/json.h>

enum { WORD_MAX = 32 }; /* bytes */

void            words_start(void);
struct ek_json *words_find(const char *s, size_t n); /* NULL when it is none */
