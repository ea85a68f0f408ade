/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A whole node over an API in memory, with a real runc, in namespaces of the test's process: what tests of the pod
 * worker drive. It has no pod network: pods have hostNetwork, the network is the test's own.
 */

#include <ekube/node.h>

#include "fake_client.h"
#include "node/image_box.h"

struct node_box {
	struct image_box     images;     /* and the loop; the image "box:1" is a busybox */
	struct fake_client  *api;        /* outlives a node, as an API does */
	struct ek_informers *informers;
	struct ek_node      *node;       /* NULL: stopped */
	char                 data[96], run[96], cgroup[48];
	bool                 stopped;
};

/* What sh runs; fails the test when it fails. */
void node_box_sh(const char *fmt, ...) EK_PRINTF(1, 2);

/* False: skipped, and said why. The node runs. */
bool node_box_open(struct node_box *b);
void node_box_start(struct node_box *b);
void node_box_stop(struct node_box *b);   /* waits */
/* Everything that is left is removed, and that nothing is left is checked. */
void node_box_close(struct node_box *b);

/*
 * A pod with one container "c" of this node. `more` are further members of the spec, `container` of the container
 * ("" or "'a':1,"), as JSON with single quotes; script: what sh runs.
 */
void node_box_pod(struct node_box *b, const char *name, const char *more, const char *container, const char *script);
/* The whole spec but for nodeName and hostNetwork. */
void node_box_spec(struct node_box *b, const char *name, const char *spec);
void node_box_delete(struct node_box *b, const char *name, int64_t grace_s);

/* Runs the loop until the pod has this value (a text, or JSON) at path; fails the test when it never has. */
void node_box_sees(struct node_box *b, const char *name, const char *path, const char *value);
void node_box_sees_none(struct node_box *b, const char *name); /* until it is gone from the API */
void node_box_quiet(struct node_box *b);                       /* until nothing of any pod is on the disk */
void node_box_turns(struct node_box *b, int ms);
/* What the pod has there now, malloc'd; NULL: nothing. */
char *node_box_value(struct node_box *b, const char *name, const char *path);
const char *node_box_event(struct node_box *b, const char *name, const char *reason); /* its message, NULL: none */
int   node_box_files(struct node_box *b, const char *folder); /* entries of <data>/folder */
char *node_box_log(struct node_box *b, const char *name, int attempt); /* of "c", malloc'd, without stamps */
struct ek_node_options node_box_options(const struct node_box *b);
