/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/meta.h>

#include <ekube/str.h>

#include <errno.h>

/* n / 100 towards plus or minus infinity. */
static int64_t hundredth(int64_t n, bool up)
{
	int64_t q = n / 100;

	if (up)
		return q + (n % 100 > 0);
	return q - (n % 100 < 0);
}

int ek_int_or_percent(const struct ek_json *v, int total, bool round_up, int *ret)
{
	const char *s = ek_json_str(v);
	EK_FREE char *digits = NULL;
	int64_t n = ek_json_int(v, INT64_MAX);

	if (!s) {
		if (n < INT32_MIN || n > INT32_MAX)
			return -EINVAL;
		*ret = (int)n;
		return 0;
	}
	if (!ek_str_ends(s, "%"))
		return -EINVAL;
	digits = ek_str_ndup(s, strlen(s) - 1);
	if (ek_str_to_int(digits, INT32_MIN, INT32_MAX, &n) < 0)
		return -EINVAL;
	n = hundredth(n * total, round_up);
	if (n < INT32_MIN || n > INT32_MAX)
		return -EINVAL;
	*ret = (int)n;
	return 0;
}
