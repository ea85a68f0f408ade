/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <ekube/str.h>

/*
 * The address by which others reach this machine: of the interface that has the default route, else of
 * the first one that is up and not loopback. ret->n is 0 when there is none (an isolated namespace).
 */
void address_of_machine(struct ek_ip *ret);

/* The machine's name in the form of a node's: lower case, cut to what DNS-1123 allows. */
void hostname_of_machine(char out[64]);
