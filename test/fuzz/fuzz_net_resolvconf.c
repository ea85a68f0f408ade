/* SPDX-License-Identifier: Apache-2.0 */

/* The text of a resolv.conf: whoever writes it, at most eight servers come out of it. */

#include <string.h>

#include "net/dns_forward.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	EK_FREE char *text = ek_str_ndup((const char *)data, size);
	struct ek_dns_forward f;

	ek_dns_forward_init(&f, NULL, NULL, 0);
	ek_dns_forward_parse(&f, text);
	EK_ASSERT(f.n <= EK_DNS_SERVERS_MAX);
	for (size_t i = 0; i < f.n; i++)
		EK_ASSERT(f.servers[i].port > 0 && f.servers[i].port < 65536 &&
			  strlen(f.servers[i].text) > 1);
	ek_dns_forward_done(&f);
	return 0;
}
