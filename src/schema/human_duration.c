/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/schema.h>
#include <ekube/str.h>
#include <stdio.h>

/* "5m30s", without the second part when it is 0. */
static void two_units(char out[24], int64_t a, char unit_a, int64_t b, char unit_b)
{
	if (b == 0)
		ek_str_into(out, 24, "%" PRId64 "%c", a, unit_a);
	else
		ek_str_into(out, 24, "%" PRId64 "%c%" PRId64 "%c", a, unit_a, b, unit_b);
}

/* Precise while it is young, coarse when it is old: k8s.io/apimachinery/pkg/util/duration. */
void ek_human_duration(int64_t us, char out[24])
{
	int64_t s = us / 1000000, m = s / 60, h = m / 60, d = h / 24;

	if (s < -1)
		ek_str_into(out, 24, "<invalid>");
	else if (s < 0)
		ek_str_into(out, 24, "0s");
	else if (s < 60 * 2)
		ek_str_into(out, 24, "%" PRId64 "s", s);
	else if (m < 10)
		two_units(out, m, 'm', s % 60, 's');
	else if (m < 60 * 3)
		ek_str_into(out, 24, "%" PRId64 "m", m);
	else if (h < 8)
		two_units(out, h, 'h', m % 60, 'm');
	else if (h < 48)
		ek_str_into(out, 24, "%" PRId64 "h", h);
	else if (h < 24 * 8)
		two_units(out, d, 'd', h % 24, 'h');
	else if (h < 24 * 365 * 2)
		ek_str_into(out, 24, "%" PRId64 "d", d);
	else if (h < 24 * 365 * 8)
		two_units(out, d / 365, 'y', d % 365, 'd');
	else
		ek_str_into(out, 24, "%" PRId64 "y", d / 365);
}
