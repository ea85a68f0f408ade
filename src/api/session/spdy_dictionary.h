/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

enum { SPDY_DICTIONARY_SIZE = 1423 };

void spdy_dictionary(unsigned char out[SPDY_DICTIONARY_SIZE]);
