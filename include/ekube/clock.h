/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Time and chance, both replaceable: a simulation sets a virtual clock and a seed and becomes
 * repeatable. Monotonic time orders and measures; wall time is only for people and certificates.
 */

#include <ekube/base.h>

int64_t ek_clock_mono_ms(void);
int64_t ek_clock_wall_us(void); /* microseconds since 1970 UTC */

/* Tests: replace both; NULL restores the machine's clocks. */
struct ek_clock_source {
	int64_t (*mono_ms)(void *arg);
	int64_t (*wall_us)(void *arg);
	void *arg;
};
void ek_clock_set_source(const struct ek_clock_source *source);

/* metav1.Time "2006-01-02T15:04:05Z" and MicroTime "2006-01-02T15:04:05.000000Z". */
void ek_time_format(int64_t wall_us, char out[32]);
void ek_time_format_micro(int64_t wall_us, char out[40]);
/* RFC 3339 with nanoseconds, for container logs. */
void ek_time_format_nano(int64_t sec, int32_t nsec, char out[40]);
/* RFC 3339 with any fraction and offset; -EINVAL otherwise. */
int ek_time_parse(const char *s, int64_t *ret_wall_us);
/* ek_time_format(now): convenience for status fields. */
const char *ek_time_now(char out[32]);

/* Chance from the kernel (never fails; aborts if the kernel has none). */
void     ek_rand_bytes(void *out, size_t n);
uint32_t ek_rand_below(uint32_t n); /* uniform in [0, n), n > 0 */
void     ek_rand_seed(uint64_t seed); /* tests: deterministic from here on; 0 restores the kernel */

/* n characters of Kubernetes' suffix alphabet (k8s.io/apimachinery/pkg/util/rand), and a UUID v4. */
void ek_rand_suffix(char *out, size_t n); /* out holds n + 1 */
void ek_rand_uuid(char out[37]);
