/* SPDX-License-Identifier: Apache-2.0 */
#include "log_words.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <ekube/buf.h>

enum { READ_MAX = 64 << 10, WORDS_BYTES = 2048, WORDS_LINES = 80 };

/* Behind "<stamp> <stream> <tag> "; NULL when the line is none of a log. *ret_part: it goes on after this one. */
static const char *text_of(const char *line, const char *end, bool *ret_part)
{
	for (int i = 0; i < 2; i++) {
		line = memchr(line, ' ', (size_t)(end - line));
		if (!line)
			return NULL;
		line++;
	}
	if (end - line < 2 || line[1] != ' ')
		return NULL;
	*ret_part = line[0] == 'P';
	return line + 2;
}

static void keep_end(struct ek_buf *b)
{
	int lines = 0;

	if (b->len > WORDS_BYTES)
		ek_buf_consume(b, b->len - WORDS_BYTES);
	for (size_t i = b->len; i-- > 0;)
		if (b->data[i] == '\n' && lines++ == WORDS_LINES) {
			ek_buf_consume(b, i + 1);
			return;
		}
}

char *ek_log_last_words(const char *path)
{
	EK_CLOSE int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END),
	      at = size > READ_MAX ? size - READ_MAX : 0;
	EK_FREE char *text = ek_malloc(READ_MAX);
	EK_BUF struct ek_buf out = EK_BUF_INIT(READ_MAX);
	ssize_t n = fd < 0 ? 0 : pread(fd, text, READ_MAX, at);

	for (const char *line = text, *end; n > 0 && line < text + n; line = end + 1) {
		const char *words;
		bool part;

		end = memchr(line, '\n', (size_t)(text + n - line));
		if (!end)
			break;
		words = text_of(line, end, &part);
		if (!words)
			continue;
		(void)ek_buf_append(&out, words, (size_t)(end - words));
		if (!part)
			(void)ek_buf_char(&out, '\n');
	}
	if (out.len == 0)
		return NULL;
	keep_end(&out);
	return ek_buf_steal(&out);
}
