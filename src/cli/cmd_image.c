/* SPDX-License-Identifier: Apache-2.0 */

/*
 * ekube image import|ls|rm|pull: through the server that runs on this data directory, else on its
 * image store directly.
 */

#include <ekube/file.h>
#include <ekube/images.h>
#include <ekube/log.h>
#include <ekube/str.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command.h"
#include "control.h"
#include "image_ops.h"
#include "instance.h"
#include "options.h"

extern char **environ;

static const struct option_row rows[] = {
	{ "config", 'c', OPTION_STR, "Options", "FILE", "/etc/ekube/config.yaml", "the server's configuration file", 0, 0,
	  "EKUBE_CONFIG_FILE" },
	{ "data-dir", 'd', OPTION_STR, "Options", "DIR", "/var/lib/ekube", "the server's data directory", 0, 0, NULL },
	{ "name", 0, OPTION_STR, "Options", "NAME", NULL, "import: name of an image that has none", 0, 0, NULL },
	{ 0 },
};

static const char usage[] = "Usage: ekube image ls\n"
			    "       ekube image import FILE...     (\"-\" reads standard input)\n"
			    "       ekube image pull NAME...\n"
			    "       ekube image rm NAME...";

/* ---- what comes back ---- */

static void print_image(const struct ek_json *image)
{
	const struct ek_json *tags = ek_json_get(image, "tags");
	const char *id = ek_json_str_at(image, "id");
	double mb = (double)ek_json_int_at(image, "size", 0) / 1e6;

	if (ek_json_len(tags) == 0)
		printf("%-60s %.12s %8.1f MB\n", "<none>", id + strlen("sha256:"), mb);
	for (size_t i = 0; i < ek_json_len(tags); i++)
		printf("%-60s %.12s %8.1f MB\n", ek_json_str(ek_json_elem(tags, i)),
		       id + strlen("sha256:"), mb);
}

static void on_line(void *arg, const struct ek_json *line)
{
	const struct ek_json *progress = ek_json_get(line, "progress");

	(void)arg;
	if (ek_json_get(line, "image"))
		print_image(ek_json_get(line, "image"));
	else if (progress && isatty(STDERR_FILENO))
		(void)fprintf(stderr, "\r%" PRId64 " of %" PRId64 " layers, %.1f of %.1f MB ",
			      ek_json_int_at(progress, "layersDone", 0),
			      ek_json_int_at(progress, "layers", 0),
			      (double)ek_json_int_at(progress, "bytesDone", 0) / 1e6,
			      (double)ek_json_int_at(progress, "bytes", 0) / 1e6);
}

/* ---- without a server ---- */

struct alone {
	struct image_op op;
	struct ek_json *last;
	bool            done;
};

static void alone_line(struct image_op *op, const struct ek_json *line)
{
	(void)op;
	on_line(NULL, line);
}

static void alone_done(struct image_op *op, const struct ek_json *last)
{
	struct alone *a = ek_container_of(op, struct alone, op);

	a->last = ek_json_ref(last);
	a->done = true;
}

static int do_alone(const struct instance *i, const struct ek_json *request, int take_fd,
		    struct ek_json **ret_last, struct ek_err *err)
{
	EK_FREE char *dir = ek_path_join(i->data_dir, INSTANCE_IMAGE_STORE);
	struct alone a = { .op = { .line = alone_line, .done = alone_done } };
	struct ek_loop *loop = ek_loop_new();
	struct ek_images *images = NULL;
	EK_CLOSE int lock = -1;
	int rc = instance_prepare(i, &lock, err);

	if (rc == 0)
		rc = ek_images_open(loop, dir, &images, err);
	if (rc < 0) {
		if (take_fd >= 0)
			(void)close(take_fd);
		ek_loop_free(loop);
		return rc;
	}
	image_op_start(&a.op, images, request, take_fd);
	while (!a.done)
		(void)ek_loop_until(loop, &a.done, 60000);
	ek_images_close(images);
	ek_loop_free(loop);
	*ret_last = a.last;
	return 0;
}

/* ---- one request ---- */

static int ask(const struct instance *i, const char *what, const char *name, int take_fd)
{
	EK_JSON struct ek_json *request = ek_json_make("{'do':%s,'name':%s}", what, name);
	EK_JSON struct ek_json *last = NULL;
	EK_CLOSE int fd = take_fd;
	struct ek_err err;
	int rc = control_ask(i, request, fd, on_line, NULL, &last, &err);

	if (rc == -ENOENT || rc == -ECONNREFUSED)
		rc = do_alone(i, request, ek_steal_fd(fd), &last, &err);
	if (rc < 0)
		return command_fail("%s", err.msg);
	if (ek_json_str_at(last, "error"))
		return command_fail("%s", ek_json_str_at(last, "error"));
	for (size_t n = 0; n < ek_json_len(ek_json_get(last, "names")); n++)
		printf("%s\n", ek_json_str(ek_json_elem(ek_json_get(last, "names"), n)));
	return 0;
}

static int import_file(const struct instance *i, const char *file, const char *name)
{
	int fd = ek_streq(file, "-") ? dup(STDIN_FILENO) : open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return command_fail("%s: %s", file, strerror(errno));
	return ask(i, "import", name, fd);
}

static int run(const struct options *o, const struct instance *i)
{
	const char *verb = o->operands.n ? o->operands.items[0] : "";
	int status = 0;

	if (ek_streq(verb, "ls") && o->operands.n == 1)
		return ask(i, "ls", NULL, -1);
	if ((!ek_streq(verb, "import") && !ek_streq(verb, "pull") && !ek_streq(verb, "rm")) ||
	    o->operands.n < 2)
		return command_fail("%s", usage);
	for (size_t n = 1; n < o->operands.n && status == 0; n++)
		status = ek_streq(verb, "import") ?
				 import_file(i, o->operands.items[n], options_str(o, "name")) :
				 ask(i, verb, o->operands.items[n], -1);
	return status;
}

int cmd_image(int argc, char **argv)
{
	struct instance i = { 0 };
	struct options o;
	struct ek_err err;
	int status;

	ek_log_set_level(EK_LOG_WARN);
	if (options_parse_shared(&o, rows, argc, argv, environ, &err) < 0 ||
	    instance_of(options_str(&o, "data-dir"), &i, &err) < 0)
		status = command_fail("%s", err.msg);
	else if (o.help) {
		options_help(rows, usage, "Images of the server on this machine.");
		status = 0;
	} else if (geteuid() != 0) {
		status = command_fail("images belong to root: run `sudo ekube image ...`");
	} else {
		status = run(&o, &i);
	}
	instance_done(&i);
	options_done(&o);
	return status;
}
