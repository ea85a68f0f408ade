/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ekube/file.h>
#include <ekube/str.h>

#include "node/image/layer.h"

/*
 * A layer is unpacked into a folder of its own. Whatever is in it: the process lives, the file
 * beside the folder stays as it was, and nothing new appears beside it.
 */

struct memory {
	struct ek_bytes_source source;
	const uint8_t *data;
	size_t n;
};

static ssize_t read_memory(struct ek_bytes_source *s, const void **ret_data, struct ek_err *err)
{
	struct memory *m = ek_container_of(s, struct memory, source);
	size_t n = m->n;

	(void)err;
	*ret_data = m->data;
	m->n = 0;
	return (ssize_t)n;
}

static char folder[64];

static void remove_folder(void)
{
	(void)ek_dir_remove(AT_FDCWD, folder, NULL);
}

static void prepare(void)
{
	const char *shm = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

	(void)snprintf(folder, sizeof(folder), "%s/ek-fuzz-XXXXXX", shm);
	EK_ASSERT(mkdtemp(folder));
	(void)atexit(remove_folder);
	EK_ASSERT(ek_file_write(AT_FDCWD, EK_F("%s/victim", folder), "safe", 4, 0600, false, NULL) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory m = { .source = { read_memory }, .data = data, .n = size };
	struct ek_layer_limits limits = { .max_bytes = 8 << 20, .max_entries = 1000 };
	struct ek_layer_result result;
	EK_FREE char *text = NULL;
	struct stat st;
	int fd;

	if (!folder[0])
		prepare();
	EK_ASSERT(mkdir(EK_F("%s/layer", folder), 0700) == 0);
	fd = open(EK_F("%s/layer", folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	EK_ASSERT(fd >= 0);
	(void)ek_layer_unpack(fd, &m.source, &limits, &result, NULL);
	close(fd);
	EK_ASSERT(ek_dir_remove(AT_FDCWD, EK_F("%s/layer", folder), NULL) == 0);
	EK_ASSERT(ek_file_read(AT_FDCWD, EK_F("%s/victim", folder), 100, &text, NULL, NULL) == 0);
	EK_ASSERT(strcmp(text, "safe") == 0);
	/* itself and its parent: no directory was made beside the layer's */
	EK_ASSERT(stat(folder, &st) == 0 && st.st_nlink == 2);
	return 0;
}
