/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"
#include "value.h"
#include "yaml_scalar.h"

#include <ekube/str.h>

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/*
 * libyaml's emitter lays out; what is decided here is the style of strings: quoted when plain
 * text would be read as something else, literal when it has lines.
 */

/* A failed emit can only mean that the buffer is full: libyaml's own memory is checked. */
static bool emit(yaml_emitter_t *e, yaml_event_t *ev)
{
	bool ok = yaml_emitter_emit(e, ev);

	EK_ASSERT(ok || e->error == YAML_WRITER_ERROR);
	return ok;
}

static bool emit_scalar(yaml_emitter_t *e, const char *s, size_t n, yaml_scalar_style_t style)
{
	const yaml_char_t *text = (const yaml_char_t *)s;
	yaml_event_t ev;

	EK_ASSERT(n <= INT32_MAX);
	EK_ASSERT(yaml_scalar_event_initialize(&ev, NULL, NULL, text, (int)n, 1, 1, style));
	return emit(e, &ev);
}

static bool emit_string(yaml_emitter_t *e, const char *s, size_t n)
{
	yaml_scalar_style_t style = YAML_PLAIN_SCALAR_STYLE;

	if (memchr(s, '\n', n))
		style = YAML_LITERAL_SCALAR_STYLE;
	else if (ek_yaml_resolve(s, n).kind != YAML_STR || ek_yaml_base60(s) || ek_streq(s, "<<"))
		style = YAML_DOUBLE_QUOTED_SCALAR_STYLE;
	return emit_scalar(e, s, n, style);
}

static bool emit_value(yaml_emitter_t *e, const struct ek_json *v);

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool emit_members(yaml_emitter_t *e, const struct ek_json *v)
{
	size_t n = ek_json_len(v);
	EK_FREE const char **keys = ek_calloc(n + 1, sizeof *keys);
	bool ok = true;

	for (struct ek_json_iter it = ek_json_iter(v); ek_json_next(&it);)
		keys[it.i] = it.key;
	qsort(keys, n, sizeof *keys, by_text);
	for (size_t i = 0; ok && i < n; i++)
		ok = emit_string(e, keys[i], strlen(keys[i])) &&
		     emit_value(e, ek_json_get(v, keys[i]));
	return ok;
}

static bool emit_object(yaml_emitter_t *e, const struct ek_json *v)
{
	const yaml_mapping_style_t style = YAML_BLOCK_MAPPING_STYLE;
	yaml_event_t ev;

	EK_ASSERT(yaml_mapping_start_event_initialize(&ev, NULL, NULL, 1, style));
	if (!emit(e, &ev) || !emit_members(e, v))
		return false;
	EK_ASSERT(yaml_mapping_end_event_initialize(&ev));
	return emit(e, &ev);
}

static bool emit_array(yaml_emitter_t *e, const struct ek_json *v)
{
	const yaml_sequence_style_t style = YAML_BLOCK_SEQUENCE_STYLE;
	yaml_event_t ev;

	EK_ASSERT(yaml_sequence_start_event_initialize(&ev, NULL, NULL, 1, style));
	if (!emit(e, &ev))
		return false;
	for (struct ek_json_iter it = ek_json_iter(v); ek_json_next(&it);)
		if (!emit_value(e, it.value))
			return false;
	EK_ASSERT(yaml_sequence_end_event_initialize(&ev));
	return emit(e, &ev);
}

static bool emit_value(yaml_emitter_t *e, const struct ek_json *v)
{
	char number[EK_REAL_TEXT];
	const char *plain = "null";

	switch (ek_json_type(v)) {
	case EK_JSON_OBJECT: return emit_object(e, v);
	case EK_JSON_ARRAY:  return emit_array(e, v);
	case EK_JSON_STR:    return emit_string(e, ek_json_str(v), ek_json_str_len(v));
	case EK_JSON_BOOL:   plain = ek_json_bool(v, false) ? "true" : "false"; break;
	case EK_JSON_INT:
		plain = ek_str_into(number, sizeof number, "%" PRId64, ek_json_int(v, 0));
		break;
	case EK_JSON_REAL:
		ek_json_real_text(ek_json_real(v, 0), number);
		plain = number;
		break;
	case EK_JSON_NULL:
	case EK_JSON_ABSENT:
		break;
	}
	return emit_scalar(e, plain, strlen(plain), YAML_PLAIN_SCALAR_STYLE);
}

static bool emit_document(yaml_emitter_t *e, const struct ek_json *v)
{
	yaml_event_t ev;

	EK_ASSERT(yaml_stream_start_event_initialize(&ev, YAML_UTF8_ENCODING));
	if (!emit(e, &ev))
		return false;
	EK_ASSERT(yaml_document_start_event_initialize(&ev, NULL, NULL, NULL, 1));
	if (!emit(e, &ev) || !emit_value(e, v))
		return false;
	EK_ASSERT(yaml_document_end_event_initialize(&ev, 1));
	if (!emit(e, &ev))
		return false;
	EK_ASSERT(yaml_stream_end_event_initialize(&ev));
	return emit(e, &ev) && yaml_emitter_flush(e);
}

static int on_bytes(void *out, unsigned char *data, size_t n)
{
	return ek_buf_append(out, data, n) == 0;
}

int ek_yaml_write(const struct ek_json *v, struct ek_buf *out)
{
	yaml_emitter_t e;
	bool ok;

	EK_ASSERT(yaml_emitter_initialize(&e));
	yaml_emitter_set_output(&e, on_bytes, out);
	yaml_emitter_set_unicode(&e, 1);
	yaml_emitter_set_width(&e, -1); /* a long string stays on its line */
	ok = emit_document(&e, v);
	yaml_emitter_delete(&e);
	return ok ? 0 : EK_ETOOLARGE;
}
