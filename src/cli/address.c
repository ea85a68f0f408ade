/* SPDX-License-Identifier: Apache-2.0 */
#include "address.h"

#include <ekube/file.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The interface of the default route with the lowest metric; "" when there is none. */
static void default_interface(char out[IFNAMSIZ])
{
	EK_FREE char *text = NULL;
	long best = -1;

	out[0] = '\0';
	if (ek_file_read(AT_FDCWD, "/proc/net/route", 1 << 20, &text, NULL, NULL) < 0)
		return;
	for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
		char name[IFNAMSIZ];
		unsigned long destination, mask;
		long metric;

		if (sscanf(line, "%15s %lx %*s %*s %*s %*s %ld %lx", name, &destination, &metric,
			   &mask) != 4)
			continue;
		if (destination != 0 || mask != 0 || (best >= 0 && metric >= best))
			continue;
		best = metric;
		(void)ek_str_into(out, IFNAMSIZ, "%s", name);
	}
}

void address_of_machine(struct ek_ip *ret)
{
	char wanted[IFNAMSIZ];
	struct ifaddrs *all = NULL;

	*ret = (struct ek_ip){ 0 };
	default_interface(wanted);
	if (getifaddrs(&all) < 0)
		return;
	for (struct ifaddrs *a = all; a; a = a->ifa_next) {
		bool is_wanted = ek_streq(a->ifa_name, wanted);

		if (!a->ifa_addr || a->ifa_addr->sa_family != AF_INET || !(a->ifa_flags & IFF_UP) ||
		    (a->ifa_flags & IFF_LOOPBACK) || (ret->n && !is_wanted))
			continue;
		ret->n = 4;
		memcpy(ret->b, &((struct sockaddr_in *)(void *)a->ifa_addr)->sin_addr, 4);
		if (is_wanted)
			break;
	}
	freeifaddrs(all);
}

void hostname_of_machine(char out[64])
{
	char name[256] = "";
	size_t n = 0;

	(void)gethostname(name, sizeof(name) - 1);
	for (const char *c = name; *c && n < 63; c++) {
		char low = (char)(*c >= 'A' && *c <= 'Z' ? *c + 'a' - 'A' : *c);

		if ((low >= 'a' && low <= 'z') || (low >= '0' && low <= '9') ||
		    (n > 0 && (low == '-' || low == '.')))
			out[n++] = low;
	}
	while (n > 0 && (out[n - 1] == '-' || out[n - 1] == '.'))
		n--;
	out[n] = '\0';
	if (n == 0)
		(void)ek_str_into(out, 64, "node");
}
